// SPDX-License-Identifier: Apache-2.0

// Package chain opens sockets along the provider chains of the catalog. It
// starts the providers that an entry needs, once each, has every layered one
// open the socket below it, down to the base provider, and ends the
// providers when nobody uses them any more.
//
// Nothing that a provider does here takes the program with it: a panic is
// logged with the provider's name and becomes WSAEPROVIDERFAILEDINIT.
package chain
