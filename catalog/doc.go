// SPDX-License-Identifier: Apache-2.0

// Package catalog is the configuration database of Winsock: which transport
// providers and name space providers are installed, how layered providers
// are chained over base providers, in which order they are considered, and
// which programs admit which categories of layered providers.
//
// # Snapshots
//
// A [Snapshot] is the whole catalog at one moment. It never changes. A
// [Store] publishes snapshots through an atomic pointer, so that readers
// never wait for an installation and never see half of one.
//
// # Where the catalog is kept
//
// Beneath everything lie the defaults: the protocols of the base providers
// that are compiled in and named in [Config]. They need no file. Over them
// lies at most one file, the first there is of
//
//  1. the file that $WINSOCK_CATALOG names, which then is the only one,
//  2. the user's file, $XDG_CONFIG_HOME/winsock/catalog.toml or
//     ~/.config/winsock/catalog.toml,
//  3. the system's file, /etc/winsock/catalog.toml.
//
// A file is a complete catalog with its own order and its own ids, so that
// neither is ever a matter of merging two files; a user's file hides the
// system's. Only the defaults are merged: a protocol that the program knows
// and the file does not (because the program is newer) comes last, and gets
// the id after the last one given out; a default protocol that the file does
// know is described as the program describes it now, unless its path was
// changed, by which it stops being a default; one that was deinstalled is
// noted in the file as removed and stays away.
//
// A change is written to the file that is in force. When there is none,
// the superuser's goes to the system's file and anybody else's to the user's,
// which begins as a copy of the catalog that was in force until then.
//
// Programs that run with more rights than their user ignore the environment
// and the user's file.
//
// # Safety
//
// A file is replaced as a whole by a rename, after its successor has reached
// the disk; writers take turns through a lock that dies with its holder.
// Killing a program at any moment leaves the old or the new catalog. A file
// that cannot be understood is reported (see [Snapshot.Problems]) and left
// alone; the program goes on with the catalog it had, at first with the
// defaults. The next change puts the damaged file aside under another name
// before it writes a sound one.
package catalog
