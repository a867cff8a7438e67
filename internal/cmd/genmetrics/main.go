// SPDX-License-Identifier: Apache-2.0

// Command genmetrics writes metrics/README.md: the list of all metrics, from
// what package metrics and the drivers declare.
//
// Run it in the module's root: go run ./internal/cmd/genmetrics
package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"

	"winsock/metrics"
	"winsock/run/runmetrics"
)

const file = "metrics/README.md"

func main() {
	if err := os.WriteFile(file, generate(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "genmetrics:", err)
		os.Exit(1)
	}
}

const head = `# Metrics

What ` + "`winsock run --metrics ADDRESS`, `winsock nc --metrics ADDRESS`" + ` and, in a Go
program, package ` + "`metrics`" + ` tell Prometheus. ADDRESS is HOST:PORT or unix:FILE;
the path is /metrics:

    bin/winsock run --metrics 127.0.0.1:9464 --layer filter:rules=rules.txt ./server
    curl http://127.0.0.1:9464/metrics

The label ` + "`chain`" + ` is the name of the catalog's entry, ` + "`place`" + ` the provider's place
in it, 0 being the top, ` + "`layer`" + ` its name, ` + "`call`" + ` the kind of calls: control, connect,
accept, send or recv. ` + "`error`" + ` and ` + "`result`" + ` are names of Winsock's error codes;
other is any code that no socket has, and ok is none. There is no label for
a single socket: ` + "`winsock top`" + ` and winsock.MeteredSockets tell of those.

Data that goes past a layer is not counted there, but at the place where it is
handled. A connection that ` + "`winsock run`" + ` leaves to the program (a direct one) is
only seen while it is made; winsock_run_sent_bytes_total and its counterpart
have its bytes when it ends. What runs inside another ` + "`winsock run`" + ` is counted by
the outer one. Numbers of a layer begin anew when its chain does.

This list is written by ` + "`go run ./internal/cmd/genmetrics`" + `.

| Metric | Type | Labels | |
|---|---|---|---|
`

// descriptions lists all metrics.
func descriptions() []metrics.Description {
	list := append(metrics.Descriptions(), runmetrics.Descriptions()...)
	slices.SortFunc(list, func(a, b metrics.Description) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

func generate() []byte {
	var b bytes.Buffer
	b.WriteString(head)
	for _, d := range descriptions() {
		fmt.Fprintf(&b, "| `%s` | %v | %s | %s |\n", d.Name, d.Kind, strings.Join(d.Labels, ", "), strings.ReplaceAll(d.Help, "|", `\|`))
	}
	return b.Bytes()
}
