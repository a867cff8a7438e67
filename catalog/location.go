// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"winsock/internal/elevated"
)

// Environment is the variable that names the only catalog file.
const Environment = "WINSOCK_CATALOG"

// systemFile is the catalog of the whole system. Tests put another one in
// its place.
var systemFile = "/etc/winsock/catalog.toml"

// A location says where the catalog is.
type location struct {
	read  string // the file in force, "" if there is none
	write string // the file that a change goes to
}

// locate finds out where the catalog is (see the package comment).
func (c *Config) locate() location {
	only := c.File
	if only == "" && !elevated.Program() {
		only = os.Getenv(Environment)
	}
	if only != "" {
		if present(only) {
			return location{only, only}
		}
		return location{"", only}
	}
	var l location
	user := userFile()
	switch {
	case user != "" && present(user):
		return location{user, user}
	case present(systemFile):
		l.read = systemFile
	}
	l.write = user
	if user == "" || os.Geteuid() == 0 {
		l.write = systemFile
	}
	return l
}

// userFile returns the user's catalog, "" if there can be none.
func userFile() string {
	if elevated.Program() {
		return ""
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "winsock", "catalog.toml")
}

// present reports whether there is a file, readable or not.
func present(file string) bool {
	_, err := os.Stat(file)
	return !errors.Is(err, fs.ErrNotExist)
}
