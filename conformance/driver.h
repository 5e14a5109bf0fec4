/* SPDX-License-Identifier: MIT */
/* Drivers: processes that speak the driver protocol (spec/driver-protocol.md), and the suite's end
 * of it.
 *
 *     struct cf_drivers *drivers = cf_drivers_create();
 *     struct cf_driver *driver = cf_driver_start(drivers, &setup);
 *     if (cf_driver_hello(driver, &hello)) {
 *         json_t *reply = cf_driver_ask(driver, json_pack("{s:s, ...}", "do", "open", ...));
 *         ...
 *         json_t *event = cf_driver_event(driver);
 *     }
 *     const struct cf_trouble *trouble = cf_driver_trouble(driver);
 *
 * Everything that a driver sends is held against the protocol before anybody sees it, so what comes
 * out of here can be trusted to have the members and types that the protocol tells.  The first
 * thing that a driver does wrong becomes its *trouble*, with the verdict that the protocol gives
 * it; from then on commands are lost and nothing more comes.  Nobody needs to look before the end:
 * every call is safe on a driver in trouble, a dead one, or NULL.
 *
 * One thread, and a program that ignores SIGPIPE.  While anything here waits, all drivers of the
 * group are read from, so that none of them is held up by a pipe that is full. */
#ifndef URIPC_CONFORMANCE_DRIVER_H
#define URIPC_CONFORMANCE_DRIVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include <uripc/backend.h>

#include "clock.h"
#include "tail.h"
#include "verdict.h"

enum {
    CF_PROTOCOL_VERSION = 1,
    CF_DRIVER_LINE_MAX = 8 << 20,   /* bytes, line feed included */
    CF_DRIVER_EVENTS_MAX = 1 << 20, /* that nobody has taken */
    CF_DRIVER_REASON_MAX = 512
};

/* How long a reply may take, and the first ones, for which a program has to start. */
#define CF_DRIVER_PATIENCE (5 * CF_SECOND)
#define CF_DRIVER_START_PATIENCE (15 * CF_SECOND)

struct cf_drivers; /* a group of them */
struct cf_driver;

struct cf_driver_setup {
    char *const *command; /* program and arguments, NULL at the end; searched for in PATH */
    const char *run;      /* the name of the run, in the environment as URIPC_RUN */
    bool as_user;         /* run it as this user, without other groups; for the superuser only */
    uid_t user;
};

/* What a driver did wrong, first. */
struct cf_trouble {
    enum cf_verdict verdict; /* CRASH, TIMEOUT, FAIL (by rule `protocol`) or UNRESOLVED */
    int signal;              /* that it died of; 0: none */
    int exit;                /* of a CRASH without a signal: the status with which it ended */
    char reason[CF_DRIVER_REASON_MAX];
    char line[CF_DRIVER_REASON_MAX]; /* the beginning of the line that shows it, ""; none */
};

/* What a driver says of itself.  Texts live as long as the driver. */
struct cf_driver_hello {
    const char *name;
    const char *version;
    enum uripc_binding binding;
    uint32_t capabilities; /* set of enum uripc_capability, which is part of enum cf_need */
    bool load;             /* it has the command `load` */
};

/* NULL: no memory. */
struct cf_drivers *cf_drivers_create(void);

/* Kills and forgets all that are left.  NULL is fine, here and below. */
void cf_drivers_free(struct cf_drivers *drivers);

/* Starts a process.  One that cannot be started is a driver in trouble.  NULL: no memory. */
struct cf_driver *cf_driver_start(struct cf_drivers *drivers, const struct cf_driver_setup *setup);

/* Asks who it is; the first command.  False: it is in trouble. */
bool cf_driver_hello(struct cf_driver *driver, struct cf_driver_hello *hello);

/* Sends a command, an object with `do` and its members; takes the reference and adds the `id`,
 * which it returns.  Without a reply within `patience` nanoseconds the driver is in trouble. */
uint64_t cf_driver_send(struct cf_driver *driver, json_t *command, uint64_t patience);

/* The reply to a command, once; NULL: it is not there yet.  The caller has the reference. */
json_t *cf_driver_reply(struct cf_driver *driver, uint64_t id);

/* Sends a command and waits for its reply.  NULL: the driver is in trouble. */
json_t *cf_driver_ask(struct cf_driver *driver, json_t *command);

/* The oldest event that was not taken yet, as the caller's reference; NULL: there is none. */
json_t *cf_driver_event(struct cf_driver *driver);

/* Waits until anything has come, a line or trouble, since it returned last.  False: there was
 * nothing until then, a time of cf_clock. */
bool cf_drivers_wait(struct cf_drivers *drivers, uint64_t until);

/* The orderly end: `end`, its reply, and status 0 within the patience for a reply.  False: trouble.
 * Where several are to end, asking all of them first saves time. */
void cf_driver_ask_to_end(struct cf_driver *driver);
bool cf_driver_end(struct cf_driver *driver);

/* The end of its standard input, upon which it must end in the same way. */
bool cf_driver_hang_up(struct cf_driver *driver);

/* Ends it by SIGKILL; returns when it is gone.  Whatever it said by then can still be taken. */
void cf_driver_kill(struct cf_driver *driver);

/* SIGSTOP, returning when it has stopped, and SIGCONT. */
void cf_driver_stop(struct cf_driver *driver);
void cf_driver_continue(struct cf_driver *driver);

/* Ends it, if need be, and forgets it. */
void cf_driver_free(struct cf_driver *driver);

/* NULL: all is well. */
const struct cf_trouble *cf_driver_trouble(const struct cf_driver *driver);

/* Its process; 0: it has none any more. */
pid_t cf_driver_process(const struct cf_driver *driver);

/* The last of what it said on standard error, "": nothing. */
const char *cf_driver_log(struct cf_driver *driver);

#endif
