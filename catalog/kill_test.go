// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"winsock/wsa"
)

// victim is set for a child that installs and deinstalls until it is killed.
const victim = "WINSOCK_TEST_VICTIM"

func TestMain(m *testing.M) {
	if file := os.Getenv(victim); file != "" {
		installForever(file)
	}
	os.Exit(m.Run())
}

func installForever(file string) {
	s := NewStore(testConfig(file, &syncBuffer{}))
	s.Snapshot()
	fmt.Println("ready")
	for n := uint32(0); ; n++ {
		id := wsa.GUID{Data1: uint32(os.Getpid()), Data2: uint16(n), Data3: uint16(n >> 16)}
		if _, err := s.InstallChains(id, "cat-layer", fmt.Sprint(id), 0, nil); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		if n%2 == 1 {
			if _, err := s.Deinstall(id); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		}
		if n%8 == 7 {
			if err := s.Reset(); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		}
	}
}

// TestKill: a program that is killed with SIGKILL at any moment of a change
// leaves a whole catalog, old or new, leaves no lock behind, and its
// half-written files do not pile up.
func TestKill(t *testing.T) {
	kills := 60
	if testing.Short() {
		kills = 10
	}
	_, file := newTestStore(t)
	var serial uint64
	inWrite := 0
	for n := range kills {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), victim+"="+file)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		if !lines.Scan() || lines.Text() != "ready" {
			t.Fatalf("the child said %q", lines.Text())
		}
		// Where in a change the child is now is left to chance; chance is
		// what the moment below is for, and no result depends on it.
		time.Sleep(time.Duration(rand.IntN(30_000)) * time.Microsecond)
		cmd.Process.Kill()
		if lines.Scan() {
			t.Fatalf("the child failed: %s", lines.Text())
		}
		cmd.Wait()

		if _, err := os.Stat(file + ".new"); err == nil {
			inWrite++
		}
		data, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue // killed before its first change
		}
		if err != nil {
			t.Fatal(err)
		}
		d, err := decode(data)
		if err != nil {
			t.Fatalf("kill %d: the catalog is damaged: %v\n%s", n, err, data)
		}
		if p := newSnapshot(d).Verify(); len(p) != 0 {
			t.Fatalf("kill %d: the catalog lacks something: %v", n, p)
		}
		if d.serial < serial {
			t.Fatalf("kill %d: the catalog went back from change %d to %d", n, serial, d.serial)
		}
		serial = d.serial
	}
	t.Logf("%d of %d kills hit a write; %d changes were made", inWrite, kills, serial)

	start := time.Now()
	s := NewStore(testConfig(file, &syncBuffer{}))
	if _, err := s.Install(layerID, "cat-layer", []wsa.ProtocolInfo{{Name: "after all"}}); err != nil {
		t.Fatalf("the next change fails (after %v): %v", time.Since(start), err)
	}
	left, err := filepath.Glob(file + "*")
	if err != nil || len(left) != 2 {
		t.Errorf("left behind are %v, want the catalog and its lock", left)
	}
}
