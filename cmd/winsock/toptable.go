// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"winsock/cmd/winsock/job"
	supervised "winsock/run"
	"winsock/run/registry"
)

// A table shows the connections of supervisors. Between two texts of the same
// table it counts what has passed.
type table struct {
	now           time.Time
	rows, columns int  // of the screen; 0 is without an end
	color         bool // whether the screen has any
	once          bool // without rates, as no other text follows

	before  map[connectionID]sample
	metered bool // some connection tells of its calls
}

type connectionID struct {
	supervisor int
	started    time.Time
	id         uint64
}

// A sample is what a connection had carried at a time.
type sample struct {
	at             time.Time
	sent, received uint64
}

// A rate is in bytes a second; it is not known before the second sample.
type rate struct {
	sent, received float64
	known          bool
}

// A cell is a text and how it looks.
type cell struct {
	text  string
	style string
}

// Styles, by what a terminal is told.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
	title  = "7"
)

type column struct {
	name  string
	right bool // numbers
	least int  // width to which it may be cut, 0 if it may not be
}

var columns = []column{
	{"PROCESS", false, 10}, {"PROTO", false, 0}, {"DIR", false, 0}, {"PATH", false, 0},
	{"LOCAL", false, 0}, {"PEER", false, 21},
	{"SENT", true, 0}, {"RECEIVED", true, 0}, {"UP/s", true, 0}, {"DOWN/s", true, 0},
	{"AGE", true, 0}, {"CHAIN", false, 8}, {"CALLS", true, 0}, {"WAITS", true, 0},
}

// rates are the columns that only make sense from the second text on.
var rates = []int{8, 9}

// metered are the columns of what only metered programs tell.
var metered = []int{12, 13}

// expendable are the columns that a narrow screen does without, the first
// being missed least.
var expendable = []int{13, 12, 4, 10, 11, 1, 2, 3, 6, 7}

// text returns the table of supervisors. On a screen each line ends with
// what clears the rest of it.
func (t *table) text(list []registry.Snapshot) string {
	var total rate
	seen := make(map[connectionID]sample)
	t.metered = false
	var lines [][]cell // nil is an empty line; one cell is a line of its own
	header := make([]cell, len(columns))
	for i, c := range columns {
		header[i] = cell{c.name, dim}
	}
	count := 0
	for _, s := range list {
		lines = append(lines, nil, t.about(s))
		if len(s.Connections) > 0 {
			lines = append(lines, header)
		}
		for _, c := range s.Connections {
			id := connectionID{s.Supervisor, s.Started, c.ID}
			seen[id] = sample{t.now, c.Sent, c.Received}
			r := between(t.before[id], seen[id])
			total.sent += r.sent
			total.received += r.received
			lines = append(lines, t.row(c, r))
			count++
		}
	}
	t.before = seen
	return t.layOut(t.summary(len(list), count, total), lines)
}

func between(a, b sample) (r rate) {
	elapsed := b.at.Sub(a.at).Seconds()
	if a.at.IsZero() || elapsed <= 0 || b.sent < a.sent || b.received < a.received {
		return r
	}
	return rate{float64(b.sent-a.sent) / elapsed, float64(b.received-a.received) / elapsed, true}
}

// summary is the first line.
func (t *table) summary(programs, connections int, total rate) string {
	text := fmt.Sprintf("winsock top  %s, %s", plural(programs, "program"), plural(connections, "connection"))
	if !t.once {
		text += fmt.Sprintf(", up %s/s, down %s/s", job.Bytes(uint64(total.sent)), job.Bytes(uint64(total.received)))
	}
	clock := t.now.Format("15:04:05")
	if gap := t.columns - len(text) - len(clock); t.columns > 0 && gap > 1 {
		return text + strings.Repeat(" ", gap) + clock
	}
	return text + "  " + clock
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// about is the line above the connections of a supervisor.
func (t *table) about(s registry.Snapshot) []cell {
	text := s.Program
	if len(s.Args) > 0 {
		text += " " + strings.Join(s.Args, " ")
	}
	counts := fmt.Sprintf("  %d  %s  %d calls, %d direct, %d relayed, %d accepted",
		s.PID, age(t.now.Sub(s.Started)), s.Stats.Calls, s.Stats.Direct, s.Stats.Relayed, s.Stats.Accepted)
	if s.Stats.Refused > 0 {
		counts += fmt.Sprintf(", %d failed", s.Stats.Refused)
	}
	if s.Stats.Denied > 0 {
		counts += fmt.Sprintf(", %d denied", s.Stats.Denied)
	}
	text = printable(text)
	if t.columns > 0 {
		text = cut(text, max(t.columns-len(counts), 20))
	}
	return []cell{{text, bold}, {counts, ""}}
}

func (t *table) row(c supervised.Connection, r rate) []cell {
	direction, path := cell{"out", ""}, cell{"direct", green}
	if c.Accepted {
		direction = cell{"in", cyan}
	}
	if c.Relayed {
		path = cell{"relayed", ""}
	}
	if c.State == "connecting" {
		path = cell{"connecting", yellow}
	}
	if c.Err != "" {
		path = cell{"failed", red}
	}
	local, peer := "-", "-"
	if c.Local.IsValid() {
		local = c.Local.String()
	}
	if c.Peer.IsValid() {
		peer = c.Peer.String()
	}
	if c.Actual.IsValid() && c.Actual != c.Peer {
		peer += " => " + c.Actual.String()
	}
	sent, received, up, down := "-", "-", "-", "-"
	if c.Relayed || c.Sent > 0 || c.Received > 0 { // else they are not known
		sent, received = job.Bytes(c.Sent), job.Bytes(c.Received)
		if r.known {
			up, down = job.Bytes(uint64(r.sent)), job.Bytes(uint64(r.received))
		}
	}
	calls, waits := "-", "-"
	if c.Calls > 0 {
		calls, waits = fmt.Sprint(c.Calls), fmt.Sprint(c.Blocked)
		t.metered = true
	}
	since := "-"
	if !c.Since.IsZero() {
		since = age(t.now.Sub(c.Since))
	}
	return []cell{
		{printable(fmt.Sprintf("%s[%d]", c.Program, c.PID)), ""}, {printable(c.Protocol), ""}, direction, path,
		{local, ""}, {peer, ""}, {sent, ""}, {received, ""}, {up, bold}, {down, bold}, {since, ""}, {printable(c.Chain), dim}, {calls, ""}, {waits, ""},
	}
}

// age writes how long something has been there in at most six characters.
func age(d time.Duration) string {
	switch {
	case d < time.Second:
		return "0s"
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd%02dh", int(d.Hours())/24, int(d.Hours())%24)
}

// layOut puts the lines below each other, cut to the screen.
func (t *table) layOut(summary string, lines [][]cell) string {
	widths := t.widths(lines)
	var b strings.Builder
	end := "\n"
	if t.columns > 0 {
		end = "\x1b[K\r\n"
		summary = cut(summary, t.columns)
	}
	b.WriteString(t.styled(summary, title))
	b.WriteString(end)
	for i, line := range lines {
		if left := len(lines) - i; t.rows > 0 && i+2 >= t.rows && left > 1 {
			fmt.Fprintf(&b, "... %d more lines", left)
			b.WriteString("\x1b[K")
			return b.String() // no end: the screen would move up
		}
		t.line(&b, line, widths)
		if t.rows == 0 || i+2 < t.rows {
			b.WriteString(end)
		}
	}
	if len(lines) == 0 {
		b.WriteString(end + "No program runs under winsock. Start one: winsock run PROGRAM" + end)
	}
	return b.String()
}

func (t *table) line(b *strings.Builder, line []cell, widths []int) {
	if len(line) != len(columns) {
		for _, c := range line {
			b.WriteString(t.styled(c.text, c.style))
		}
		return
	}
	first := true
	for i, c := range line {
		if widths[i] == 0 {
			continue
		}
		if !first {
			b.WriteString("  ")
		}
		first = false
		text := cut(c.text, widths[i])
		gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text))
		if columns[i].right {
			b.WriteString(gap + t.styled(text, c.style))
		} else {
			b.WriteString(t.styled(text, c.style) + gap)
		}
	}
}

// widths returns the columns' widths, 0 for those that are not shown. What is
// too wide for the screen first does without the least important column, then
// has some cut, then does without more.
func (t *table) widths(lines [][]cell) []int {
	full := make([]int, len(columns))
	for _, line := range lines {
		if len(line) != len(columns) {
			continue
		}
		for i, c := range line {
			full[i] = max(full[i], utf8.RuneCountInString(c.text))
		}
	}
	if t.once {
		for _, i := range rates {
			full[i] = 0
		}
	}
	if !t.metered {
		for _, i := range metered {
			full[i] = 0
		}
	}
	if t.columns == 0 || excess(full, t.columns) <= 0 {
		return full
	}
	var widths []int
	for _, i := range expendable {
		full[i] = 0
		widths = append(widths[:0], full...)
		narrow(widths, t.columns)
		if excess(widths, t.columns) <= 0 {
			break
		}
	}
	return widths
}

// excess returns by how much columns are wider than the screen.
func excess(widths []int, screen int) int {
	total := -2
	for _, w := range widths {
		if w > 0 {
			total += w + 2
		}
	}
	return total - screen
}

// narrow cuts the widest of the columns that may be cut, as far as they may.
func narrow(widths []int, screen int) {
	for excess(widths, screen) > 0 {
		widest := -1
		for i, c := range columns {
			if c.least > 0 && widths[i] > c.least && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		widths[widest]--
	}
}

func (t *table) styled(text, style string) string {
	if !t.color || style == "" || text == "" {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// cut shortens a text to a number of characters.
func cut(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	if width < 4 {
		return string([]rune(text)[:max(width, 0)])
	}
	return string([]rune(text)[:width-3]) + "..."
}

// printable replaces what would do something to a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == utf8.RuneError {
			return '?'
		}
		return r
	}, text)
}
