// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"winsock/config"
	"winsock/test/ports"
	"winsock/wsnet"
)

// TestOneConfiguration: one file drives winsock nc, winsock run, the catalog
// and a Go program through the same chain, which leads an address of the
// documentation's to python's web server by way of dante-server. When the
// file names another proxy, nobody gets there.
func TestOneConfiguration(t *testing.T) {
	curl, python := need(t, "curl"), need(t, "python3")
	p := place{host: "127.0.0.1"}
	port := ports.Free(t, p.host)
	server := exec.CommandContext(t.Context(), python, "-m", "http.server", port, "--bind", "127.0.0.1", "--directory", shared.dir)
	start(t, server)
	p.awaitListener(t, port)

	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	at := dante(t, "none")
	write("proxy", at+"\n")
	write("rules", "redirect 127.0.0.1:"+port+" out tcp to 192.0.2.80 port 80\n")
	file := write("winsock.toml", `
use = "office"
[layer.proxy]
type = "socks"
server = { file = "proxy" }
dns = "local"
timeout = "10s"
[chain.office]
rules = "rules"
layers = ["proxy", { type = "trace", log = "calls", append = true, calls = "control" }]
`)
	outside := "WINSOCK_CATALOG=" + os.Getenv("WINSOCK_CATALOG")
	inCatalog := "WINSOCK_CATALOG=" + filepath.Join(dir, "catalog.toml")
	var chain *config.Chain
	read := func() {
		t.Helper()
		configured, err := config.Load(file)
		if err == nil {
			chain, err = configured.Chain("office")
		}
		if err != nil {
			t.Fatal(err)
		}
		install := exec.Command(shared.winsock, "catalog", "install", "--config", file, "office")
		install.Env = append(os.Environ(), inCatalog)
		if out, err := install.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	read()

	const request = "GET /small HTTP/1.0\r\n\r\n"
	command := func(stdin, env string, args ...string) func(context.Context) ([]byte, error) {
		return func(ctx context.Context) ([]byte, error) {
			c := exec.CommandContext(ctx, shared.winsock, args...)
			c.Stdin = strings.NewReader(stdin)
			c.Env = append(os.Environ(), env)
			return c.Output()
		}
	}
	doors := map[string]func(context.Context) ([]byte, error){
		"nc":      command(request, outside, "nc", "--config", file, "--chain", "office", "192.0.2.80", "80"),
		"run":     command("", outside, "run", "--config", file, curl, "-gsS", "--max-time", "60", "http://192.0.2.80/small"),
		"catalog": command(request, inCatalog, "nc", "192.0.2.80", "80"),
		"go": func(ctx context.Context) ([]byte, error) {
			d := wsnet.Dialer{Route: chain.Route()}
			transport := &http.Transport{DialContext: d.DialContext, DisableKeepAlives: true}
			r, err := http.NewRequestWithContext(ctx, "GET", "http://192.0.2.80/small", nil)
			if err != nil {
				return nil, err
			}
			answer, err := transport.RoundTrip(r)
			if err != nil {
				return nil, err
			}
			defer answer.Body.Close()
			return io.ReadAll(answer.Body)
		},
	}
	logged := func() int {
		text, err := os.ReadFile(filepath.Join(dir, "calls"))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return bytes.Count(text, []byte("WSPConnect(name="+at+")"))
	}
	for name, door := range doors {
		before := logged()
		got, err := door(t.Context())
		if i := bytes.Index(got, []byte("\r\n\r\n")); name != "run" && name != "go" && i >= 0 {
			got = got[i+4:]
		}
		if err != nil || sha256.Sum256(got) != shared.small.sum {
			t.Errorf("%s got %d bytes, which are others, and %v", name, len(got), err)
		}
		if logged() == before {
			t.Errorf("%s did not pass the layer below the proxy's", name)
		}
	}
	write("proxy", "127.0.0.1:1\n") // where nobody is
	read()
	for name, door := range doors {
		if got, err := door(t.Context()); err == nil && len(got) > 0 {
			t.Errorf("%s gets by without the proxy: %q", name, fmt.Sprintf("%.40s", got))
		}
	}
}
