// SPDX-License-Identifier: Apache-2.0

package message

import (
	"os"
	"regexp"
	"strconv"
	"testing"
)

// header is where Debian's mingw-w64-common puts the public-domain header.
const header = "/usr/share/mingw-w64/include/winuser.h"

// TestConstantsMatchHeader compares the plain numbers with the header's.
func TestConstantsMatchHeader(t *testing.T) {
	text, err := os.ReadFile(header)
	if err != nil {
		t.Skip("the package mingw-w64-common is not installed")
	}
	for name, got := range map[string]uint64{
		"WM_NULL": WM_NULL, "WM_CREATE": WM_CREATE, "WM_DESTROY": WM_DESTROY, "WM_CLOSE": WM_CLOSE, "WM_QUIT": WM_QUIT,
		"WM_NCCREATE": WM_NCCREATE, "WM_NCDESTROY": WM_NCDESTROY, "WM_USER": WM_USER, "WM_APP": WM_APP,
		"PM_NOREMOVE": PM_NOREMOVE, "PM_REMOVE": PM_REMOVE, "PM_NOYIELD": PM_NOYIELD,
		"QS_KEY": QS_KEY, "QS_MOUSEMOVE": QS_MOUSEMOVE, "QS_MOUSEBUTTON": QS_MOUSEBUTTON, "QS_POSTMESSAGE": QS_POSTMESSAGE,
		"QS_TIMER": QS_TIMER, "QS_PAINT": QS_PAINT, "QS_SENDMESSAGE": QS_SENDMESSAGE, "QS_HOTKEY": QS_HOTKEY,
		"QS_ALLPOSTMESSAGE": QS_ALLPOSTMESSAGE, "QS_RAWINPUT": QS_RAWINPUT,
		"MWMO_WAITALL": MWMO_WAITALL, "MWMO_ALERTABLE": MWMO_ALERTABLE, "MWMO_INPUTAVAILABLE": MWMO_INPUTAVAILABLE,
	} {
		m := regexp.MustCompile(`(?m)^#define ` + name + ` (0x[0-9a-fA-F]+)\s*$`).FindSubmatch(text)
		if m == nil {
			t.Errorf("%s is not in the header", name)
			continue
		}
		if want, _ := strconv.ParseUint(string(m[1]), 0, 64); got != want {
			t.Errorf("%s is %#x, and %#x in the header", name, got, want)
		}
	}
	if QS_ALLEVENTS != 0x04bf || QS_ALLINPUT != 0x04ff || QS_INPUT != 0x407 {
		t.Errorf("MsgWaitForMultipleObjects function: QS_ALLEVENTS %#x, QS_ALLINPUT %#x, QS_INPUT %#x", QS_ALLEVENTS, QS_ALLINPUT, QS_INPUT)
	}
}
