// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"winsock/wsa"
)

// TestReadersSeeWholeCatalogs: while one goroutine installs and deinstalls,
// 10,000 readers must see each chain with all that belongs to it, or not at
// all.
func TestReadersSeeWholeCatalogs(t *testing.T) {
	s, _ := newTestStore(t)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 10_000 {
		wg.Go(func() {
			for first := true; first || ctx.Err() == nil; first = false {
				if err := whole(s.Snapshot()); err != nil {
					t.Error(err)
					return
				}
				select {
				case <-ctx.Done():
				case <-s.Snapshot().Superseded():
				}
			}
		})
	}
	for n := range 25 {
		id := wsa.GUID{Data1: 0x700, Data2: uint16(n)}
		if _, err := s.InstallChains(id, "cat-layer", "layer", 0, nil); err != nil {
			t.Error(err)
		}
		if _, err := s.Deinstall(id); err != nil {
			t.Error(err)
		}
	}
	stop()
	wg.Wait()
}

// whole checks what every catalog of the test above must be like.
func whole(s *Snapshot) error {
	chains, layers := 0, 0
	for _, e := range s.Entries() {
		switch e.Kind() {
		case Chain:
			chains++
			if !s.Usable(e) {
				return fmt.Errorf("catalog %d has a chain that lacks something: %v", s.Serial(), e.Members())
			}
		case Layered:
			layers++
		}
	}
	if chains != 6*layers || layers > 1 {
		return fmt.Errorf("catalog %d has %d layers and %d chains", s.Serial(), layers, chains)
	}
	if _, err := s.Select(Request{AddressFamily: inet, SocketType: stream}); err != nil {
		return fmt.Errorf("catalog %d has no TCP: %w", s.Serial(), err)
	}
	return nil
}

// TestWritersTakeTurns: stores that do not know of each other, as in several
// processes, lose no change of another's.
func TestWritersTakeTurns(t *testing.T) {
	_, file := newTestStore(t)
	const writers, each = 8, 5
	var wg sync.WaitGroup
	for w := range writers {
		s := NewStore(testConfig(file, &syncBuffer{}))
		wg.Go(func() {
			for n := range each {
				if _, err := s.Install(wsa.GUID{Data1: 0x1000, Data2: uint16(w), Data3: uint16(n)}, "cat-layer", []wsa.ProtocolInfo{{Name: "x"}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	snap := NewStore(testConfig(file, &syncBuffer{})).Snapshot()
	if n := len(snap.entries); n != 6+writers*each || snap.Serial() != writers*each {
		t.Errorf("%d entries after %d changes, want %d after %d", n, snap.Serial(), 6+writers*each, writers*each)
	}
	seen := map[uint32]bool{}
	for _, e := range snap.entries {
		if seen[e.ID()] {
			t.Errorf("id %d was given out twice", e.ID())
		}
		seen[e.ID()] = true
	}
}

// TestLockIsKept: a process that keeps the lock delays changes for a while
// and does not hinder readers. The lock goes with its holder.
func TestLockIsKept(t *testing.T) {
	old := lockWait
	lockWait = 20 * time.Millisecond
	t.Cleanup(func() { lockWait = old })
	s, file := newTestStore(t)
	lock, err := lockFile(file)
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, "a provider installation is in progress", s.Enable(1001, false), wsa.WSAEINPROGRESS)
	if !s.Refresh().Entry(1001).Enabled {
		t.Error("the change was made without the lock")
	}
	lock.release()
	if err := s.Enable(1001, false); err != nil {
		t.Errorf("after the lock was given back: %v", err)
	}
}

func TestWait(t *testing.T) {
	s, file := newTestStore(t)
	other := NewStore(testConfig(file, &syncBuffer{}))
	since := s.Snapshot()
	got := make(chan *Snapshot)
	go func() {
		now, err := s.Wait(t.Context(), since)
		if err != nil {
			t.Error(err)
		}
		got <- now
	}()
	if _, err := other.Install(layerID, "cat-layer", []wsa.ProtocolInfo{{Name: "by another process"}}); err != nil {
		t.Fatal(err)
	}
	if now := <-got; now == nil || len(now.Provider(layerID)) != 1 {
		t.Error("Wait returned without the change")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Wait(ctx, s.Snapshot()); err != context.Canceled {
		t.Errorf("Wait that was given up: %v", err)
	}
}

func TestDamagedFile(t *testing.T) {
	good := func(t *testing.T, file string) {
		if _, err := NewStore(testConfig(file, &syncBuffer{})).Install(layerID, "cat-layer", []wsa.ProtocolInfo{{Name: "layer"}}); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		what   string
		damage func(data string) string
		line   int // of the problem; 0: not told
		text   string
	}{
		{"cut off", func(d string) string { return d[:len(d)/2] + "\n[[protocol" }, -1, "cannot be read"},
		{"not TOML", func(string) string { return "\x00\x01\x02" }, -1, "cannot be read"},
		{"misspelt key", func(d string) string { return strings.Replace(d, "next_id", "nextid", 1) }, 7, "unknown key"},
		{"wrong type", func(d string) string { return strings.Replace(d, "id = 1001", "id = \"1001\"", 1) }, 10, "cannot be read"},
		{"bad GUID", func(d string) string { return strings.Replace(d, "provider = \"0", "provider = \"x", 1) }, 9, "GUID"},
		{"id twice", func(d string) string { return strings.Replace(d, "id = 1002\n", "id = 1001\n", 1) }, -1, "there twice"},
		{"no such kind", func(d string) string { return strings.Replace(d, "\"base\"", "\"basic\"", 1) }, 9, "kind"},
		{"newer format", func(d string) string { return strings.Replace(d, "format = 1", "format = 2", 1) }, 0, "format 2"},
		{"empty", func(string) string { return "" }, 0, "format 0"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			_, file := newTestStore(t)
			good(t, file)
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			damaged := []byte(tt.damage(string(data)))
			if bytes.Equal(damaged, data) {
				t.Fatal("the test damaged nothing")
			}
			if err := os.WriteFile(file, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			log := &syncBuffer{}
			s := NewStore(testConfig(file, log))
			snap := s.Snapshot()
			if got := names(snap.entries); got != "TCP/IPv6, UDP/IPv6, TCP/IPv4, UDP/IPv4, RAW/IPv4, infrared" {
				t.Errorf("the defaults are not in force, but %s", got)
			}
			if _, err := snap.Select(Request{AddressFamily: inet, SocketType: stream}); err != nil {
				t.Errorf("the network is gone: %v", err)
			}
			problems := snap.Verify()
			if len(problems) != 1 || problems[0].File != file || !strings.Contains(problems[0].Text, tt.text) {
				t.Fatalf("the problems are %v, want one about %q", problems, tt.text)
			}
			if tt.line >= 0 && problems[0].Line != tt.line {
				t.Errorf("the problem is said to be in line %d, it is in line %d:\n%s", problems[0].Line, tt.line, damaged)
			}
			s.Refresh()
			if n := strings.Count(log.String(), "level=ERROR"); n != 1 {
				t.Errorf("the damage was logged %d times:\n%s", n, log)
			}
			if now, _ := os.ReadFile(file); !bytes.Equal(now, damaged) {
				t.Error("reading changed the damaged file")
			}

			// The next change puts it aside.
			if _, err := s.Install(wsa.GUID{Data1: 0x600}, "cat-layer", []wsa.ProtocolInfo{{Name: "next"}}); err != nil {
				t.Fatal(err)
			}
			if aside, _ := os.ReadFile(file + ".damaged-1"); !bytes.Equal(aside, damaged) {
				t.Errorf("the damaged file was not put aside")
			}
			if p := s.Snapshot().Verify(); len(p) != 0 {
				t.Errorf("problems remain: %v", p)
			}
			last := s.Snapshot().entries[6]
			if readable := idAfter(damaged); last.ID() < readable {
				t.Errorf("id %d is given out again; the damaged file has ids up to %d", last.ID(), readable-1)
			}
		})
	}
}

// TestDamageWhileRunning: a program that has a catalog keeps it when the file
// is damaged later, and takes the file again once it is repaired.
func TestDamageWhileRunning(t *testing.T) {
	s, file := newTestStore(t)
	if _, err := s.InstallChains(layerID, "cat-layer", "layer", 0, nil); err != nil {
		t.Fatal(err)
	}
	want := names(s.Snapshot().entries)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 2; n++ {
		if err := os.WriteFile(file, []byte(strings.Repeat("nonsense ", n)), 0o600); err != nil {
			t.Fatal(err)
		}
		snap := s.Refresh()
		if got := names(snap.entries); got != want {
			t.Errorf("after damage %d: %s", n, got)
		}
		if p := snap.Problems(); len(p) != 1 || !strings.Contains(p[0].Text, "previous") {
			t.Errorf("after damage %d the problems are %v", n, p)
		}
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	snap := s.Refresh()
	if p := snap.Problems(); len(p) != 0 || names(snap.entries) != want {
		t.Errorf("after the repair: %s, %v", names(snap.entries), p)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if got := len(s.Refresh().entries); got != 6 {
		t.Errorf("without the file there are %d entries, want the 6 defaults", got)
	}
}

func TestNotWritable(t *testing.T) {
	dir := t.TempDir()
	blocked := filepath.Join(dir, "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"a directory that cannot be made": filepath.Join(blocked, "catalog.toml"),
		"a file system without files":     "/proc/winsock/catalog.toml",
		"a directory in the file's place": dir,
	}
	if os.Geteuid() != 0 {
		locked := filepath.Join(dir, "locked")
		if err := os.Mkdir(locked, 0o500); err != nil {
			t.Fatal(err)
		}
		files["a directory without the right to write"] = filepath.Join(locked, "catalog.toml")
	}
	for what, file := range files {
		s := NewStore(testConfig(file, &syncBuffer{}))
		before := s.Snapshot()
		_, err := s.Install(layerID, "cat-layer", []wsa.ProtocolInfo{{Name: "x"}})
		wantCode(t, "WSCInstallProvider into "+what, err, wsa.WSANO_RECOVERY)
		wantCode(t, "WSCWriteProviderOrder in "+what, s.SetOrder(ids(before.entries)), wsa.WSANO_RECOVERY)
		if after := s.Refresh(); names(after.entries) != names(before.entries) {
			t.Errorf("%s: the catalog has changed", what)
		}
	}
}

func TestFilePermissions(t *testing.T) {
	s, file := newTestStore(t)
	change := func() {
		t.Helper()
		if err := s.Enable(1001, true); err != nil {
			t.Fatal(err)
		}
	}
	mode := func() os.FileMode {
		t.Helper()
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode().Perm()
	}
	change()
	if m := mode(); m != 0o600 {
		t.Errorf("a new file has mode %o; it may hold a proxy's password", m)
	}
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	change()
	if m := mode(); m != 0o640 {
		t.Errorf("a change has made the mode %o", m)
	}
	real := file + ".real"
	if err := os.Rename(file, real); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, file); err != nil {
		t.Fatal(err)
	}
	change()
	if info, err := os.Lstat(file); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("a change has replaced the symbolic link to the file")
	}
	mustExist(t, file+".new", false)
	mustExist(t, real+".new", false)
}

func TestLocations(t *testing.T) {
	dir := t.TempDir()
	old := systemFile
	systemFile = filepath.Join(dir, "etc", "catalog.toml")
	t.Cleanup(func() { systemFile = old })
	user := filepath.Join(dir, "config", "winsock", "catalog.toml")
	t.Setenv(Environment, "")
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, "config"))
	s := NewStore(testConfig("", &syncBuffer{}))
	first := systemFile // where a change goes when there is no file
	if os.Geteuid() != 0 {
		first = user
	}
	if l := s.config.locate(); l != (location{"", first}) {
		t.Errorf("without files: %+v", l)
	}

	// The system's catalog.
	system := NewStore(testConfig(systemFile, &syncBuffer{}))
	if _, err := system.Install(layerID, "cat-layer", []wsa.ProtocolInfo{{Name: "of the system"}}); err != nil {
		t.Fatal(err)
	}
	if snap := s.Refresh(); snap.Source() != systemFile || len(snap.Provider(layerID)) != 1 {
		t.Errorf("the system's file is not in force: %q", snap.Source())
	}
	if l := s.config.locate(); l.write != first {
		t.Errorf("with the system's file, changes go to %q", l.write)
	}

	// The user's hides it, beginning as its copy.
	if err := system.Snapshot().Export(mustCreate(t, user)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Install(wsa.GUID{Data1: 0x501}, "cat-layer", []wsa.ProtocolInfo{{Name: "of the user"}}); err != nil {
		t.Fatal(err)
	}
	if snap := s.Refresh(); snap.Source() != user || len(snap.entries) != 8 {
		t.Errorf("the user's file is not in force: %q with %s", snap.Source(), names(snap.entries))
	}
	if n := len(system.Refresh().entries); n != 7 {
		t.Errorf("the user's change went to the system's file")
	}

	// The environment's is the only one.
	t.Setenv(Environment, filepath.Join(dir, "only.toml"))
	if snap := s.Refresh(); snap.Source() != "" || len(snap.entries) != 6 {
		t.Errorf("with $%s: %q with %s", Environment, snap.Source(), names(snap.entries))
	}
}

func mustCreate(t *testing.T, file string) *os.File {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// TestSnapshotSeesOtherProcesses: without being told to look, a store sees
// another process's change when it has not looked for a while.
func TestSnapshotSeesOtherProcesses(t *testing.T) {
	s, file := newTestStore(t)
	s.Snapshot()
	other := NewStore(testConfig(file, &syncBuffer{}))
	if _, err := other.Install(layerID, "cat-layer", []wsa.ProtocolInfo{{Name: "x"}}); err != nil {
		t.Fatal(err)
	}
	s.looked.Add(-2 * int64(staleAfter)) // as if so much time had passed
	if len(s.Snapshot().Provider(layerID)) != 1 {
		t.Error("the change was not seen")
	}
}
