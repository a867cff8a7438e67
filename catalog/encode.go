// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
)

const heading = `# The catalog of Winsock: the installed providers and their chains, in the
# order in which they are considered. "winsock catalog" shows and changes it.
# Who edits it by hand: ids are never used again, and "winsock catalog verify"
# tells what is wrong.
`

// encode writes the draft as a catalog file, which decode reads back to the
// same draft.
func encode(d *draft) []byte {
	w := &writer{}
	w.WriteString(heading)
	w.number("format", format)
	w.number("serial", int64(d.serial))
	w.number("next_id", int64(d.nextID))
	if len(d.removedNames) > 0 {
		var ids []string
		for _, id := range d.removedNames {
			ids = append(ids, id.String())
		}
		w.texts("removed_namespaces", ids)
	}
	for _, e := range d.entries {
		w.protocol(e)
	}
	for i := range d.names {
		w.nameSpace(&d.names[i])
	}
	for _, a := range d.apps {
		w.table("application")
		w.text("path", a.Path)
		w.textIf("arguments", a.Arguments)
		w.texts("permitted", spellFlags(categoryWords, a.Permitted))
	}
	for _, k := range d.removed {
		w.table("removed")
		w.text("provider", k.Provider.String())
		w.text("family", spell(familyWords, uint32(k.Family)))
		w.text("type", spell(typeWords, uint32(k.Type)))
		w.number("protocol", int64(k.Protocol))
	}
	return w.Bytes()
}

// A writer writes the parts of a TOML file.
type writer struct{ bytes.Buffer }

func (w *writer) protocol(e *Entry) {
	i := &e.Info
	w.table("protocol")
	w.number("id", int64(e.ID()))
	w.text("name", i.Name)
	w.text("path", e.Path)
	w.text("provider", i.ProviderID.String())
	w.text("kind", e.Kind().String())
	if e.Kind() == Chain {
		w.key("chain")
		fmt.Fprintln(w, strings.ReplaceAll(fmt.Sprint(e.Members()), " ", ", "))
	}
	w.flag("default", e.Default)
	w.flag("disabled", !e.Enabled)
	if e.Categories != 0 {
		w.texts("categories", spellFlags(categoryWords, e.Categories))
	}
	w.text("family", spell(familyWords, uint32(i.AddressFamily)))
	w.text("type", spell(typeWords, uint32(i.SocketType)))
	w.number("protocol", int64(i.Protocol))
	w.numberIf("protocol_max_offset", int64(i.ProtocolMaxOffset))
	w.texts("service_flags", spellFlags(serviceWords, i.ServiceFlags1))
	w.numberIf("service_flags2", int64(i.ServiceFlags2))
	w.numberIf("service_flags3", int64(i.ServiceFlags3))
	w.numberIf("service_flags4", int64(i.ServiceFlags4))
	w.texts("provider_flags", spellFlags(providerWords, i.ProviderFlags))
	w.number("version", int64(i.Version))
	w.number("min_sockaddr", int64(i.MinSockAddr))
	w.number("max_sockaddr", int64(i.MaxSockAddr))
	w.numberIf("network_byte_order", int64(i.NetworkByteOrder))
	w.numberIf("security_scheme", int64(i.SecurityScheme))
	w.numberIf("message_size", int64(i.MessageSize))
	w.numberIf("provider_reserved", int64(i.ProviderReserved))
}

func (w *writer) nameSpace(n *NameSpace) {
	w.table("namespace")
	w.text("name", n.Info.Identifier)
	w.text("path", n.Path)
	w.text("provider", n.Info.ProviderID.String())
	w.text("namespace", spell(nameSpaceWords, n.Info.NameSpace))
	w.number("version", int64(n.Info.Version))
	w.flag("default", n.Default)
	w.flag("disabled", !n.Info.Active)
	w.textIf("provider_specific", hex.EncodeToString(n.Info.ProviderSpecific))
}

func (w *writer) table(name string) { fmt.Fprintf(w, "\n[[%s]]\n", name) }

func (w *writer) key(name string) { fmt.Fprintf(w, "%s = ", name) }

func (w *writer) number(key string, v int64) { fmt.Fprintf(w, "%s = %d\n", key, v) }

func (w *writer) numberIf(key string, v int64) {
	if v != 0 {
		w.number(key, v)
	}
}

func (w *writer) flag(key string, v bool) {
	if v {
		fmt.Fprintf(w, "%s = true\n", key)
	}
}

func (w *writer) text(key, v string) {
	w.key(key)
	w.quote(v)
	w.WriteByte('\n')
}

func (w *writer) textIf(key, v string) {
	if v != "" {
		w.text(key, v)
	}
}

func (w *writer) texts(key string, list []string) {
	w.key(key)
	w.WriteByte('[')
	for i, v := range list {
		if i > 0 {
			w.WriteString(", ")
		}
		w.quote(v)
	}
	w.WriteString("]\n")
}

// quote writes a basic string.
func (w *writer) quote(s string) {
	w.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			w.WriteByte('\\')
			w.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(w, `\u%04X`, r)
		default:
			w.WriteRune(r)
		}
	}
	w.WriteByte('"')
}
