/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "realm.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 4096, EXECUTE_BITS = 0111, ALL_BITS = 0777, OTHERS = 0077 };

/* ---- ids as text ---- */

void uripc__realm_hex(uint64_t id, char out[URIPC__HEX_UNITS + 1])
{
    for (unsigned i = 0; i < URIPC__HEX_UNITS; i++)
        out[i] = "0123456789abcdef"[id >> (60 - 4 * i) & 15];
    out[URIPC__HEX_UNITS] = '\0';
}

_Bool uripc__realm_unhex(const char *text, uint64_t *id)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < URIPC__HEX_UNITS; i++) {
        const char *digits = "0123456789abcdef";
        const char *digit = text[i] != '\0' ? strchr(digits, text[i]) : NULL;
        if (digit == NULL)
            return 0;
        value = value << 4 | (uint64_t)(digit - digits);
    }
    *id = value;
    return 1;
}

/* ---- opening ---- */

static enum uripc_status status_of(int error)
{
    switch (error) {
    case EACCES:
    case EPERM:
        return URIPC_ACCESS_DENIED;
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
        return URIPC_INVALID_ARGUMENT;
    default:
        return URIPC_NO_RESOURCES;
    }
}

static mode_t file_mode(const struct uripc__realm *realm)
{
    return realm->mode & (mode_t)~EXECUTE_BITS;
}

/* What is made appears in one step, with its permissions and contents: another user who comes at
 * that moment finds either nothing or all of it. */
static void hide(const char *name, char hidden[static 32])
{
    (void)snprintf(hidden, 32, ".%s.%ld", name, (long)getpid());
}

/* Opens a directory below the realm, making it first where it is missing. */
static int open_directory(struct uripc__realm *realm, const char *name)
{
    char hidden[32];
    int directory = openat(realm->directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0 || errno != ENOENT)
        return directory;
    hide(name, hidden);
    _Bool made = (mkdirat(realm->directory, hidden, realm->mode) == 0 || errno == EEXIST) &&
                 fchmodat(realm->directory, hidden, realm->mode, 0) == 0 && /* whatever the umask */
                 renameat2(realm->directory, hidden, realm->directory, name, RENAME_NOREPLACE) == 0;
    if (!made) {
        int error = errno;
        (void)unlinkat(realm->directory, hidden, AT_REMOVEDIR);
        errno = error;
    }
    return made || errno == EEXIST
               ? openat(realm->directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
               : -1;
}

static int open_file(struct uripc__realm *realm, int directory, const char *name, int flags)
{
    int file = openat(directory, name, O_RDWR | O_CREAT | O_CLOEXEC | flags, file_mode(realm));
    struct stat found;
    if (file >= 0 && fstat(file, &found) == 0 && found.st_uid == geteuid())
        (void)fchmod(file, file_mode(realm));
    return file;
}

/* Opens a file of the realm, making it first of `size` zero bytes where it is missing. */
static int open_shared(struct uripc__realm *realm, const char *name, size_t size)
{
    char hidden[32];
    int file = openat(realm->directory, name, O_RDWR | O_CLOEXEC);
    if (file >= 0 || errno != ENOENT)
        return file;
    hide(name, hidden);
    file = open_file(realm, realm->directory, hidden, O_TRUNC);
    if (file < 0)
        return file;
    _Bool made =
        ftruncate(file, (off_t)size) == 0 &&
        (linkat(realm->directory, hidden, realm->directory, name, 0) == 0 || errno == EEXIST);
    int error = errno;
    (void)unlinkat(realm->directory, hidden, 0);
    (void)close(file);
    errno = error;
    return made ? openat(realm->directory, name, O_RDWR | O_CLOEXEC) : -1;
}

/* Another user could cut the file short under a mapping, which would end this process. */
static void map_generation(struct uripc__realm *realm)
{
    struct stat found;
    if (!uripc__realm_is_private(realm) || fstat(realm->generation, &found) != 0 ||
        found.st_size < (off_t)sizeof(uint64_t))
        return;
    void *mapped = mmap(NULL, sizeof(uint64_t), PROT_READ, MAP_SHARED, realm->generation, 0);
    if (mapped != MAP_FAILED)
        realm->mapped = mapped;
}

static enum uripc_status open_parts(struct uripc__realm *realm)
{
    realm->nodes = open_directory(realm, "nodes");
    realm->names = realm->nodes < 0 ? -1 : open_directory(realm, "names");
    realm->lock = realm->names < 0 ? -1 : open_shared(realm, "lock", 0);
    realm->generation = realm->lock < 0 ? -1 : open_shared(realm, "generation", sizeof(uint64_t));
    if (realm->generation < 0)
        return status_of(errno);
    map_generation(realm);
    return URIPC_OK;
}

enum uripc_status uripc__realm_open(struct uripc__realm *realm, const char *path)
{
    struct stat found;
    *realm = (struct uripc__realm){.directory = -1,
                                   .nodes = -1,
                                   .names = -1,
                                   .lock = -1,
                                   .generation = -1,
                                   .life = -1,
                                   .socket = -1};
    if (path == NULL || strlen(path) > URIPC__REALM_UNITS)
        return URIPC_INVALID_ARGUMENT;
    strcpy(realm->path, path);
    realm->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (realm->directory < 0 || fstat(realm->directory, &found) != 0)
        return status_of(errno);
    realm->mode = found.st_mode & ALL_BITS;
    realm->owner = found.st_uid;
    if (uripc__realm_is_private(realm) && realm->owner != geteuid()) /* ACC-1 */
        return URIPC_ACCESS_DENIED;
    return open_parts(realm);
}

static void close_file(int *file)
{
    if (*file >= 0)
        (void)close(*file);
    *file = -1;
}

void uripc__realm_close(struct uripc__realm *realm)
{
    if (realm->mapped != NULL)
        (void)munmap((void *)(uintptr_t)realm->mapped, sizeof *realm->mapped);
    realm->mapped = NULL;
    close_file(&realm->generation);
    close_file(&realm->lock);
    close_file(&realm->names);
    close_file(&realm->nodes);
    close_file(&realm->directory);
}

_Bool uripc__realm_is_private(const struct uripc__realm *realm)
{
    return (realm->mode & OTHERS) == 0;
}

/* ---- the own node ---- */

void uripc__realm_socket_path(const struct uripc__realm *realm, uint64_t id, char *out)
{
    char text[URIPC__HEX_UNITS + 1];
    uripc__realm_hex(id, text);
    (void)snprintf(out, URIPC__SOCKET_UNITS, "%s/nodes/%s.s", realm->path, text);
}

static int listen_at(const struct uripc__realm *realm, uint64_t id)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    uripc__realm_socket_path(realm, id, address.sun_path);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0)
        return -1;
    if (bind(listener, (const struct sockaddr *)&address, sizeof address) == 0 &&
        chmod(address.sun_path, file_mode(realm)) == 0 && listen(listener, BACKLOG) == 0)
        return listener;
    int error = errno;
    (void)close(listener);
    errno = error;
    return -1;
}

static _Bool describe(int file)
{
    char text[96];
    int length = snprintf(text, sizeof text, "wire 1\nprocess %ld\nimplementation reference-uv\n",
                          (long)getpid());
    return write(file, text, (size_t)length) == length;
}

enum uripc_status uripc__realm_enter(struct uripc__realm *realm, uint64_t id)
{
    char hidden[URIPC__HEX_UNITS + 2] = ".";
    char *name = hidden + 1;
    char socket_name[URIPC__HEX_UNITS + 3];
    uripc__realm_hex(id, name);
    (void)snprintf(socket_name, sizeof socket_name, "%s.s", name);
    int file = open_file(realm, realm->nodes, hidden, O_EXCL);
    if (file < 0)
        return errno == EEXIST ? URIPC_EXISTS : status_of(errno);
    _Bool locked = flock(file, LOCK_EX | LOCK_NB) == 0;
    int listener = locked && describe(file) ? listen_at(realm, id) : -1;
    if (listener >= 0 && renameat(realm->nodes, hidden, realm->nodes, name) == 0) {
        realm->id = id;
        realm->life = file;
        realm->socket = listener;
        return URIPC_OK;
    }
    _Bool again = !locked || (listener >= 0 && errno == ENOENT) || errno == EADDRINUSE;
    if (listener >= 0) {
        (void)unlinkat(realm->nodes, socket_name, 0);
        (void)close(listener);
    }
    (void)unlinkat(realm->nodes, hidden, 0);
    (void)close(file);
    return again ? URIPC_EXISTS : URIPC_NO_RESOURCES;
}

static void remove_node(const struct uripc__realm *realm, uint64_t id)
{
    char name[URIPC__HEX_UNITS + 4];
    uripc__realm_hex(id, name + 1);
    name[0] = '.';
    (void)unlinkat(realm->nodes, name, 0);
    strcpy(name + 1 + URIPC__HEX_UNITS, ".s");
    (void)unlinkat(realm->nodes, name + 1, 0); /* before the node, so nobody is left without it */
    name[1 + URIPC__HEX_UNITS] = '\0';
    (void)unlinkat(realm->nodes, name + 1, 0);
}

void uripc__realm_leave(struct uripc__realm *realm)
{
    if (realm->id == 0)
        return;
    remove_node(realm, realm->id);
    close_file(&realm->socket);
    close_file(&realm->life);
    realm->id = 0;
}

/* ---- the lock and the generation ---- */

_Bool uripc__realm_lock(struct uripc__realm *realm)
{
    return flock(realm->lock, LOCK_EX | LOCK_NB) == 0;
}

void uripc__realm_unlock(struct uripc__realm *realm)
{
    (void)flock(realm->lock, LOCK_UN);
}

uint64_t uripc__realm_generation(const struct uripc__realm *realm)
{
    if (realm->mapped != NULL)
        return *realm->mapped;
    uint64_t value = 0;
    if (realm->generation < 0 ||
        pread(realm->generation, &value, sizeof value, 0) != (ssize_t)sizeof value)
        return 0;
    return value;
}

void uripc__realm_raise(struct uripc__realm *realm)
{
    uint64_t value = uripc__realm_generation(realm) + 1;
    (void)!pwrite(realm->generation, &value, sizeof value, 0);
}

/* ---- other nodes ---- */

/* Whether the file of a node is there and locked. */
static enum uripc__life life_of(const struct uripc__realm *realm, const char *name, uid_t *owner)
{
    struct stat found;
    int file = openat(realm->nodes, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0)
        return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? URIPC__UNKNOWN : URIPC__DEAD;
    enum uripc__life life = URIPC__DEAD;
    if (flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK && fstat(file, &found) == 0) {
        life = URIPC__ALIVE;
        *owner = found.st_uid;
    }
    (void)close(file);
    return life;
}

enum uripc__life uripc__realm_life(const struct uripc__realm *realm, uint64_t id, uid_t *owner)
{
    char name[URIPC__HEX_UNITS + 1];
    uripc__realm_hex(id, name);
    return life_of(realm, name, owner);
}

_Bool uripc__realm_may_be(const struct uripc__realm *realm, uint64_t id, uid_t user)
{
    char name[URIPC__HEX_UNITS + 1];
    struct stat found;
    uripc__realm_hex(id, name);
    return fstatat(realm->nodes, name, &found, AT_SYMLINK_NOFOLLOW) != 0 || found.st_uid == user;
}

/* In this order: a node that is being made goes from the one name to the other. */
static _Bool is_leftover(const struct uripc__realm *realm, const char *hidden)
{
    uid_t owner;
    return life_of(realm, hidden, &owner) == URIPC__DEAD &&
           life_of(realm, hidden + 1, &owner) == URIPC__DEAD;
}

void uripc__realm_sweep(struct uripc__realm *realm)
{
    int copy = openat(realm->nodes, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = copy >= 0 ? fdopendir(copy) : NULL;
    if (directory == NULL) {
        close_file(&copy);
        return;
    }
    struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        const char *text = entry->d_name[0] == '.' ? entry->d_name + 1 : entry->d_name;
        char hidden[URIPC__HEX_UNITS + 2] = ".";
        uint64_t id;
        if (!uripc__realm_unhex(text, &id))
            continue;
        uripc__realm_hex(id, hidden + 1);
        if (is_leftover(realm, hidden))
            remove_node(realm, id);
    }
    (void)closedir(directory);
}
