// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"regexp"
	"testing"
)

func TestVisit(t *testing.T) {
	var out bytes.Buffer
	if err := visit(&out); err != nil {
		t.Fatal(err)
	}
	if want := `^hello, you have asked 192\.0\.2\.80:\d+\nHTTP/1\.0 200 OK\n$`; !regexp.MustCompile(want).MatchString(out.String()) {
		t.Errorf("it printed %q", out.String())
	}
}
