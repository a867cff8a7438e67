// SPDX-License-Identifier: Apache-2.0

package leak

import (
	"os"
	"path/filepath"
	"strings"
)

// descriptors counts the open descriptors by the kind of what they lead to.
// Those of pollers are left out: runtimes open them once and keep them.
func descriptors() map[string]int {
	found := make(map[string]int)
	entries, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		return found
	}
	for _, name := range entries {
		target, err := os.Readlink(name)
		if err != nil || target == "anon_inode:[eventpoll]" || target == "anon_inode:[eventfd]" {
			continue // the first is the descriptor that read the folder
		}
		// Numbers of sockets and pipes differ each time; the kind is what counts.
		if kind, _, numbered := strings.Cut(target, ":["); numbered {
			target = kind
		}
		found[target]++
	}
	return found
}
