// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"winsock/run"
	"winsock/spi/spitest/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// useDir gives the test a folder of its own.
func useDir(t *testing.T) string {
	t.Helper()
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	dir, err := Dir()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestServe: who serves is found, also twice with one process id, and not
// any more when it has stopped.
func TestServe(t *testing.T) {
	dir := useDir(t)
	first := Snapshot{Program: "first", Args: []string{"a", "b c"}, PID: 5, Started: time.Unix(100, 0), Layers: []string{"trace"},
		Stats: run.Stats{Calls: 7}, Connections: []run.Connection{{ID: 3, State: "open"}}}
	stop, err := Serve(func() Snapshot { return first })
	if err != nil {
		t.Fatal(err)
	}
	stopSecond, err := Serve(func() Snapshot { return Snapshot{Program: "second", Started: time.Unix(50, 0)} })
	if err != nil {
		t.Fatal(err)
	}
	list, err := All()
	if err != nil || len(list) != 2 || list[0].Program != "second" {
		t.Fatalf("got %+v, %v", list, err)
	}
	got := list[1]
	if got.Program != "first" || len(got.Args) != 2 || got.PID != 5 || got.Stats.Calls != 7 || len(got.Connections) != 1 ||
		got.Connections[0].ID != 3 || !got.Started.Equal(first.Started) {
		t.Errorf("got %+v", got)
	}
	stop()
	if list, err := All(); err != nil || len(list) != 1 {
		t.Errorf("got %+v, %v", list, err)
	}
	stopSecond()
	if names, err := os.ReadDir(dir); err != nil || len(names) != 0 {
		t.Errorf("there are left %v, %v", names, err)
	}
}

// TestStale: the socket of a process that was killed is removed.
func TestStale(t *testing.T) {
	dir := useDir(t)
	name := filepath.Join(dir, "1.sock")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	if list, err := All(); err != nil || len(list) != 0 {
		t.Errorf("got %v, %v", list, err)
	}
	if _, err := os.Lstat(name); err == nil {
		t.Error("the socket is still there")
	}
}

// TestDir: a folder that others can enter is not used.
func TestDir(t *testing.T) {
	dir := useDir(t)
	if err := os.Chmod(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if _, err := Dir(); err == nil {
		t.Error("a folder for the group was taken")
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(t.TempDir(), dir); err != nil {
		t.Fatal(err)
	}
	if _, err := Dir(); err == nil {
		t.Error("a symbolic link was followed")
	}
}
