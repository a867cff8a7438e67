// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"net/http"

	"winsock/internal/listen"
)

// A Server serves metrics at an address of its own.
type Server struct{ server *listen.Server }

// Serve serves metrics at HOST:PORT or unix:FILE, under /metrics. Who can
// reach the address can read them.
func Serve(address string, metrics http.Handler) (*Server, error) {
	mux := http.NewServeMux()
	mux.Handle("/metrics", metrics)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!doctype html><title>winsock</title><a href=\"/metrics\">metrics</a>\n"))
	})
	s, err := listen.Serve(address, mux, nil)
	if err != nil {
		return nil, err
	}
	return &Server{s}, nil
}

// Address returns where it listens: HOST:PORT or the file.
func (s *Server) Address() string { return s.server.Address() }

// Close ends the server and its connections.
func (s *Server) Close() error { return s.server.Close() }
