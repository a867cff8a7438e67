// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"errors"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"winsock/wsa"
)

// Parse reads a text of rules, one a line. name stands in its errors, which
// are [Errors].
func Parse(name, text string) (*Set, error) {
	return parse(name, strings.Split(text, "\n"))
}

// ParseInline reads rules that semicolons separate, as in an option. In
// errors, the line is the number of the rule.
func ParseInline(name, text string) (*Set, error) {
	return parse(name, cutOutside(text, ';'))
}

func parse(name string, lines []string) (*Set, error) {
	set := &Set{name: name}
	var bad Errors
	given := false // there is a default
	for i, line := range lines {
		p := parser{line: i + 1}
		err := p.parse(line)
		switch {
		case err != nil:
		case p.standard != nil && given:
			err = errors.New("default is given twice")
		case p.standard != nil:
			set.standard, given = *p.standard, true
		case p.rule != nil:
			set.add(p.rule)
		}
		if err != nil {
			bad = append(bad, &Error{Name: name, Line: i + 1, Text: err.Error()})
		}
	}
	if bad != nil {
		return nil, bad
	}
	return set, nil
}

// A parser reads one line.
type parser struct {
	line  int
	words []string // those still to be read

	rule     *Rule
	standard *Verdict // of default
}

func (p *parser) parse(line string) (err error) {
	if !utf8.ValidString(line) {
		return errors.New("this is no UTF-8")
	}
	if p.words, err = splitWords(line); err != nil || len(p.words) == 0 {
		return err
	}
	text := strings.Join(p.words, " ")
	r := &Rule{line: p.line, text: text, directions: everything, protocols: everything}
	switch word := p.next(); word {
	case "allow":
	case "deny":
		r.action = Deny
		if r.errno, err = p.errno(); err != nil {
			return err
		}
	case "drop":
		r.action = Drop
	case "redirect":
		r.action = Redirect
		if r.to, err = parseTarget(unquote(p.next())); err != nil {
			return err
		}
	case "chain":
		r.action = Chain
		if r.layers, err = p.layers(); err != nil {
			return err
		}
	case "log":
		r.action = log
	case "default":
		return p.parseDefault()
	default:
		return fmt.Errorf("%s is no action: a rule begins with allow, deny, drop, redirect, chain, log or default", word)
	}
	if err := p.conditions(r); err != nil {
		return err
	}
	p.rule = r
	return nil
}

// next returns the next word, "" at the end. No word is empty, though it may
// be an empty quotation.
func (p *parser) next() string {
	if len(p.words) == 0 {
		return ""
	}
	word := p.words[0]
	p.words = p.words[1:]
	return word
}

func (p *parser) peek() string {
	if len(p.words) == 0 {
		return ""
	}
	return p.words[0]
}

// errno reads the error of deny, if one is there.
func (p *parser) errno() (wsa.Errno, error) {
	if !likeErrno(p.peek()) {
		return wsa.WSAEACCES, nil
	}
	name := p.next()
	if code := errnoNamed(name); code != 0 {
		return code, nil
	}
	return 0, fmt.Errorf("%s is no error that a call can be answered with", name)
}

func (p *parser) parseDefault() error {
	v := &Verdict{}
	switch word := p.next(); word {
	case "allow":
	case "deny":
		v.Action = Deny
		var err error
		if v.Errno, err = p.errno(); err != nil {
			return err
		}
	default:
		return errors.New("default is followed by allow or deny")
	}
	if len(p.words) > 0 {
		return fmt.Errorf("default takes no conditions such as %s", p.peek())
	}
	p.standard = v
	return nil
}

// layers reads "LAYER [over LAYER]...".
func (p *parser) layers() (layers []string, err error) {
	for {
		layer := unquote(p.next())
		if layer == "" {
			return nil, errors.New("chain is followed by the path of a layer")
		}
		layers = append(layers, layer)
		if len(layers) >= wsa.MAX_PROTOCOL_CHAIN {
			return nil, fmt.Errorf("a chain is not longer than %d", wsa.MAX_PROTOCOL_CHAIN)
		}
		if p.peek() != "over" {
			return layers, nil
		}
		p.next()
	}
}

// parseTarget reads where redirect leads.
func parseTarget(text string) (netip.AddrPort, error) {
	wrong := fmt.Errorf("redirect is followed by IP:PORT, [IPV6]:PORT, IP or :PORT")
	if text == "" {
		return netip.AddrPort{}, wrong
	}
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		return netip.AddrPortFrom(addr.Unmap(), 0), nil
	}
	host, port, found := cutLast(text, ':')
	n, err := strconv.ParseUint(port, 10, 16)
	if !found || err != nil || n == 0 {
		return netip.AddrPort{}, wrong
	}
	if host == "" {
		return netip.AddrPortFrom(netip.Addr{}, uint16(n)), nil
	}
	to, err := netip.ParseAddrPort(text)
	if err != nil || to.Addr().Zone() != "" {
		return netip.AddrPort{}, wrong
	}
	return netip.AddrPortFrom(to.Addr().Unmap(), to.Port()), nil
}

func cutLast(s string, separator byte) (before, after string, found bool) {
	if i := strings.LastIndexByte(s, separator); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

// What actions are for.
const (
	datagramProtocols = mask(1<<UDP | 1<<Raw)
	networkProtocols  = datagramProtocols | mask(1<<TCP)
	peerDirections    = mask(1<<Out | 1<<In)
	outDirections     = mask(1 << Out)
)

// conditions reads the rest of a rule.
func (p *parser) conditions(r *Rule) error {
	switch r.action {
	case Drop:
		r.directions, r.protocols = peerDirections, datagramProtocols
	case Redirect, Chain:
		r.directions, r.protocols = outDirections, networkProtocols
	}
	directions, protocols := r.directions, r.protocols
	for len(p.words) > 0 {
		not := p.peek() == "not"
		if not {
			p.next()
		}
		c := condition{not: not}
		var err error
		switch word := p.next(); word {
		case "to", "from":
			c.kind = ofPeer
			err = p.list(word, func(item string) error { return c.addPeer(item, true) })
		case "port":
			c.kind = ofPort
			err = p.list(word, c.addPort)
		case "local":
			c.kind = ofLocal
			err = p.list(word, func(item string) error { return c.addPeer(item, false) })
		case "local-port":
			c.kind = ofLocalPort
			err = p.list(word, c.addPort)
		case "program":
			c.kind = ofProgram
			err = p.list(word, c.addProgram)
		case "user":
			c.kind = ofUser
			err = p.list(word, c.addUser)
		case "":
			return errors.New("not is followed by a condition")
		default:
			if m, ok := wordMask(word, directionNames[:]); ok {
				if err = r.restrict(&r.directions, directions, m, not, word); err != nil {
					return err
				}
				continue
			}
			if m, ok := wordMask(word, protocolNames[:Other]); ok {
				if err = r.restrict(&r.protocols, protocols, m, not, word); err != nil {
					return err
				}
				continue
			}
			return fmt.Errorf("%s is no condition: there are out, in, bind, listen; tcp, udp, raw, unix; "+
				"to, from, port, local, local-port, program and user, each with a list; and not before any of them", word)
		}
		if err != nil {
			return err
		}
		r.conditions = append(r.conditions, c)
	}
	return nil
}

// wordMask reads a word that is a list of names.
func wordMask(word string, names []string) (m mask, ok bool) {
	for _, item := range strings.Split(word, ",") {
		i := slices.Index(names, item)
		if i < 0 {
			return 0, false
		}
		m |= 1 << i
	}
	return m, true
}

// restrict takes from one of the rule's masks what a condition rules out.
// possible is what the action is for.
func (r *Rule) restrict(what *mask, possible, said mask, not bool, word string) error {
	if not {
		said = ^said
	} else if said&^possible != 0 {
		return fmt.Errorf("%s is not for %s", r.action, word)
	}
	if *what &= said; *what == 0 {
		return fmt.Errorf("%s leaves nothing that the rule could be for", word)
	}
	return nil
}

// list reads the items of a list. Spaces may follow and precede its commas.
func (p *parser) list(what string, add func(item string) error) error {
	text := p.next()
	for text != "" && (strings.HasSuffix(text, ",") || strings.HasPrefix(p.peek(), ",")) && p.peek() != "" {
		text += p.next()
	}
	if text == "" {
		return fmt.Errorf("%s is followed by a list", what)
	}
	for _, item := range cutOutside(text, ',') {
		item = unquote(item)
		if item == "" {
			return fmt.Errorf("the list of %s has an empty item", what)
		}
		if err := add(item); err != nil {
			return err
		}
	}
	return nil
}

// addPeer adds an address, a network or, if there may be some, a host name.
func (c *condition) addPeer(item string, names bool) error {
	if addr, err := netip.ParseAddr(item); err == nil {
		if addr.Zone() != "" {
			return fmt.Errorf("%s: a scope id does not matter here", item)
		}
		addr = addr.Unmap()
		c.nets = append(c.nets, netip.PrefixFrom(addr, addr.BitLen()))
		return nil
	}
	if strings.Contains(item, "/") {
		prefix, err := netip.ParsePrefix(item)
		if err != nil {
			return fmt.Errorf("%s is no network such as 192.0.2.0/24 or 2001:db8::/32", item)
		}
		if addr := prefix.Addr(); addr.Is4In6() {
			if prefix.Bits() < 96 {
				return fmt.Errorf("%s is neither a network of IPv4 nor one of IPv6", item)
			}
			prefix = netip.PrefixFrom(addr.Unmap(), prefix.Bits()-96)
		}
		if prefix.Masked() != prefix {
			return fmt.Errorf("%s has bits past its length; %s is the network", item, prefix.Masked())
		}
		c.nets = append(c.nets, prefix)
		return nil
	}
	if !names {
		return fmt.Errorf("%s is no address and no network", item)
	}
	h, err := parseHost(item)
	if err != nil {
		return err
	}
	c.hosts = append(c.hosts, h)
	return nil
}

// parseHost reads a host name, or *. and the end of one.
func parseHost(item string) (host, error) {
	name := strings.TrimSuffix(strings.ToLower(item), ".")
	wrong := fmt.Errorf("%s is no address, no network such as 192.0.2.0/24, and no name of hosts such as www.example.com or *.example.com", item)
	rest, suffix := strings.CutPrefix(name, "*.")
	letters := false
	for _, label := range strings.Split(rest, ".") {
		if label == "" {
			return "", wrong
		}
		for _, c := range label {
			switch {
			case c >= '0' && c <= '9' || c == '-':
			case c == '_' || unicode.IsLetter(c) || unicode.IsMark(c):
				letters = true
			default:
				return "", wrong
			}
		}
	}
	if !letters { // 192.0.2 or 80: a mistake for sure
		return "", wrong
	}
	if suffix {
		return host("." + rest), nil
	}
	return host(rest), nil
}

func (c *condition) addPort(item string) error {
	first, last, isRange := strings.Cut(item, "-")
	if !isRange {
		last = first
	}
	a, errA := strconv.ParseUint(first, 10, 16)
	b, errB := strconv.ParseUint(last, 10, 16)
	if errA != nil || errB != nil {
		return fmt.Errorf("%s is no port from 0 to 65535 and no range such as 8000-8999", item)
	}
	if a > b {
		return fmt.Errorf("the range %s is empty", item)
	}
	c.ports = append(c.ports, span{uint16(a), uint16(b)})
	return nil
}

func (c *condition) addProgram(item string) error {
	if _, err := path.Match(item, ""); err != nil {
		return fmt.Errorf("%s is no pattern: a bracket has no end", item)
	}
	if strings.Contains(item, "/") && item[0] != '/' {
		return fmt.Errorf("%s is neither a whole path nor the name of a file", item)
	}
	c.programs = append(c.programs, item)
	return nil
}

func (c *condition) addUser(item string) error {
	if id, err := strconv.ParseUint(item, 10, 32); err == nil {
		c.users = append(c.users, user{id: int(id)})
		return nil
	}
	c.users = append(c.users, user{name: item})
	return nil
}
