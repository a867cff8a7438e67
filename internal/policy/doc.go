// SPDX-License-Identifier: Apache-2.0

// Package policy holds the rules of the source tree as tests: which package
// may import which, and how a file begins. There is nothing to import.
package policy
