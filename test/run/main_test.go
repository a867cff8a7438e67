// SPDX-License-Identifier: Apache-2.0

package run

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	supervisor "winsock/run"
)

var native = flag.Bool("native", false, "run the programs without winsock")

// What all tests share.
var shared struct {
	dir     string // readable by everybody
	winsock string
	missing error  // what is missing for winsock run
	payload []byte // 16 MiB that do not repeat
	sum     string // its SHA-256
	file    string // holds the payload
}

func TestMain(m *testing.M) {
	// Most programs wait most of the time.
	flag.Set("test.parallel", "6")
	flag.Parse()
	code := 1
	err := setUp()
	if err == nil {
		code = m.Run()
		err = allGone()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "run:", err)
		code = 1
	}
	if shared.dir != "" {
		os.RemoveAll(shared.dir)
	}
	os.Exit(code)
}

func setUp() (err error) {
	if raceEnabled || testing.Short() {
		return nil
	}
	if shared.dir, err = os.MkdirTemp("", "run"); err != nil {
		return err
	}
	if err := os.Chmod(shared.dir, 0o755); err != nil {
		return err
	}
	// One environment for all programs: no proxies, no user's settings, and
	// messages that the tests can read.
	for _, name := range []string{"http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY",
		"no_proxy", "NO_PROXY", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "NODE_OPTIONS"} {
		os.Unsetenv(name)
	}
	os.Setenv("LC_ALL", "C")
	os.Setenv("WINSOCK_CATALOG", filepath.Join(shared.dir, "catalog.toml"))
	os.Setenv("CURL_HOME", shared.dir)

	shared.payload = make([]byte, 16<<20)
	rand.NewChaCha8([32]byte{}).Read(shared.payload)
	sum := sha256.Sum256(shared.payload)
	shared.sum = hex.EncodeToString(sum[:])
	shared.file = filepath.Join(shared.dir, "payload")
	if err := os.WriteFile(shared.file, shared.payload, 0o644); err != nil {
		return err
	}
	if *native {
		return nil
	}
	if shared.missing = supervisor.Probe(); shared.missing != nil {
		return nil
	}
	shared.winsock = filepath.Join(shared.dir, "winsock")
	build := exec.Command("go", "build", "-o", shared.winsock, "winsock/cmd/winsock")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	if out, err := exec.Command(shared.winsock, "run", "--", "true").CombinedOutput(); err != nil {
		shared.missing = fmt.Errorf("winsock run does not work here: %w\n%s", err, out)
	}
	return nil
}

// begin is how every test begins.
func begin(t *testing.T) {
	t.Helper()
	switch {
	case raceEnabled:
		t.Skip("the programs are built without the race detector; once is enough")
	case testing.Short():
		t.Skip("starts many programs")
	case *native || shared.missing == nil:
	case os.Getenv("CI") != "":
		t.Fatal(shared.missing)
	default:
		t.Skip(shared.missing)
	}
}

// need skips the test without the program, except where the programs must be
// there.
func need(t *testing.T, program string) string {
	t.Helper()
	path := find(program)
	if path == "" && os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed", program)
	}
	if path == "" {
		t.Skipf("%s is not installed", program)
	}
	return path
}

// like skips the test without the program, which is too large to be installed
// for this test.
func like(t *testing.T, program string) string {
	t.Helper()
	path := find(program)
	if path == "" {
		t.Skipf("%s is not installed", program)
	}
	return path
}

func find(program string) string {
	for _, name := range []string{program, "/usr/sbin/" + program, "/usr/bin/" + program} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// allGone reports programs that were left behind.
func allGone() error {
	if shared.dir == "" {
		return nil
	}
	left := processes(func(pid int) bool { return carries(pid, fmt.Sprint(markPrefix, os.Getpid(), ".")) })
	if len(left) == 0 {
		return nil
	}
	return errors.New("programs were left behind: " + fmt.Sprint(left))
}
