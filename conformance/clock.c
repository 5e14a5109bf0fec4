/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "clock.h"

#include <time.h>

uint64_t cf_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * CF_SECOND + (uint64_t)now.tv_nsec;
}

int cf_clock_left(uint64_t until, int most)
{
    uint64_t now = cf_clock();
    uint64_t left = until > now ? (until - now + CF_MILLISECOND - 1) / CF_MILLISECOND : 0;
    return left < (uint64_t)most ? (int)left : most;
}
