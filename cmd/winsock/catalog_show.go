// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"winsock/catalog"
	"winsock/spi"
	"winsock/wsa"
)

// An entryView is an entry as it is printed.
type entryView struct {
	ID         uint32   `json:"id"`
	Kind       string   `json:"kind"`
	Name       string   `json:"name"`
	Family     string   `json:"family"`
	Type       string   `json:"type"`
	Protocol   string   `json:"protocol"`
	Provider   string   `json:"provider"`
	Path       string   `json:"path"`
	Chain      []uint32 `json:"chain,omitempty"`
	Through    []string `json:"through,omitempty"` // the paths along the chain
	Enabled    bool     `json:"enabled"`
	Usable     bool     `json:"usable"`
	Hidden     bool     `json:"hidden"`
	Default    bool     `json:"default"`
	Services   uint32   `json:"service_flags"`
	Flags      uint32   `json:"provider_flags"`
	Categories uint32   `json:"categories,omitempty"`
}

func view(snap *catalog.Snapshot, e *catalog.Entry) entryView {
	v := entryView{
		ID:         e.ID(),
		Kind:       e.Kind().String(),
		Name:       e.Info.Name,
		Provider:   e.Info.ProviderID.String(),
		Path:       spi.RedactPath(e.Path),
		Enabled:    e.Enabled,
		Usable:     snap.Usable(e),
		Hidden:     e.Info.ProviderFlags&wsa.PFL_HIDDEN != 0,
		Default:    e.Default,
		Services:   e.Info.ServiceFlags1,
		Flags:      e.Info.ProviderFlags,
		Categories: e.Categories,
	}
	if e.Kind() != catalog.Layered {
		v.Family = wsa.FamilyName(e.Info.AddressFamily)
		v.Type = wsa.SocketTypeName(e.Info.SocketType)
		v.Protocol = wsa.ProtocolName(e.Info.Protocol)
	}
	if e.Kind() == catalog.Chain {
		v.Chain = e.Members()
		for _, id := range e.Members() {
			if m := snap.Entry(id); m != nil {
				v.Through = append(v.Through, spi.RedactPath(m.Path))
			} else {
				v.Through = append(v.Through, fmt.Sprintf("(no entry %d)", id))
			}
		}
	}
	return v
}

func (v *entryView) state() string {
	var words []string
	if !v.Enabled {
		words = append(words, "disabled")
	} else if !v.Usable && v.Kind != catalog.Layered.String() {
		words = append(words, "unusable")
	}
	if v.Hidden {
		words = append(words, "hidden")
	}
	return strings.Join(words, ",")
}

func newCatalogList() *cobra.Command {
	var all, asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List the protocols, in the order in which they are considered",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			snap := snapshot()
			entries := snap.Visible()
			if all {
				entries = snap.Entries()
			}
			views := make([]entryView, len(entries))
			for i, e := range entries {
				views[i] = view(snap, e)
			}
			if asJSON {
				return writeJSON(c, views)
			}
			return writeEntries(c.OutOrStdout(), views)
		},
	}
	c.Flags().BoolVarP(&all, "all", "a", false, "list layered, hidden and disabled entries too")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func writeEntries(out io.Writer, views []entryView) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tKIND\tNAME\tFAMILY\tTYPE\tCHAIN\tSTATE")
	for _, v := range views {
		through := v.Path
		if len(v.Through) > 0 {
			through = strings.Join(v.Through, " > ")
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", v.ID, v.Kind, v.Name, v.Family, v.Type, through, v.state())
	}
	return w.Flush()
}

func newCatalogShow() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:               "show ENTRY",
		Short:             "Show all there is to know of an entry",
		Long:              "Shows the entries that ENTRY means: a catalog id, a provider's GUID, or a protocol's name.",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeEntries,
		RunE: func(c *cobra.Command, args []string) error {
			snap := snapshot()
			entries, err := findEntries(snap, args[0])
			if err != nil {
				return err
			}
			var views []entryView
			for _, e := range entries {
				views = append(views, view(snap, e))
			}
			if asJSON {
				return writeJSON(c, views)
			}
			for i, v := range views {
				if i > 0 {
					fmt.Fprintln(c.OutOrStdout())
				}
				if err := writeEntry(c.OutOrStdout(), &v, &entries[i].Info); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func writeEntry(out io.Writer, v *entryView, info *wsa.ProtocolInfo) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(w, name+"\t"+format+"\n", args...) }
	row("Entry", "%d (%s)", v.ID, v.Kind)
	row("Name", "%s", v.Name)
	row("Provider", "%s", v.Provider)
	row("Path", "%s", v.Path)
	if v.Family != "" {
		row("Serves", "%s, %s, %s", v.Family, v.Type, v.Protocol)
		row("Addresses", "%d to %d bytes", info.MinSockAddr, info.MaxSockAddr)
	}
	row("Service flags", "%s", names(info.ServiceFlags1, serviceFlagNames))
	row("Provider flags", "%s", names(info.ProviderFlags, providerFlagNames))
	for i, path := range v.Through {
		label := ""
		if i == 0 {
			label = "Chain"
		}
		row(label, "%s%s (entry %d)", strings.Repeat("  ", i), path, v.Chain[i])
	}
	if state := v.state(); state != "" {
		row("State", "%s", state)
	}
	return w.Flush()
}

// A flagName is the name of one bit.
type flagName struct {
	bit  uint32
	name string
}

var serviceFlagNames = []flagName{
	{wsa.XP1_CONNECTIONLESS, "connectionless"},
	{wsa.XP1_GUARANTEED_DELIVERY, "guaranteed delivery"},
	{wsa.XP1_GUARANTEED_ORDER, "guaranteed order"},
	{wsa.XP1_MESSAGE_ORIENTED, "message oriented"},
	{wsa.XP1_PSEUDO_STREAM, "pseudo stream"},
	{wsa.XP1_GRACEFUL_CLOSE, "graceful close"},
	{wsa.XP1_EXPEDITED_DATA, "expedited data"},
	{wsa.XP1_CONNECT_DATA, "connect data"},
	{wsa.XP1_DISCONNECT_DATA, "disconnect data"},
	{wsa.XP1_SUPPORT_BROADCAST, "broadcast"},
	{wsa.XP1_SUPPORT_MULTIPOINT, "multipoint"},
	{wsa.XP1_QOS_SUPPORTED, "quality of service"},
	{wsa.XP1_IFS_HANDLES, "kernel handles"},
	{wsa.XP1_PARTIAL_MESSAGE, "partial messages"},
}

var providerFlagNames = []flagName{
	{wsa.PFL_MULTIPLE_PROTO_ENTRIES, "one of several entries"},
	{wsa.PFL_RECOMMENDED_PROTO_ENTRY, "recommended"},
	{wsa.PFL_HIDDEN, "hidden"},
	{wsa.PFL_MATCHES_PROTOCOL_ZERO, "matches protocol 0"},
}

// names lists the bits of a set.
func names(set uint32, table []flagName) string {
	var list []string
	for _, f := range table {
		if set&f.bit != 0 {
			list = append(list, f.name)
			set &^= f.bit
		}
	}
	if set != 0 {
		list = append(list, fmt.Sprintf("%#x", set))
	}
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

func newCatalogVerify() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "verify",
		Short: "Tell what is wrong with the catalog, if anything",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			snap := snapshot()
			problems := snap.Verify()
			if asJSON {
				type item struct {
					File  string `json:"file,omitempty"`
					Line  int    `json:"line,omitempty"`
					Entry uint32 `json:"entry,omitempty"`
					Text  string `json:"text"`
				}
				items := []item{}
				for _, p := range problems {
					items = append(items, item{p.File, p.Line, p.Entry, p.Text})
				}
				if err := writeJSON(c, items); err != nil {
					return err
				}
			} else {
				for _, p := range problems {
					fmt.Fprintln(c.OutOrStdout(), p)
				}
			}
			if len(problems) > 0 {
				return fmt.Errorf("the catalog has problems: %d", len(problems))
			}
			if !asJSON {
				fmt.Fprintf(c.OutOrStdout(), "The catalog is sound: %d entries from %s.\n", len(snap.Entries()), origin(snap))
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func origin(snap *catalog.Snapshot) string {
	if s := snap.Source(); s != "" {
		return s
	}
	return "the built-in defaults"
}
