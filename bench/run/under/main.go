// SPDX-License-Identifier: Apache-2.0

// Command under is winsock run with the layers of the benchmarks:
//
//	under [-layer path]... [-cpuprofile file] [-stats] PROGRAM [ARGUMENT]...
//
// SIGTERM is passed on to the program.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime/pprof"
	"syscall"
	"time"

	_ "winsock/bench/layers"
	"winsock/run"
)

func main() {
	var c run.Config
	flag.Func("layer", "put a layer into the chain, below those before", func(path string) error {
		c.Layers = append(c.Layers, path)
		return nil
	})
	profile := flag.String("cpuprofile", "", "write a profile of the supervisor to this file")
	stats := flag.Bool("stats", false, "tell what was counted")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "under: which program?")
		os.Exit(2)
	}
	code, err := supervise(c, *profile, *stats, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "under:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

// patience is how long processes that the program has left may run on.
const patience = 5 * time.Second

func supervise(c run.Config, profile string, stats bool, args []string) (code int, err error) {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return 1, err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return 1, err
		}
		defer pprof.StopCPUProfile()
	}
	terminate := make(chan os.Signal, 1)
	signal.Notify(terminate, syscall.SIGTERM)
	s, err := run.Start(c, cmd)
	if err != nil {
		return 1, err
	}
	defer s.Close()
	go func() {
		for range terminate {
			_ = cmd.Process.Signal(syscall.SIGTERM) // or it has ended
		}
	}()
	err = cmd.Wait()
	if stats {
		fmt.Fprintf(os.Stderr, "%+v\n%s\n", s.Stats(), usage())
	}
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		return 1, err
	}
	if failed != nil {
		code = failed.ExitCode()
	}
	select {
	case <-s.Done():
	case <-time.After(patience):
	}
	return code, nil
}

// usage tells what the supervisor has used.
func usage() string {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("user %v, system %v, context switches %d voluntary, %d involuntary",
		time.Duration(u.Utime.Nano()), time.Duration(u.Stime.Nano()), u.Nvcsw, u.Nivcsw)
}
