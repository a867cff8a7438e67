// SPDX-License-Identifier: Apache-2.0

package winsock

import "strings"

// ChainNames returns the names of the providers that a socket's calls go
// through, from the top down, such as "trace > kernel".
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK.
func ChainNames(h SOCKET) (names string, err error) {
	s, err := use(h)
	if err != nil {
		return "", err
	}
	defer s.done("ChainNames", &err)
	return s.chainNames(), nil
}

func (s *socket) chainNames() string {
	var list []string
	for place := range s.chain.Links() {
		list = append(list, s.chain.Name(place))
	}
	return strings.Join(list, " > ")
}
