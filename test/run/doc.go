// SPDX-License-Identifier: Apache-2.0

// Package run tests winsock run with programs of other makers, which know
// nothing of it. Each does its work through no layer, through one that sees
// the data, through three, and under a rule that sends it elsewhere than it
// asked for, and must not notice: what it sends arrives unchanged, and both
// ends see each other's names.
//
// A checker of socket behaviour is compared with what it says natively, and
// programs that mean ill try to get past the rules.
//
// With -native the programs run without winsock. They must pass then too,
// else it is the test that is wrong:
//
//	go test ./test/run -native
package run
