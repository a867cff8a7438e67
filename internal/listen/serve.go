// SPDX-License-Identifier: Apache-2.0

package listen

import (
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// A Server serves HTTP at an address of its own.
type Server struct {
	http     http.Server
	listener net.Listener
	serving  sync.WaitGroup
}

// Serve serves HTTP at an address of [On], until Close. Clients have limited
// time for everything, as whoever can reach the address could otherwise hold
// connections for ever. What is wrong with single ones goes to log, which may
// be nil for the standard one.
func Serve(address string, handler http.Handler, log *log.Logger) (*Server, error) {
	l, err := On(address)
	if err != nil {
		return nil, err
	}
	s := &Server{listener: l, http: http.Server{
		Handler: handler, ErrorLog: log,
		ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 5 * time.Minute,
	}}
	s.serving.Go(func() { _ = s.http.Serve(l) }) // until Close
	return s, nil
}

// Address returns where it listens: HOST:PORT or the file.
func (s *Server) Address() string { return s.listener.Addr().String() }

// Close ends the server and its connections. The address is free then.
func (s *Server) Close() error {
	err := s.http.Close()
	s.serving.Wait()
	return err
}
