// SPDX-License-Identifier: Apache-2.0

// Package hostname reads what people type where a host is wanted: names in
// any script, and addresses in each of the forms that Winsock accepts.
package hostname
