// SPDX-License-Identifier: Apache-2.0

//go:build !race

package bed

// UnderRace: the race detector makes sync.Pool forget at random.
const UnderRace = false
