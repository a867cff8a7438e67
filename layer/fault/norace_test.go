// SPDX-License-Identifier: Apache-2.0

//go:build !race

package fault

// underRace: the race detector makes sync.Pool forget at random.
const underRace = false
