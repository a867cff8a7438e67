// SPDX-License-Identifier: Apache-2.0

//go:build race

package kernel

// raced: pools drop things at random under the race detector, so that what
// comes from them is allocated now and then.
const raced = true
