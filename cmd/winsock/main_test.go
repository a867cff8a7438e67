// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"winsock/cmd/winsock/job"
	"winsock/spi/spitest/leak"
)

// asCommand in the environment makes the test binary the command winsock,
// with a supervisor that starts programs and leaves their calls alone if it
// is "native".
const asCommand = "WINSOCK_TEST_AS_COMMAND"

// hearSignals lets the programs that tests start be ended by signals even if
// the tests themselves were started to ignore them, as by nohup or in the
// background of a shell: what a process catches, its programs start with the
// default of.
func hearSignals() {
	for _, n := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT} {
		if signal.Ignored(n) {
			signal.Notify(make(chan os.Signal, 1), n)
		}
	}
}

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == listenerName {
		listenToSignals()
	}
	switch os.Getenv(asCommand) {
	case "":
		hearSignals()
		leak.Main(m)
	case "native":
		job.Start = startNatively
		main()
	default:
		main()
	}
}

// useCatalog gives the test a catalog file of its own.
func useCatalog(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "catalog.toml")
	t.Cleanup(func() { snapshot() }) // else the next test has this catalog for a moment
	t.Setenv("WINSOCK_CATALOG", file)
	snapshot()
	return file
}

// command runs a command line to its end.
func command(t *testing.T, stdin io.Reader, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out, errs bytes.Buffer
	code = run(ctx, args, stdin, &out, &errs)
	return out.String(), errs.String(), code
}

// succeed runs a command line that must succeed, and returns what it prints.
func succeed(t *testing.T, args ...string) string {
	t.Helper()
	out, errs, code := command(t, strings.NewReader(""), args...)
	if code != 0 {
		t.Fatalf("winsock %s: exit code %d: %s", strings.Join(args, " "), code, errs)
	}
	return out
}

// refuse runs a command line that must fail with exitUsage and say why.
func refuse(t *testing.T, says string, args ...string) {
	t.Helper()
	_, errs, code := command(t, strings.NewReader(""), args...)
	if code != exitUsage || !strings.Contains(errs, says) {
		t.Errorf("winsock %s: exit code %d and %q; want %d and a word of %q", strings.Join(args, " "), code, errs, exitUsage, says)
	}
}
