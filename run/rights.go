// SPDX-License-Identifier: Apache-2.0

package run

import (
	"os"
	"strconv"
	"strings"
	"sync"
)

// The supervisor binds on the program's behalf, and may have other rights.

// capNetBindService is CAP_NET_BIND_SERVICE.
const capNetBindService = 1 << 10

// firstFreePort is the first port that needs no right.
var firstFreePort = sync.OnceValue(func() uint16 {
	b, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	if err == nil {
		if n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 16); err == nil {
			return uint16(n)
		}
	}
	return 1024
})

// mayBind reports whether a thread's process may bind to the port of a.
func mayBind(tid int, a *address) bool {
	port := a.port()
	return port == 0 || port >= firstFreePort() || mayBindLow(tid)
}

// mayBindLow reports whether it has CAP_NET_BIND_SERVICE.
func mayBindLow(tid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(tid) + "/status")
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(b), "\nCapEff:\t")
	line, _, _ := strings.Cut(rest, "\n")
	caps, err := strconv.ParseUint(line, 16, 64)
	return err == nil && caps&capNetBindService != 0
}
