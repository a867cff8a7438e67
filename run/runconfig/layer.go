// SPDX-License-Identifier: Apache-2.0

package runconfig

import (
	"fmt"
	"path/filepath"
	"strings"

	"winsock/spi"
)

// CheckLayer tells what is wrong with the path of a layered provider.
func CheckLayer(path string) error {
	name, _, _ := strings.Cut(path, ":")
	d := spi.FindDriver(name)
	if d == nil {
		return fmt.Errorf("no layer is named %q; there are: %s", name, strings.Join(layerNames(), ", "))
	}
	if d.Base() {
		return fmt.Errorf("%s is a base provider, not a layer", name)
	}
	_, _, err := spi.ParsePath(path)
	return err
}

func layerNames() (names []string) {
	for _, d := range spi.Drivers() {
		if !d.Base() {
			names = append(names, d.Name)
		}
	}
	return names
}

// AbsoluteFiles returns the path of a layered provider with all files in its
// options absolute: a process that is started elsewhere finds them too.
func AbsoluteFiles(path, dir string) string {
	d, options, err := spi.ParsePath(path)
	if err != nil {
		return path
	}
	changed := false
	for _, o := range d.Options {
		if o.Kind != spi.File {
			continue
		}
		if name := options[o.Key]; beside(dir, name) != name {
			options[o.Key], changed = beside(dir, name), true
		}
	}
	if !changed {
		return path
	}
	for _, o := range d.Options {
		if options[o.Key] == o.Default {
			delete(options, o.Key) // ParsePath has put it there
		}
	}
	return spi.FormatPath(d.Name, options)
}

// beside makes the name of a file absolute. Layers take some words for
// standard error instead of a file.
func beside(dir, name string) string {
	switch name {
	case "", "-", "stderr":
		return name
	}
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}
