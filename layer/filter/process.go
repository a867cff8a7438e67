// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"

	"winsock/spi"
)

// ownProcess describes the process that the filter runs in.
var ownProcess = sync.OnceValue(func() *spi.Process {
	p := &spi.Process{ID: os.Getpid(), UserID: os.Geteuid()}
	if path, err := os.Executable(); err == nil {
		p.Path, p.Name = path, filepath.Base(path)
	}
	p.User = userName(p.UserID)
	return p
})

// withUser fills in the name of a process's owner if it is missing.
func withUser(p *spi.Process) *spi.Process {
	if p.User != "" {
		return p
	}
	own := *p
	own.User = userName(p.UserID)
	return &own
}

// userName returns the name of a user, "" for one that has none.
func userName(id int) string {
	u, err := user.LookupId(strconv.Itoa(id))
	if err != nil {
		return ""
	}
	return u.Username
}
