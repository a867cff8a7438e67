// SPDX-License-Identifier: Apache-2.0

// Package sockopt declares every socket option that Winsock documents, once:
// what its value looks like, on which sockets it may be read and set, its
// default, and which error a wrong use earns. Base providers and layers use
// it so that all of them give the same answers.
//
// The usual path of a setsockopt through a provider is
//
//	rule, err := sockopt.ForSet(kind, level, name)
//	if err != nil {
//		return err
//	}
//	v, err := rule.Decode(value)
//
// after which the provider either applies v, or keeps it in a [Store] when
// the option has no effect of its own there.
//
// Lengths that are negative in C (Winsock accepts -1 for some options) never
// reach a provider, as a slice cannot have one.
package sockopt
