// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"winsock"
	"winsock/catalog"
	"winsock/config"
	"winsock/wsa"
)

func newCatalogInstall() *cobra.Command {
	var layers []string
	var name, over, guid, file string
	c := &cobra.Command{
		Use:   "install --layer NAME[:key=value,...]... | [--config FILE] CHAIN...",
		Short: "Install layered providers, with chains over what is there",
		Long: `Installs each layer, and for every protocol it stands over a chain that comes
before what was there, so that new sockets of all programs use it. With
several layers the first one is at the top.

CHAIN is one of a configuration (winsock config --help). Its layers are
installed together, as CHAIN/LAYER. If that was done before, the layers become
what the configuration says now, in one change.`,
		Example: `  winsock catalog install --layer trace:log=/tmp/calls
  winsock catalog install --name watch --over tcp --layer trace:log=-
  winsock catalog install --config winsock.toml office`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return chainNames(file), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, chains []string) error {
			switch given := len(chains) > 0 || file != ""; {
			case given && (len(layers) > 0 || name != "" || guid != ""):
				return errors.New("--layer, --name and --guid are not for the chains of a configuration")
			case given:
				return installConfigured(c, file, chains, over)
			case len(layers) == 0:
				return errors.New("which layer? Give --layer NAME; winsock layer list shows them")
			case len(layers) > 1 && (name != "" || guid != ""):
				return errors.New("--name and --guid are for one layer at a time")
			}
			layers, err := layerPaths(new(config.File), layers)
			if err != nil {
				return err
			}
			for _, path := range slices.Backward(layers) {
				if err := installLayer(c, path, name, over, guid); err != nil {
					return err
				}
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringArrayVar(&layers, "layer", nil, "layered provider NAME[:key=value,...], first at the top (repeatable)")
	f.StringVar(&name, "name", "", "name of the layered protocol (default: that of the layer)")
	f.StringVar(&over, "over", "all", "what to stand over: all, tcp, udp, or catalog ids separated by commas")
	f.StringVar(&guid, "guid", "", "GUID of the provider (default: a new one)")
	f.StringVar(&file, "config", "", "the TOML file that CHAIN stands in")
	_ = c.RegisterFlagCompletionFunc("layer", completeLayers) // these fail only for an unknown flag
	_ = c.MarkFlagFilename("config", "toml")
	return c
}

// installConfigured installs chains of a configuration.
func installConfigured(c *cobra.Command, name string, chains []string, over string) error {
	file, err := config.Load(name)
	if err != nil {
		return err
	}
	if len(chains) == 0 {
		return fmt.Errorf("which chain? There are: %s", strings.Join(file.ChainNames(), ", "))
	}
	for _, name := range chains {
		chain, err := file.Chain(name)
		if err != nil {
			return err
		}
		infos, err := protocolsOver(snapshot(), over)
		if err != nil {
			return err
		}
		var stack []catalog.Stacked
		for _, l := range chain.Layers {
			stack = append(stack, catalog.Stacked{Name: l.Name, Path: l.Path()})
		}
		ids, err := winsock.Catalog().InstallStack(name, stack, infos)
		if err != nil {
			return changed(err)
		}
		fmt.Fprintf(c.OutOrStdout(), "Installed the chain %s as %s.\n", name, joinIDs(ids))
	}
	return nil
}

func installLayer(c *cobra.Command, path, name, over, guid string) error {
	provider := wsa.NewGUID()
	if guid != "" {
		var err error
		if provider, err = wsa.ParseGUID(guid); err != nil {
			return err
		}
	}
	snap := snapshot()
	if name == "" {
		name = freeName(snap, path)
	}
	infos, err := protocolsOver(snap, over)
	if err != nil {
		return err
	}
	id, err := winsock.Catalog().InstallChains(provider, path, name, 0, infos)
	if err != nil {
		return changed(err)
	}
	fmt.Fprintf(c.OutOrStdout(), "Installed %s as entry %d, provider %s.\n", name, id, provider)
	return nil
}

// freeName returns the layer's name, with a number if that is taken.
func freeName(snap *catalog.Snapshot, path string) string {
	base, _, _ := strings.Cut(path, ":")
	name := base
	for i := 2; slices.ContainsFunc(snap.Entries(), func(e *catalog.Entry) bool {
		return e.Kind() == catalog.Layered && strings.EqualFold(e.Info.Name, name)
	}); i++ {
		name = fmt.Sprintf("%s-%d", base, i)
	}
	return name
}

// protocolsOver returns what a new layer is to stand over.
func protocolsOver(snap *catalog.Snapshot, over string) (infos []wsa.ProtocolInfo, err error) {
	for _, e := range snap.Entries() {
		tcp := e.Info.Protocol == wsa.IPPROTO_TCP
		udp := e.Info.Protocol == wsa.IPPROTO_UDP
		hidden := e.Info.ProviderFlags&wsa.PFL_HIDDEN != 0
		if e.Kind() != catalog.Base || hidden || !e.Enabled {
			continue
		}
		switch over {
		case "all":
			infos = append(infos, e.Info)
		case "tcp":
			if tcp {
				infos = append(infos, e.Info)
			}
		case "udp":
			if udp {
				infos = append(infos, e.Info)
			}
		}
	}
	if over == "all" || over == "tcp" || over == "udp" {
		return infos, nil
	}
	for _, word := range strings.Split(over, ",") {
		list, err := findEntries(snap, word)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			if e.Kind() == catalog.Layered {
				return nil, fmt.Errorf("entry %d is a layered protocol; name what it stands over", e.ID())
			}
			infos = append(infos, e.Info)
		}
	}
	return infos, nil
}

func newCatalogRemove() *cobra.Command {
	return &cobra.Command{
		Use:               "remove PROVIDER",
		Short:             "Deinstall a provider and the chains that it is part of",
		Long:              "Deinstalls the provider that PROVIDER means: a catalog id, a GUID, a protocol's name, or an installed chain of a configuration.",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeEntries,
		RunE: func(c *cobra.Command, args []string) error {
			switch removed, err := winsock.Catalog().DeinstallStack(args[0]); {
			case err != nil:
				return changed(err)
			case removed != nil:
				fmt.Fprintf(c.OutOrStdout(), "Removed %s.\n", joinIDs(removed))
				return nil
			}
			entries, err := findEntries(snapshot(), args[0])
			if err != nil {
				return err
			}
			provider := entries[0].Info.ProviderID
			for _, e := range entries {
				if e.Info.ProviderID != provider {
					return fmt.Errorf("%q means several providers; give a catalog id or a GUID", args[0])
				}
			}
			removed, err := winsock.Catalog().Deinstall(provider)
			if err != nil {
				return changed(err)
			}
			fmt.Fprintf(c.OutOrStdout(), "Removed %s.\n", joinIDs(removed))
			return nil
		},
	}
}

func joinIDs(ids []uint32) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = strconv.FormatUint(uint64(id), 10)
	}
	if len(words) == 1 {
		return "entry " + words[0]
	}
	return "entries " + strings.Join(words, ", ")
}

func newCatalogOrder() *cobra.Command {
	return &cobra.Command{
		Use:               "order ENTRY...",
		Short:             "Put entries first, in the order given",
		Long:              "Puts the entries that are named before all others, which keep their order.",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeEntries,
		RunE: func(c *cobra.Command, args []string) error {
			snap := snapshot()
			var ids []uint32
			for _, word := range args {
				list, err := findEntries(snap, word)
				if err != nil {
					return err
				}
				for _, e := range list {
					if slices.Contains(ids, e.ID()) {
						return fmt.Errorf("entry %d is named twice", e.ID())
					}
					ids = append(ids, e.ID())
				}
			}
			for _, e := range snap.Entries() {
				if !slices.Contains(ids, e.ID()) {
					ids = append(ids, e.ID())
				}
			}
			return changed(winsock.Catalog().SetOrder(ids))
		},
	}
}

func newCatalogEnable(use string, enabled bool) *cobra.Command {
	short := "Let entries be used again"
	if !enabled {
		short = "Keep entries from being used"
	}
	return &cobra.Command{
		Use:               use + " ENTRY...",
		Short:             short,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeEntries,
		RunE: func(c *cobra.Command, args []string) error {
			snap := snapshot()
			for _, word := range args {
				list, err := findEntries(snap, word)
				if err != nil {
					return err
				}
				for _, e := range list {
					if err := winsock.Catalog().Enable(e.ID(), enabled); err != nil {
						return changed(err)
					}
				}
			}
			return nil
		},
	}
}

func newCatalogExport() *cobra.Command {
	return &cobra.Command{
		Use:   "export [FILE]",
		Short: "Write the catalog to a file, or to standard output",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 || args[0] == "-" {
				return snapshot().Export(c.OutOrStdout())
			}
			f, err := os.Create(args[0])
			if err != nil {
				return err
			}
			return errors.Join(snapshot().Export(f), f.Close())
		},
	}
}

func newCatalogImport() *cobra.Command {
	return &cobra.Command{
		Use:   "import [FILE]",
		Short: "Replace the catalog by one that export has written",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var in io.Reader = c.InOrStdin()
			if len(args) == 1 && args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return err
				}
				defer f.Close()
				in = f
			}
			return changed(winsock.Catalog().Import(in))
		},
	}
}

func newCatalogReset() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use:   "reset",
		Short: "Bring the catalog back to the defaults",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if !yes {
				return errors.New("this removes all that was installed; say --yes if it is meant (winsock catalog export keeps a copy)")
			}
			return changed(winsock.Catalog().Reset())
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "it is meant")
	return c
}
