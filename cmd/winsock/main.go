// SPDX-License-Identifier: Apache-2.0

// Command winsock looks after the catalog of service providers and uses its
// chains from the command line.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"winsock/cmd/winsock/job"
)

// Exit codes, which are those of ncat.
const (
	exitNetwork = 1 // the network failed
	exitWrong   = 1 // what was checked is wrong
	exitUsage   = 2 // the command cannot be done as it was given
)

// A networkError ends the command with exitNetwork; any other with exitUsage.
type networkError struct{ error }

func (e networkError) Unwrap() error { return e.error }

// A wrongError ends the command with exitWrong.
type wrongError struct{ error }

func (e wrongError) Unwrap() error { return e.error }

func main() {
	ctx, name := context.Background(), ""
	if len(os.Args) > 1 {
		name = os.Args[1]
	}
	switch name {
	case job.Subcommand:
		os.Exit(job.Supervise(os.Args[2:]))
	case "run": // deals with signals itself
	default:
		var stop func()
		ctx, stop = signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
		defer stop()
	}
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run executes a command line and returns its exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var ended programEnded
	if errors.As(err, &ended) {
		return int(ended)
	}
	var notRun *job.Error
	if errors.As(err, &notRun) {
		fmt.Fprintln(stderr, "winsock run:", err)
		return notRun.Code
	}
	fmt.Fprintln(stderr, "winsock:", err)
	var network networkError
	var wrong wrongError
	switch {
	case errors.As(err, &network):
		return exitNetwork
	case errors.As(err, &wrong):
		return exitWrong
	}
	return exitUsage
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "winsock",
		Short: "Winsock for Linux: providers, chains and sockets",
		Long: `Winsock for Linux keeps a catalog of service providers. Base providers
carry sockets; layered providers stand above them in chains and see or change
what passes. This command shows and changes the catalog, opens sockets
through any chain, and runs programs over one.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newCatalog(), newConfig(), newLayer(), newNC(), newRun(), newTop(), newRules())
	return root
}
