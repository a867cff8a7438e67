// SPDX-License-Identifier: Apache-2.0

package netdb

import "strings"

// A Protocol is a PROTOENT: a protocol's name, its other names, its number.
type Protocol struct {
	Name    string
	Aliases []string
	Number  int32
}

// protocols are those of a Windows protocol file. The Linux file of the same
// purpose is not read: it has more, under other names, and programs test for
// the absence of what Winsock does not know (difference 141).
var protocols = [...]Protocol{
	{"ip", []string{"IP"}, 0},
	{"icmp", []string{"ICMP"}, 1},
	{"ggp", []string{"GGP"}, 3},
	{"tcp", []string{"TCP"}, 6},
	{"egp", []string{"EGP"}, 8},
	{"pup", []string{"PUP"}, 12},
	{"udp", []string{"UDP"}, 17},
	{"hmp", []string{"HMP"}, 20},
	{"xns-idp", []string{"XNS-IDP"}, 22},
	{"rdp", []string{"RDP"}, 27},
	{"ipv6", []string{"IPv6"}, 41},
	{"ipv6-route", []string{"IPv6-Route"}, 43},
	{"ipv6-frag", []string{"IPv6-Frag"}, 44},
	{"esp", []string{"ESP"}, 50},
	{"ah", []string{"AH"}, 51},
	{"ipv6-icmp", []string{"IPv6-ICMP"}, 58},
	{"ipv6-nonxt", []string{"IPv6-NoNxt"}, 59},
	{"ipv6-opts", []string{"IPv6-Opts"}, 60},
	{"rvd", []string{"RVD"}, 66},
}

// ProtocolByName finds a protocol by its name or alias, in either case.
func ProtocolByName(name string) (Protocol, bool) {
	for _, p := range protocols {
		if strings.EqualFold(p.Name, name) { // the aliases differ in case only
			return p.clone(), true
		}
	}
	return Protocol{}, false
}

// ProtocolByNumber finds a protocol by its number.
func ProtocolByNumber(number int32) (Protocol, bool) {
	for _, p := range protocols {
		if p.Number == number {
			return p.clone(), true
		}
	}
	return Protocol{}, false
}

func (p Protocol) clone() Protocol {
	p.Aliases = append([]string(nil), p.Aliases...)
	return p
}
