// SPDX-License-Identifier: Apache-2.0

// Package metrics tells Prometheus, or whoever asks over HTTP, what the
// sockets of a process do: how many calls there are at each place of each
// provider chain, how long they take, what they move and how they fail, and
// what layers count themselves. README.md in this folder lists all of them.
//
//	metrics.Enable()                            // sockets that are opened from now on are counted
//	http.Handle("/metrics", metrics.Handler())  // beside others, or
//	server, err := metrics.Serve("127.0.0.1:9464", metrics.Handler())
//
// No label tells single sockets or peers apart, as there is no end of those;
// winsock.MeteredSockets lists sockets. Without Enable nothing is counted, and
// nothing stands between a socket and its providers.
//
// A program that has a registry of Prometheus's own library registers what
// package metrics/collector makes.
package metrics
