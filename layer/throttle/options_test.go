// SPDX-License-Identifier: Apache-2.0

package throttle

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

func TestBadOptions(t *testing.T) {
	for path, word := range map[string]string{
		"throttle":                                        "no rate",
		"throttle:up=fast":                                "up",
		"throttle:up=0bit":                                "range",
		"throttle:packets-down=-1":                        "packets-down",
		"throttle:up=1mbit,scope=all":                     "scope",
		"throttle:up=1mbit,weight=0":                      "weight",
		"throttle:up=1mbit,priority=8":                    "priority",
		"throttle:up=1mbit,burst-packets=-1":              "burst-packets",
		"throttle:quota-up=1k,quota-end=gone":             "quota-end",
		"throttle:quota-up=1k,quota-end=WSAEWOULDBLOCK":   "quota-end",
		"throttle:schedule=08:00 up=1mbit":                "HH:MM",
		"throttle:schedule=24:00-01:00 up=1mbit":          "HH:MM",
		"throttle:schedule=;":                             "no spans",
		"throttle:schedule=08:00-09:00":                   "want",
		"throttle:schedule=08:00-09:00 sideways=1mbit":    "sideways",
		"throttle:schedule=08:00-09:00 up=1mbit up=1mbit": "twice",
		"throttle:schedule=mon-08:00-09:00 up=1mbit":      "HH:MM",
	} {
		_, o, err := spi.ParsePath(path)
		if err == nil {
			if err := driver.Check(o); wsa.ErrnoOf(err) != wsa.WSAEINVAL || !strings.Contains(err.Error(), word) {
				t.Errorf("%s: Check answers %v, want WSAEINVAL with %q", path, err, word)
			}
			_, err = driver.Startup(&spi.StartupParams{Options: o, Log: slog.Default()})
		}
		if wsa.ErrnoOf(err) != wsa.WSAEINVAL || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v, want WSAEINVAL with %q", path, err, word)
		}
	}
}

func TestSpans(t *testing.T) {
	s, err := parseSchedule("sat-sun 00:00-24:00 up=1mbit; fri 22:00-06:00 down=1MB packets-up=5; mon-fri 08:00-18:00 up=2mbit")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][3]bool{
		"2024-03-09T12:00:00Z": {true, false, false}, // Saturday
		"2024-03-09T05:59:59Z": {true, true, false},  // of Friday night
		"2024-03-09T06:00:00Z": {true, false, false},
		"2024-03-08T22:00:00Z": {false, true, false},  // Friday
		"2024-03-08T05:00:00Z": {false, false, false}, // of Thursday night
		"2024-03-08T08:00:00Z": {false, false, true},
		"2024-03-10T23:59:00Z": {true, false, false},
		"2024-03-11T18:00:00Z": {false, false, false},
	} {
		at, _ := time.Parse(time.RFC3339, text)
		for i := range s {
			if got := s[i].holds(at); got != want[i] {
				t.Errorf("%s: span %d holds: %t", text, i, got)
			}
		}
	}
}

// FuzzOptions: whatever is accepted has plans that go on in time.
func FuzzOptions(f *testing.F) {
	f.Add("1mbit", "mon-fri 08:00-18:00 up=1mbit down=2MB; 22:00-06:00 packets-up=10", "close")
	f.Add("", "sat 00:00-24:00 up=unlimited", "WSAEACCES")
	f.Add("64kbit", "00:00-00:00 down=1bit", "reset")
	f.Fuzz(func(t *testing.T, up, schedule, end string) {
		th, err := parse(spi.Options{"up": up, "schedule": schedule, "quota-end": end})
		if err != nil {
			return
		}
		now := time.Date(2024, time.March, 30, 22, 10, 0, 0, time.UTC)
		for f := range flows {
			if plan := th.schedule.plan(f, th.rates.value[f]); plan != nil {
				for range 20 {
					_, until := plan(now)
					if !until.After(now) || until.Sub(now) > 25*time.Hour {
						t.Fatalf("%q: after %v comes %v", schedule, now, until)
					}
					now = until
				}
			}
		}
	})
}
