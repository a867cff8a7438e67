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

// Values of FlowSpec.ServiceType ("SERVICETYPE").
const (
	SERVICETYPE_NOTRAFFIC           = 0x00000000
	SERVICETYPE_BESTEFFORT          = 0x00000001
	SERVICETYPE_CONTROLLEDLOAD      = 0x00000002
	SERVICETYPE_GUARANTEED          = 0x00000003
	SERVICETYPE_NETWORK_UNAVAILABLE = 0x00000004
	SERVICETYPE_GENERAL_INFORMATION = 0x00000005
	SERVICETYPE_NOCHANGE            = 0x00000006
	SERVICETYPE_NONCONFORMING       = 0x00000009
	SERVICETYPE_NETWORK_CONTROL     = 0x0000000a
	SERVICETYPE_QUALITATIVE         = 0x0000000d

	SERVICE_NO_TRAFFIC_CONTROL = 0x81000000
	SERVICE_NO_QOS_SIGNALING   = 0x40000000
)

// Numbers in a FlowSpec that leave the choice to the provider or set no
// limit.
const (
	QOS_NOT_SPECIFIED      = 0xffffffff
	POSITIVE_INFINITY_RATE = 0xfffffffe
)

// Types of the objects in QOS.ProviderSpecific ("QOS_OBJECT_HDR structure").
const (
	QOS_OBJECT_END_OF_LIST  = 2001
	QOS_OBJECT_SD_MODE      = 2002
	QOS_OBJECT_SHAPING_RATE = 2003
	QOS_OBJECT_DESTADDR     = 2004
)
