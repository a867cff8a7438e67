// SPDX-License-Identifier: Apache-2.0

package netdb

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
)

// A Service is a SERVENT: a service's name, its other names, its port and
// the protocol to reach it by.
type Service struct {
	Name     string
	Aliases  []string
	Port     uint16 // in host order
	Protocol string
}

// Services is a list of services, in the order of its file.
type Services []Service

// maxFile bounds what is read of a services file, in bytes.
const maxFile = 8 << 20

// ParseServices reads a file in the form of services(5): name, port/protocol
// and aliases on each line, comments from # on. Lines that are not of this
// form are passed over.
func ParseServices(r io.Reader) Services {
	var list Services
	lines := bufio.NewScanner(io.LimitReader(r, maxFile))
	lines.Buffer(nil, maxFile+1)
	for lines.Scan() {
		line, _, _ := bytes.Cut(lines.Bytes(), []byte("#"))
		fields := strings.Fields(string(line))
		if len(fields) < 2 {
			continue
		}
		number, protocol, found := strings.Cut(fields[1], "/")
		port, err := strconv.ParseUint(number, 10, 16)
		if !found || protocol == "" || err != nil {
			continue
		}
		list = append(list, Service{fields[0], fields[2:], uint16(port), protocol})
	}
	return list
}

// LoadServices reads a services file and falls back to the built-in list
// where there is none, or none with anything in it.
func LoadServices(file string) Services {
	if f, err := os.Open(file); err == nil {
		defer f.Close()
		if list := ParseServices(f); len(list) > 0 {
			return list
		}
	}
	return builtinServices()
}

// System returns the services of this system, read once.
var System = sync.OnceValue(func() Services { return LoadServices("/etc/services") })

// ByName finds the first service of that name or alias. An empty protocol
// matches any. Case does not matter, as in the files of Windows.
func (l Services) ByName(name, protocol string) (Service, bool) {
	for _, s := range l {
		if s.over(protocol) && s.called(name) {
			return s.clone(), true
		}
	}
	return Service{}, false
}

// ByPort finds the first service on that port. An empty protocol matches any.
func (l Services) ByPort(port uint16, protocol string) (Service, bool) {
	for _, s := range l {
		if s.Port == port && s.over(protocol) {
			return s.clone(), true
		}
	}
	return Service{}, false
}

func (s *Service) over(protocol string) bool {
	return protocol == "" || strings.EqualFold(s.Protocol, protocol)
}

func (s *Service) called(name string) bool {
	if strings.EqualFold(s.Name, name) {
		return true
	}
	for _, alias := range s.Aliases {
		if strings.EqualFold(alias, name) {
			return true
		}
	}
	return false
}

func (s Service) clone() Service {
	s.Aliases = append([]string(nil), s.Aliases...)
	return s
}
