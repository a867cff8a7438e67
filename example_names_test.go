// SPDX-License-Identifier: Apache-2.0

package winsock_test

import (
	"fmt"
	"log"

	"winsock"
	"winsock/wsa"
)

func ExampleGetAddrInfo() {
	if _, err := winsock.WSAStartup(winsock.Version22); err != nil {
		log.Fatal(err)
	}
	defer winsock.WSACleanup()

	hints := winsock.AddrInfo{SockType: wsa.SOCK_STREAM, Protocol: wsa.IPPROTO_TCP}
	list, err := winsock.GetAddrInfo(new("[2001:db8::1]"), new("80"), &hints)
	if err != nil {
		log.Fatal(err)
	}
	for _, info := range list {
		fmt.Println(wsa.FamilyName(info.Family), &info.Addr)
	}
	// Output: AF_INET6 [2001:db8::1]:80
}

func ExampleWSALookupServiceBegin() {
	if _, err := winsock.WSAStartup(winsock.Version22); err != nil {
		log.Fatal(err)
	}
	defer winsock.WSACleanup()

	lookup, err := winsock.WSALookupServiceBegin(&wsa.QuerySet{
		ServiceInstanceName: "_ldap._tcp.nowhere.invalid",
		ServiceClassID:      wsa.SVCID_DNS(33), // SRV
		NameSpace:           wsa.NS_NLA,        // no provider serves that one
	}, wsa.LUP_RETURN_NAME|wsa.LUP_RETURN_ADDR)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer winsock.WSALookupServiceEnd(lookup)
	for {
		answer, err := winsock.WSALookupServiceNext(lookup, 0)
		if err != nil {
			break
		}
		fmt.Println(answer.ServiceInstanceName, answer.Addrs)
	}
	// Output: Service not found
}
