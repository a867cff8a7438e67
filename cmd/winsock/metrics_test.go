// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

// hasMetrics checks that what is scraped keeps the rules of Prometheus, and that
// there comes to be a line like each of these. It asks again for a while, as
// the peer of a call may be quicker than the count of it.
func hasMetrics(t *testing.T, scrape func() string, like ...string) {
	t.Helper()
	text := scrape()
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("rules of Prometheus: %v, %v", problems, err)
	}
	end := time.Now().Add(time.Minute)
	for _, l := range like {
		line := regexp.MustCompile(`(?m)^` + l + `$`)
		for !line.MatchString(text) {
			if time.Now().After(end) {
				t.Errorf("no line is like %q in\n%s", l, text)
				break
			}
			time.Sleep(10 * time.Millisecond)
			text = scrape()
		}
	}
}

// TestRunMetrics: a scrape with curl while the program runs tells of its
// connections, and the endpoint ends with it.
func TestRunMetrics(t *testing.T) {
	needCarrier(t)
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip(err)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	echoing := make(chan struct{})
	go func() {
		defer close(echoing)
		if c, err := l.Accept(); err == nil {
			defer c.Close()
			_, _ = io.Copy(c, c) // until the program ends
		}
	}()
	t.Cleanup(func() { l.Close(); <-echoing })
	host, port, _ := net.SplitHostPort(l.Addr().String())
	dir := t.TempDir()
	cmd := winsockCommand(t, "run", "--metrics", "unix:socket", "--layer", "trace:calls=all,log=log", "python3", "-c", `
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
s.sendall(b"ping")
s.recv(100)
print("there", flush=True)
sys.stdin.read()
`, host, port)
	cmd.Dir = dir
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out sharedBuffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Process.Kill(); cmd.Wait() })
	out.await(t, "there")
	file := filepath.Join(dir, "socket")
	scrape := func() string {
		text, err := exec.Command(curl, "-sS", "--fail", "--max-time", "30", "--unix-socket", file, "http://host/metrics").CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		return string(text)
	}
	hasMetrics(t, scrape,
		`winsock_run_open_connections{path="relayed",state="open"} 1`,
		`winsock_connects_total{chain="trace over .*",place="0",layer="trace",result="ok"} 1`,
		`winsock_sent_bytes_total{.*layer="trace"} 4`,
		`winsock_received_bytes_total{.*layer="trace"} 4`,
		`winsock_open_sockets{.*layer="trace"} 1`,
		`winsock_call_duration_seconds_bucket{.*layer="kernel",call="send",le="\+Inf"} \d+`)
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, out.String())
	}
	if _, err := os.Lstat(file); err == nil {
		t.Error("the endpoint is left behind")
	}
}

// TestRunMetricsNot: an address that cannot be served is told before the
// program is started.
func TestRunMetricsNot(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cmd := winsockCommand(t, "run", "--metrics", l.Addr().String(), "echo", "started")
	out, errs, status := finish(t, cmd)
	if out != "" || status.ExitStatus() != 125 || !strings.Contains(errs, "metrics cannot be served") {
		t.Errorf("exit code %d, %q, %q", status.ExitStatus(), out, errs)
	}
}

// TestNCMetrics: winsock nc serves them while it runs.
func TestNCMetrics(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	host, port, _ := net.SplitHostPort(l.Addr().String())
	reader, writer := io.Pipe()
	defer writer.Close()
	var out, errs sharedBuffer
	done := make(chan int)
	go func() {
		done <- run(t.Context(), []string{"nc", "--metrics", "127.0.0.1:0", "-4", host, port}, reader, &out, &errs)
	}()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := writer.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	errs.await(t, "/metrics")
	at := regexp.MustCompile(`http://\S+`).FindString(errs.String())
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	scrape := func() string {
		r, err := client.Get(at)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	hasMetrics(t, scrape, `winsock_sent_bytes_total{.*layer="kernel"} 5`, `winsock_open_sockets{.*layer="kernel"} 1`)
	writer.Close()
	c.Close()
	if code := <-done; code != 0 {
		t.Errorf("exit code %d, %s", code, errs.String())
	}
	if r, err := client.Get(at); err == nil {
		r.Body.Close()
		t.Error("it answers after the end")
	}
}
