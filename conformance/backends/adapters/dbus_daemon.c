/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* flock */

#include "dbus_daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_ROOM = 4096 };

/* dbus-daemon(1).  Who can reach the socket in the realm may connect; the limits are those of a
 * session bus. */
static const char configuration[] =
    "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n"
    " \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
    "<busconfig>\n"
    "  <listen>unix:tmpdir=/tmp</listen>\n"
    "  <auth>EXTERNAL</auth>\n"
    "  <policy context=\"default\">\n"
    "    <allow user=\"*\"/>\n"
    "    <allow send_destination=\"*\"/>\n"
    "    <allow receive_sender=\"*\"/>\n"
    "    <allow own=\"*\"/>\n"
    "  </policy>\n"
    "  <limit name=\"max_incoming_bytes\">1000000000</limit>\n"
    "  <limit name=\"max_outgoing_bytes\">1000000000</limit>\n"
    "  <limit name=\"max_message_size\">134217728</limit>\n"
    "  <limit name=\"max_completed_connections\">100000</limit>\n"
    "  <limit name=\"max_incomplete_connections\">10000</limit>\n"
    "  <limit name=\"max_connections_per_user\">100000</limit>\n"
    "  <limit name=\"max_replies_per_connection\">50000</limit>\n"
    "</busconfig>\n";

static bool path_in(const char *realm, const char *name, char path[PATH_ROOM])
{
    const int length = snprintf(path, PATH_ROOM, "%s/%s", realm, name);
    return length > 0 && length < PATH_ROOM;
}

/* Of a path, what the D-Bus specification lets stand in an address stands there; the rest is
 * escaped. */
bool dbus_daemon_address(const char *realm, char *address, unsigned size)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/.\\*";
    char path[PATH_ROOM];
    if (!path_in(realm, "bus", path))
        return false;
    unsigned length = (unsigned)snprintf(address, size, "unix:path=");
    for (const char *at = path; *at && length + 3 < size; at++) {
        const bool is_plain = strchr(plain, *at) != NULL;
        length += (unsigned)snprintf(address + length, size - length, is_plain ? "%c" : "%%%02x",
                                     (unsigned char)*at);
    }
    return length + 3 < size;
}

/* A file for whomever the realm admits, from its first moment. */
static int open_file(const char *realm, const char *name)
{
    char path[PATH_ROOM];
    struct stat of_realm;
    if (!path_in(realm, name, path) || stat(realm, &of_realm) != 0)
        return -1;
    const mode_t usual = umask(0);
    const int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, of_realm.st_mode & 0666);
    umask(usual);
    return fd;
}

static bool write_configuration(const char *path)
{
    FILE *file = fopen(path, "we");
    if (!file)
        return false;
    fputs(configuration, file);
    return fclose(file) == 0;
}

/* In a process of its own: leaves the note, becomes the daemon, which inherits the lock on `alive`,
 * and tells `ready` its address as soon as it listens. */
static void become_daemon(const char *realm, const char *path, int alive, int ready)
{
    char config[PATH_ROOM + 32];
    char address[PATH_ROOM + 32] = "--address=";
    char print[32];
    char note[32];
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    const int log = open_file(realm, "bus.log");
    setsid();
    snprintf(note, sizeof(note), "process.%ld", (long)getpid());
    snprintf(config, sizeof(config), "--config-file=%s", path);
    snprintf(print, sizeof(print), "--print-address=%d", ready);
    if (open_file(realm, note) < 0 || dprintf(alive, "%ld\n", (long)getpid()) < 0 ||
        !dbus_daemon_address(realm, address + strlen(address), PATH_ROOM) || dup2(null, 0) < 0 ||
        dup2(log, 1) < 0 || dup2(log, 2) < 0 || fcntl(ready, F_SETFD, 0) != 0 ||
        fcntl(alive, F_SETFD, 0) != 0)
        _exit(1);
    execlp("dbus-daemon", "dbus-daemon", config, address, print, "--nofork", "--nopidfile",
           (char *)NULL);
    perror("dbus-daemon");
    _exit(127);
}

/* Starts it as nobody's child, for it outlives whoever starts it; returns when it listens. */
static bool start(const char *realm, int alive)
{
    char path[PATH_ROOM];
    char answer[PATH_ROOM];
    int ready[2];
    if (!path_in(realm, "bus", path) || (unlink(path) != 0 && errno != ENOENT) ||
        !path_in(realm, "bus.conf", path) || !write_configuration(path) ||
        ftruncate(alive, 0) != 0 || pipe(ready) != 0)
        return false;
    fcntl(ready[0], F_SETFD, FD_CLOEXEC);
    fcntl(ready[1], F_SETFD, FD_CLOEXEC);
    const pid_t child = fork();
    if (child == 0) {
        if (fork() == 0)
            become_daemon(realm, path, alive, ready[1]);
        _exit(0);
    }
    close(ready[1]);
    const bool started =
        child > 0 && waitpid(child, NULL, 0) == child && read(ready[0], answer, sizeof(answer)) > 0;
    close(ready[0]);
    return started;
}

/* A daemon is alive as long as its lock is held. */
static bool is_alive(int alive)
{
    return flock(alive, LOCK_EX | LOCK_NB) != 0;
}

int dbus_daemon_join(const char *realm)
{
    const int starting = open_file(realm, "bus.starting");
    if (starting < 0)
        return -1;
    const int alive = open_file(realm, "bus.daemon");
    int users = open_file(realm, "bus.users");
    const bool joined = alive >= 0 && users >= 0 && flock(starting, LOCK_EX) == 0 &&
                        flock(users, LOCK_SH) == 0 && (is_alive(alive) || start(realm, alive));
    if (!joined && users >= 0) {
        close(users);
        users = -1;
    }
    if (alive >= 0)
        close(alive);
    close(starting);
    errno = EIO; /* whatever it was, it was not the realm's permissions */
    return users;
}

void dbus_daemon_leave(const char *realm, int users)
{
    const int starting = open_file(realm, "bus.starting");
    const int alive = open_file(realm, "bus.daemon");
    char pid[32] = "";
    if (starting >= 0 && alive >= 0 && flock(starting, LOCK_EX) == 0 &&
        flock(users, LOCK_EX | LOCK_NB) == 0 && is_alive(alive) &&
        read(alive, pid, sizeof(pid) - 1) > 0)
        kill((pid_t)atol(pid), SIGTERM);
    if (alive >= 0)
        close(alive);
    close(users);
    if (starting >= 0)
        close(starting);
}
