// SPDX-License-Identifier: Apache-2.0

// race KIND HOST ALLOWED DENIED COUNT calls connect, sendto, sendmsg or
// sendmmsg while a thread keeps changing the port in the address between one
// that is allowed and one that is not.
#include "echo.h"

static volatile in_port_t *port;
static in_port_t ports[2];
static volatile int stop;

static void *routine_change(void *arg) {
	unsigned x = 1;
	while (!stop) {
		*port = ports[0];
		for (volatile int i = 0; i < (int)(x >> 8 & 255); i++)
			;
		*port = ports[1];
		x = x * 1103515245 + 12345;
		for (volatile int i = 0; i < (int)(x >> 8 & 255); i++)
			;
	}
	return NULL;
}

int main(int argc, char **argv) {
	if (argc != 6)
		return 2;
	static union name n;
	n = parse_name(argv[2], argv[3]);
	union name denied = parse_name(argv[2], argv[4]);
	ports[0] = n.v4.sin_port;
	ports[1] = denied.v4.sin_port;
	port = &n.v4.sin_port;
	pthread_t t;
	if (pthread_create(&t, NULL, routine_change, NULL) != 0)
		die("pthread_create");
	int well = 0, refused = 0, udp = socket(n.sa.sa_family, SOCK_DGRAM, 0);
	struct iovec v = {"x", 1};
	struct mmsghdr m[2];
	memset(m, 0, sizeof m);
	for (int i = 0; i < 2; i++)
		m[i].msg_hdr = (struct msghdr){.msg_name = &n, .msg_namelen = name_size(&n), .msg_iov = &v, .msg_iovlen = 1};
	for (int i = 0; i < atoi(argv[5]); i++) {
		long r;
		if (strcmp(argv[1], "connect") == 0) {
			int fd = socket(n.sa.sa_family, SOCK_STREAM | (i % 2 ? SOCK_NONBLOCK : 0), 0);
			struct linger hard = {1, 0};
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
			r = connect(fd, &n.sa, name_size(&n));
			if (r < 0 && errno == EINPROGRESS) {
				struct pollfd p = {fd, POLLOUT, 0};
				poll(&p, 1, 20000);
				int e = 0;
				socklen_t k = sizeof e;
				getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &k);
				r = e ? -1 : 0;
			}
			close(fd);
		} else if (strcmp(argv[1], "udp connect") == 0) {
			r = connect(udp, &n.sa, name_size(&n));
			if (r == 0)
				send(udp, "x", 1, 0);
		} else if (strcmp(argv[1], "sendto") == 0) {
			r = sendto(udp, "x", 1, 0, &n.sa, name_size(&n));
		} else if (strcmp(argv[1], "sendmsg") == 0) {
			r = sendmsg(udp, &m[0].msg_hdr, 0);
		} else {
			r = sendmmsg(udp, m, 2, 0);
		}
		if (r >= 0)
			well++;
		else
			refused++;
	}
	stop = 1;
	pthread_join(t, NULL);
	printf("%d %d\n", well, refused);
	return 0;
}
