// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestStatusIsCurrent fails when STATUS.md does not say what the source says.
func TestStatusIsCurrent(t *testing.T) {
	want, err := generate("../../..")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../../STATUS.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("STATUS.md is stale: run go run ./internal/cmd/genstatus")
	}
}

// TestFunctionList guards the list against slips: no name twice, and every
// symbol that it names exists.
func TestFunctionList(t *testing.T) {
	src, err := readSource("../../..")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, family := range parseFunctions(functionList) {
		for _, f := range family.functions {
			if seen[f.name] {
				t.Errorf("%s is listed twice", f.name)
			}
			seen[f.name] = true
			if f.symbol != "" && src.symbols[f.symbol] == "" {
				t.Errorf("%s: there is no symbol %s", f.name, f.symbol)
			}
		}
	}
	if len(seen) < 280 {
		t.Errorf("the list has only %d functions", len(seen))
	}
}

func TestGoNames(t *testing.T) {
	for name, want := range map[string]string{
		"closesocket":               "closesocket",
		"WSASocketW":                "WSASocketW WSASocket",
		"WSCInstallProvider64_32":   "WSCInstallProvider64_32 WSCInstallProvider",
		"WSCUpdateProvider32":       "WSCUpdateProvider32 WSCUpdateProvider",
		"WSAGetServiceClassInfoA":   "WSAGetServiceClassInfoA WSAGetServiceClassInfo",
		"WSAEnumProtocolsA":         "WSAEnumProtocolsA WSAEnumProtocols",
		"WSCEnumNameSpaceProviders": "WSCEnumNameSpaceProviders",
	} {
		if got := strings.Join(goNames(name), " "); got != want {
			t.Errorf("goNames(%s) = %s, want %s", name, got, want)
		}
	}
}
