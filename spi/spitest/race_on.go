// SPDX-License-Identifier: Apache-2.0

//go:build race

package spitest

// raceEnabled makes the loads smaller, as the race detector is slow.
const raceEnabled = true
