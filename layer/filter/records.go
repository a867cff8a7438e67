// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"context"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"winsock/layer/filter/rules"
	"winsock/spi"
	"winsock/wsa"
)

// records is the file that log rules write to.
type records struct {
	handler slog.Handler
	file    io.Closer   // nil for standard error
	failed  atomic.Bool // a failure was reported
}

// openRecords opens the file, "-" being standard error. Lines are added to
// what it has; each is one write, so that several processes may share it.
func openRecords(name string) (*records, error) {
	if name == "-" {
		return &records{handler: slog.NewTextHandler(os.Stderr, nil)}, nil
	}
	// Without O_NONBLOCK a named pipe would keep the program waiting for its
	// reader.
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, err
	}
	return &records{handler: slog.NewTextHandler(f, nil), file: f}, nil
}

func (r *records) close() {
	if r != nil && r.file != nil {
		_ = r.file.Close() // every line is written already
	}
}

// record writes the line that a log rule asks for.
func (f *filter) record(q *rules.Question, v *rules.Verdict, p *spi.Process) {
	if v.Log == nil {
		return
	}
	if p == nil {
		p = ownProcess()
	}
	attrs := make([]slog.Attr, 0, 12)
	attrs = append(attrs, slog.Int("pid", p.ID), slog.String("program", p.Path), slog.Int("uid", p.UserID),
		slog.String("direction", q.Direction.String()), slog.String("protocol", q.Protocol.String()))
	if q.Peer.IsValid() {
		attrs = append(attrs, slog.String("address", addressText(q.Peer)))
	}
	if q.Local.IsValid() {
		attrs = append(attrs, slog.String("local", addressText(q.Local)))
	}
	if len(q.Names) > 0 {
		attrs = append(attrs, slog.String("host", strings.Join(q.Names, ",")))
	}
	attrs = append(attrs, slog.Int("line", v.Log.Line()), slog.String("verdict", v.Text(q)))
	if v.Rule != nil {
		attrs = append(attrs, slog.Int("by", v.Rule.Line()))
	}
	f.log.LogAttrs(context.Background(), slog.LevelInfo, "filter", attrs...)
	if f.records == nil {
		return
	}
	line := slog.NewRecord(time.Now(), slog.LevelInfo, "filter", 0)
	line.AddAttrs(attrs...)
	if err := f.records.handler.Handle(context.Background(), line); err != nil && !f.records.failed.Swap(true) {
		f.log.Error("the log cannot be written; lines are missing", "error", err)
	}
}

func addressText(ap netip.AddrPort) string {
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()).String()
}

// complain logs why something that was asked for fails, other than by a
// verdict.
func (f *filter) complain(what string, name *wsa.Sockaddr, v *rules.Verdict, err error) {
	line := 0
	if v.Rule != nil {
		line = v.Rule.Line()
	}
	f.log.Warn("filter: "+what, "address", name.String(), "line", line, "error", err)
}
