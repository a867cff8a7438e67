// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"winsock/internal/sys"
	"winsock/run/registry"
)

// topOptions are the flags of winsock top.
type topOptions struct {
	once, json bool
	interval   time.Duration
}

func newTop() *cobra.Command {
	o := &topOptions{}
	c := &cobra.Command{
		Use:   "top",
		Short: "Show the connections of the programs that winsock runs",
		Long: `Shows the connections of all programs that you have started with winsock run,
and what passes over them, until q or Ctrl-C is pressed. Space looks again at
once.

Each connection goes its path: "direct" ones are the program's own, and their
bytes are known when they end; what "relayed" ones carry is seen or changed by
a layer. Where a layer has led a connection elsewhere, the peer is the address
that the program knows, and behind => is the one it is connected to.
Of a program that runs with --stats or --metrics, CALLS are those that have
moved a relayed connection's data through the layers, and WAITS those of them
that had to wait.`,
		Example: `  winsock top
  winsock top --once
  winsock top --json | jq -r '.[].program'`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.interval < 50*time.Millisecond {
				return errors.New("--interval is at least 50ms")
			}
			return o.run(c)
		},
	}
	f := c.Flags()
	f.BoolVar(&o.once, "once", false, "print one table; this is so too if the output is no terminal")
	f.BoolVar(&o.json, "json", false, "print JSON, once")
	f.DurationVar(&o.interval, "interval", time.Second, "how often to look")
	_ = c.RegisterFlagCompletionFunc("interval", completeWords("1s", "200ms", "5s")) // fails only for an unknown flag
	return c
}

func (o *topOptions) run(c *cobra.Command) error {
	out, isFile := c.OutOrStdout().(*os.File)
	if isFile && !o.once && !o.json {
		if _, _, e := sys.TerminalSize(int(out.Fd())); e == 0 {
			return o.watch(c.Context(), out, c.InOrStdin())
		}
	}
	list, err := registry.All()
	if err != nil {
		return err
	}
	if o.json {
		if list == nil {
			list = []registry.Snapshot{}
		}
		return writeJSON(c, list)
	}
	t := table{now: time.Now(), once: true}
	_, err = io.WriteString(c.OutOrStdout(), t.text(list))
	return err
}

// What a terminal understands.
const (
	enterScreen = "\x1b[?1049h\x1b[?25l" // another screen, without a cursor
	leaveScreen = "\x1b[?25h\x1b[?1049l"
	toTop       = "\x1b[H"
	clearBelow  = "\x1b[J"
)

// watch shows the table on a terminal until it is told to end.
func (o *topOptions) watch(ctx context.Context, out *os.File, in io.Reader) error {
	keys := make(chan byte)
	undo := func() {}
	unbuffer := func() {}
	if in, ok := in.(*os.File); ok {
		fd := int(in.Fd())
		unbuffer = func() {
			if u, e := sys.UnbufferKeys(fd); e == 0 {
				undo = u
			}
		}
		go routineKeys(in, keys)
	}
	show := func() { unbuffer(); _, _ = io.WriteString(out, enterScreen) } // a terminal that is gone ends the process
	hide := func() { _, _ = io.WriteString(out, leaveScreen); undo() }
	show()
	defer func() { hide() }()

	events := make(chan os.Signal, 4)
	signal.Notify(events, syscall.SIGWINCH, syscall.SIGTSTP, syscall.SIGCONT)
	defer signal.Stop(events)
	tick := time.NewTicker(o.interval)
	defer tick.Stop()
	t := table{color: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
	for {
		list, err := registry.All()
		if err != nil {
			return err
		}
		t.now = time.Now()
		t.rows, t.columns, _ = sys.TerminalSize(int(out.Fd()))
		if _, err := io.WriteString(out, toTop+t.text(list)+clearBelow); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case key := <-keys:
			if key == 'q' || key == 'Q' {
				return nil
			}
		case s := <-events:
			if s == syscall.SIGTSTP {
				hide()
				sys.Raise(syscall.SIGTSTP)
				show()
			}
		}
	}
}

func routineKeys(in io.Reader, keys chan<- byte) {
	var key [1]byte
	for {
		if n, err := in.Read(key[:]); err != nil || n == 0 {
			return
		}
		keys <- key[0]
	}
}
