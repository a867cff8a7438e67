// SPDX-License-Identifier: Apache-2.0

package job

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
)

// A plainLog writes records as the messages of commands look.
type plainLog struct {
	out   io.Writer
	attrs string
}

func newLog() *slog.Logger { return slog.New(plainLog{out: os.Stderr}) }

// Enabled leaves out what is for debugging.
func (l plainLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

// Handle writes one line.
func (l plainLog) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString("winsock run: ")
	b.WriteString(r.Message)
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
