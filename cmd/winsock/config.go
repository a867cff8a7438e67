// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"winsock/config"
)

func newConfig() *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Check the configuration of chains, and show it",
		Long: `The configuration names chains, their layers, and the options and rules of
these, for winsock run, winsock nc, winsock catalog install, and Go programs:

  use = "office"              # the chain when none is named
  [layer.proxy]               # a layer with a name
  type = "socks"              # winsock layer help socks shows its options
  server = "127.0.0.1:1080"
  [chain.office]
  rules = "office.rules"      # of a filter; rule = [...] has them here
  layers = ["trace:log=-", "proxy"]

It is the TOML file that is named, else that of $WINSOCK_CONFIG, else the
user's (winsock/winsock.toml in $XDG_CONFIG_HOME or ~/.config), else
/etc/winsock/winsock.toml. Names of files in it are relative to it.`,
	}
	c.AddCommand(newConfigCheck(), newConfigShow())
	return c
}

func newConfigCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check [FILE]...",
		Short: "Look for all mistakes in configurations",
		Long: `Tells all that is wrong with the files, with lines and columns. The exit code
is 1 if there is anything. Files that layers read are looked at too.`,
		RunE: func(c *cobra.Command, files []string) error {
			if len(files) == 0 {
				files = []string{""}
			}
			mistakes := 0
			for _, file := range files {
				name, err := config.Check(file)
				var bad config.Errors
				switch {
				case errors.As(err, &bad):
					mistakes += len(bad)
					for _, e := range bad {
						fmt.Fprintln(c.OutOrStdout(), e)
						if text := e.Excerpt(); text != "" {
							fmt.Fprintln(c.OutOrStdout(), text)
						}
					}
				case err != nil:
					return err
				default:
					fmt.Fprintf(c.OutOrStdout(), "%s: no mistakes\n", name)
				}
			}
			if mistakes > 0 {
				return wrongError{fmt.Errorf("mistakes: %d", mistakes)}
			}
			return nil
		},
	}
}

func newConfigShow() *cobra.Command {
	var chains []string
	c := &cobra.Command{
		Use:   "show [FILE]",
		Short: "Show what a configuration means, with all defaults",
		Long: `Shows the chains with all their layers, and the options of these with their
defaults and where each value comes from. Passwords are left out. But for
those, what is shown is a configuration that means the same.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			file, err := config.Load(first(args))
			if err != nil {
				return err
			}
			return file.Show(c.OutOrStdout(), chains...)
		},
	}
	c.Flags().StringArrayVar(&chains, "chain", nil, "show only the chain of this `name` (repeatable)")
	_ = c.RegisterFlagCompletionFunc("chain", func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		return chainNames(first(args)), cobra.ShellCompDirectiveNoFileComp
	})
	return c
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

func chainNames(file string) []string {
	f, err := config.Load(file)
	if err != nil {
		return nil // there is nobody to tell
	}
	return f.ChainNames()
}

// chainFlags are the flags that name a chain.
type chainFlags struct {
	config, chain string
	layers        []string
}

func (f *chainFlags) register(c *cobra.Command) {
	flags := c.Flags()
	flags.StringArrayVar(&f.layers, "layer", nil, "layered provider `NAME[:key=value,...]`, first at the top (repeatable)")
	flags.StringVar(&f.config, "config", "", "TOML `file` with chains and layers; winsock config --help tells more")
	flags.StringVar(&f.chain, "chain", "", "the chain of this `name` of that file, below the layers of --layer")
	_ = c.RegisterFlagCompletionFunc("layer", completeLayers) // these fail only for an unknown flag
	_ = c.RegisterFlagCompletionFunc("chain", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return chainNames(f.config), cobra.ShellCompDirectiveNoFileComp
	})
	_ = c.MarkFlagFilename("config", "toml")
}

// load reads the configuration, if a flag asks for one, and returns it with
// the paths of the layers of flags, and of the chain below these.
func (f *chainFlags) load() (file *config.File, layers, chain []string, err error) {
	file = new(config.File)
	if f.config != "" || f.chain != "" {
		if file, err = config.Load(f.config); err != nil {
			return nil, nil, nil, err
		}
	}
	if layers, err = layerPaths(file, f.layers); err != nil {
		return nil, nil, nil, err
	}
	c, err := file.Chain(f.chain)
	if err != nil {
		return nil, nil, nil, err
	}
	return file, layers, c.Paths(), nil
}

// layerPaths returns the paths of layers as a command line has them.
func layerPaths(file *config.File, words []string) ([]string, error) {
	here, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, word := range words {
		l, err := file.Layer(word, here)
		if err != nil {
			return nil, err
		}
		paths = append(paths, l.Path())
	}
	return paths, nil
}
