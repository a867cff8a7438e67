// SPDX-License-Identifier: Apache-2.0

// lookup NAME writes the addresses that the C library finds for a name.
#include "echo.h"

int main(int argc, char **argv) {
	if (argc != 2)
		return 2;
	struct addrinfo *list, hints = {.ai_socktype = SOCK_STREAM};
	int e = getaddrinfo(argv[1], NULL, &hints, &list);
	if (e) {
		printf("%s\n", e == EAI_NONAME ? "no such name" : gai_strerror(e));
		return 0;
	}
	char text[INET6_ADDRSTRLEN];
	for (struct addrinfo *a = list; a; a = a->ai_next) {
		union name *n = (union name *)a->ai_addr;
		inet_ntop(a->ai_family, a->ai_family == AF_INET6 ? (void *)&n->v6.sin6_addr : (void *)&n->v4.sin_addr, text, sizeof text);
		printf("%s\n", text);
	}
	return 0;
}
