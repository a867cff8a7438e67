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
)

// Exit codes, which are those of ncat.
const (
	exitNetwork = 1 // the network failed
	exitUsage   = 2 // the command cannot be done as it was given
)

// A networkError ends the command with exitNetwork; any other with exitUsage.
type networkError struct{ error }

func (e networkError) Unwrap() error { return e.error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
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
	fmt.Fprintln(stderr, "winsock:", err)
	var network networkError
	if errors.As(err, &network) {
		return exitNetwork
	}
	return exitUsage
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "winsock",
		Short: "Winsock for Linux: providers, chains and sockets",
		Long: `Winsock for Linux keeps a catalog of service providers. Base providers
carry sockets; layered providers stand above them in chains and see or change
what passes. This command shows and changes the catalog, and opens sockets
through any chain.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newCatalog(), newLayer(), newNC())
	return root
}
