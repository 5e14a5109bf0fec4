/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mutants.h"
#include "reference/name.h"

/* A name of 65535 units and the other lines. */
enum { ENTRY_BYTES = 65536 + 256, ENTRY_UNITS = 2 * URIPC__HEX_UNITS + 1, TRIES = 100 };
enum { EXECUTE_BITS = 0111 };

static const char *const kinds[] = {"exclusive", "shared", "group"};
static const char *const overflows[] = {"reject", "block", "drop-newest", "drop-oldest"};

void uripc__holders_free(struct uripc__holders *holders)
{
    free(holders->at);
    *holders = (struct uripc__holders){0};
}

uint64_t uripc__names_hash(struct uripc_text name)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < name.length; i++)
        hash = (hash ^ (unsigned char)name.at[i]) * 0x100000001b3u;
    if (URIPC__UV_MUTANT(NAMES_CONFUSED))
        return hash % 4;
    return hash;
}

/* ---- the text of an entry ---- */

static _Bool find_word(const char *word, const char *const *words, unsigned count, unsigned *found)
{
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(word, words[i]) == 0) {
            *found = i;
            return 1;
        }
    }
    return 0;
}

static _Bool read_number(const char *text, uint32_t *number)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    *number = (uint32_t)value;
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && value <= UINT32_MAX;
}

/* One line, `key value`; keys of later versions are passed over. */
static _Bool read_line(char *line, struct uripc_text name, struct uripc__holder *holder,
                       unsigned *seen)
{
    struct uripc_register_options *options = &holder->options;
    unsigned word = 0;
    char *value = strchr(line, ' ');
    if (value == NULL)
        return 0;
    *value++ = '\0';
    if (strcmp(line, "name") == 0) {
        *seen |= 1;
        return URIPC__UV_MUTANT(NAMES_CONFUSED) ||
               (strlen(value) == name.length && memcmp(value, name.at, name.length) == 0);
    }
    if (strcmp(line, "kind") == 0) {
        _Bool known = find_word(value, kinds, 3, &word);
        options->kind = (enum uripc_kind)word;
        *seen |= 2;
        return known;
    }
    if (strcmp(line, "overflow") == 0) {
        _Bool known = find_word(value, overflows, 4, &word);
        options->overflow = (enum uripc_overflow)word;
        return known;
    }
    if (strcmp(line, "workers") == 0)
        holder->workers = strcmp(value, "1") == 0;
    if (strcmp(line, "queue") == 0)
        return read_number(value, &options->queue_messages);
    if (strcmp(line, "queue-bytes") == 0)
        return read_number(value, &options->queue_bytes);
    if (strcmp(line, "max") == 0)
        return read_number(value, &options->message_max);
    return 1;
}

/* Whether `text`, which is changed, is an entry of this name. */
static _Bool read_text(char *text, struct uripc_text name, struct uripc__holder *holder)
{
    unsigned seen = 0;
    char *rest = text;
    holder->workers = 0;
    holder->options = (struct uripc_register_options){.size = sizeof holder->options,
                                                      .queue_messages = URIPC_QUEUE_MESSAGES};
    while (*rest != '\0') {
        char *line = rest;
        rest = strchr(line, '\n');
        if (rest == NULL)
            return 0;
        *rest++ = '\0';
        if (!read_line(line, name, holder, &seen))
            return 0;
    }
    return seen == 3;
}

/* ---- reading a directory of entries ---- */

static _Bool is_exhausted(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM;
}

static _Bool read_file(int directory, const char *file_name, char *text)
{
    int file = openat(directory, file_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0)
        return 0;
    size_t length = 0;
    ssize_t got;
    while ((got = read(file, text + length, ENTRY_BYTES - length)) > 0)
        length += (size_t)got;
    int error = errno;
    (void)close(file);
    errno = error;
    text[length < ENTRY_BYTES ? length : ENTRY_BYTES - 1] = '\0';
    return got == 0 && length < ENTRY_BYTES && strlen(text) == length;
}

static _Bool read_entry_name(const char *text, struct uripc_incarnation *life)
{
    return strlen(text) == ENTRY_UNITS && uripc__realm_unhex(text, &life->node) &&
           text[URIPC__HEX_UNITS] == '-' &&
           uripc__realm_unhex(text + URIPC__HEX_UNITS + 1, &life->serial);
}

static struct uripc__holder *new_holder(struct uripc__holders *holders)
{
    if (holders->count == holders->room) {
        uint32_t room = holders->room != 0 ? 2 * holders->room : 4;
        struct uripc__holder *at = realloc(holders->at, room * sizeof *at);
        if (at == NULL)
            return NULL;
        holders->at = at;
        holders->room = room;
    }
    return &holders->at[holders->count];
}

/* Adds the holder that an entry tells of, if it tells of a living one of this name. */
static enum uripc_status read_holder(const struct uripc__realm *realm, int directory,
                                     const char *file_name, struct uripc_text name,
                                     struct uripc__holders *holders)
{
    char text[ENTRY_BYTES];
    struct uripc__holder *holder = new_holder(holders);
    if (holder == NULL)
        return URIPC_NO_RESOURCES;
    if (!read_entry_name(file_name, &holder->life))
        return URIPC_OK;
    if (!read_file(directory, file_name, text))
        return is_exhausted(errno) ? URIPC_NO_RESOURCES : URIPC_OK;
    if (!read_text(text, name, holder))
        return URIPC_OK;
    enum uripc__life life = uripc__realm_life(realm, holder->life.node, &holder->owner);
    if (life == URIPC__ALIVE || URIPC__UV_MUTANT(DEAD_HOLD_NAMES))
        holders->count++;
    return life == URIPC__UNKNOWN ? URIPC_NO_RESOURCES : URIPC_OK;
}

static DIR *open_list(int parent, const char *name)
{
    int file = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *list = file >= 0 ? fdopendir(file) : NULL;
    if (list == NULL && file >= 0)
        (void)close(file);
    return list;
}

enum uripc_status uripc__names_read(const struct uripc__realm *realm, struct uripc_text name,
                                    struct uripc__holders *holders)
{
    char hash[URIPC__HEX_UNITS + 1];
    uripc__realm_hex(uripc__names_hash(name), hash);
    holders->count = 0;
    errno = 0;
    DIR *list = open_list(realm->names, hash);
    if (list == NULL)
        return is_exhausted(errno) ? URIPC_NO_RESOURCES : URIPC_OK;
    enum uripc_status status = URIPC_OK;
    const struct dirent *entry;
    while (status == URIPC_OK && (entry = readdir(list)) != NULL)
        if (entry->d_name[0] != '.')
            status = read_holder(realm, dirfd(list), entry->d_name, name, holders);
    (void)closedir(list);
    return status;
}

static enum uripc_status read_longest(const struct uripc__realm *realm, struct uripc_text target,
                                      struct uripc__holders *holders)
{
    struct uripc_text name = uripc_name_match_part(target);
    do {
        enum uripc_status status = uripc__names_read(realm, name, holders);
        if (status != URIPC_OK || holders->count != 0)
            return status;
    } while (uripc_name_parent(&name));
    return URIPC_NO_RECEIVER;
}

enum uripc_status uripc__names_lookup(const struct uripc__realm *realm, struct uripc_text target,
                                      struct uripc__holders *holders, uint64_t *generation)
{
    enum uripc_status status = URIPC_NO_RECEIVER;
    for (unsigned tries = 0; tries < TRIES; tries++) {
        *generation = uripc__realm_generation(realm);
        status = read_longest(realm, target, holders);
        if (uripc__realm_generation(realm) == *generation)
            break;
    }
    return status;
}

/* ---- changing ---- */

static _Bool same_options(const struct uripc_register_options *a,
                          const struct uripc_register_options *b)
{
    return a->overflow == b->overflow && a->queue_messages == b->queue_messages &&
           a->queue_bytes == b->queue_bytes && a->message_max == b->message_max;
}

/* Compares a claim with a holder of the name. */
static enum uripc_status may_join(const struct uripc__realm *realm,
                                  const struct uripc__holder *holder,
                                  const struct uripc_claim *claim, struct uripc_incarnation *home)
{
    const struct uripc_register_options *held = &holder->options;
    if (held->kind != claim->options.kind || held->kind == URIPC_EXCLUSIVE ||
        !same_options(held, &claim->options)) /* REG-2, REG-5, REG-8 */
        return URIPC_EXISTS;
    if (held->kind == URIPC_GROUP)
        return URIPC_OK;
    if (holder->life.node != realm->id && (!holder->workers || !claim->joins)) /* REG-9 */
        return URIPC_NOT_SUPPORTED;
    *home = holder->life; /* REG-7, DSP-6 */
    return URIPC_OK;
}

static void entry_name(const struct uripc__realm *realm, uint64_t serial, char *out)
{
    uripc__realm_hex(realm->id, out);
    out[URIPC__HEX_UNITS] = '-';
    uripc__realm_hex(serial, out + URIPC__HEX_UNITS + 1);
}

static _Bool write_file(const struct uripc__realm *realm, int directory, const char *file_name,
                        const struct uripc_claim *claim)
{
    char text[ENTRY_BYTES];
    const struct uripc_register_options *options = &claim->options;
    mode_t mode = realm->mode & (mode_t)~EXECUTE_BITS;
    int length =
        snprintf(text, sizeof text,
                 "name %.*s\nkind %s\noverflow %s\nqueue %" PRIu32 "\nqueue-bytes %" PRIu32
                 "\nmax %" PRIu32 "\n%s",
                 (int)claim->name.length, claim->name.at, kinds[options->kind],
                 overflows[options->overflow], options->queue_messages, options->queue_bytes,
                 options->message_max, options->kind == URIPC_SHARED ? "workers 1\n" : "");
    int file = openat(directory, file_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (file < 0)
        return 0;
    _Bool written = write(file, text, (size_t)length) == length && fchmod(file, mode) == 0;
    (void)close(file);
    return written;
}

static enum uripc_status write_entry(struct uripc__realm *realm, const struct uripc_claim *claim)
{
    char hash[URIPC__HEX_UNITS + 1];
    char hidden[ENTRY_UNITS + 2] = ".";
    uripc__realm_hex(uripc__names_hash(claim->name), hash);
    entry_name(realm, claim->serial, hidden + 1);
    if (mkdirat(realm->names, hash, realm->mode) == 0)
        (void)fchmodat(realm->names, hash, realm->mode, 0);
    int directory = openat(realm->names, hash, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return URIPC_NO_RESOURCES;
    _Bool made = write_file(realm, directory, hidden, claim) &&
                 renameat(directory, hidden, directory, hidden + 1) == 0;
    if (!made)
        (void)unlinkat(directory, hidden, 0);
    (void)close(directory);
    if (!made)
        (void)unlinkat(realm->names, hash, AT_REMOVEDIR); /* unless others are there */
    return made ? URIPC_OK : URIPC_NO_RESOURCES;
}

/* Removes the entries of dead nodes from one list, and the list if it is then empty. */
static void sweep_list(struct uripc__realm *realm, const char *hash)
{
    DIR *list = open_list(realm->names, hash);
    const struct dirent *entry;
    if (list == NULL)
        return;
    while ((entry = readdir(list)) != NULL) {
        struct uripc_incarnation life;
        uid_t owner;
        _Bool hidden = entry->d_name[0] == '.';
        if (hidden && strlen(entry->d_name) <= 2)
            continue;
        if (URIPC__UV_MUTANT(DEAD_HOLD_NAMES))
            continue;
        if (hidden || URIPC__UV_MUTANT(NAMES_STOLEN) ||
            (read_entry_name(entry->d_name, &life) &&
             uripc__realm_life(realm, life.node, &owner) == URIPC__DEAD))
            (void)unlinkat(dirfd(list), entry->d_name, 0);
    }
    (void)closedir(list);
    (void)unlinkat(realm->names, hash, AT_REMOVEDIR);
}

/* The name that an entry tells; empty if it tells none. */
static struct uripc_text name_in(const char *text)
{
    const char *at = strncmp(text, "name ", 5) == 0 ? text : strstr(text, "\nname ");
    if (at == NULL)
        return (struct uripc_text){0};
    at = strchr(at, ' ') + 1;
    return (struct uripc_text){.at = at, .length = strcspn(at, "\n")};
}

/* Whether an entry leaves a name to this principal: ok; or exists, if it is a living one of another
 * principal for this name, one above or one below; or no-resources. */
static enum uripc_status leaves(const struct uripc__realm *realm, int directory,
                                const char *file_name, struct uripc_text name)
{
    char text[ENTRY_BYTES];
    struct uripc_incarnation life;
    uid_t owner;
    if (!read_entry_name(file_name, &life))
        return URIPC_OK;
    if (!read_file(directory, file_name, text))
        return is_exhausted(errno) ? URIPC_NO_RESOURCES : URIPC_OK;
    struct uripc_text held = name_in(text);
    _Bool same = held.length == name.length && memcmp(held.at, name.at, name.length) == 0;
    if (held.length == 0 ||
        (!same && !uripc_name_is_below(held, name) && !uripc_name_is_below(name, held)))
        return URIPC_OK;
    switch (uripc__realm_life(realm, life.node, &owner)) {
    case URIPC__ALIVE:
        return owner == geteuid() ? URIPC_OK : URIPC_EXISTS;
    case URIPC__DEAD:
        return URIPC_OK;
    case URIPC__UNKNOWN:
        break;
    }
    return URIPC_NO_RESOURCES;
}

/* The same of all entries: in an open realm a name and all below it are one principal's (ACC-6). */
static enum uripc_status all_leave(const struct uripc__realm *realm, struct uripc_text name)
{
    errno = 0;
    DIR *lists = open_list(realm->names, ".");
    enum uripc_status status = lists == NULL ? URIPC_NO_RESOURCES : URIPC_OK;
    const struct dirent *hash;
    const struct dirent *entry;
    while (status == URIPC_OK && (hash = readdir(lists)) != NULL) {
        DIR *list = hash->d_name[0] == '.' ? NULL : open_list(realm->names, hash->d_name);
        if (list == NULL && hash->d_name[0] != '.' && is_exhausted(errno))
            status = URIPC_NO_RESOURCES;
        while (list != NULL && status == URIPC_OK && (entry = readdir(list)) != NULL)
            status = leaves(realm, dirfd(list), entry->d_name, name);
        if (list != NULL)
            (void)closedir(list);
    }
    if (lists != NULL)
        (void)closedir(lists);
    return status;
}

enum uripc_status uripc__names_claim(struct uripc__realm *realm, const struct uripc_claim *claim,
                                     struct uripc__holders *holders, struct uripc_incarnation *home)
{
    char hash[URIPC__HEX_UNITS + 1];
    const struct uripc_incarnation own = {.node = realm->id, .serial = claim->serial};
    *home = own;
    uripc__realm_hex(uripc__names_hash(claim->name), hash);
    sweep_list(realm, hash);
    enum uripc_status status =
        uripc__realm_is_private(realm) ? URIPC_OK : all_leave(realm, claim->name);
    if (status == URIPC_OK)
        status = uripc__names_read(realm, claim->name, holders);
    if (status == URIPC_OK && holders->count != 0)
        status = may_join(realm, &holders->at[0], claim, home);
    if (status != URIPC_OK || home->node != own.node || home->serial != own.serial)
        return status;
    status = write_entry(realm, claim);
    if (status == URIPC_OK)
        uripc__realm_raise(realm);
    return status;
}

void uripc__names_release(struct uripc__realm *realm, struct uripc_text name, uint64_t serial)
{
    char hash[URIPC__HEX_UNITS + 1];
    char path[URIPC__HEX_UNITS + 1 + ENTRY_UNITS + 1];
    uripc__realm_hex(uripc__names_hash(name), hash);
    (void)snprintf(path, sizeof path, "%s/", hash);
    entry_name(realm, serial, path + URIPC__HEX_UNITS + 1);
    if (unlinkat(realm->names, path, 0) == 0)
        uripc__realm_raise(realm);
    (void)unlinkat(realm->names, hash, AT_REMOVEDIR);
}

void uripc__names_sweep(struct uripc__realm *realm)
{
    DIR *lists = open_list(realm->names, ".");
    const struct dirent *entry;
    if (lists == NULL)
        return;
    while ((entry = readdir(lists)) != NULL)
        if (entry->d_name[0] != '.')
            sweep_list(realm, entry->d_name);
    (void)closedir(lists);
}
