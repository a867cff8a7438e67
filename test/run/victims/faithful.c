// SPDX-License-Identifier: Apache-2.0

// faithful asks to be killed when who started it ends, and lives on a while.
#include "echo.h"
#include <sys/prctl.h>

int main(void) {
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	usleep(100000);
	printf("alive\n");
	return 0;
}
