// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
)

// contentType is that of Prometheus's text format.
const contentType = "text/plain; version=0.0.4; charset=utf-8"

// ServeHTTP answers with the metrics.
func (g *Gatherer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "metrics can only be read", http.StatusMethodNotAllowed)
		return
	}
	text := Text(g.Gather())
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	_, _ = w.Write(text) // who asked has gone, if it fails
}

// Text writes metrics in Prometheus's text format, version 0.0.4.
func Text(families []Family) []byte {
	var b bytes.Buffer
	for i := range families {
		f := &families[i]
		b.WriteString("# HELP " + f.Name + " " + helpEscapes.Replace(f.Help) + "\n")
		b.WriteString("# TYPE " + f.Name + " " + f.Kind.String() + "\n")
		for i := range f.Samples {
			writeSample(&b, f, &f.Samples[i])
		}
	}
	return b.Bytes()
}

var (
	helpEscapes  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	valueEscapes = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

func writeSample(b *bytes.Buffer, f *Family, s *Sample) {
	if f.Kind != Histogram {
		writeLine(b, f.Name, f.Labels, s.Labels, "", s.Value)
		return
	}
	for i, n := range s.Counts {
		bound := "+Inf"
		if i < len(s.Bounds) {
			bound = number(s.Bounds[i])
		}
		writeLine(b, f.Name+"_bucket", f.Labels, s.Labels, bound, float64(n))
	}
	writeLine(b, f.Name+"_sum", f.Labels, s.Labels, "", s.Sum)
	writeLine(b, f.Name+"_count", f.Labels, s.Labels, "", float64(s.Count()))
}

// writeLine writes one value, of a bucket if there is a bound.
func writeLine(b *bytes.Buffer, name string, names, values []string, bound string, v float64) {
	b.WriteString(name)
	separator := "{"
	label := func(name, value string) {
		b.WriteString(separator + name + `="` + valueEscapes.Replace(strings.ToValidUTF8(value, "\ufffd")) + `"`)
		separator = ","
	}
	for i, name := range names {
		label(name, values[i])
	}
	if bound != "" {
		label("le", bound)
	}
	if separator == "," {
		b.WriteByte('}')
	}
	b.WriteString(" " + number(v) + "\n")
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
