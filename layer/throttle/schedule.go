// SPDX-License-Identifier: Apache-2.0

package throttle

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"winsock/internal/bucket"
)

// A flow is one of the four rates.
type flow uint8

const (
	bytesUp flow = iota
	bytesDown
	packetsUp
	packetsDown
	flows
)

var flowNames = [flows]string{"up", "down", "packets-up", "packets-down"}

// rates are the four of them, where set.
type rates struct {
	value [flows]uint64
	set   [flows]bool
}

// parse sets one.
func (r *rates) parse(f flow, text string) (err error) {
	parse := bucket.ParseRate
	if f >= packetsUp {
		parse = bucket.ParseCount
	}
	if r.value[f], err = parse(text); err == nil {
		r.set[f] = true
	}
	return err
}

// A schedule is the spans of the day with other rates, the first that fits
// counting.
type schedule []span

type span struct {
	days     uint8 // of the beginning: a bit for each, Sunday's the lowest
	from, to int   // minutes of the day; to is not above from over midnight
	rates    rates
}

const (
	everyDay = 1<<7 - 1
	wholeDay = 24 * 60
)

var dayNames = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// parseSchedule reads spans as the package comment has them.
func parseSchedule(text string) (schedule, error) {
	var s schedule
	for _, part := range strings.Split(text, ";") {
		fields := strings.Fields(part)
		if len(fields) == 0 {
			continue
		}
		sp := span{days: everyDay}
		if days, ok := parseDays(fields[0]); ok {
			sp.days = days
			fields = fields[1:]
		}
		if len(fields) < 2 {
			return nil, fmt.Errorf("schedule %q: want [DAYS] HH:MM-HH:MM KEY=RATE", strings.TrimSpace(part))
		}
		from, to, _ := strings.Cut(fields[0], "-")
		var ok1, ok2 bool
		sp.from, ok1 = parseTime(from)
		sp.to, ok2 = parseTime(to)
		if !ok1 || !ok2 || sp.from == wholeDay {
			return nil, fmt.Errorf("schedule: %q: want HH:MM-HH:MM", fields[0])
		}
		for _, field := range fields[1:] {
			key, value, _ := strings.Cut(field, "=")
			f := flow(0)
			for f < flows && flowNames[f] != key {
				f++
			}
			switch {
			case f == flows:
				return nil, fmt.Errorf("schedule: %q: want one of %s", field, strings.Join(flowNames[:], ", "))
			case sp.rates.set[f]:
				return nil, fmt.Errorf("schedule: %q: given twice", field)
			}
			if err := sp.rates.parse(f, value); err != nil {
				return nil, fmt.Errorf("schedule: %v", err)
			}
		}
		s = append(s, sp)
	}
	if len(s) == 0 && text != "" {
		return nil, fmt.Errorf("schedule %q has no spans", text)
	}
	return s, nil
}

// parseDays reads DAY or DAY-DAY.
func parseDays(text string) (uint8, bool) {
	first, last, isRange := strings.Cut(text, "-")
	a, b := dayOf(first), dayOf(last)
	if !isRange {
		b = a
	}
	if a < 0 || b < 0 {
		return 0, false
	}
	days := uint8(0)
	for d := a; ; d = (d + 1) % 7 {
		days |= 1 << d
		if d == b {
			return days, true
		}
	}
}

func dayOf(name string) int {
	for i, n := range dayNames {
		if n == name {
			return i
		}
	}
	return -1
}

// parseTime reads HH:MM, up to 24:00, as minutes.
func parseTime(text string) (int, bool) {
	if len(text) != 5 || text[2] != ':' {
		return 0, false
	}
	h, err1 := strconv.ParseUint(text[:2], 10, 8)
	m, err2 := strconv.ParseUint(text[3:], 10, 8)
	if err1 != nil || err2 != nil || m > 59 || h > 24 || h == 24 && m > 0 {
		return 0, false
	}
	return int(h*60 + m), true
}

// holds reports whether a time is in the span.
func (sp *span) holds(t time.Time) bool {
	minute, day := t.Hour()*60+t.Minute(), int(t.Weekday())
	if sp.from < sp.to {
		return sp.days&(1<<day) != 0 && minute >= sp.from && minute < sp.to
	}
	if minute >= sp.from {
		return sp.days&(1<<day) != 0
	}
	return minute < sp.to && sp.days&(1<<((day+6)%7)) != 0
}

// plan returns the plan of one flow, nil if the schedule does not mention it.
func (s schedule) plan(f flow, otherwise uint64) bucket.Plan {
	mentioned := false
	for i := range s {
		mentioned = mentioned || s[i].rates.set[f]
	}
	if !mentioned {
		return nil
	}
	return func(now time.Time) (uint64, time.Time) {
		now = now.In(zone)
		rate := otherwise
		for i := range s {
			if s[i].rates.set[f] && s[i].holds(now) {
				rate = s[i].rates.value[f]
				break
			}
		}
		return rate, s.next(now)
	}
}

// zone is what the times of the day are in. Tests change it.
var zone = time.Local

// next returns the next time at which a span begins or ends. A day with a
// change of the clock may have one more.
func (s schedule) next(now time.Time) time.Time {
	year, month, day := now.Date()
	first := time.Date(year, month, day+1, 0, 0, 0, 0, now.Location())
	for i := range s {
		for _, minute := range [2]int{s[i].from, s[i].to} {
			t := time.Date(year, month, day, 0, minute, 0, 0, now.Location())
			if t.After(now) && t.Before(first) {
				first = t
			}
		}
	}
	if first.After(now) {
		// The distance, as the clock of the bucket may be a steady one.
		return now.Add(first.Sub(now))
	}
	return now.Add(time.Minute)
}
