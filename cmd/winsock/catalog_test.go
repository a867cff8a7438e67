// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// listed returns the catalog as winsock catalog list prints it.
func listed(t *testing.T, args ...string) (views []entryView) {
	t.Helper()
	out := succeed(t, append([]string{"catalog", "list", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &views); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return views
}

// chains counts the entries through a layer.
func chains(views []entryView, layer string) (n int) {
	for _, v := range views {
		for _, path := range v.Through {
			if name, _, _ := strings.Cut(path, ":"); name == layer {
				n++
			}
		}
	}
	return n
}

func TestInstallAndRemove(t *testing.T) {
	useCatalog(t)
	before := listed(t)
	if len(before) < 4 || chains(before, "trace") != 0 {
		t.Fatalf("the defaults are %v", before)
	}
	succeed(t, "catalog", "install", "--layer", "trace:data=8")
	after := listed(t)
	if chains(after, "trace") != len(before) {
		t.Errorf("%d chains were made over %d protocols", chains(after, "trace"), len(before))
	}
	if after[0].Kind != "chain" || !slices.Equal(after[0].Through, []string{"trace:data=8", "kernel"}) {
		t.Errorf("the first entry is %+v", after[0])
	}
	// A second one stands on the first, and gets a name of its own.
	succeed(t, "catalog", "install", "--over", "tcp", "--layer", "trace")
	if got := listed(t)[0].Through; !slices.Equal(got, []string{"trace", "trace:data=8", "kernel"}) {
		t.Errorf("the second layer's chain is %v", got)
	}
	if out := succeed(t, "catalog", "verify"); !strings.Contains(out, "sound") {
		t.Errorf("verify says %q", out)
	}
	succeed(t, "catalog", "remove", "trace-2")
	succeed(t, "catalog", "remove", "trace")
	if got := listed(t); !slices.EqualFunc(got, before, func(a, b entryView) bool { return a.ID == b.ID }) {
		t.Errorf("%d entries are left of %d", len(got), len(before))
	}
}

func TestInstallStacks(t *testing.T) {
	useCatalog(t)
	succeed(t, "catalog", "install", "--layer", "trace:tag=top", "--layer", "trace:tag=bottom")
	if got := listed(t)[0].Through; !slices.Equal(got, []string{"trace:tag=top", "trace:tag=bottom", "kernel"}) {
		t.Errorf("the chain is %v", got)
	}
}

func TestShow(t *testing.T) {
	useCatalog(t)
	succeed(t, "catalog", "install", "--name", "watch", "--layer", "trace")
	id := strconv.Itoa(int(listed(t)[0].ID))
	out := succeed(t, "catalog", "show", id)
	for _, word := range []string{"chain", "trace", "kernel", "AF_INET", "guaranteed delivery"} {
		if !strings.Contains(out, word) {
			t.Errorf("show says nothing of %q:\n%s", word, out)
		}
	}
	var views []entryView
	if err := json.Unmarshal([]byte(succeed(t, "catalog", "show", "watch", "--json")), &views); err != nil || len(views) != 1 || views[0].Kind != "layered" {
		t.Errorf("show of the layer: %+v, %v", views, err)
	}
}

func TestOrderAndEnable(t *testing.T) {
	useCatalog(t)
	all := listed(t)
	last := all[len(all)-1]
	id := strconv.Itoa(int(last.ID))
	succeed(t, "catalog", "order", id)
	if got := listed(t)[0].ID; got != last.ID {
		t.Errorf("entry %d is first, not %d", got, last.ID)
	}
	state := func() entryView {
		views := listed(t, "--all")
		return views[slices.IndexFunc(views, func(v entryView) bool { return v.ID == last.ID })]
	}
	succeed(t, "catalog", "disable", id)
	if state().Enabled {
		t.Error("the entry is not disabled")
	}
	succeed(t, "catalog", "enable", id)
	if !state().Enabled {
		t.Error("the entry is not enabled")
	}
}

func TestExportImportReset(t *testing.T) {
	useCatalog(t)
	succeed(t, "catalog", "install", "--layer", "trace")
	file := filepath.Join(t.TempDir(), "copy")
	succeed(t, "catalog", "export", file)
	want := listed(t, "--all")
	refuse(t, "--yes", "catalog", "reset")
	succeed(t, "catalog", "reset", "--yes")
	if chains(listed(t), "trace") != 0 {
		t.Error("reset leaves the layer")
	}
	succeed(t, "catalog", "import", file)
	if got := listed(t, "--all"); !slices.EqualFunc(got, want, func(a, b entryView) bool { return a.ID == b.ID && a.Path == b.Path }) {
		t.Errorf("imported %d entries of %d", len(got), len(want))
	}
	if text, err := os.ReadFile(file); err != nil || succeed(t, "catalog", "export") == "" || !strings.Contains(string(text), "trace") {
		t.Errorf("the export is %q, %v", text, err)
	}
}

func TestCatalogRefusals(t *testing.T) {
	file := useCatalog(t)
	refuse(t, "which layer", "catalog", "install")
	refuse(t, "no layer is named", "catalog", "install", "--layer", "nothing")
	refuse(t, "no option", "catalog", "install", "--layer", "trace:nothing=1")
	refuse(t, "base provider", "catalog", "install", "--layer", "kernel")
	refuse(t, "no entry 7", "catalog", "show", "7")
	refuse(t, "named", "catalog", "remove", "nothing")
	refuse(t, "twice", "catalog", "order", "1001", "1001")
	refuse(t, "unknown command", "catalgo")
	if err := os.WriteFile(file, []byte("this is = no [catalog"), 0o600); err != nil {
		t.Fatal(err)
	}
	refuse(t, "problems", "catalog", "verify")
	t.Setenv("WINSOCK_CATALOG", filepath.Join(file, "below-a-file"))
	refuse(t, "yours to write", "catalog", "install", "--layer", "trace")
}

func TestLayerList(t *testing.T) {
	if out := succeed(t, "layer", "list"); !strings.Contains(out, "trace") {
		t.Errorf("layer list says %q", out)
	}
	if out := succeed(t, "layer", "help", "trace"); !strings.Contains(out, "capture") {
		t.Errorf("layer help trace says %q", out)
	}
	refuse(t, "no layer", "layer", "help", "nothing")
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if out := succeed(t, "completion", shell); len(out) < 100 {
			t.Errorf("the completion for %s is %q", shell, out)
		}
	}
	if out := succeed(t, "__complete", "nc", "--layer", "trace:log=-,calls=c"); !strings.Contains(out, "trace:log=-,calls=control\n") {
		t.Errorf("words of an option are completed to %q", out)
	}
	if out := succeed(t, "__complete", "nc", "--layer", "trace:log=-,ca"); !strings.Contains(out, "trace:log=-,capture=") {
		t.Errorf("the layer's options are completed as %q", out)
	}
}
