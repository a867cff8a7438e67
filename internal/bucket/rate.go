// SPDX-License-Identifier: Apache-2.0

package bucket

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Unlimited is the rate of a bucket that is never empty.
const Unlimited = 0

// maxRate bounds what can be set, in bits per second.
const maxRate = 1e15

// rateUnits are the bits of one unit. The names with a capital B are bytes.
var rateUnits = []struct {
	name string
	bits float64
}{
	{"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}, {"tbit", 1e12}, {"bit", 1},
	{"KiB", 8 << 10}, {"MiB", 8 << 20}, {"GiB", 8 << 30},
	{"kB", 8e3}, {"KB", 8e3}, {"MB", 8e6}, {"GB", 8e9}, {"TB", 8e12}, {"B", 8},
}

// ParseRate reads a rate and returns it in bits per second:
//
//	NUMBER UNIT[/s]     such as 64kbit, 1.5mbit, 10MB/s
//	unlimited
//
// The units are bit, kbit, mbit, gbit and tbit, in any case, B, kB, MB, GB and
// TB for bytes, all with powers of 1000, and KiB, MiB and GiB. A rate is at
// least one bit per second.
func ParseRate(s string) (uint64, error) {
	text := strings.TrimSpace(s)
	if text == "unlimited" {
		return Unlimited, nil
	}
	text = strings.TrimSuffix(text, "/s")
	for _, u := range rateUnits {
		if len(text) <= len(u.name) {
			continue
		}
		number, unit := text[:len(text)-len(u.name)], text[len(text)-len(u.name):]
		bits := strings.HasSuffix(u.name, "bit")
		if unit != u.name && !(bits && strings.EqualFold(unit, u.name)) {
			continue
		}
		v, err := parseNumber(strings.TrimRight(number, " "))
		if err != nil {
			return 0, fmt.Errorf("rate %q: %v", s, err)
		}
		if v *= u.bits; v < 1 || v > maxRate {
			return 0, fmt.Errorf("rate %q: out of range", s)
		}
		return uint64(math.Round(v)), nil
	}
	return 0, fmt.Errorf("rate %q: want a number with a unit such as 64kbit, 1.5mbit or 10MB (capital B for bytes), or unlimited", s)
}

// ParseCount reads a rate of things, such as packets, and returns it in
// thousandths per second:
//
//	NUMBER[k][/s|/min]  such as 100, 2.5k/s, 30/min
//	unlimited
func ParseCount(s string) (uint64, error) {
	text := strings.TrimSpace(s)
	if text == "unlimited" {
		return Unlimited, nil
	}
	scale := 1000.0
	if rest, ok := strings.CutSuffix(text, "/min"); ok {
		text, scale = rest, scale/60
	} else {
		text = strings.TrimSuffix(text, "/s")
	}
	if rest, ok := strings.CutSuffix(text, "k"); ok {
		text, scale = rest, scale*1000
	}
	v, err := parseNumber(text)
	if err != nil {
		return 0, fmt.Errorf("rate %q: %v", s, err)
	}
	if v *= scale; v < 1 || v > 1e12 {
		return 0, fmt.Errorf("rate %q: out of range", s)
	}
	return uint64(math.Round(v)), nil
}

// parseNumber reads a plain decimal number: no sign, exponent or underscore.
func parseNumber(s string) (float64, error) {
	if s == "" || strings.Trim(s, "0123456789.") != "" {
		return 0, fmt.Errorf("%q is no number", s)
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no number", s)
	}
	return v, nil
}

// A Plan tells which rate holds at a time, and until when. The zero time says
// for ever.
type Plan func(now time.Time) (rate uint64, until time.Time)
