// SPDX-License-Identifier: Apache-2.0

package report

import "slices"

// A Comparison is what came of pairs of rounds.
type Comparison struct {
	Low, Median, High float64 // ratios of the first to the second, with quartiles
	First, Second     float64 // medians of the rates
}

// Pairs runs two rounds in turn, in an order that alternates, and relates
// the rates of each pair, so that what disturbs the machine disturbs both.
func Pairs(pairs int, first, second func() (float64, error)) (Comparison, error) {
	rates, rounds := [2][]float64{}, []func() (float64, error){first, second}
	var ratios []float64
	for i := range pairs {
		order := []int{0, 1}
		if i%2 == 1 {
			slices.Reverse(order)
		}
		for _, k := range order {
			rate, err := rounds[k]()
			if err != nil {
				return Comparison{}, err
			}
			rates[k] = append(rates[k], rate)
		}
		ratios = append(ratios, rates[0][i]/rates[1][i])
	}
	low, median, high := Quartiles(ratios)
	return Comparison{low, median, high, Median(rates[0]), Median(rates[1])}, nil
}
