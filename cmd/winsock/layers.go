// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	_ "winsock" // registers the built-in providers
	"winsock/spi"
)

func newLayer() *cobra.Command {
	c := &cobra.Command{Use: "layer", Short: "Show the layered providers that are built in"}
	c.AddCommand(newLayerList(), newLayerHelp())
	return c
}

// layerDrivers returns the built-in layered providers.
func layerDrivers() (list []*spi.Driver) {
	for _, d := range spi.Drivers() {
		if !d.Base() {
			list = append(list, d)
		}
	}
	return list
}

func newLayerList() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List the layered providers",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if asJSON {
				type item struct {
					Name    string `json:"name"`
					Summary string `json:"summary"`
				}
				items := []item{}
				for _, d := range layerDrivers() {
					items = append(items, item{d.Name, d.Summary})
				}
				return writeJSON(c, items)
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 8, 2, ' ', 0)
			for _, d := range layerDrivers() {
				fmt.Fprintf(w, "%s\t%s\n", d.Name, d.Summary)
			}
			return w.Flush()
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func newLayerHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help NAME",
		Short: "Show what a layered provider does and its options",
		Args:  cobra.ExactArgs(1),
		ValidArgsFunction: func(_ *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			return driverNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			d := spi.FindDriver(args[0])
			if d == nil {
				return unknownLayer(args[0])
			}
			out := c.OutOrStdout()
			fmt.Fprintf(out, "%s: %s\n", d.Name, d.Summary)
			if len(d.Options) == 0 {
				fmt.Fprintln(out, "\nIt has no options.")
				return nil
			}
			fmt.Fprintf(out, "\nUse it as %s:KEY=VALUE,... or in a configuration (winsock config --help) as\n\n", d.Name)
			fmt.Fprintf(out, "  [layer.NAME]\n  type = %q\n  KEY = VALUE\n\n", d.Name)
			w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
			for _, o := range d.Options {
				value := o.Default
				if value == "" {
					value = "-"
				}
				fmt.Fprintf(w, "  %s\t%s\tdefault %s\t%s\n", o.Key, o.Form(), value, o.Help)
			}
			return w.Flush()
		},
	}
}

func driverNames() (names []string) {
	for _, d := range layerDrivers() {
		names = append(names, d.Name)
	}
	return names
}

func unknownLayer(name string) error {
	return fmt.Errorf("no layer is named %q; there are: %s", name, strings.Join(driverNames(), ", "))
}

// completeLayers completes the value of --layer: names, then options.
func completeLayers(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	name, options, found := strings.Cut(typed, ":")
	d := spi.FindDriver(name)
	if !found || d == nil {
		return driverNames(), cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	}
	prefix, last := name+":", options
	if i := strings.LastIndexByte(options, ','); i >= 0 {
		prefix, last = prefix+options[:i+1], options[i+1:]
	}
	var list []string
	if key, _, found := strings.Cut(last, "="); found {
		if o := d.Option(key); o != nil {
			for _, word := range o.Words {
				list = append(list, prefix+key+"="+word)
			}
		}
		return list, cobra.ShellCompDirectiveNoSpace
	}
	for _, o := range d.Options {
		list = append(list, fmt.Sprintf("%s%s=\t%s", prefix, o.Key, o.Help))
	}
	return list, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

func writeJSON(c *cobra.Command, v any) error {
	e := json.NewEncoder(c.OutOrStdout())
	e.SetIndent("", "  ")
	return e.Encode(v)
}
