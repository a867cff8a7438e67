// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"bytes"
	"slices"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"winsock/metrics"
	"winsock/spi"
	"winsock/spi/meter"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

func TestMain(m *testing.M) { leak.Main(m) }

// TestSame: a registry of Prometheus's library, which checks what it gets,
// tells what the text of package metrics does.
func TestSame(t *testing.T) {
	g := &metrics.Gatherer{Set: new(meter.Set), More: func() []metrics.Family {
		value := func(name string, kind metrics.Kind, v float64) metrics.Family {
			return metrics.Family{
				Description: metrics.Description{Name: name, Kind: kind, Labels: []string{"label"}, Help: "help"},
				Samples:     []metrics.Sample{{Labels: []string{"a \"b\""}, Value: v}, {Labels: []string{""}, Value: v + 1}},
			}
		}
		return []metrics.Family{value("one_total", metrics.Counter, 5), value("two_ratio", metrics.Gauge, -0.5), {
			Description: metrics.Description{Name: "three_seconds", Kind: metrics.Histogram, Help: "help"},
			Samples:     []metrics.Sample{{Bounds: []float64{0.1, 1}, Counts: []uint64{1, 3, 4}, Sum: 7.25}},
		}, {Description: metrics.Description{Name: "none_total"}}}
	}}
	observe := g.Set.Observer("a chain")
	for place, name := range []string{"upper", "lower"} {
		s := observe(place, name, &fake{})
		_ = s.Connect(nil)
		_ = s.Listen(1)
	}
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(New(g)); err != nil {
		t.Fatal(err)
	}
	got, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	want, err := parser.TextToMetricFamilies(bytes.NewReader(metrics.Text(g.Gather())))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) || len(got) < 10 {
		t.Errorf("%d metrics, and %d in the text", len(got), len(want))
	}
	for _, f := range got {
		if text, told := lines(t, want[f.GetName()]), lines(t, f); !slices.Equal(text, told) {
			t.Errorf("%s is\n%q, and in the text\n%q", f.GetName(), told, text)
		}
	}
}

// lines returns a metric as the library writes it, in some order.
func lines(t *testing.T, f *dto.MetricFamily) (list []string) {
	t.Helper()
	var b bytes.Buffer
	if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(b.Bytes()) {
		// The library orders labels by name.
		line = bytes.ReplaceAll(line, []byte("}"), []byte(","))
		parts := bytes.Split(bytes.ReplaceAll(line, []byte("{"), []byte(",")), []byte(","))
		slices.SortFunc(parts, bytes.Compare)
		list = append(list, string(bytes.Join(parts, []byte(","))))
	}
	slices.Sort(list)
	return list
}

// A fake refuses connections.
type fake struct{ spi.Socket }

func (*fake) Connect(*wsa.Sockaddr) error { return wsa.WSAECONNREFUSED }
func (*fake) Listen(int32) error          { return nil }
