// SPDX-License-Identifier: Apache-2.0

package job

import (
	"bytes"
	"fmt"
	"os"
)

// isStopped tells whether a process is stopped.
func isStopped(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	// The name before the state is in parentheses, and may have some itself.
	after := stat[bytes.LastIndexByte(stat, ')')+1:]
	return bytes.HasPrefix(after, []byte(" T"))
}
