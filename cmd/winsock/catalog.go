// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"winsock"
	"winsock/catalog"
	"winsock/wsa"
)

func newCatalog() *cobra.Command {
	c := &cobra.Command{
		Use:   "catalog",
		Short: "Show and change the catalog of service providers",
		Long: `The catalog lists the protocols that sockets can be opened with, in the order
in which they are considered: base protocols, which carry sockets, layered
protocols, which stand above others, and the chains made of them.

The catalog is a file: the one that $WINSOCK_CATALOG names, else that of the
user, else that of the system.`,
	}
	c.AddCommand(
		newCatalogList(), newCatalogShow(), newCatalogVerify(),
		newCatalogInstall(), newCatalogRemove(), newCatalogOrder(),
		newCatalogEnable("enable", true), newCatalogEnable("disable", false),
		newCatalogExport(), newCatalogImport(), newCatalogReset(),
	)
	return c
}

// snapshot returns the catalog as it is now.
func snapshot() *catalog.Snapshot { return winsock.Catalog().Refresh() }

// findEntries returns the entries that a word on the command line means: a
// catalog id, a provider's GUID, or a protocol's name.
func findEntries(snap *catalog.Snapshot, what string) ([]*catalog.Entry, error) {
	if id, err := strconv.ParseUint(what, 10, 32); err == nil {
		if e := snap.Entry(uint32(id)); e != nil {
			return []*catalog.Entry{e}, nil
		}
		return nil, fmt.Errorf("the catalog has no entry %d; winsock catalog list --all shows what it has", id)
	}
	if guid, err := wsa.ParseGUID(what); err == nil {
		if list := snap.Provider(guid); len(list) > 0 {
			return list, nil
		}
		return nil, fmt.Errorf("the catalog has no provider %s", guid)
	}
	var list []*catalog.Entry
	for _, e := range snap.Entries() {
		if strings.EqualFold(e.Info.Name, what) {
			list = append(list, e)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("nothing in the catalog is named %q; winsock catalog list --all shows what there is", what)
	}
	return list, nil
}

// completeEntries completes a catalog id.
func completeEntries(_ *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	var list []string
	for _, e := range snapshot().Entries() {
		list = append(list, fmt.Sprintf("%d\t%s", e.ID(), e.Info.Name))
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}

// changed explains an error of a change.
func changed(err error) error {
	if wsa.ErrnoOf(err) == wsa.WSANO_RECOVERY {
		return fmt.Errorf("%w (is the catalog file yours to write? $WINSOCK_CATALOG names another)", err)
	}
	return err
}
