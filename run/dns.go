// SPDX-License-Identifier: Apache-2.0

package run

import (
	"log/slog"

	"winsock/run/internal/dnsserver"
)

// startDNS starts the server that answers for name servers.
func startDNS(log *slog.Logger) (*dnsserver.Server, error) {
	return dnsserver.Start(dnsserver.Config{Log: log})
}
