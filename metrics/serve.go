// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"net"
	"net/http"
	"sync"
	"time"

	"winsock/internal/listen"
)

// A Server serves metrics at an address of its own.
type Server struct {
	http     http.Server
	listener net.Listener
	serving  sync.WaitGroup
}

// Serve serves metrics at HOST:PORT or unix:FILE, under /metrics. Who can
// reach the address can read them.
func Serve(address string, metrics http.Handler) (*Server, error) {
	l, err := listen.On(address)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", metrics)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!doctype html><title>winsock</title><a href=\"/metrics\">metrics</a>\n"))
	})
	s := &Server{listener: l, http: http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 5 * time.Minute,
	}}
	s.serving.Go(func() { _ = s.http.Serve(l) }) // until Close
	return s, nil
}

// Address returns where it listens: HOST:PORT or the file.
func (s *Server) Address() string { return s.listener.Addr().String() }

// Close ends the server and its connections.
func (s *Server) Close() error {
	err := s.http.Close()
	s.serving.Wait()
	return err
}
