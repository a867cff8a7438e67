// SPDX-License-Identifier: Apache-2.0

// Package poller tells sockets of the kernel when they may be ready, by an
// edge-triggered epoll.
//
// Whoever waits for sockets drives the poller: [Poller.Poll] may be called by
// any goroutine, looks first without telling the scheduler and only then
// waits, and runs the notifications itself. So a completion reaches the
// goroutine that waits for it without passing through another one. While
// nobody drives, one background goroutine does, parked on the epoll
// descriptor by the runtime, so that no thread is spent on it. It and the
// descriptors exist only while something is registered.
package poller
