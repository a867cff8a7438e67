// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"winsock/cmd/winsock/job"
	"winsock/config"
	"winsock/spi"
)

// programEnded is the exit code of a program that was run. It is no error,
// but ends the command with that code.
type programEnded int

func (e programEnded) Error() string { return fmt.Sprint("exit code ", int(e)) }

// runOptions are the flags of winsock run.
type runOptions struct {
	chainFlags
	rule                   []string
	rules                  string
	log, capture           string
	stats, statsFile       string
	metrics                string
	dns                    config.Choice
	denyUnknown, dnsGiven  bool
	passOpaque             bool
	denyGiven, opaqueGiven bool
}

func newRun() *cobra.Command {
	o := &runOptions{}
	c := &cobra.Command{
		Use:   "run [flags] [--] PROGRAM [ARGUMENT]...",
		Short: "Run a program over layered providers",
		Long: `Runs any program with layered providers under its sockets: they may show,
change, redirect or refuse its connections. The program needs no change and
knows nothing of it; static programs and those in Go are carried too, and all
that it starts, for as long as that runs. No privilege is needed.

Flags end at the program. The layers are, from the top down: those of --capture
and --log, the rules, those of --layer, and the chain of the file of --config:
that of --chain, else the one the file itself says.

The exit code is the program's, and a signal that ends the program ends this
command too. It is 125 if the command fails itself, 126 if the program cannot
be executed, and 127 if there is none of that name. Keys, signals and job
control reach the program as usual. What it leaves running in the background
stays under the layers.

The file of --config is TOML (winsock config --help has more of it); names of
files in it are relative to it:

  layers = ["trace:log=calls.txt"]
  rules  = "rules.txt"   # and, as the flags: rule = [...], log, capture
  use = "slow"           # adds the layers of that chain below
  [chain.slow]
  layers = ["throttle:down=1mbit"]
  [run]
  dns = "on"             # and, as the flags: deny-unknown, pass-opaque
  [run.env]              # is set for the program
  LANG = "C"`,
		Example: `  winsock run --log - curl http://127.0.0.1:8080/
  winsock run --capture out.pcapng ./server
  winsock run --rule 'deny out to ads.example' firefox
  winsock run --layer trace:log=calls.txt,data=64 --stats git fetch
  winsock run --metrics 127.0.0.1:9464 --layer filter:rules=rules.txt ./server
  winsock run --config run.toml -- program --its-own-flag`,
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     completeProgram,
		RunE: func(c *cobra.Command, args []string) error {
			o.dnsGiven = c.Flags().Changed("dns")
			o.denyGiven = c.Flags().Changed("deny-unknown")
			o.opaqueGiven = c.Flags().Changed("pass-opaque")
			plan, err := o.plan(args)
			if err != nil {
				return runFailed(err)
			}
			code, err := job.Front(plan)
			if err != nil {
				return err
			}
			return programEnded(code)
		},
	}
	f := c.Flags()
	f.SetInterspersed(false)
	o.register(c)
	f.StringVar(&o.rules, "rules", "", "`file` of rules for what the program may do with the network")
	f.StringArrayVar(&o.rule, "rule", nil, "one such `rule` (repeatable)")
	f.StringVar(&o.log, "log", "", "write a line per connection and control call to this `file`; - is standard error")
	f.StringVar(&o.capture, "capture", "", "write the traffic to this pcapng `file`, for Wireshark")
	f.StringVar(&o.stats, "stats", "", "print counts at the program's end, as `text|json`")
	f.Lookup("stats").NoOptDefVal = "text"
	f.StringVar(&o.statsFile, "stats-file", "", "write the counts to this `file` instead, and again when all processes have ended")
	f.StringVar(&o.metrics, "metrics", "", "serve counts and times for Prometheus at this `address`: HOST:PORT or unix:FILE")
	f.Var(&o.dns, "dns", "answer DNS queries by the catalog's name spaces; auto: if there are layers or rules")
	f.BoolVar(&o.denyUnknown, "deny-unknown", false, "refuse ways into the network that are not understood, such as raw sockets")
	f.BoolVar(&o.passOpaque, "pass-opaque", false, "let processes go natively whose memory cannot be read, instead of refusing them the network")
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return runFailed(err) })
	_ = c.RegisterFlagCompletionFunc("stats", completeWords("text", "json")) // these fail only for an unknown flag
	_ = c.RegisterFlagCompletionFunc("metrics", completeWords("127.0.0.1:9464", "unix:"))
	_ = c.RegisterFlagCompletionFunc("dns", completeWords("auto", "on", "off"))
	_ = c.RegisterFlagCompletionFunc("rule", cobra.NoFileCompletions)
	return c
}

// runFailed makes an error one of winsock run itself.
func runFailed(err error) error {
	var known *job.Error
	if errors.As(err, &known) {
		return err
	}
	return &job.Error{Code: job.ExitFailed, Err: err}
}

// plan makes of the flags, the file and the arguments what is to be run.
func (o *runOptions) plan(args []string) (*job.Plan, error) {
	if len(args) == 0 {
		return nil, errors.New("which program? Give PROGRAM [ARGUMENT]...; winsock run --help tells more")
	}
	switch o.stats {
	case "", "text", "json":
	default:
		return nil, fmt.Errorf("--stats is text or json, not %q", o.stats)
	}
	file, layers, chain, err := o.load()
	if err != nil {
		return nil, err
	}
	here, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	p := &job.Plan{Args: args, Stats: o.stats, StatsFile: absolute(here, o.statsFile), Metrics: o.metrics}
	if file, ok := strings.CutPrefix(o.metrics, "unix:"); ok {
		p.Metrics = "unix:" + absolute(here, file)
	}
	if p.Stats == "" && p.StatsFile != "" {
		p.Stats = "text"
	}
	above, err := layerPaths(new(config.File), o.above(here))
	if err != nil {
		return nil, err
	}
	p.Layers = slices.Concat(above, layers, chain)
	p.DenyUnknown = given(o.denyGiven, o.denyUnknown, file.Run.DenyUnknown)
	p.PassOpaque = given(o.opaqueGiven, o.passOpaque, file.Run.PassOpaque)
	p.DNS = given(o.dnsGiven, o.dns, file.Run.DNS).Or(len(p.Layers) > 0)
	path := os.Getenv("PATH")
	for _, name := range slices.Sorted(maps.Keys(file.Run.Env)) {
		p.Env = append(p.Env, name+"="+file.Run.Env[name])
		if name == "PATH" {
			path = file.Run.Env[name]
		}
	}
	p.Path, err = job.Find(args[0], path)
	return p, err
}

// given returns a flag's value if it was given, else the file's.
func given[T any](flagged bool, flag, file T) T {
	if flagged {
		return flag
	}
	return file
}

// above returns the layers that flags other than --layer stand for, from the
// top down. Of the rules, both must let through what passes.
func (o *runOptions) above(here string) (list []string) {
	if name := absolute(here, o.capture); name != "" {
		list = append(list, spi.FormatPath("trace", spi.Options{"capture": name}))
	}
	if name := absolute(here, o.log); name != "" {
		list = append(list, spi.FormatPath("trace", spi.Options{"log": name, "calls": "control"}))
	}
	if len(o.rule) > 0 {
		list = append(list, spi.FormatPath("filter", spi.Options{"rule": strings.Join(o.rule, ";")}))
	}
	if name := absolute(here, o.rules); name != "" {
		list = append(list, spi.FormatPath("filter", spi.Options{"rules": name}))
	}
	return list
}

// absolute makes the name of a file absolute. "-" is standard error.
func absolute(here, name string) string {
	if name == "" || name == "-" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(here, name)
}

func completeWords(words ...string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeProgram completes the program's name, and files after it.
func completeProgram(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 || strings.Contains(typed, "/") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var list []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		entries, _ := os.ReadDir(dir) // what can be read
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), typed) {
				if file, err := job.Find(filepath.Join(dir, e.Name()), ""); err == nil {
					list = append(list, filepath.Base(file))
				}
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list), cobra.ShellCompDirectiveNoFileComp
}
