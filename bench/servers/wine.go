// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A wine is an installation of Windows' files in the temporary folder.
type wine struct {
	prefix string
	env    []string
}

// startWine prepares the folder.
func startWine(ctx context.Context, prefix string) (*wine, error) {
	w := &wine{prefix: prefix}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "DISPLAY=") && !strings.HasPrefix(v, "WINE") {
			w.env = append(w.env, v)
		}
	}
	w.env = append(w.env, "WINEPREFIX="+prefix, "WINEDEBUG=-all")
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "wineboot", "--init")
	cmd.Env = w.env
	if said, err := cmd.CombinedOutput(); err != nil {
		w.stop()
		return nil, fmt.Errorf("%w: a Wine that starts: %v: %s", errMissing, err, said)
	}
	return w, nil
}

// command is how a program of Windows is started.
func (w *wine) command(name string, args []string) (string, []string, []string) {
	args = append([]string{name}, args...)
	for i := range args {
		if strings.HasPrefix(args[i], "/") {
			args[i] = "Z:" + strings.ReplaceAll(args[i], "/", `\`)
		}
	}
	return "wine", args, w.env
}

// servers returns the wineserver of this folder, which does a part of every
// call of its programs.
func (w *wine) servers() (pids []int) {
	names, _ := filepath.Glob("/proc/[0-9]*/comm")
	for _, name := range names {
		comm, err := os.ReadFile(name)
		if err != nil || !bytes.HasPrefix(comm, []byte("wineserver")) {
			continue
		}
		env, err := os.ReadFile(filepath.Join(filepath.Dir(name), "environ"))
		if err != nil || !bytes.Contains(env, []byte("WINEPREFIX="+w.prefix+"\x00")) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// stop ends all processes of the folder.
func (w *wine) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for _, arg := range []string{"-k", "-w"} { // ask, wait
		cmd := exec.CommandContext(ctx, "wineserver", arg)
		cmd.Env = w.env
		_ = cmd.Run() // fails when there is none
	}
}
