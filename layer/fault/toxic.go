// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"winsock/internal/errname"
	"winsock/wsa"
)

// A toxic is one fault. It is not changed once it is in force.
type toxic struct {
	Name       string
	Type       string
	Stream     string // upstream or downstream
	Toxicity   float64
	Attributes map[string]any // float64 or string

	errno wsa.Errno // of type error
}

const (
	upstream   = "upstream"   // what the program sends
	downstream = "downstream" // what it receives
)

// A place in the code where a type of toxic works.
type where uint8

const (
	inStream   where = iota // what a stream carries
	inCall                  // a call
	inDatagram              // a datagram
	inAny                   // streams and datagrams
	inConnect               // how a stream is connected
	inName                  // a look-up
)

// A kind describes a type of toxics: its attributes and their values if none
// are given. A text that is empty has to be given.
type kind struct {
	where      where
	attributes map[string]any
}

var kinds = map[string]kind{
	"latency":         {inAny, map[string]any{"latency": 0.0, "jitter": 0.0}},
	"bandwidth":       {inStream, map[string]any{"rate": 0.0}},
	"slow_close":      {inStream, map[string]any{"delay": 0.0}},
	"slow_open":       {inConnect, map[string]any{"delay": 0.0}},
	"timeout":         {inStream, map[string]any{"timeout": 0.0}},
	"reset_peer":      {inStream, map[string]any{"timeout": 0.0, "bytes": 0.0}},
	"slicer":          {inStream, map[string]any{"average_size": 0.0, "size_variation": 0.0, "delay": 0.0}},
	"coalesce":        {inStream, map[string]any{"size": 4096.0, "delay": 10.0}},
	"limit_data":      {inStream, map[string]any{"bytes": 0.0}},
	"connect_timeout": {inConnect, map[string]any{"timeout": 0.0}},
	"refuse":          {inCall, nil},
	"error":           {inCall, map[string]any{"call": "", "errno": "", "after": 0.0, "count": 0.0}},
	"short":           {inCall, map[string]any{"size": 1.0}},
	"would_block":     {inCall, map[string]any{"delay": 1.0}},
	"drop":            {inDatagram, nil},
	"duplicate":       {inDatagram, nil},
	"dns":             {inName, map[string]any{"errno": "", "host": "", "after": 0.0, "count": 0.0}},
	"dns_latency":     {inName, map[string]any{"latency": 0.0, "jitter": 0.0, "host": ""}},
	"reorder":         {inDatagram, map[string]any{"delay": 10.0}},
}

// calls are the names of calls that an error can be the answer of.
var calls = []string{"WSPSocket", "WSPBind", "WSPConnect", "WSPListen", "WSPAccept", "WSPSend", "WSPRecv", "WSPShutdown",
	"WSPGetSockName", "WSPGetPeerName", "WSPGetSockOpt", "WSPSetSockOpt", "WSPIoctl"}

// aliases are calls that a provider's contract has as one.
var aliases = map[string]string{"WSPSendTo": "WSPSend", "WSPRecvFrom": "WSPRecv", "WSPSendMsg": "WSPSend", "WSPRecvMsg": "WSPRecv"}

// maxValue bounds numbers: as milliseconds they are a year.
const maxValue = 3.2e10

// An apiError is an answer of the API that is no success.
type apiError struct {
	Message string `json:"error"`
	Status  int    `json:"status"`
}

func (e *apiError) Error() string { return e.Message }

var (
	errBadBody       = &apiError{"bad request body", 400}
	errInvalidStream = &apiError{"stream was invalid, can be either upstream or downstream", 400}
	errInvalidType   = &apiError{"invalid toxic type", 400}
	errExists        = &apiError{"toxic already exists", 409}
	errNoToxic       = &apiError{"toxic not found", 404}
	errNoProxy       = &apiError{"proxy not found", 404}
	errProxyExists   = &apiError{"proxy already exists", 409}
	errFixed         = &apiError{"proxies are the layers of the program and cannot be made, moved or deleted", 403}
)

func badValue(format string, args ...any) error {
	return &apiError{fmt.Sprintf(format, args...), 400}
}

// check fills in what is not given, and finds what cannot be.
func (t *toxic) check() error {
	k, ok := kinds[t.Type]
	if !ok {
		return errInvalidType
	}
	switch t.Stream {
	case "":
		t.Stream = downstream
	case upstream, downstream:
	default:
		return errInvalidStream
	}
	if t.Name == "" {
		t.Name = t.Type + "_" + t.Stream
	}
	if strings.ContainsFunc(t.Name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return badValue("name: blanks would be lost in the log")
	}
	if !(t.Toxicity >= 0 && t.Toxicity <= 1) {
		return badValue("toxicity: want 0 to 1")
	}
	all := maps.Clone(k.attributes)
	for key, value := range t.Attributes {
		usual, ok := all[key]
		if !ok {
			return badValue("%s has no attribute %q", t.Type, key)
		}
		switch usual.(type) {
		case float64:
			v, ok := value.(float64)
			if !ok || !(v >= 0 && v <= maxValue) || v != math.Trunc(v) {
				return badValue("%s: attribute %s: want a whole number", t.Type, key)
			}
		case string:
			if _, ok := value.(string); !ok {
				return badValue("%s: attribute %s: want text", t.Type, key)
			}
		}
		all[key] = value
	}
	t.Attributes = all
	if t.Type == "error" {
		name := t.text("call")
		if whole, ok := aliases[name]; ok {
			name = whole
		}
		if !slices.Contains(calls, name) {
			return badValue("error: attribute call: want one of %s", strings.Join(calls, ", "))
		}
		all["call"] = name
		if t.errno = errorOf(t.text("errno")); t.errno == 0 {
			return badValue("error: attribute errno: want the name of an error such as WSAECONNRESET")
		}
	}
	if t.Type == "dns" {
		i := slices.IndexFunc(lookupErrors, func(code wsa.Errno) bool { return code.Name() == t.text("errno") })
		if i < 0 {
			return badValue("dns: attribute errno: want WSAHOST_NOT_FOUND, WSATRY_AGAIN, WSANO_RECOVERY or WSANO_DATA")
		}
		t.errno = lookupErrors[i]
	}
	if t.Type == "short" && t.number("size") < 1 {
		return badValue("short: attribute size: want at least 1")
	}
	return nil
}

// lookupErrors are those of a look-up.
var lookupErrors = []wsa.Errno{wsa.WSAHOST_NOT_FOUND, wsa.WSATRY_AGAIN, wsa.WSANO_RECOVERY, wsa.WSANO_DATA}

// further are errors of calls beside those that errname knows.
var further = []wsa.Errno{wsa.WSANOTINITIALISED, wsa.WSASYSNOTREADY, wsa.WSAVERNOTSUPPORTED, wsa.WSASYSCALLFAILURE,
	wsa.WSA_OPERATION_ABORTED, wsa.WSA_NOT_ENOUGH_MEMORY, wsa.WSA_INVALID_PARAMETER, wsa.WSA_INVALID_HANDLE}

// errorOf returns the error of a name, 0 for none.
func errorOf(name string) wsa.Errno {
	for _, code := range further {
		if code.Name() == name {
			return code
		}
	}
	return errname.Of(name)
}

func (t *toxic) number(key string) int64 { v, _ := t.Attributes[key].(float64); return int64(v) }
func (t *toxic) milliseconds(key string) time.Duration {
	return time.Duration(t.number(key)) * time.Millisecond
}
func (t *toxic) text(key string) string { v, _ := t.Attributes[key].(string); return v }

// A scriptError is what is wrong with one rule of a script.
type scriptError struct {
	rule int // counted from 1
	text string
}

func (e *scriptError) Error() string { return fmt.Sprintf("rule %d: %s", e.rule, e.text) }

// parseScript reads toxics as the package comment has them.
func parseScript(text string) ([]*toxic, error) { return addRules(nil, text) }

// addRules adds the toxics of a text to others. The error is a *scriptError.
func addRules(all []*toxic, text string) ([]*toxic, error) {
	for i, line := range strings.Split(strings.ReplaceAll(text, "\n", ";"), ";") {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		t := &toxic{Type: fields[0], Toxicity: 1, Attributes: map[string]any{}}
		for _, field := range fields[1:] {
			key, value, ok := strings.Cut(field, "=")
			if !ok {
				return nil, &scriptError{i + 1, fmt.Sprintf("%q: want KEY=VALUE", field)}
			}
			switch key {
			case "name":
				t.Name = value
			case "stream":
				t.Stream = value
			case "toxicity":
				v, err := strconv.ParseFloat(value, 64)
				if err != nil {
					return nil, &scriptError{i + 1, fmt.Sprintf("toxicity=%s: want 0 to 1", value)}
				}
				t.Toxicity = v
			default:
				t.Attributes[key] = value
				if v, err := strconv.ParseFloat(value, 64); err == nil {
					t.Attributes[key] = v
				}
			}
		}
		if err := t.check(); err != nil {
			return nil, &scriptError{i + 1, fmt.Sprintf("%s: %v", t.Type, err)}
		}
		if slices.ContainsFunc(all, func(o *toxic) bool { return o.Name == t.Name }) {
			return nil, &scriptError{i + 1, fmt.Sprintf("there is a toxic named %s already; give it a name=", t.Name)}
		}
		all = append(all, t)
	}
	return all, nil
}

// A body is a toxic as the API has it. What is not given is nil.
type body struct {
	Name       *string        `json:"name"`
	Type       *string        `json:"type"`
	Stream     *string        `json:"stream"`
	Toxicity   *float64       `json:"toxicity"`
	Attributes map[string]any `json:"attributes"`
}

// parseBody reads a toxic from the body of a request: a new one, or the
// changes of one.
func parseBody(text []byte, old *toxic) (*toxic, error) {
	var b body
	if json.Unmarshal(text, &b) != nil {
		return nil, errBadBody
	}
	t := &toxic{Toxicity: 1, Attributes: map[string]any{}}
	if old != nil {
		*t = *old
		t.Attributes = maps.Clone(old.Attributes)
		if t.Attributes == nil {
			t.Attributes = map[string]any{}
		}
	} else {
		if b.Name != nil {
			t.Name = *b.Name
		}
		if b.Type != nil {
			t.Type = *b.Type
		}
		if b.Stream != nil {
			t.Stream = *b.Stream
		}
	}
	if b.Toxicity != nil {
		t.Toxicity = *b.Toxicity
	}
	maps.Copy(t.Attributes, b.Attributes)
	return t, t.check()
}

// MarshalJSON writes the toxic as the API has it.
func (t *toxic) MarshalJSON() ([]byte, error) {
	attributes := t.Attributes
	if attributes == nil {
		attributes = map[string]any{}
	}
	return json.Marshal(map[string]any{"name": t.Name, "type": t.Type, "stream": t.Stream, "toxicity": t.Toxicity, "attributes": attributes})
}
