// SPDX-License-Identifier: Apache-2.0

package job

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
)

// A plainLog writes records as the messages of commands look.
type plainLog struct {
	out   io.Writer
	attrs string
}

// A heldLog keeps what is logged while the program is started. If that fails,
// a single sentence is to tell why: the error, or what a provider has said.
type heldLog struct {
	plainLog
	held *held
}

type held struct {
	mu      sync.Mutex // protects the others
	lines   bytes.Buffer
	reason  string // why a provider did not start
	through bool   // the start is over
}

func newHeldLog() (*slog.Logger, *held) {
	h := new(held)
	return slog.New(heldLog{plainLog{out: h}, h}), h
}

// Write keeps a line, or lets it through.
func (h *held) Write(line []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.through {
		return os.Stderr.Write(line)
	}
	return h.lines.Write(line)
}

// why returns the reason that a record gave, or nothing.
func (h *held) why() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.reason
}

// release writes what was held.
func (h *held) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.through = true
	if h.lines.Len() == 0 {
		return
	}
	_, _ = os.Stderr.Write(h.lines.Bytes()) // there is nowhere else to complain
}

// Handle remembers why a provider did not start.
func (l heldLog) Handle(c context.Context, r slog.Record) error {
	provider, reason := l.attrs, ""
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "provider":
			provider += attrText(a)
		case "error":
			reason = a.Value.String()
		}
		return true
	})
	if strings.Contains(provider, " provider=") && reason != "" {
		l.held.mu.Lock()
		l.held.reason = reason
		l.held.mu.Unlock()
	}
	return l.plainLog.Handle(c, r)
}

// WithAttrs returns a log that adds the attributes to each line.
func (l heldLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	l.plainLog = l.plainLog.WithAttrs(attrs).(plainLog)
	return l
}

// WithGroup has no groups to offer.
func (l heldLog) WithGroup(string) slog.Handler { return l }

// Enabled leaves out what is for debugging.
func (l plainLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

// Handle writes one line.
func (l plainLog) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString("winsock run: ")
	message := strings.TrimPrefix(r.Message, "winsock: ")
	b.WriteString(strings.TrimPrefix(message, "winsock run: "))
	b.WriteString(l.attrs)
	r.Attrs(func(a slog.Attr) bool {
		b.WriteString(attrText(a))
		return true
	})
	b.WriteByte('\n')
	_, err := io.WriteString(l.out, b.String())
	return err
}

// WithAttrs returns a log that adds the attributes to each line.
func (l plainLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		l.attrs += attrText(a)
	}
	return l
}

// WithGroup has no groups to offer.
func (l plainLog) WithGroup(string) slog.Handler { return l }

func attrText(a slog.Attr) string {
	text := a.Value.String()
	if strings.ContainsAny(text, " \n\"") {
		text = fmt.Sprintf("%q", text)
	}
	return " " + a.Key + "=" + text
}
