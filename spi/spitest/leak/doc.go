// SPDX-License-Identifier: Apache-2.0

// Package leak finds what tests leave behind: goroutines and descriptors.
// [Main] checks a whole test binary, [Check] a single test:
//
//	func TestMain(m *testing.M) { leak.Main(m) }
package leak
