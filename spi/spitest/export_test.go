// SPDX-License-Identifier: Apache-2.0

package spitest

import "time"

// SetPatience makes a provider that is known to be broken fail sooner.
func SetPatience(d time.Duration) { patience = d }
