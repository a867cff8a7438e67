// SPDX-License-Identifier: Apache-2.0

// Package hosts is the name space of the hosts file (NS_TCPIP_HOSTS): names
// and addresses that somebody wrote down by hand, which therefore stand
// before every other name space. Its driver is called "hosts".
package hosts
