// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// loop is a mode of loop.c, against a mode of peer.c.
func loop(name, mode, peer string) workload {
	return workload{
		name: name, command: "loop " + mode, format: perOperation,
		measured: "an operation, in a loop",
		start: func(ctx context.Context, b *bench, s side) (*running, error) {
			p, port, err := b.startPeer(ctx, peer)
			if err != nil {
				return nil, err
			}
			if _, err := s.wrap(b, nil); err != nil {
				p.stop()
				return nil, err
			}
			round := func(ctx context.Context, length time.Duration) (m sample, err error) {
				args, err := s.wrap(b, []string{b.path("loop"), mode, strconv.FormatInt(max(1, length.Milliseconds()), 10), port})
				if err != nil {
					return m, err
				}
				out, err := output(ctx, args)
				if err != nil {
					return m, err
				}
				return m, json.Unmarshal(out, &m)
			}
			return &running{round, p.stop}, nil
		},
	}
}

// assumed is the rate that the length of a short transfer is chosen by.
const assumed = 3e9 // bytes a second

// iperf is iperf3's client, against its server.
func iperf(name string, flags ...string) workload {
	return workload{
		name: name, command: strings.Join(append([]string{"iperf3 -c"}, flags...), " "), format: gigabytes,
		measured: "a second, after one that is left out", least: time.Second,
		start: func(ctx context.Context, b *bench, s side) (*running, error) {
			if err := need("iperf3"); err != nil {
				return nil, err
			}
			port, release, err := reserve()
			if err != nil {
				return nil, err
			}
			at := strconv.Itoa(port)
			srv, err := serve(ctx, port, []string{"iperf3", "-s", "-p", at})
			if err != nil {
				release()
				return nil, err
			}
			round := func(ctx context.Context, length time.Duration) (sample, error) {
				args := append([]string{"iperf3", "-c", "127.0.0.1", "-p", at, "-J"}, flags...)
				if length >= time.Second { // as iperf3 has it
					args = append(args, "-O", "1", "-t", strconv.Itoa(int(length.Seconds())))
				} else {
					args = append(args, "-n", strconv.Itoa(int(max(length.Seconds()*assumed, 16<<20))))
				}
				return iperfRound(ctx, b, s, args)
			}
			return &running{round, func() { srv.stop(); release() }}, nil
		},
	}
}

func iperfRound(ctx context.Context, b *bench, s side, args []string) (sample, error) {
	args, err := s.wrap(b, args)
	if err != nil {
		return sample{}, err
	}
	out, err := output(ctx, args)
	if err != nil {
		return sample{}, err
	}
	var told struct {
		End struct {
			Received struct {
				Bytes   float64 `json:"bytes"`
				Seconds float64 `json:"seconds"`
			} `json:"sum_received"`
		} `json:"end"`
	}
	if err := json.Unmarshal(out, &told); err != nil {
		return sample{}, err
	}
	return sample{told.End.Received.Bytes, told.End.Received.Seconds}, nil
}

// nginxConf is for as little as there can be. Its places are the folder, the
// port, and a line of the benchmark's.
const nginxConf = `worker_processes 2;
%[3]s
daemon off;
pid %[1]s/pid;
error_log %[1]s/error;
events { worker_connections 1024; }
http {
	access_log off;
	keepalive_requests 1000000000;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	server {
		listen 127.0.0.1:%[2]d backlog=4096;
		location / { return 200 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"; }
	}
}
`

// wrkRate is the line of wrk's output that tells.
var wrkRate = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)

// wrkError tells of requests that failed.
var wrkError = regexp.MustCompile(`Socket errors:.*|Non-2xx.*`)

// bound binds the workers to the second processor. The client has the first:
// left alone, the scheduler has one of the workers beside the client or not,
// which is a difference of a quarter, whatever they run under.
const bound = "worker_cpu_affinity 10 10;"

// nginx is a server under a side; the client is native. line goes into the
// server's configuration.
func nginx(name, line string, flags ...string) workload {
	var client []string
	if line == bound {
		client = []string{"taskset", "-c", "0"}
	}
	return workload{
		name: name, command: strings.Join(append([]string{"nginx, 2 workers; wrk -c 50"}, flags...), " "), format: requests,
		measured: "two seconds, of a server that has served", least: 2 * time.Second,
		start: func(ctx context.Context, b *bench, s side) (*running, error) {
			if err := need("nginx", "wrk"); err != nil {
				return nil, err
			}
			if line == bound && runtime.NumCPU() < 2 {
				return nil, fmt.Errorf("%w: a second processor", errMissing)
			}
			port, release, err := reserve()
			if err != nil {
				return nil, err
			}
			srv, err := b.startNginx(ctx, s, port, line)
			if err != nil {
				release()
				return nil, err
			}
			round := func(ctx context.Context, length time.Duration) (sample, error) {
				seconds := max(1, int(length.Round(time.Second).Seconds())) // as wrk has it
				args := slices.Concat(client, []string{"wrk", "-t", "1", "-c", "50", "-d", strconv.Itoa(seconds)}, flags)
				out, err := output(ctx, append(args, fmt.Sprintf("http://127.0.0.1:%d/", port)))
				if err != nil {
					return sample{}, err
				}
				if failed := wrkError.Find(out); failed != nil {
					return sample{}, fmt.Errorf("wrk: %s", failed)
				}
				told := wrkRate.FindSubmatch(out)
				if told == nil {
					return sample{}, fmt.Errorf("wrk does not tell: %s", out)
				}
				rate, err := strconv.ParseFloat(string(told[1]), 64)
				return sample{rate, 1}, err
			}
			return &running{round, func() { srv.stop(); release() }}, nil
		},
	}
}

func (b *bench) startNginx(ctx context.Context, s side, port int, line string) (*server, error) {
	dir := b.path("nginx-" + strconv.Itoa(port))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	conf := filepath.Join(dir, "conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, nginxConf, dir, port, line), 0o644); err != nil {
		return nil, err
	}
	args, err := s.wrap(b, []string{"nginx", "-c", conf})
	if err != nil {
		return nil, err
	}
	return serve(ctx, port, args)
}

// compile is a program that does not use the network: its calls cost nothing.
// The job takes so long that the start of winsock run, which has rows of its
// own, is no part of it to speak of.
func compile(name string) workload {
	return workload{
		name: name, command: "make -B", format: perOperation,
		measured: "a job of some seconds, as a whole", least: time.Second,
		start: func(ctx context.Context, b *bench, s side) (*running, error) {
			if err := need("make"); err != nil {
				return nil, err
			}
			dir, err := os.MkdirTemp(b.dir, "compile-")
			if err != nil {
				return nil, err
			}
			if err := writeSources(dir); err != nil {
				return nil, err
			}
			round := func(ctx context.Context, length time.Duration) (sample, error) {
				target := "all"
				if length < time.Second {
					target = "few"
				}
				args, err := s.wrap(b, []string{"make", "-s", "-B", "-C", dir, target})
				if err != nil {
					return sample{}, err
				}
				return again(args)(ctx, length)
			}
			return &running{round, func() {}}, nil
		},
	}
}

// writeSources writes files in C, and what makes programs of all and of a few
// of them.
func writeSources(dir string) error {
	const files, functions = 80, 25
	var objects []string
	for i := range files {
		text := "#include <stdio.h>\n#include <string.h>\n"
		for j := range functions {
			text += fmt.Sprintf("int f%d_%d(int x) { char b[64]; snprintf(b, sizeof b, \"%%d\", x + %d); return (int)strlen(b) * %d; }\n", i, j, i, j)
		}
		name := fmt.Sprintf("f%d", i)
		objects = append(objects, name+".o")
		if err := os.WriteFile(filepath.Join(dir, name+".c"), []byte(text), 0o644); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "main.c"), []byte("int main(void) { return 0; }\n"), 0o644); err != nil {
		return err
	}
	rules := ""
	for target, n := range map[string]int{"all": files, "few": 2} {
		rules += fmt.Sprintf("%s: main.o %s\n\t$(CC) -o $@ $^\n", target, strings.Join(objects[:n], " "))
	}
	return os.WriteFile(filepath.Join(dir, "Makefile"), []byte(rules), 0o644)
}

// again runs a command until a round is over.
func again(args []string) func(ctx context.Context, length time.Duration) (sample, error) {
	return func(ctx context.Context, length time.Duration) (m sample, err error) {
		for begun := time.Now(); ; {
			if _, err := output(ctx, args); err != nil {
				return m, err
			}
			m.Operations++
			if m.Seconds = time.Since(begun).Seconds(); m.Seconds >= length.Seconds() {
				return m, nil
			}
		}
	}
}

// start is a program that does nothing.
func start(name string) workload {
	return workload{
		name: name, command: "true", format: perOperation,
		measured: "from the start to the end",
		start: func(ctx context.Context, b *bench, s side) (*running, error) {
			args, err := s.wrap(b, []string{"true"})
			if err != nil {
				return nil, err
			}
			return &running{again(args), func() {}}, nil
		},
	}
}
