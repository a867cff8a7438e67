// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"fmt"
	"slices"

	"winsock/wsa"
)

// Application returns the permitted categories of a program, as they were
// set for exactly this path and these arguments ("WSCGetApplicationCategory
// function"). The error wraps WSASERVICE_NOT_FOUND when none are set.
func (s *Snapshot) Application(path, arguments string) (uint32, error) {
	for _, a := range s.apps {
		if a.Path == path && a.Arguments == arguments {
			return a.Permitted, nil
		}
	}
	return 0, fmt.Errorf("no categories are set for %s %s: %w", path, arguments, wsa.WSASERVICE_NOT_FOUND)
}

// PermitApplication adds to the permitted categories of a program, and
// returns those it had before ("WSCSetApplicationCategory function"). It
// applies to programs that are started from now on. Errors wrap WSAEINVAL
// for an empty path; WSANO_RECOVERY and WSAEINPROGRESS as for
// [Store.Install].
func (s *Store) PermitApplication(path, arguments string, categories uint32) (before uint32, err error) {
	if err := checkTexts(path, ""); err != nil {
		return 0, invalid("%v", err)
	}
	if arguments != "" {
		if err := checkTexts(arguments, ""); err != nil {
			return 0, invalid("arguments of the program: %v", err)
		}
	}
	err = s.change(func(d *draft) error {
		i := d.app(path, arguments)
		if i < 0 {
			d.apps = append(d.apps, Application{path, arguments, categories})
			before = 0
			return nil
		}
		before = d.apps[i].Permitted
		d.apps[i].Permitted |= categories
		return nil
	})
	return before, err
}

// ForgetApplication removes what is set for a program, to which then all
// layered providers apply. Errors wrap WSASERVICE_NOT_FOUND when nothing is
// set; WSANO_RECOVERY and WSAEINPROGRESS as for [Store.Install].
func (s *Store) ForgetApplication(path, arguments string) error {
	return s.change(func(d *draft) error {
		i := d.app(path, arguments)
		if i < 0 {
			return fmt.Errorf("no categories are set for %s %s: %w", path, arguments, wsa.WSASERVICE_NOT_FOUND)
		}
		d.apps = slices.Delete(d.apps, i, i+1)
		return nil
	})
}

func (d *draft) app(path, arguments string) int {
	return slices.IndexFunc(d.apps, func(a Application) bool { return a.Path == path && a.Arguments == arguments })
}

func noProvider(provider wsa.GUID) error {
	return fmt.Errorf("provider %s is not installed: %w", provider, wsa.WSAEINVALIDPROVIDER)
}
