// SPDX-License-Identifier: Apache-2.0

package spi

// A Process is another process that a socket is opened for, as the
// supervisor of an intercepted program does. What is not known is zero.
type Process struct {
	ID     int    // the process id
	Path   string // the file that it executes
	Name   string // the last part of Path
	UserID int    // of its owner, the effective one
	User   string // the owner's name
}
