// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"math"
	"strconv"
	"time"

	"winsock/spi/meter"
)

// The labels of what is counted at a place of a chain.
var (
	ofPlace     = []string{"chain", "place", "layer"}
	ofCalls     = []string{"chain", "place", "layer", "call"}
	ofErrors    = []string{"chain", "place", "layer", "call", "error"}
	ofEndeavour = []string{"chain", "place", "layer", "result"}
)

// What is counted of all providers.
var (
	callDuration = Description{"winsock_call_duration_seconds", Histogram, ofCalls, "Time of the calls that a provider got, with that of the providers below."}
	callErrors   = Description{"winsock_call_errors_total", Counter, ofErrors, "Calls that failed, by the code; those that would have had to wait are not among them."}
	wouldBlock   = Description{"winsock_call_would_block_total", Counter, ofCalls, "Calls that were answered with WSAEWOULDBLOCK."}
	ownSeconds   = Description{"winsock_layer_own_seconds_total", Counter, ofPlace, "Time spent in a provider itself: that of its calls less that of those below."}
	sentBytes    = Description{"winsock_sent_bytes_total", Counter, ofPlace, "Bytes that passed a provider on their way out."}
	gotBytes     = Description{"winsock_received_bytes_total", Counter, ofPlace, "Bytes that passed a provider on their way in."}
	transferSize = Description{"winsock_transfer_size_bytes", Histogram, ofCalls, "Bytes that a call of send or recv has moved, of those that have moved some."}
	openSockets  = Description{"winsock_open_sockets", Gauge, ofPlace, "Sockets that are open."}
	madeSockets  = Description{"winsock_sockets_total", Counter, ofPlace, "Sockets that were opened, accepted or joined."}
	connects     = Description{"winsock_connects_total", Counter, ofEndeavour, "Connects that have ended, by the result: ok or the code."}
	accepts      = Description{"winsock_accepts_total", Counter, ofEndeavour, "Accepts that did not have to wait, by the result: ok or the code."}
)

// places lists what is counted of all providers.
var places = []Description{
	callDuration, callErrors, wouldBlock, ownSeconds, sentBytes, gotBytes, transferSize, openSockets, madeSockets, connects, accepts,
}

// Of the buckets that a meter keeps, each whose bound is four times that of
// another is told: of times from 256 ns to 17 s, of sizes from 64 B to 1 MiB.
const (
	leastTime, mostTime = 8, 34
	leastSize, mostSize = 6, 20
)

var (
	timeBounds = powers(leastTime, mostTime, 1e9)
	sizeBounds = powers(leastSize, mostSize, 1)
)

// powers returns each second power of two in a range, in units.
func powers(from, to int, unit float64) (list []float64) {
	for n := from; n <= to; n += 2 {
		list = append(list, float64(int64(1)<<n)/unit)
	}
	return list
}

// cumulate makes of a meter's buckets those that are told.
func cumulate(buckets []int64, bound func(int) int64, least, most int) (counts []uint64) {
	sum, i := int64(0), 0
	for n := least; n <= most; n += 2 {
		for ; i < len(buckets) && bound(i) <= 1<<n; i++ {
			sum += buckets[i]
		}
		counts = append(counts, uint64(sum))
	}
	for ; i < len(buckets); i++ {
		sum += buckets[i]
	}
	return append(counts, uint64(sum))
}

func timeBound(i int) int64 { return int64(meter.DurationBound(i)) }

func seconds(d time.Duration) float64 { return math.Max(0, d.Seconds()) }

// gatherPlaces tells what a set has counted.
func gatherPlaces(list []meter.Layer) []Family {
	families := make(map[string]*Family, len(places))
	add := func(d *Description, s Sample) {
		f := families[d.Name]
		if f == nil {
			f = &Family{Description: *d}
			families[d.Name] = f
		}
		f.Samples = append(f.Samples, s)
	}
	for i := range list {
		gatherPlace(&list[i], add)
	}
	all := make([]Family, 0, len(families))
	for _, f := range families {
		all = append(all, *f)
	}
	return all
}

// gatherPlace tells what was counted at one place.
func gatherPlace(l *meter.Layer, add func(d *Description, s Sample)) {
	labels := func(more ...string) []string {
		return append([]string{l.Chain, strconv.Itoa(l.Place), l.Name}, more...)
	}
	value := func(d *Description, v float64, more ...string) { add(d, Sample{Labels: labels(more...), Value: v}) }
	value(&openSockets, float64(l.Open))
	value(&madeSockets, float64(l.Total))
	value(&ownSeconds, seconds(l.Own))
	value(&sentBytes, float64(l.Sent))
	value(&gotBytes, float64(l.Received))
	for g := range meter.Groups {
		c := &l.Groups[g]
		if g == meter.Open || c.Calls == 0 { // opening is not timed
			continue
		}
		call := g.String()
		add(&callDuration, Sample{
			Labels: labels(call), Bounds: timeBounds, Counts: cumulate(c.Took[:], timeBound, leastTime, mostTime), Sum: seconds(c.Time),
		})
		value(&wouldBlock, float64(c.Blocked), call)
		for code, n := range c.Codes.All() {
			value(&callErrors, float64(n), call, meter.CodeName(code))
		}
		switch g {
		case meter.Send:
			add(&transferSize, sizes(labels(call), &l.SentSizes, l.Sent))
		case meter.Recv:
			add(&transferSize, sizes(labels(call), &l.ReceivedSizes, l.Received))
		case meter.Connect:
			results(&connects, l.Connected, &c.Codes, value)
		case meter.Accept:
			results(&accepts, l.Accepted, &c.Codes, value)
		}
	}
}

func sizes(labels []string, s *meter.Sizes, sum int64) Sample {
	return Sample{Labels: labels, Bounds: sizeBounds, Counts: cumulate(s[:], meter.SizeBound, leastSize, mostSize), Sum: float64(sum)}
}

// results tells how often something went well and how it failed.
func results(d *Description, ok int64, codes *meter.Codes, value func(d *Description, v float64, more ...string)) {
	value(d, float64(max(ok, 0)), "ok")
	for code, n := range codes.All() {
		value(d, float64(n), meter.CodeName(code))
	}
}
