// SPDX-License-Identifier: Apache-2.0

// Package dns is the name space provider of the DNS (NSPM, NS_DNS). Its
// driver is called "dns". [Resolver] is the client behind it, for those that
// want their questions to go out another way: its connections are made by a
// [Dialer] of the caller's choice.
package dns
