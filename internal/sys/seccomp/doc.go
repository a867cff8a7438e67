// SPDX-License-Identifier: Apache-2.0

// Package seccomp has the kernel report chosen system calls of a program to a
// supervisor, which answers them: seccomp with user notification. It
// assembles the filter program, installs it, and wraps the listener.
package seccomp
