// SPDX-License-Identifier: Apache-2.0

// middle HOST ALLOWED DENIED sends three datagrams in one call, the one in
// the middle to where it must not go, and says what it is told.
#include "echo.h"

int main(int argc, char **argv) {
	if (argc != 4)
		return 2;
	union name n[3] = {parse_name(argv[1], argv[2]), parse_name(argv[1], argv[3]), parse_name(argv[1], argv[2])};
	struct iovec v[3] = {{"1", 1}, {"2", 1}, {"3", 1}};
	struct mmsghdr m[3];
	memset(m, 0, sizeof m);
	int fd = socket(n[0].sa.sa_family, SOCK_DGRAM, 0);
	for (int i = 0; i < 3; i++)
		m[i].msg_hdr = (struct msghdr){.msg_name = &n[i], .msg_namelen = name_size(&n[i]), .msg_iov = &v[i], .msg_iovlen = 1};
	for (int at = 0; at < 3;) {
		int r = sendmmsg(fd, m + at, 3 - at, 0);
		printf("%d %s; ", r, r < 0 ? strerror(errno) : "");
		at += r > 0 ? r : 1;
	}
	printf("\n");
	return 0;
}
