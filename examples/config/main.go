// SPDX-License-Identifier: Apache-2.0

// Command config takes a chain from a configuration, winsock.toml beside it,
// and asks a web server for a page through it: as net.Conn for package http,
// and with a socket of Winsock.
//
//	go run ./examples/config
//	go run ./cmd/winsock config show examples/config/winsock.toml
package main

import (
	_ "embed"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"

	"winsock"
	"winsock/config"
	"winsock/wsa"
	"winsock/wsnet"
)

//go:embed winsock.toml
var text []byte

func main() {
	if err := visit(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "config:", err)
		os.Exit(1)
	}
}

func visit(out io.Writer) error {
	file, err := config.Parse("winsock.toml", text) // config.Load reads a file
	if err != nil {
		return err
	}
	chain, err := file.Chain("led")
	if err != nil {
		return err
	}

	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello, you have asked %s\n", r.Host)
	}))
	port := listener.Addr().(*net.TCPAddr).AddrPort().Port()
	there := netip.AddrPortFrom(netip.MustParseAddr("192.0.2.80"), port)

	dialer := wsnet.Dialer{Route: chain.Route()}
	client := http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}}
	answer, err := client.Get("http://" + there.String() + "/")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(out, answer.Body); err != nil {
		return err
	}

	if _, err := winsock.WSAStartup(winsock.Version22); err != nil {
		return err
	}
	defer winsock.WSACleanup()
	s, err := chain.Socket(wsa.AF_INET, wsa.SOCK_STREAM, wsa.IPPROTO_TCP)
	if err != nil {
		return err
	}
	defer winsock.CloseSocket(s)
	to := wsa.SockaddrFrom(there)
	if err := winsock.Connect(s, &to); err != nil {
		return err
	}
	if _, err := winsock.Send(s, []byte("GET / HTTP/1.0\r\n\r\n"), 0); err != nil {
		return err
	}
	status := make([]byte, len("HTTP/1.0 200 OK"))
	n, err := winsock.Recv(s, status, wsa.MSG_WAITALL)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\n", status[:n])
	return nil
}
