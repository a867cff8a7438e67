// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"winsock/layer/filter/rules"
	"winsock/spi"
)

func newRules() *cobra.Command {
	c := &cobra.Command{
		Use:   "rules",
		Short: "Check rules for what programs may do with the network, and try them out",
		Long: `Rules say what programs may do with the network, one a line:

  allow out tcp to *.example.org port 443
  deny WSAECONNREFUSED out tcp port 25 not program thunderbird
  redirect 127.0.0.1:8080 out tcp to 192.0.2.1 port 80
  default allow

They are for winsock run and the layer filter.`,
	}
	c.AddCommand(newRulesCheck(), newRulesAsk())
	return c
}

func newRulesCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE...",
		Short: "Look for mistakes in files of rules",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			var bad rules.Errors
			for _, file := range files {
				set, err := rules.Load(file)
				if err != nil {
					bad = append(bad, err.(rules.Errors)...)
					continue
				}
				fmt.Fprintf(c.OutOrStdout(), "%s: %d rules\n", file, len(set.Rules()))
			}
			if bad != nil {
				return bad
			}
			return nil
		},
	}
}

func newRulesAsk() *cobra.Command {
	var (
		local, program, user string
		hosts                []string
		uid                  int
	)
	c := &cobra.Command{
		Use:   "ask FILE out|in|bind|listen tcp|udp|raw|unix [PEER]",
		Short: "Show what rules say to something, and which one of them",
		Long: `Shows the verdict of the rules in a file, and the rule that decides.
PEER is an address with its port.`,
		Example: `  winsock rules ask my.rules out tcp 192.0.2.1:25 --program /usr/bin/mail
  winsock rules ask my.rules in tcp 198.51.100.7:4000 --local 192.0.2.1:80`,
		Args: cobra.RangeArgs(3, 4),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			switch len(args) {
			case 0:
				return nil, cobra.ShellCompDirectiveDefault
			case 1:
				return []string{"out", "in", "bind", "listen"}, cobra.ShellCompDirectiveNoFileComp
			case 2:
				return []string{"tcp", "udp", "raw", "unix"}, cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			set, err := rules.Load(args[0])
			if err != nil {
				return err
			}
			var q rules.Question
			var ok bool
			if q.Direction, ok = rules.DirectionNamed(args[1]); !ok {
				return fmt.Errorf("%s is no direction: there are out, in, bind and listen", args[1])
			}
			if q.Protocol, ok = rules.ProtocolNamed(args[2]); !ok {
				return fmt.Errorf("%s is no protocol: there are tcp, udp, raw and unix", args[2])
			}
			if len(args) > 3 {
				if q.Peer, err = netip.ParseAddrPort(args[3]); err != nil {
					return fmt.Errorf("%s is no address with a port, such as 192.0.2.1:80", args[3])
				}
			}
			if local != "" {
				if q.Local, err = netip.ParseAddrPort(local); err != nil {
					return fmt.Errorf("%s is no address with a port, such as 192.0.2.1:80", local)
				}
			}
			for _, host := range hosts {
				q.Names = append(q.Names, strings.ToLower(host))
			}
			if program != "" || user != "" || uid >= 0 {
				q.Process = &spi.Process{Path: program, User: user, UserID: uid}
				if program != "" {
					q.Process.Name = filepath.Base(program)
				}
			}
			showVerdict(c, set.Judge(&q), &q)
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&local, "local", "", "the own address, with its port")
	f.StringArrayVar(&hosts, "host", nil, "a name of the peer (repeatable)")
	f.StringVar(&program, "program", "", "the program's file")
	f.StringVar(&user, "user", "", "the name of the program's user")
	f.IntVar(&uid, "uid", -1, "the number of that user")
	return c
}

func showVerdict(c *cobra.Command, v rules.Verdict, q *rules.Question) {
	out := c.OutOrStdout()
	fmt.Fprintln(out, v.Text(q))
	if v.Log != nil {
		fmt.Fprintf(out, "  logged by line %d: %s\n", v.Log.Line(), v.Log)
	}
	if v.Rule != nil {
		fmt.Fprintf(out, "  decided by line %d: %s\n", v.Rule.Line(), v.Rule)
	} else {
		fmt.Fprintln(out, "  decided by default")
	}
}
