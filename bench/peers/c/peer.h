/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the servers in C have in common: their command line, their listening
 * socket, and how they tell their port.
 */
#ifndef PEER_H
#define PEER_H

#include <stddef.h>

/* What a server does with a connection. */
enum mode {
	MODE_ECHO,   /* sends back what it receives */
	MODE_SINK,   /* receives and discards */
	MODE_SOURCE, /* sends without end */
	MODE_CHURN,  /* closes it at once */
	MODE_UDP,    /* sends datagrams back; there are no connections */
	MODE_FILE,   /* sends a file and closes */
};

struct options {
	enum mode mode;
	size_t buffer;      /* bytes per connection and call */
	int workers;        /* threads */
	int edge_triggered; /* of epoll */
	int file;           /* to send, for MODE_FILE */
	long long file_size;
};

/* An exit status that means: this kernel cannot do what the server needs. */
#define EXIT_UNSUPPORTED 3

/* parse_options reads the command line and prepares the process: its limit
 * of descriptors, and an alarm that ends it if nobody else does. */
struct options parse_options(int argc, char **argv);

/* open_server opens a non-blocking listening or datagram socket on loopback.
 * Port 0 lets the kernel choose; *port is set to its choice. */
int open_server(const struct options *o, int *port);

/* announce tells whoever started the server its port. */
void announce(int port);

/* die ends the process with what and errno's meaning. */
_Noreturn void die(const char *what);

/* set_nodelay switches Nagle's algorithm off, as Go does on every socket. */
void set_nodelay(int fd);

#endif
