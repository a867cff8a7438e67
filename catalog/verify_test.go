// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"winsock/wsa"
)

func TestVerify(t *testing.T) {
	object := filepath.Join(t.TempDir(), "provider.so")
	if err := os.WriteFile(object, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		what  string
		spoil func(layer, chain *Entry) *Entry // may return a further entry
		want  string                           // of the only problem, "" for none
	}{
		{"nothing", func(l, c *Entry) *Entry { return nil }, ""},
		{"a shared object that is there", func(l, c *Entry) *Entry { l.Path = object; return nil }, ""},
		{"a shared object that is not there", func(l, c *Entry) *Entry { l.Path = object + ".2/x"; return nil }, "no such file"},
		{"unknown driver", func(l, c *Entry) *Entry { l.Path = "cat-unknown"; return nil }, "no provider is named"},
		{"bad option", func(l, c *Entry) *Entry { l.Path = "cat-layer:size=much"; return nil }, "size"},
		{"unknown option", func(l, c *Entry) *Entry { l.Path = "cat-layer:colour=red"; return nil }, "colour"},
		{"what the driver finds", func(l, c *Entry) *Entry { l.Path = "cat-layer:text=refused"; return nil }, "text: once; cat-layer: option text: twice"},
		{"base driver as a layer", func(l, c *Entry) *Entry { l.Path = "cat-mem"; return nil }, "cannot be layered"},
		{"dangling id", func(l, c *Entry) *Entry { c.Info.Chain.Entries[0] = 4711; return nil }, "which there is not"},
		{"chain of itself", func(l, c *Entry) *Entry { c.Info.Chain.Entries[0] = c.ID(); return nil }, "contains itself"},
		{"no base at the end", func(l, c *Entry) *Entry { c.Info.Chain.Entries[1] = l.ID(); return nil }, "no base protocol"},
		{"base at the top", func(l, c *Entry) *Entry { c.Info.Chain.Entries[0] = 1002; return nil }, "above other entries"},
		{"disabled layer", func(l, c *Entry) *Entry { l.Enabled = false; return nil }, "disabled"},
		{"no GUID", func(l, c *Entry) *Entry { c.Info.ProviderID = wsa.GUID{}; return nil }, "zero"},
		{"GUID of two providers", func(l, c *Entry) *Entry {
			e := &Entry{Path: "cat-layer:size=1", Enabled: true, Info: wsa.ProtocolInfo{ProviderID: l.Info.ProviderID}}
			e.setID(1900)
			return e
		}, "also that of entry"},
		{"layer as a base", func(l, c *Entry) *Entry {
			e := &Entry{Path: "cat-layer", Enabled: true, Info: wsa.ProtocolInfo{ProviderID: wsa.NewGUID(), Chain: wsa.ProtocolChain{Len: 1}}}
			e.setID(1900)
			return e
		}, "cannot carry"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			d := &draft{source: "file"}
			gather([]string{"cat-inet"}, nil).merge(d)
			if _, err := d.installChains(layerID, "cat-layer", "layer", 0, []wsa.ProtocolInfo{tcp4}); err != nil {
				t.Fatal(err)
			}
			if e := tt.spoil(d.entries[len(d.entries)-1], d.entries[0]); e != nil {
				d.entries = append(d.entries, e)
			}
			problems := newSnapshot(d).Verify()
			if tt.want == "" {
				if len(problems) != 0 {
					t.Errorf("problems: %v", problems)
				}
				return
			}
			if len(problems) != 1 || !strings.Contains(problems[0].Text, tt.want) || problems[0].Entry == 0 {
				t.Errorf("the problems are %v, want one that says %q", problems, tt.want)
			}
			if s := problems[0].String(); !strings.HasPrefix(s, "file: entry 1") {
				t.Errorf("the problem does not say where: %s", s)
			}
		})
	}
}

func TestVerifyNameSpaces(t *testing.T) {
	d := &draft{names: []NameSpace{
		{Info: wsa.NamespaceInfo{Identifier: "good"}, Path: "cat-dns"},
		{Info: wsa.NamespaceInfo{Identifier: "bad"}, Path: "cat-wins"},
	}}
	if p := newSnapshot(d).Verify(); len(p) != 1 || !strings.Contains(p[0].Text, `"bad"`) {
		t.Errorf("the problems are %v, want one about the name space with an unknown provider", p)
	}
}
