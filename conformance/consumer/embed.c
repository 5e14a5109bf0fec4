/* SPDX-License-Identifier: MIT */
/* Somebody else's program: says how large a node is, so that it must find headers and library. */
#include <stdio.h>

#include <uripc/reference/node.h>
#include <uripc/version.h>

int main(void)
{
    printf("%d.%d %zu\n", URIPC_SPEC_MAJOR, URIPC_SPEC_MINOR, uripc_node_bytes(&uripc_limits_tiny));
    return 0;
}
