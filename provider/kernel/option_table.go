// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"encoding/binary"

	"winsock/internal/sys"
	"winsock/wsa"
)

// translations are the options that the kernel has to know of.
var translations = map[optionKey]*translation{
	{wsa.SOL_SOCKET, wsa.SO_KEEPALIVE}:    {level: sys.SOL_SOCKET, name: sys.SO_KEEPALIVE},
	{wsa.SOL_SOCKET, wsa.SO_DONTROUTE}:    {level: sys.SOL_SOCKET, name: sys.SO_DONTROUTE},
	{wsa.SOL_SOCKET, wsa.SO_BROADCAST}:    {level: sys.SOL_SOCKET, name: sys.SO_BROADCAST},
	{wsa.SOL_SOCKET, wsa.SO_OOBINLINE}:    {level: sys.SOL_SOCKET, name: sys.SO_OOBINLINE},
	{wsa.SOL_SOCKET, wsa.SO_SNDBUF}:       {level: sys.SOL_SOCKET, name: sys.SO_SNDBUF},
	{wsa.SOL_SOCKET, wsa.SO_RCVBUF}:       {level: sys.SOL_SOCKET, name: sys.SO_RCVBUF},
	{wsa.SOL_SOCKET, wsa.SO_PAUSE_ACCEPT}: {fixed: true},

	{wsa.IPPROTO_TCP, wsa.TCP_NODELAY}:        {level: sys.IPPROTO_TCP, name: sys.TCP_NODELAY},
	{wsa.IPPROTO_TCP, wsa.TCP_KEEPIDLE}:       {level: sys.IPPROTO_TCP, name: sys.TCP_KEEPIDLE, value: keepSeconds, live: true},
	{wsa.IPPROTO_TCP, wsa.TCP_KEEPINTVL}:      {level: sys.IPPROTO_TCP, name: sys.TCP_KEEPINTVL, value: keepSeconds, live: true},
	{wsa.IPPROTO_TCP, wsa.TCP_KEEPCNT}:        {level: sys.IPPROTO_TCP, name: sys.TCP_KEEPCNT, value: keepCount, live: true},
	{wsa.IPPROTO_TCP, wsa.TCP_MAXRT}:          {level: sys.IPPROTO_TCP, name: sys.TCP_USER_TIMEOUT, value: retrySeconds},
	{wsa.IPPROTO_TCP, wsa.TCP_MAXRTMS}:        {level: sys.IPPROTO_TCP, name: sys.TCP_USER_TIMEOUT, value: retryMilliseconds},
	{wsa.IPPROTO_TCP, wsa.TCP_FASTOPEN}:       {level: sys.IPPROTO_TCP, name: sys.TCP_FASTOPEN, value: fastOpenQueue},
	{wsa.IPPROTO_TCP, wsa.TCP_EXPEDITED_1122}: {fixed: true}, // the kernel has it for all sockets or none
	{wsa.IPPROTO_TCP, wsa.TCP_STDURG}:         {fixed: true},
	{wsa.IPPROTO_TCP, wsa.TCP_BSDURGENT}:      {fixed: true},
	{wsa.IPPROTO_TCP, wsa.TCP_NOURG}:          {fixed: true},
	{wsa.IPPROTO_TCP, wsa.TCP_NOSYNRETRIES}:   {fixed: true},
	{wsa.IPPROTO_TCP, wsa.TCP_TIMESTAMPS}:     {fixed: true},

	{wsa.IPPROTO_UDP, wsa.UDP_NOCHECKSUM}:        {apply: (*socket).setNoChecksum},
	{wsa.IPPROTO_UDP, wsa.UDP_SEND_MSG_SIZE}:     {level: sys.IPPROTO_UDP, name: sys.UDP_SEGMENT},
	{wsa.IPPROTO_UDP, wsa.UDP_CHECKSUM_COVERAGE}: {fixed: true},

	{wsa.IPPROTO_IP, wsa.IP_HDRINCL}:              {level: sys.IPPROTO_IP, name: sys.IP_HDRINCL},
	{wsa.IPPROTO_IP, wsa.IP_TOS}:                  {level: sys.IPPROTO_IP, name: sys.IP_TOS},
	{wsa.IPPROTO_IP, wsa.IP_TTL}:                  {level: sys.IPPROTO_IP, name: sys.IP_TTL, live: true},
	{wsa.IPPROTO_IP, wsa.IP_MULTICAST_IF}:         {apply: (*socket).setMulticastIf},
	{wsa.IPPROTO_IP, wsa.IP_MULTICAST_TTL}:        {level: sys.IPPROTO_IP, name: sys.IP_MULTICAST_TTL},
	{wsa.IPPROTO_IP, wsa.IP_MULTICAST_LOOP}:       {level: sys.IPPROTO_IP, name: sys.IP_MULTICAST_LOOP},
	{wsa.IPPROTO_IP, wsa.IP_DONTFRAGMENT}:         {level: sys.IPPROTO_IP, name: sys.IP_MTU_DISCOVER, value: dontFragment},
	{wsa.IPPROTO_IP, wsa.IP_MTU_DISCOVER}:         {level: sys.IPPROTO_IP, name: sys.IP_MTU_DISCOVER, value: mtuDiscover},
	{wsa.IPPROTO_IP, wsa.IP_UNICAST_IF}:           {level: sys.IPPROTO_IP, name: sys.IP_UNICAST_IF},
	{wsa.IPPROTO_IP, wsa.IP_PKTINFO}:              {apply: (*socket).setInfo},
	{wsa.IPPROTO_IP, wsa.IP_RECVIF}:               {apply: (*socket).setInfo},
	{wsa.IPPROTO_IP, wsa.IP_RECVDSTADDR}:          {apply: (*socket).setInfo},
	{wsa.IPPROTO_IP, wsa.IP_ORIGINAL_ARRIVAL_IF}:  {apply: (*socket).setInfo},
	{wsa.IPPROTO_IP, wsa.IP_RECVTOS}:              {apply: (*socket).setInfo},
	{wsa.IPPROTO_IP, wsa.IP_ECN}:                  {apply: (*socket).setInfo},
	{wsa.IPPROTO_IP, wsa.IP_RECVTTL}:              {level: sys.IPPROTO_IP, name: sys.IP_RECVTTL},
	{wsa.IPPROTO_IP, wsa.IP_RECEIVE_BROADCAST}:    {fixed: true},
	{wsa.IPPROTO_IP, wsa.IP_IFLIST}:               {fixed: true},
	{wsa.IPPROTO_IP, wsa.IP_ADD_IFLIST}:           {fixed: true},
	{wsa.IPPROTO_IP, wsa.IP_DEL_IFLIST}:           {fixed: true},
	{wsa.IPPROTO_IP, wsa.IP_RECVRTHDR}:            {fixed: true},
	{wsa.IPPROTO_IP, wsa.IP_PKTINFO_EX}:           {fixed: true},
	{wsa.IPPROTO_IP, wsa.IP_WFP_REDIRECT_RECORDS}: {fixed: true},
	{wsa.IPPROTO_IP, wsa.IP_WFP_REDIRECT_CONTEXT}: {fixed: true},
	{wsa.IPPROTO_IP, wsa.IP_RECVERR}:              {fixed: true},
	{wsa.IPPROTO_IP, wsa.IP_USER_MTU}:             {fixed: true},

	{wsa.IPPROTO_IPV6, wsa.IPV6_UNICAST_HOPS}:         {level: sys.IPPROTO_IPV6, name: sys.IPV6_UNICAST_HOPS, live: true},
	{wsa.IPPROTO_IPV6, wsa.IPV6_MULTICAST_IF}:         {level: sys.IPPROTO_IPV6, name: sys.IPV6_MULTICAST_IF},
	{wsa.IPPROTO_IPV6, wsa.IPV6_MULTICAST_HOPS}:       {level: sys.IPPROTO_IPV6, name: sys.IPV6_MULTICAST_HOPS},
	{wsa.IPPROTO_IPV6, wsa.IPV6_MULTICAST_LOOP}:       {level: sys.IPPROTO_IPV6, name: sys.IPV6_MULTICAST_LOOP},
	{wsa.IPPROTO_IPV6, wsa.IPV6_DONTFRAG}:             {level: sys.IPPROTO_IPV6, name: sys.IPV6_MTU_DISCOVER, value: dontFragment},
	{wsa.IPPROTO_IPV6, wsa.IPV6_MTU_DISCOVER}:         {level: sys.IPPROTO_IPV6, name: sys.IPV6_MTU_DISCOVER, value: mtuDiscover},
	{wsa.IPPROTO_IPV6, wsa.IPV6_UNICAST_IF}:           {level: sys.IPPROTO_IPV6, name: sys.IPV6_UNICAST_IF, value: networkOrder},
	{wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY}:               {apply: (*socket).setV6Only},
	{wsa.IPPROTO_IPV6, wsa.IPV6_PKTINFO}:              {apply: (*socket).setInfo},
	{wsa.IPPROTO_IPV6, wsa.IPV6_RECVIF}:               {apply: (*socket).setInfo},
	{wsa.IPPROTO_IPV6, wsa.IPV6_RECVDSTADDR}:          {apply: (*socket).setInfo},
	{wsa.IPPROTO_IPV6, wsa.IP_ORIGINAL_ARRIVAL_IF}:    {apply: (*socket).setInfo},
	{wsa.IPPROTO_IPV6, wsa.IPV6_RECVTCLASS}:           {apply: (*socket).setInfo},
	{wsa.IPPROTO_IPV6, wsa.IPV6_ECN}:                  {apply: (*socket).setInfo},
	{wsa.IPPROTO_IPV6, wsa.IPV6_HOPLIMIT}:             {level: sys.IPPROTO_IPV6, name: sys.IPV6_RECVHOPLIMIT},
	{wsa.IPPROTO_IPV6, wsa.IPV6_TCLASS}:               {level: sys.IPPROTO_IPV6, name: sys.IPV6_TCLASS},
	{wsa.IPPROTO_IPV6, wsa.IPV6_CHECKSUM}:             {level: sys.IPPROTO_IPV6, name: sys.IPV6_CHECKSUM},
	{wsa.IPPROTO_IPV6, wsa.IPV6_HDRINCL}:              {level: sys.IPPROTO_IPV6, name: sys.IPV6_HDRINCL},
	{wsa.IPPROTO_IPV6, wsa.IPV6_USER_MTU}:             {apply: (*socket).setUserMTU},
	{wsa.IPPROTO_IPV6, wsa.IPV6_PROTECTION_LEVEL}:     {apply: (*socket).setProtectionLevel},
	{wsa.IPPROTO_IPV6, wsa.IPV6_IFLIST}:               {fixed: true},
	{wsa.IPPROTO_IPV6, wsa.IPV6_ADD_IFLIST}:           {fixed: true},
	{wsa.IPPROTO_IPV6, wsa.IPV6_DEL_IFLIST}:           {fixed: true},
	{wsa.IPPROTO_IPV6, wsa.IPV6_RECVRTHDR}:            {fixed: true},
	{wsa.IPPROTO_IPV6, wsa.IPV6_PKTINFO_EX}:           {fixed: true},
	{wsa.IPPROTO_IPV6, wsa.IPV6_WFP_REDIRECT_RECORDS}: {fixed: true},
	{wsa.IPPROTO_IPV6, wsa.IPV6_WFP_REDIRECT_CONTEXT}: {fixed: true},
	{wsa.IPPROTO_IPV6, wsa.IPV6_RECVERR}:              {fixed: true},
}

// The kernel's limits of the keep-alive options (MAX_TCP_KEEPIDLE and so on).
func keepSeconds(_ *socket, v int64) int { return int(min(v, 32767)) }
func keepCount(_ *socket, v int64) int   { return int(min(v, 127)) }

// retrySeconds is TCP_MAXRT: -1 is for ever.
func retrySeconds(s *socket, v int64) int {
	if v < 0 {
		return 1<<31 - 1
	}
	return retryMilliseconds(s, v*1000)
}

func retryMilliseconds(_ *socket, v int64) int { return int(min(v, 1<<31-1)) }

// fastOpenQueue is how many connections may be pending that carried data
// with their first segment.
func fastOpenQueue(_ *socket, v int64) int { return int(v) * 256 }

// dontFragment is the discovery of the path's MTU that goes with
// IP_DONTFRAGMENT. A stream discovers it in any case.
func dontFragment(s *socket, v int64) int {
	switch {
	case s.kind.stream:
		return sys.PMTUDISC_WANT
	case v != 0:
		return sys.PMTUDISC_DO
	}
	return sys.PMTUDISC_DONT
}

func mtuDiscover(_ *socket, v int64) int {
	switch v {
	case wsa.IP_PMTUDISC_DO:
		return sys.PMTUDISC_DO
	case wsa.IP_PMTUDISC_DONT:
		return sys.PMTUDISC_DONT
	case wsa.IP_PMTUDISC_PROBE:
		return sys.PMTUDISC_PROBE
	}
	return sys.PMTUDISC_WANT
}

func networkOrder(_ *socket, v int64) int {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(v))
	return int(int32(binary.NativeEndian.Uint32(b[:])))
}
