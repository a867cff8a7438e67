// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	supervised "winsock/run"
	"winsock/run/registry"
)

func someSnapshots(now time.Time, sent uint64) []registry.Snapshot {
	return []registry.Snapshot{
		{Program: "curl", Args: []string{"http://host/\x1b[31m"}, PID: 10, Supervisor: 9, Started: now.Add(-90 * time.Second),
			Stats: supervised.Stats{Calls: 5, Relayed: 1, Refused: 2},
			Connections: []supervised.Connection{
				{ID: 1, PID: 10, Program: "curl", Protocol: "tcp", State: "open", Relayed: true, Chain: "trace > kernel",
					Local: netip.MustParseAddrPort("127.0.0.1:40000"), Peer: netip.MustParseAddrPort("192.0.2.1:443"),
					Actual: netip.MustParseAddrPort("198.51.100.7:8443"), Sent: sent, Received: 5_000_000, Since: now.Add(-time.Hour)},
				{ID: 2, PID: 11, Program: "n\x07ginx", Protocol: "tcp", State: "open", Accepted: true, Chain: "kernel",
					Local: netip.MustParseAddrPort("[::1]:80"), Peer: netip.MustParseAddrPort("[::1]:51234")},
			}},
		{Program: "sleep", PID: 20, Supervisor: 19, Started: now},
	}
}

func TestTable(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	once := table{now: now, once: true}
	got := once.text(someSnapshots(now, 1234))
	want := `winsock top  2 programs, 2 connections  03:04:05

curl http://host/?[31m  10  1m30s  5 calls, 0 direct, 1 relayed, 0 accepted, 2 failed
PROCESS      PROTO  DIR  PATH     LOCAL            PEER                                  SENT  RECEIVED    AGE  CHAIN         
curl[10]     tcp    out  relayed  127.0.0.1:40000  192.0.2.1:443 => 198.51.100.7:8443 1.23 kB   5.00 MB  1h00m  trace > kernel
n?ginx[11]   tcp    in   direct   [::1]:80         [::1]:51234                              -         -      -  kernel        

sleep  20  0s  0 calls, 0 direct, 0 relayed, 0 accepted
`
	if squeeze(got) != squeeze(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := (&table{now: now, once: true}).text(nil); !strings.Contains(got, "0 programs") || !strings.Contains(got, "winsock run PROGRAM") {
		t.Errorf("without programs: %q", got)
	}
}

// squeeze leaves one blank of several.
func squeeze(text string) string { return regexp.MustCompile(` +`).ReplaceAllString(text, " ") }

// TestTableRates: the second text tells what has passed since the first.
func TestTableRates(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	live := table{now: now}
	if got := squeeze(live.text(someSnapshots(now, 1000))); !strings.Contains(got, " 1.00 kB 5.00 MB - - ") {
		t.Errorf("rates are told at once: %s", got)
	}
	live.now = now.Add(2 * time.Second)
	if got := squeeze(live.text(someSnapshots(now, 5000))); !strings.Contains(got, " 5.00 kB 5.00 MB 2.00 kB 0 B ") || !strings.Contains(got, "up 2.00 kB/s, down 0 B/s") {
		t.Errorf("the rates are wrong: %s", got)
	}
}

// TestTableFits: no line is longer than the screen is wide, nor are there
// more than it has.
func TestTableFits(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	escapes := regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]")
	for columns := 60; columns < 160; columns++ {
		for _, rows := range []int{4, 7, 24} {
			screen := table{now: now, rows: rows, columns: columns, color: true}
			lines := strings.Split(escapes.ReplaceAllString(screen.text(someSnapshots(now, 1)), ""), "\r\n")
			if len(lines) > rows {
				t.Fatalf("%d lines on a screen of %d", len(lines), rows)
			}
			for _, l := range lines {
				if strings.Contains(l, "calls") {
					continue // the counts of a program are not cut
				}
				if n := utf8.RuneCountInString(l); n > columns {
					t.Fatalf("%d characters in %d columns: %q", n, columns, l)
				}
			}
		}
	}
}

func TestAges(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 59 * time.Second: "59s", 61 * time.Second: "1m01s", time.Hour: "1h00m", 49 * time.Hour: "2d01h", -time.Second: "0s",
	} {
		if got := age(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}

// TestTop: the command shows a program that runs, as a table and as JSON.
func TestTop(t *testing.T) {
	r := begin(t)
	env := r.front.Env
	command := func(args ...string) string {
		c := exec.Command(r.front.Path, args...)
		c.Args[0], c.Env = "winsock", env
		out, errs, status := finish(t, c)
		if status.ExitStatus() != 0 {
			t.Fatalf("%v: %v, %s", args, status, errs)
		}
		return out
	}
	var list []registry.Snapshot
	for end := time.Now().Add(time.Minute); len(list) == 0 && time.Now().Before(end); {
		if err := json.Unmarshal([]byte(command("top", "--json")), &list); err != nil {
			t.Fatal(err)
		}
	}
	if len(list) != 1 || list[0].Program != listenerName || list[0].PID != r.program || list[0].Supervisor != r.supervisor {
		t.Fatalf("got %+v", list)
	}
	if out := command("top"); !strings.Contains(out, "1 program, 0 connections") || !strings.Contains(out, "\n"+listenerName+"  ") {
		t.Errorf("got %q", out)
	}
	top := exec.Command(r.front.Path, "top", "--interval", "50ms")
	top.Args[0], top.Env = "winsock", append(env, "TERM=xterm")
	term := onTerminal(t, top)
	term.await("\x1b[?1049h")
	term.await("1 program, 0 connections, up 0 B/s")
	r.kill(r.program, 9)
	gone(t, r.supervisor)
	term.await("0 programs")
	term.typed("q")
	term.await("\x1b[?1049l")
	if err := top.Wait(); err != nil {
		t.Error(err)
	}
	r.wait()
	if _, err := os.Stat(strings.TrimPrefix(env[len(env)-2], "XDG_RUNTIME_DIR=") + "/winsock"); err != nil {
		t.Error("the registry was elsewhere: ", err)
	}
}
