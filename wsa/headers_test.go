// SPDX-License-Identifier: Apache-2.0

package wsa_test

import (
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// headersDir is where Debian's mingw-w64-common puts the public-domain
// Windows headers.
const headersDir = "/usr/share/mingw-w64/include"

// headerDiffers are the constants whose number in those headers is for an
// older Windows.
var headerDiffers = map[string]string{
	"PROTECTION_LEVEL_DEFAULT": "EDGERESTRICTED before Windows Vista",
	"AF_MAX":                   "the newest families are missing there",
}

// TestConstantsMatchHeaders compares every constant that the Windows headers
// define with its number there.
func TestConstantsMatchHeaders(t *testing.T) {
	if _, err := os.Stat(headersDir); err != nil {
		t.Skip("the package mingw-w64-common is not installed")
	}
	h := headers{}
	for _, name := range []string{
		"winsock2.h", "ws2tcpip.h", "ws2ipdef.h", "mswsock.h", "mstcpip.h", "ws2spi.h", "af_irda.h", "nspapi.h",
		"afunix.h", "winerror.h", "ntstatus.h", "winbase.h", "winnt.h", "qos.h", "psdk_inc/_wsa_errnos.h", "psdk_inc/_wsadata.h",
	} {
		h.read(t, name)
	}
	checked := 0
	for name, got := range sourceConstants(t, "") {
		if _, defined := h[name]; !defined || headerDiffers[name] != "" {
			continue
		}
		want, err := h.eval(name, 0)
		if err != nil {
			continue // no number: a macro of another kind
		}
		checked++
		if uint32(got) != uint32(want) {
			t.Errorf("%s is %#x, and %#x in the headers", name, uint32(got), uint32(want))
		}
	}
	if checked < 880 {
		t.Errorf("only %d constants could be compared", checked)
	}
}

// headers maps the names of macros and enumerators to their definitions.
type headers map[string]string

var (
	defineLine  = regexp.MustCompile(`(?m)^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(.+?)[ \t]*(?:/\*.*|//.*)?$`)
	enumBody    = regexp.MustCompile(`enum[^{;]*\{([^}]*)\}`)
	identifier  = regexp.MustCompile(`\b[A-Za-z_]\w*`)
	hexNumber   = regexp.MustCompile(`\b0[xX][0-9a-fA-F]+`)
	numberTail  = regexp.MustCompile(`\b(0[xX][0-9a-fA-F]+|\d+)[uUlL]+\b`)
	typeCast    = regexp.MustCompile(`\((?:u_long|NTSTATUS|int|UINT|ULONG|HRESULT)\)`)
	longMacro   = regexp.MustCompile(`__MSABI_LONG\(([^)]*)\)`)
	unixIoctl   = regexp.MustCompile(`^_IO([RW])\('(.)',(.+),u_long\)$`)
	vendorIoctl = regexp.MustCompile(`^_WSAIO(R|W|RW|)\s*\((\w+),\s*(\d+)\)$`)
)

func (h headers) read(t *testing.T, name string) {
	text, err := os.ReadFile(filepath.Join(headersDir, name))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range defineLine.FindAllStringSubmatch(string(text), -1) {
		if h[m[1]] == "" {
			h[m[1]] = m[2]
		}
	}
	for _, m := range enumBody.FindAllStringSubmatch(string(text), -1) {
		next := int64(0)
		for _, e := range strings.Split(m[1], ",") {
			name, value, given := strings.Cut(e, "=")
			if given {
				v, err := strconv.ParseInt(strings.TrimSpace(value), 0, 64)
				if err != nil {
					break
				}
				next = v
			}
			if name = strings.TrimSpace(name); h[name] == "" {
				h[name] = strconv.FormatInt(next, 10)
			}
			next++
		}
	}
}

// eval returns the number of a name.
func (h headers) eval(name string, depth int) (int64, error) {
	body, defined := h[name]
	if !defined || depth > 20 {
		return 0, fmt.Errorf("%s has no number", name)
	}
	body = longMacro.ReplaceAllString(body, "($1)")
	body = typeCast.ReplaceAllString(body, "")
	body = numberTail.ReplaceAllString(body, "$1")
	if m := unixIoctl.FindStringSubmatch(body); m != nil {
		direction := map[string]string{"R": "0x40000000", "W": "0x80000000"}[m[1]]
		body = fmt.Sprintf("%s|4<<16|%d<<8|(%s)", direction, m[2][0], m[3])
	} else if m := vendorIoctl.FindStringSubmatch(body); m != nil {
		direction := map[string]string{"": "0x20000000", "R": "0x40000000", "W": "0x80000000", "RW": "0xc0000000"}[m[1]]
		body = fmt.Sprintf("%s|%s|%s", direction, m[2], m[3])
	}
	body = hexNumber.ReplaceAllStringFunc(body, func(s string) string {
		v, _ := strconv.ParseUint(s[2:], 16, 64)
		return strconv.FormatUint(v, 10)
	})
	var failed error
	body = identifier.ReplaceAllStringFunc(body, func(s string) string {
		v, err := h.eval(s, depth+1)
		if err != nil {
			failed = err
		}
		return "(" + strconv.FormatInt(v, 10) + ")"
	})
	if failed != nil {
		return 0, failed
	}
	tv, err := types.Eval(token.NewFileSet(), nil, token.NoPos, strings.ReplaceAll(body, "~", "^"))
	if err != nil {
		return 0, err
	}
	v, exact := constant.Int64Val(constant.ToInt(tv.Value))
	if !exact {
		return 0, fmt.Errorf("%s is no number", name)
	}
	return v, nil
}
