/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "sim.h"

enum { MAILSLOT = 424, MAILSLOT_WIN98 = 400, MAILSLOT_NETBIOS = 443, PIPE_TRANSACTION = 65536 };

#define SECOND UINT64_C(1000000000)

/* What public documents say; spec/7-delivery.md has the same as clauses (DLV-5 to DLV-18). */
static const struct sim_profile profiles[] = {
    {.name = "local",
     .text = "reliable, ordered, confirmed; this project's own",
     .confirmed = true,
     .group_payload_max = MAILSLOT},

    /* "About Mailslots" and CreateMailslot, learn.microsoft.com: a local write that cannot be
     * appended is reported to the writer. */
    {.name = "mailslot-local",
     .text = "a mailslot of the same machine",
     .confirmed = true,
     .group_payload_max = MAILSLOT},

    /* Microsoft KB 819107: Windows NT 4 reports success first and resolves later.  424 bytes:
     * "About Mailslots". */
    {.name = "mailslot-remote-nt4",
     .text = "a mailslot of another machine, as Windows NT 4 writes to it",
     .payload_max = MAILSLOT,
     .group_payload_max = MAILSLOT,
     .absence = SIM_ABSENCE_SILENT},

    /* Microsoft KB 819107: Windows 2000 resolves first, may stall, and fails. */
    {.name = "mailslot-remote-w2k",
     .text = "a mailslot of another machine, as Windows 2000 writes to it",
     .payload_max = MAILSLOT,
     .group_payload_max = MAILSLOT,
     .absence = SIM_ABSENCE_UNREACHABLE,
     .absence_delay = SECOND},

    /* "About Mailslots": 424 bytes to a domain; nobody there is no error. */
    {.name = "mailslot-group-nt",
     .text = "mailslots of a domain, 424 bytes",
     .confirmed = true,
     .group_payload_max = MAILSLOT,
     .absence = SIM_ABSENCE_SILENT},

    /* Windows 98 Resource Kit, Microsoft Press 1998: second-class delivery to several computers
     * works with 400 bytes or less. */
    {.name = "mailslot-group-win98",
     .text = "mailslots of a domain, 400 bytes",
     .confirmed = true,
     .group_payload_max = MAILSLOT_WIN98,
     .absence = SIM_ABSENCE_SILENT},

    /* [MS-MAIL] 2.1, Remote Mailslot Protocol: name and data together in 443 bytes. */
    {.name = "mailslot-group-netbios",
     .text = "mailslots of a domain over NetBIOS, 443 bytes for name and data",
     .confirmed = true,
     .group_budget = MAILSLOT_NETBIOS,
     .absence = SIM_ABSENCE_SILENT},

    /* TransactNamedPipe, learn.microsoft.com: 64 KiB across a network. */
    {.name = "pipe-message",
     .text = "a message-mode named pipe, 65536 bytes",
     .confirmed = true,
     .payload_max = PIPE_TRANSACTION,
     .group_payload_max = MAILSLOT},
};

size_t sim_profile_count(void)
{
    return sizeof profiles / sizeof profiles[0];
}

const struct sim_profile *sim_profile_at(size_t index)
{
    return index < sim_profile_count() ? &profiles[index] : NULL;
}

const struct sim_profile *sim_profile_find(const char *name)
{
    for (size_t i = 0; i < sim_profile_count(); i++) {
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    }
    return NULL;
}
