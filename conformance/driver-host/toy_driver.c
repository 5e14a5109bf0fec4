/* SPDX-License-Identifier: MIT */
/* The toy as a program of its own: what a driver looks like that links its implementation. */
#include <unistd.h>

#include "drive.h"

int main(void)
{
    return cf_drive(uripc_backend(), STDIN_FILENO, STDOUT_FILENO);
}
