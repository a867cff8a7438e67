// SPDX-License-Identifier: Apache-2.0

package wsnet

import (
	"context"
	"errors"
	"net"
	"strconv"
)

func lookup(ctx context.Context, t transport, host, service string) ([]candidate, error) {
	return nil, errors.New("later")
}

func lookupPort(ctx context.Context, t transport, service string) (uint16, error) {
	if service == "" {
		return 0, nil
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return 0, &net.AddrError{Err: "unknown port", Addr: service}
	}
	return uint16(port), nil
}
