/* SPDX-License-Identifier: MIT */
/* Reading structs that callers fill and that may be of another version. */
#ifndef URIPC_OPTIONS_READ_H
#define URIPC_OPTIONS_READ_H

#include <uripc/uripc.h>

/* Each copies the caller's options, or the defaults for NULL, into *options and checks every value.
 * Returns ok or invalid-argument. */
enum uripc_status uripc__read_register_options(const struct uripc_register_options *from,
                                               struct uripc_register_options *options);
enum uripc_status uripc__read_send_options(const struct uripc_send_options *from,
                                           struct uripc_send_options *options);
enum uripc_status uripc__read_receive_options(const struct uripc_receive_options *from,
                                              struct uripc_receive_options *options);

#endif
