// SPDX-License-Identifier: Apache-2.0

// Package bucket has token buckets that several members share. Who finds one
// empty is told, by its one timer, when there are tokens again; who waits with
// others gets a share by his weight. Nothing polls and nobody has a goroutine.
//
// It also has the language of rates, see [ParseRate].
package bucket
