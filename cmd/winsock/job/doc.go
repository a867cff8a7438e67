// SPDX-License-Identifier: Apache-2.0

// Package job runs a supervised program as the job of a shell: its exit code,
// its signals, its terminal and its stops are those that the shell sees.
//
// Two processes do it. The front is what the shell has started. It stays in
// the job's process group, holds nothing open that could keep a reader
// waiting, and does to itself what happens to the program: it ends with its
// exit code or by its signal, and stops when it stops. The supervisor is the
// same executable, started by the front in a process group of its own, where
// no key of the terminal reaches it. It starts the program, in the front's
// group, carries its network calls, and goes on while anything that the
// program has started still runs, even after the front has ended.
//
//	shell
//	 └ front ─────────┐ process group of the job
//	    ├ witness ────┤ keeps signals that went to the group
//	    └ supervisor  │ process group of its own
//	       └ program ─┘
//
// A signal that reaches the front was sent to it alone, and then the program
// must get it, or to the whole group, and then the program has it already.
// The kernel does not say which, so a third process in the group, the
// witness, does: it blocks all signals and is asked which ones have come.
//
// In a PID name space of its own, the front's process group may have no name.
// Then all are in it, and the supervisor lives through what is sent to it.
//
// If the front is killed, so is the program. If the supervisor is killed, the
// front says so and waits for the program, whose parent it then is; network
// calls of the program fail with ENOSYS from then on.
//
// Dispositions that were ignored when the front was started (as by nohup) are
// ignored in the program too as far as Go keeps them, which is for SIGHUP and
// SIGINT, and those that stop. SIGURG and SIGPIPE are not passed on.
package job
