// SPDX-License-Identifier: Apache-2.0

// Command tour shows in a few seconds what Winsock for Linux does: it
// installs a layered provider, opens a server and a client whose sockets go
// through it without knowing of it, and shows the chain and the calls.
//
// It needs no rights, uses the loopback interface only, and keeps its catalog
// in a temporary folder.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"winsock"
	"winsock/wsa"
	"winsock/wsnet"
)

func main() {
	dir, err := os.MkdirTemp("", "winsock-tour")
	if err == nil {
		err = tour(dir, os.Stdout)
		os.RemoveAll(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tour:", err)
		os.Exit(1)
	}
}

func tour(dir string, out io.Writer) error {
	os.Setenv("WINSOCK_CATALOG", filepath.Join(dir, "catalog.toml"))
	if _, err := winsock.WSAStartup(winsock.Version22); err != nil {
		return err
	}
	defer winsock.WSACleanup()
	calls := filepath.Join(dir, "calls")

	fmt.Fprintln(out, "1. The catalog has base providers, which carry sockets:")
	if err := show(out); err != nil {
		return err
	}
	fmt.Fprintln(out, "\n2. A layered provider is installed over them. It comes first now:")
	layer := wsa.NewGUID()
	if _, err := winsock.WSCInstallProviderAndChains(layer, "trace:data=24,log="+calls, "call trace", 0, nil); err != nil {
		return err
	}
	if err := show(out); err != nil {
		return err
	}
	fmt.Fprintln(out, "\n3. A web server and a client, which know nothing of the layer:")
	if err := talk(out); err != nil {
		return err
	}
	fmt.Fprintln(out, "\n4. What the layer saw of it:")
	log, err := os.ReadFile(calls)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(log)) {
		fmt.Fprint(out, "   ", line)
	}
	return nil
}

// show lists the protocols as a program sees them, with their chains.
func show(out io.Writer) error {
	protocols, err := winsock.WSAEnumProtocols(nil)
	if err != nil {
		return err
	}
	snap := winsock.Catalog().Snapshot()
	for _, p := range protocols {
		var names []string
		for _, id := range p.Chain.Entries[:p.Chain.Len] {
			name, _, _ := strings.Cut(snap.Entry(id).Path, ":")
			names = append(names, name)
		}
		fmt.Fprintf(out, "   %d  %-44s %s\n", p.CatalogEntryID, p.Name, strings.Join(names, " > "))
	}
	return nil
}

func talk(out io.Writer) error {
	l, err := wsnet.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "Hello through the chain!")
	})}
	go server.Serve(l)
	defer server.Close()

	d := wsnet.Dialer{}
	client := http.Client{Transport: &http.Transport{DialContext: d.DialContext, DisableKeepAlives: true}}
	resp, err := client.Get("http://" + l.Addr().String() + "/")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	through, err := chainOf(l)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "   GET http://%v/ -> %s, %q\n   chain: %s\n", l.Addr(), resp.Status, body, through)
	return nil
}

func chainOf(l net.Listener) (string, error) {
	return winsock.ChainNames(l.(*wsnet.Listener).Socket())
}
