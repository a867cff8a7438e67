// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// answering serves "pong" after "ping" at the address that it returns.
func answering(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.SetDeadline(time.Now().Add(time.Minute))
			if text, err := io.ReadAll(c); err == nil && string(text) == "ping" {
				_, _ = io.WriteString(c, "pong") // the test looks at what arrives
			}
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

func needCarrier(t *testing.T) {
	t.Helper()
	if carried() != "carried" {
		t.Skip("programs cannot be carried here")
	}
}

// TestRunCarries: flags put their layers in the program's way, and what they
// write is there when the command has ended.
func TestRunCarries(t *testing.T) {
	needCarrier(t)
	host, port, _ := strings.Cut(answering(t), ":")
	dir := t.TempDir()
	cmd := winsockCommand(t, "run", "--capture", "out.pcapng", "--log", "calls", "--stats=json", "--stats-file", "stats",
		"winsock", "nc", host, port)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader("ping")
	out, errs, status := finish(t, cmd)
	if out != "pong" || errs != "" || status.ExitStatus() != 0 {
		t.Fatalf("got %q, %q, %v", out, errs, status)
	}
	for file, has := range map[string][]string{
		"out.pcapng": {"ping", "pong"}, "calls": {"WSPConnect(name=" + host + ":" + port}, "stats": {`: 1,`},
	} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		for _, word := range has {
			if err != nil || !bytes.Contains(text, []byte(word)) {
				t.Errorf("%s has no %q: %v, %q", file, word, err, text)
			}
		}
	}
}

// TestRunRules: rules of flags and of the file hold, both.
func TestRunRules(t *testing.T) {
	needCarrier(t)
	host, port, _ := strings.Cut(answering(t), ":")
	dir := t.TempDir()
	for name, text := range map[string]string{
		"rules": "deny out tcp port " + port + "\n", "run.toml": "rules = 'rules'\n", "other.toml": "rule = ['deny in', 'allow']\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		code int
		args string
	}{
		{0, "--rule allow"},
		{0, "--config other.toml"},
		{1, "--rules rules"},
		{1, "--config run.toml"},
		{1, "--rule allow --config run.toml"},
		{1, "--rule log --rule deny"},
	} {
		args := append([]string{"run"}, strings.Fields(c.args)...)
		cmd := winsockCommand(t, append(args, "winsock", "nc", host, port)...)
		cmd.Dir, cmd.Stdin = dir, strings.NewReader("ping")
		if out, errs, status := finish(t, cmd); status.ExitStatus() != c.code {
			t.Errorf("%s: got %q, %q, %v", c.args, out, errs, status)
		}
	}
}

// TestRunCarriesDaemon: what the program has left running is carried after
// the command has ended.
func TestRunCarriesDaemon(t *testing.T) {
	needCarrier(t)
	host, port, _ := strings.Cut(answering(t), ":")
	dir := t.TempDir()
	cmd := winsockCommand(t, "run", "--log", "calls", "sh", "-c", fmt.Sprintf(
		`(until [ -e go ]; do sleep 0.01; done; printf ping | winsock nc %s %s > answer; echo . > over) </dev/null >/dev/null 2>&1 & exit 3`, host, port))
	cmd.Dir = dir
	if _, errs, status := finish(t, cmd); status.ExitStatus() != 3 {
		t.Fatalf("got %q, %v", errs, status)
	}
	read := func(name string) string {
		text, _ := os.ReadFile(filepath.Join(dir, name)) // nothing for what is not there
		return string(text)
	}
	if err := os.WriteFile(filepath.Join(dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); read("over") == ""; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the daemon does not end")
		}
	}
	if got := read("answer"); got != "pong" {
		t.Errorf("the daemon got %q", got)
	}
	if got := read("calls"); !strings.Contains(got, "WSPConnect(name="+host+":"+port) {
		t.Errorf("the daemon was not carried: %q", got)
	}
}
