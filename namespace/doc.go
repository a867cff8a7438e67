// SPDX-License-Identifier: Apache-2.0

// Package namespace starts the name space providers of the catalog and keeps
// them, as package chain does for transport providers. The providers
// themselves lie in the folders below.
package namespace
