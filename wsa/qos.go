// SPDX-License-Identifier: Apache-2.0

package wsa

// A FlowSpec describes one direction of a flow ("FLOWSPEC structure").
type FlowSpec struct {
	TokenRate          uint32 // bytes per second
	TokenBucketSize    uint32 // bytes
	PeakBandwidth      uint32 // bytes per second
	Latency            uint32 // microseconds
	DelayVariation     uint32 // microseconds
	ServiceType        uint32
	MaxSduSize         uint32 // bytes
	MinimumPolicedSize uint32 // bytes
}

// A QOS is the quality of service asked for at connect and accept ("QOS
// structure").
type QOS struct {
	Sending          FlowSpec
	Receiving        FlowSpec
	ProviderSpecific []byte
}
