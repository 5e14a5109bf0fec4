/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* flock */

#include "observer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    ID_LENGTH = 16,
    PATH_MAX_LENGTH = 512,
    ENTRY_MAX = 1 << 17, /* bytes of an entry: a name has at most 65535 */
    HELLO_SIZE = 40,
    ASK_SIZE = 8,
    STATE_MAX = 8 << 20, /* bytes of a state that we are ready to read */
    KIND_HELLO = 1,
    KIND_ASK = 5,
    KIND_STATE = 6
};

static bool is_id(const char *name)
{
    return strlen(name) == ID_LENGTH && strspn(name, "0123456789abcdef") == ID_LENGTH;
}

/* False if it would be cut. */
static bool join(char to[PATH_MAX_LENGTH], const char *realm, const char *part, const char *name,
                 const char *ending)
{
    return snprintf(to, PATH_MAX_LENGTH, "%s/%s/%s%s", realm, part, name, ending) < PATH_MAX_LENGTH;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(json_string_value(*(json_t *const *)a), json_string_value(*(json_t *const *)b));
}

static json_t *sorted(json_t *list)
{
    size_t count = json_array_size(list);
    json_t *result = json_array();
    json_t **items = calloc(count + 1, sizeof(json_t *));
    for (size_t i = 0; items && i < count; i++)
        items[i] = json_array_get(list, i);
    if (items)
        qsort(items, count, sizeof(json_t *), by_text);
    for (size_t i = 0; items && i < count; i++)
        json_array_append(result, items[i]);
    free(items);
    json_decref(list);
    return result;
}

json_t *cf_observed_nodes(const char *realm)
{
    char path[PATH_MAX_LENGTH];
    if (!join(path, realm, "nodes", "", "")) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    DIR *folder = opendir(path);
    if (!folder)
        return NULL;
    json_t *ids = json_array();
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
        if (is_id(entry->d_name))
            json_array_append_new(ids, json_string(entry->d_name));
    closedir(folder);
    return sorted(ids);
}

bool cf_observed_alive(const char *realm, const char *id)
{
    char path[PATH_MAX_LENGTH];
    int fd = join(path, realm, "nodes", id, "") ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return false;
    bool held = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(fd);
    return held;
}

/* Names. */

/* The value of `name` in the text of an entry; NULL if it has none. */
static json_t *name_in(const char *path)
{
    FILE *file = fopen(path, "re");
    char *line = malloc(ENTRY_MAX);
    json_t *name = NULL;
    while (file && line && !name && fgets(line, ENTRY_MAX, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "name ", 5) == 0)
            name = json_string(line + 5);
    }
    free(line);
    if (file)
        fclose(file);
    return name;
}

static void names_below(json_t *names, const char *realm, const char *hash, const char *id)
{
    char path[PATH_MAX_LENGTH];
    DIR *folder = join(path, realm, "names", hash, "") ? opendir(path) : NULL;
    if (!folder)
        return;
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        char file[PATH_MAX_LENGTH];
        if (strncmp(entry->d_name, id, ID_LENGTH) != 0 || entry->d_name[ID_LENGTH] != '-')
            continue;
        json_t *name = snprintf(file, sizeof(file), "%s/%s", path, entry->d_name) < PATH_MAX_LENGTH
                           ? name_in(file)
                           : NULL;
        if (name)
            json_array_append_new(names, name);
    }
    closedir(folder);
}

json_t *cf_observed_names(const char *realm, const char *id)
{
    char path[PATH_MAX_LENGTH];
    json_t *names = json_array();
    DIR *folder = join(path, realm, "names", "", "") ? opendir(path) : NULL;
    if (!folder)
        return names;
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
        if (is_id(entry->d_name))
            names_below(names, realm, entry->d_name, id);
    closedir(folder);
    return sorted(names);
}

/* State. */

static void put(unsigned char *at, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (unsigned char)(value >> 8 * i);
}

static uint64_t get(const unsigned char *at, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)at[i] << 8 * i;
    return value;
}

static int connected(const char *realm, const char *id)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[PATH_MAX_LENGTH];
    if (!join(path, realm, "nodes", id, ".s") || strlen(path) >= sizeof(address.sun_path))
        return -1;
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool asked(int fd)
{
    unsigned char frames[HELLO_SIZE + ASK_SIZE] = {0};
    put(frames, 4, HELLO_SIZE);
    frames[4] = KIND_HELLO;
    put(frames + 6, 2, 1);
    memcpy(frames + 8, "uripcipc", 8);
    put(frames + 24, 2, 1);
    put(frames + HELLO_SIZE, 4, ASK_SIZE);
    frames[HELLO_SIZE + 4] = KIND_ASK;
    return send(fd, frames, sizeof(frames), MSG_NOSIGNAL) == (ssize_t)sizeof(frames);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* All of it before the deadline. */
static const char *read_all(int fd, unsigned char *to, size_t size, int64_t deadline)
{
    while (size > 0) {
        int64_t left = deadline - now_ms();
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (left <= 0 || poll(&ready, 1, (int)left) == 0)
            return "it does not answer; it may be stopped, or busy";
        ssize_t got = read(fd, to, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return "it closes the connection";
        to += got;
        size -= (size_t)got;
    }
    return NULL;
}

/* Reads the node's hello and then frames, up to the state, whose text it returns in *text. */
static const char *read_state(int fd, int64_t deadline, char **text, size_t *size)
{
    unsigned char head[8];
    for (bool first = true;; first = false) {
        const char *reason = read_all(fd, head, sizeof(head), deadline);
        size_t whole = (size_t)get(head, 4);
        if (reason)
            return reason;
        if (whole < sizeof(head) || whole > STATE_MAX || (first && head[4] != KIND_HELLO))
            return "what it says is not a frame of the wire";
        *size = whole - sizeof(head);
        *text = malloc(*size + 1);
        if (!*text)
            return "there is no memory for its answer";
        reason = read_all(fd, (unsigned char *)*text, *size, deadline);
        if (!reason && head[4] == KIND_STATE)
            return NULL;
        free(*text);
        *text = NULL;
        if (reason)
            return reason;
    }
}

json_t *cf_observed_state(const char *realm, const char *id, int wait_ms, const char **reason)
{
    char *text = NULL;
    size_t size = 0;
    int fd = connected(realm, id);
    if (fd < 0) {
        *reason = "its socket takes no connection";
        return NULL;
    }
    *reason =
        asked(fd) ? read_state(fd, now_ms() + wait_ms, &text, &size) : "it closes the connection";
    close(fd);
    if (*reason)
        return NULL;
    json_t *state = json_loadb(text, size, 0, NULL);
    free(text);
    if (!json_is_object(state) || !json_is_array(json_object_get(state, "registrations"))) {
        *reason = "its state is not a JSON object with registrations";
        json_decref(state);
        return NULL;
    }
    return state;
}
