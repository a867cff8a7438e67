// SPDX-License-Identifier: Apache-2.0

// Package readback reads captures back for tests, by gopacket's reader,
// decoders and reassembly and by tshark, none of which knows how they were
// made.
package readback
