// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"winsock/bench/report"
)

// A bench is what the rows share: the programs, built, in a folder that is
// removed at the end.
type bench struct {
	root     string // the module's folder
	dir      string
	file     string // to send
	fileSize int64
	wine     *wine             // nil without
	absent   map[string]string // reasons why programs cannot run
	said     []string          // notes, in order
}

// newBench builds what the rows need.
func newBench(ctx context.Context, chosen []row, fileSize int64) (*bench, error) {
	b := &bench{fileSize: fileSize, absent: make(map[string]string)}
	var err error
	if b.root, err = report.Root(); err != nil {
		return nil, err
	}
	if b.dir, err = os.MkdirTemp("", "winsock-bench-"); err != nil {
		return nil, err
	}
	if err := b.prepare(ctx, chosen); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bench) prepare(ctx context.Context, chosen []row) error {
	if err := b.compile(ctx, "gcc", b.path("load"), []string{"load.c"}); err != nil {
		return err
	}
	needed := map[string]bool{"epoll": true}
	sendsFile := false
	for _, r := range chosen {
		needed[r.subject.program] = true
		sendsFile = sendsFile || r.workload.mode == "file"
	}
	for _, p := range programs {
		if !needed[p.name] {
			continue
		}
		err := p.build(b, ctx, b.binary(p))
		if err == nil && p.wine {
			b.wine, err = startWine(ctx, b.path("prefix"))
		}
		if errors.Is(err, errMissing) {
			b.absent[p.name] = err.Error()
		} else if err != nil {
			return err
		}
	}
	if reason := b.absent["epoll"]; reason != "" {
		return errors.New(reason)
	}
	if sendsFile {
		b.file = b.path("file")
		return makeFile(b.file, b.fileSize)
	}
	return nil
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

func (b *bench) close() {
	if b.wine != nil {
		b.wine.stop()
	}
	os.RemoveAll(b.dir)
}

// reasonAgainst returns why a row cannot be measured, or "".
func (b *bench) reasonAgainst(r row) string {
	if reason := b.absent[r.subject.program]; reason != "" {
		return reason
	}
	if r.subject.lacks != nil {
		return r.subject.lacks(r.workload)
	}
	return ""
}

func (b *bench) note(r row, reason string) {
	note := fmt.Sprintf("%s: left out of \"%s\", as %s", r.subject.name, r.workload.name, reason)
	if _, all := b.absent[r.subject.program]; all {
		note = fmt.Sprintf("%s: left out: %s", r.subject.name, reason)
	}
	for _, said := range b.said {
		if said == note {
			return
		}
	}
	b.said = append(b.said, note)
}

// notes tells what was left out, as a list.
func (b *bench) notes() string {
	if len(b.said) == 0 {
		return ""
	}
	return "\n- " + strings.Join(b.said, "\n- ") + "\n"
}
