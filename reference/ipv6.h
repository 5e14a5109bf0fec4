/* SPDX-License-Identifier: MIT */
/* The text form of IPv6 addresses inside a name's host (spec, chapter 1; NAM-20). */
#ifndef URIPC_IPV6_H
#define URIPC_IPV6_H

#include <uripc/uripc.h>

/* True if `text` is an IPv6address of RFC 3986, section 3.2.2, in either case; no zone. */
_Bool uripc__is_ipv6(struct uripc_text text);

#endif
