// SPDX-License-Identifier: Apache-2.0

// Package config reads the configuration of Winsock: a TOML file that names
// chains, their layers, and the options and rules of these. The catalog, the
// commands winsock run and winsock nc, and Go programs all take chains from
// it:
//
//	winsock catalog install --config FILE [NAME...]
//	winsock run --config FILE [--chain NAME] PROGRAM
//	winsock nc --config FILE [--chain NAME] HOST PORT
//
//	file, err := config.Load("winsock.toml")
//	chain, err := file.Chain("office")
//	dialer := wsnet.Dialer{Route: chain.Route()}
//
// # A file
//
//	# The chain that is taken when none is named. Keys of a chain may stand here
//	# too, before all tables: layers, rule, rules, log, capture.
//	use = "office"
//
//	# Layers with a name and their options: "winsock layer help TYPE" lists them.
//	[layer.proxy]
//	type = "socks"
//	server = ["socks5://user:secret@127.0.0.1:1080", "http://127.0.0.1:3128"]
//	mode = "dynamic"
//	direct = ["127.0.0.0/8", "::1", "*.example.org"]
//	timeout = "10s"
//
//	# A table with a type's own name says how that type is meant in this file.
//	[layer.trace]
//	log = "calls.log"           # beside this file
//	data = "1k"
//
//	# A chain: its layers from the top down. A text is a name from above, or a
//	# type, with more options after a colon if need be.
//	[chain.office]
//	rules = "office.rules"      # of a filter above the layers; read again when changed
//	layers = ["trace:calls=control", "proxy"]
//
//	# A chain on top of another one.
//	[chain.slow]
//	use = "office"
//	rule = [                    # a filter too, with the rules here
//	    "deny WSAECONNREFUSED out tcp port 25",
//	    "default allow",
//	]
//	layers = [{ type = "throttle", down = "1mbit", burst = 65536 }]
//
//	# Layers may be tables of their own, and so may items of a list of options.
//	[[chain.bad.layers]]
//	type = "fault"
//	seed = 7
//
//	[[chain.bad.layers.toxics]]
//	type = "latency"
//	latency = 100
//	jitter = 20
//
//	[[chain.bad.layers.toxics]]
//	type = "drop"
//	toxicity = 0.1
//
//	# What the file need not have in it is taken from the environment or from
//	# another file.
//	[chain.away]
//	layers = [{ type = "socks", server = { env = "AWAY_PROXY" } }]
//
//	# What winsock run takes besides a chain.
//	[run]
//	dns = "auto"                # or "on", "off": answer DNS by the name spaces
//	deny-unknown = false        # refuse ways into the network that are not understood
//	pass-opaque = false         # leave processes alone whose memory cannot be read
//
//	[run.env]                   # is set for the program
//	LANG = "C"
//
// # Values
//
// Options are written as their declaration has them, which "winsock layer
// help TYPE" shows: texts, files and durations ("250ms") in quotes, numbers
// and true and false without, sizes either way ("64k" or 65536). A list is an
// array, or one text with what separates its items. An item of faults or
// schedules may be a table. Instead of a value there may be
// { env = "VARIABLE" } or { file = "NAME" }, from where it is taken when the
// chain is used.
//
// Relative names of files are looked for beside the file they are written in.
//
// Rules that stand in the configuration, and not in a file of their own, may
// lead through its layers: "chain proxy out tcp to *.example.org".
//
// # Where it is
//
// Without a name, the configuration is the first there is of
//
//  1. the file that $WINSOCK_CONFIG names,
//  2. the user's, $XDG_CONFIG_HOME/winsock/winsock.toml or
//     ~/.config/winsock/winsock.toml,
//  3. the system's, /etc/winsock/winsock.toml.
//
// Programs with more rights than their user ignore the first two. Nobody reads
// a configuration without being asked to.
//
// # Mistakes
//
// A file is read strictly: keys and names that nothing is known of are
// errors. All mistakes are told, with line and column ("winsock config
// check"). What a layer finds wrong only when it looks at what its options
// mean is told when its chain is used, so that a program can use a chain of a
// file in which another one lacks something.
//
// # Secrets
//
// An option that holds a secret is declared so, and shown without it
// ("winsock config show"); what comes from the environment or another file is
// not shown at all.
package config
