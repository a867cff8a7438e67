// SPDX-License-Identifier: Apache-2.0

// Package wsnet gives Go programs the sockets of package winsock as net.Conn,
// net.Listener and net.PacketConn, over any provider chain of the catalog or
// one composed on the spot:
//
//	d := wsnet.Dialer{Route: wsnet.Route{Layers: []string{"trace:log=-"}}}
//	conn, err := d.Dial("tcp", "127.0.0.1:8080")
//
// It starts Winsock on first use and leaves it running. Errors are
// *net.OpError whose cause names the Winsock function and carries a
// wsa.Errno; errors.Is finds net.ErrClosed, os.ErrDeadlineExceeded and the
// errors of package syscall in them.
package wsnet
