/* SPDX-License-Identifier: MIT */
/* Layers on calls that somebody else answers, among peers that send them any record at any time:
 * nothing is read or written beyond its end, a turn ends, and each call that was accepted completes
 * once, at the latest when it is cancelled (LAY-1, LAY-6, LAY-9).
 *
 * A step is an opcode, two operands, a count, and as many bytes.  Records are any bytes, or what
 * the layers sent last, turned round as a peer would, with some bytes changed: so that sessions and
 * requests come to be, and go wrong. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <uripc/message.h>
#include <uripc/request.h>
#include <uripc/session.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    IDENTITY = 77,
    NAMES = 8,     /* registrations at one time */
    POSTED = 16,   /* receives at one time */
    DONE = 64,     /* completions of the node that were not polled */
    BUFFERS = 32,  /* that layers ask for at their beginning */
    RECORD = 1024, /* bytes of a record */
    CALLS = 4096,  /* of the application */
    HANDLES = 8,   /* that the application remembers */
    TURNS = 10000  /* at one time, at most */
};

#define APPLICATION_BUFFER (UINT64_C(1) << 32) /* and its size */

struct posted {
    uint64_t overlapped;
    struct uripc_handle handle;
    uint64_t buffer;
};

static struct {
    struct uripc_layers *layers;
    uint64_t now;

    /* The node below. */
    struct uripc_handle names[NAMES];
    char name[NAMES][64];
    uint64_t last_handle;
    struct posted posted[POSTED];
    struct uripc_completion done[DONE];
    unsigned done_count;
    enum uripc_status sends; /* what becomes of the next ones */
    struct {
        unsigned char *bytes;
        uint32_t size;
    } buffers[BUFFERS];
    unsigned buffer_count;
    unsigned char sent[RECORD]; /* the last record */
    uint32_t sent_bytes;
    char sent_to[64], suffix[32];

    /* The application above. */
    unsigned char state[CALLS]; /* by overlapped: 1 accepted, 2 complete */
    uint64_t calls;
    struct uripc_handle handles[HANDLES];
    uint64_t served;
} world;

/* ---- the node ---- */

static void finish(struct uripc_completion done)
{
    assert(world.done_count < DONE);
    if (done.certainty == 0)
        done.certainty = URIPC_DEFINITE;
    world.done[world.done_count++] = done;
}

static enum uripc_status node_register(struct uripc_node *node, struct uripc_handle parent,
                                       struct uripc_text uri,
                                       const struct uripc_register_options *options,
                                       uint64_t overlapped)
{
    (void)node, (void)parent, (void)options;
    for (unsigned i = 0; i < NAMES && world.done_count < DONE / 2; i++) {
        if (world.names[i].id != 0 || uri.length >= sizeof world.name[i])
            continue;
        world.names[i].id = ++world.last_handle;
        memcpy(world.name[i], uri.at, uri.length);
        world.name[i][uri.length] = '\0';
        finish((struct uripc_completion){
            .overlapped = overlapped, .call = URIPC_CALL_REGISTER, .handle = world.names[i]});
        return URIPC_PENDING;
    }
    return URIPC_NO_RESOURCES;
}

static enum uripc_status node_send(struct uripc_node *node, struct uripc_handle source,
                                   const struct uripc_text *suffix, struct uripc_text target,
                                   const void *data, uint32_t length,
                                   const struct uripc_send_options *options, uint64_t overlapped)
{
    (void)node, (void)source, (void)options;
    if (world.done_count >= DONE / 2)
        return URIPC_NO_RESOURCES;
    if (length <= RECORD && target.length < sizeof world.sent_to) {
        memcpy(world.sent, data, length);
        world.sent_bytes = length;
        memcpy(world.sent_to, target.at, target.length);
        world.sent_to[target.length] = '\0';
        const bool has = suffix != NULL && suffix->length + 1 < sizeof world.suffix;
        if (has)
            memcpy(world.suffix + 1, suffix->at, suffix->length);
        world.suffix[0] = has ? '/' : '\0';
        world.suffix[has ? suffix->length + 1 : 0] = '\0';
    }
    finish((struct uripc_completion){.overlapped = overlapped,
                                     .call = URIPC_CALL_SEND,
                                     .status = world.sends,
                                     .bytes = world.sends == URIPC_OK ? length : 0});
    return URIPC_PENDING;
}

static enum uripc_status node_receive(struct uripc_node *node, struct uripc_handle handle,
                                      struct uripc_buffer buffer,
                                      const struct uripc_receive_options *options,
                                      uint64_t overlapped)
{
    (void)node, (void)options;
    assert(buffer.id < world.buffer_count && buffer.size <= world.buffers[buffer.id].size);
    for (unsigned i = 0; i < POSTED; i++) {
        if (world.posted[i].overlapped != 0)
            continue;
        world.posted[i] = (struct posted){overlapped, handle, buffer.id};
        return URIPC_PENDING;
    }
    return URIPC_NO_RESOURCES;
}

static void end_receive(struct posted *posted, enum uripc_status status)
{
    finish((struct uripc_completion){.overlapped = posted->overlapped,
                                     .call = URIPC_CALL_RECEIVE,
                                     .status = status,
                                     .handle = posted->handle});
    posted->overlapped = 0;
}

static enum uripc_status node_cancel(struct uripc_node *node, uint64_t overlapped)
{
    (void)node;
    for (unsigned i = 0; i < POSTED && overlapped != 0; i++) {
        if (world.posted[i].overlapped != overlapped)
            continue;
        end_receive(&world.posted[i], URIPC_ABORTED);
        return URIPC_OK;
    }
    return URIPC_NOT_FOUND;
}

static enum uripc_status node_close(struct uripc_node *node, struct uripc_handle handle,
                                    uint64_t overlapped)
{
    (void)node;
    for (unsigned i = 0; i < NAMES; i++) {
        if (world.names[i].id != handle.id || handle.id == 0)
            continue;
        for (unsigned k = 0; k < POSTED; k++)
            if (world.posted[k].overlapped != 0 && world.posted[k].handle.id == handle.id)
                end_receive(&world.posted[k], URIPC_CLOSED);
        world.names[i].id = 0;
        finish((struct uripc_completion){
            .overlapped = overlapped, .call = URIPC_CALL_CLOSE, .handle = handle});
        return URIPC_PENDING;
    }
    return URIPC_INVALID_HANDLE;
}

static enum uripc_status node_poll(struct uripc_node *node, struct uripc_completion *completion)
{
    (void)node;
    if (world.done_count == 0)
        return URIPC_WOULD_BLOCK;
    *completion = world.done[0];
    world.done_count--;
    memmove(world.done, world.done + 1, world.done_count * sizeof world.done[0]);
    return URIPC_OK;
}

static const struct uripc_calls calls = {.size = sizeof calls,
                                         .register_ = node_register,
                                         .send = node_send,
                                         .receive = node_receive,
                                         .cancel = node_cancel,
                                         .close = node_close,
                                         .poll = node_poll};

static bool give_buffer(void *self, uint32_t size, struct uripc_buffer *buffer, void **bytes)
{
    (void)self;
    if (world.buffer_count == BUFFERS)
        return false;
    *bytes = world.buffers[world.buffer_count].bytes = malloc(size);
    world.buffers[world.buffer_count].size = size;
    *buffer = (struct uripc_buffer){.id = world.buffer_count++, .size = size};
    return *bytes != NULL;
}

static void copy_out(void *self, uint64_t id, uint32_t offset, const void *from, uint32_t length)
{
    (void)self, (void)from;
    assert(id >= APPLICATION_BUFFER && (uint64_t)offset + length <= id - APPLICATION_BUFFER);
}

/* ---- records from outside ---- */

/* Brings a record to the first receive that is posted for the name with this index. */
static void arrive(unsigned name, const char *suffix, const char *source,
                   const unsigned char *record, uint32_t length)
{
    const uint32_t stem = (uint32_t)strlen(world.name[name]);
    const struct uripc_message lengths = {.source_units = (uint32_t)strlen(source),
                                          .target_units = stem + (uint32_t)strlen(suffix),
                                          .data_bytes = length};
    struct uripc_message_parts parts;
    for (unsigned i = 0; i < POSTED; i++) {
        struct posted *posted = &world.posted[i];
        if (posted->overlapped == 0 || posted->handle.id != world.names[name].id)
            continue;
        unsigned char *to = world.buffers[posted->buffer].bytes;
        if (!uripc_message_layout(&lengths, 1, &parts) ||
            parts.total > world.buffers[posted->buffer].size) {
            end_receive(posted, URIPC_BUFFER_TOO_SMALL);
            return;
        }
        memcpy(to, &lengths, sizeof lengths);
        memcpy(to + parts.source, source, lengths.source_units);
        memcpy(to + parts.target, world.name[name], stem);
        memcpy(to + parts.target + stem, suffix, lengths.target_units - stem);
        memcpy(to + parts.data, record, length);
        finish((struct uripc_completion){.overlapped = posted->overlapped,
                                         .call = URIPC_CALL_RECEIVE,
                                         .handle = posted->handle,
                                         .bytes = (uint32_t)parts.total,
                                         .source_units = lengths.source_units,
                                         .target_units = lengths.target_units,
                                         .data_bytes = length,
                                         .incarnation = {.node = 5, .serial = 1},
                                         .message_id = ++world.last_handle});
        posted->overlapped = 0;
        return;
    }
}

/* What the layers sent last, as an answer to it: of type `type`, its two numbers exchanged, with
 * each of the `count` bytes in pairs of place and value. */
static void answer(unsigned name, uint8_t type, const uint8_t *changes, uint8_t count)
{
    unsigned char record[RECORD] = {0};
    uint32_t length = world.sent_bytes;
    memcpy(record, world.sent, length);
    if (length >= 20) {
        memcpy(record + 4, world.sent + 12, 8);
        memcpy(record + 12, world.sent + 4, 8);
    }
    record[3] = type;
    for (unsigned i = 0; i + 1 < count; i += 2)
        record[changes[i]] = changes[i + 1];
    if (count % 2 != 0)
        length = 4u * changes[count - 1];
    arrive(name, world.suffix, world.sent_to, record, length < RECORD ? length : RECORD);
}

/* ---- the application ---- */

/* A call with a block of its own was made. */
static void made(enum uripc_status status)
{
    if (status == URIPC_PENDING)
        world.state[world.calls] = 1;
    assert(status != URIPC_OK);
}

static void open_something(uint8_t a, uint8_t b)
{
    static const struct uripc_text door = {"ipc:/door", 9}, elsewhere = {"ipc:/else", 9};
    const struct uripc_listen_options listen = {
        .size = sizeof listen, .mode = b & 1 ? URIPC_BYTES : URIPC_MESSAGES, .instances = b >> 6};
    const struct uripc_session_options session = {.size = sizeof session,
                                                  .flags = b & 2 ? URIPC_NOWAIT : 0,
                                                  .deadline = b & 4 ? 1000 : 0,
                                                  .beat = b & 8 ? 500 : 0,
                                                  .liveness = b & 16   ? &uripc_liveness_timeout
                                                              : b & 32 ? &uripc_liveness_freshness
                                                                       : NULL,
                                                  .silence = 2000};
    if (a % 3 == 0)
        made(uripc_listen(world.layers, door, &listen, ++world.calls));
    else if (a % 3 == 1)
        made(uripc_connect(world.layers, elsewhere, &session, ++world.calls));
    else
        made(uripc_accept(world.layers, world.handles[a / 3 % HANDLES], &session, ++world.calls));
}

static void use_session(uint8_t a, uint8_t b)
{
    static const unsigned char bytes[512];
    const struct uripc_handle handle = world.handles[a / 8 % HANDLES];
    const struct uripc_buffer buffer = {.id = APPLICATION_BUFFER + b, .size = b};
    const struct uripc_transfer_options options = {
        .size = sizeof options, .flags = b & 1 ? URIPC_NOWAIT : 0, .deadline = b & 2 ? 700 : 0};
    switch (a % 6) {
    case 0:
        made(uripc_session_send(world.layers, handle, bytes, b * 2u, &options, ++world.calls));
        break;
    case 1:
        made(uripc_session_receive(world.layers, handle, buffer, &options, ++world.calls));
        break;
    case 2:
        made(uripc_session_flush(world.layers, handle, &options, ++world.calls));
        break;
    case 3:
        made(uripc_session_shutdown(world.layers, handle, ++world.calls));
        break;
    case 4:
        made(uripc_session_close(world.layers, handle, ++world.calls));
        break;
    default:
        made(uripc_session_disconnect(world.layers, handle, ++world.calls));
        break;
    }
}

static void use_requests(uint8_t a, uint8_t b)
{
    static const unsigned char bytes[512];
    static const struct uripc_text elsewhere = {"ipc:/else", 9};
    const struct uripc_handle handle = world.handles[a / 8 % HANDLES];
    const struct uripc_buffer buffer = {.id = APPLICATION_BUFFER + b * 2u, .size = b * 2u};
    const struct uripc_request_options request = {.size = sizeof request,
                                                  .deadline = b & 1 ? 5000 : 0,
                                                  .retry = b & 2 ? 900 : 0,
                                                  .retries = b & 3,
                                                  .backoff = b & 4,
                                                  .session =
                                                      b & 8 ? handle : (struct uripc_handle){0}};
    const struct uripc_serve_options serve = {
        .size = sizeof serve, .deadline = b & 1 ? 800 : 0, .remember = b & 2 ? 3000 : 0};
    switch (a % 6) {
    case 0:
        made(uripc_request(world.layers, elsewhere, bytes, b, buffer, &request, ++world.calls));
        break;
    case 1:
        made(uripc_serve(world.layers, b & 4 ? handle : world.names[b % NAMES], buffer, &serve,
                         ++world.calls));
        break;
    case 2:
        made(uripc_reply(world.layers, world.served, bytes, b * 2u, ++world.calls));
        break;
    case 3:
        made(uripc_survey(world.layers, elsewhere, bytes, b, b * 10u, ++world.calls));
        break;
    case 4:
        made(uripc_survey_receive(world.layers, handle, buffer, ++world.calls));
        break;
    default:
        made(uripc_survey_close(world.layers, handle, ++world.calls));
        break;
    }
}

/* ---- turns ---- */

static void poll(void)
{
    struct uripc_completion done;
    while (uripc_layers_poll(world.layers, &done) == URIPC_OK) {
        assert(done.overlapped <= world.calls && world.state[done.overlapped] == 1);
        world.state[done.overlapped] = 2;
        if (done.call == URIPC_CALL_SERVE && done.status == URIPC_OK)
            world.served = done.message_id;
        else if (done.status == URIPC_OK && done.handle.id != 0)
            world.handles[done.handle.id % HANDLES] = done.handle;
    }
}

/* Turns until nothing is due any more. */
static void turn(void)
{
    unsigned turns = 0;
    uint64_t next;
    do {
        next = uripc_layers_turn(world.layers, world.now);
        poll();
        turns++;
        assert(turns < TURNS);
    } while (next <= world.now || world.done_count != 0);
}

/* Returns how many bytes it took. */
static size_t step(const uint8_t *at, size_t size)
{
    static const enum uripc_status statuses[] = {URIPC_OK,      URIPC_OK,          URIPC_PEER_GONE,
                                                 URIPC_TOO_BIG, URIPC_NO_RECEIVER, URIPC_TIMEOUT,
                                                 URIPC_FULL,    URIPC_UNREACHABLE};
    const uint8_t a = at[1], b = at[2];
    const uint8_t count = at[3] < size - 4 ? at[3] : (uint8_t)(size - 4);
    const unsigned name = a % NAMES;
    switch (at[0] % 8) {
    case 0:
        arrive(name, b & 2 ? "/1" : "", b & 1 ? "ipc:/else" : "ipc:/layers-0000000000000005/1",
               at + 4, count);
        break;
    case 1:
    case 2:
        answer(name, b, at + 4, count);
        break;
    case 3:
        open_something(a, b);
        break;
    case 4:
        use_session(a, b);
        break;
    case 5:
        use_requests(a, b);
        break;
    case 6:
        world.now += a * 100u + ((uint64_t)b << 22);
        break;
    default:
        world.sends = statuses[a % 8];
        (void)uripc_layers_cancel(world.layers, world.calls - b % 8);
        break;
    }
    turn();
    return 4u + count;
}

static void cancel_all(void)
{
    world.sends = URIPC_PEER_GONE;
    for (uint64_t call = 1; call <= world.calls; call++)
        if (world.state[call] == 1)
            (void)uripc_layers_cancel(world.layers, call);
    turn();
    for (uint64_t call = 1; call <= world.calls; call++)
        assert(world.state[call] != 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    memset(&world, 0, sizeof world);
    world.names[0].id = ++world.last_handle; /* of the application, to be served */
    memcpy(world.name[0], "ipc:/served", sizeof "ipc:/served");
    const struct uripc_layer_limits limits = uripc_layer_limits_tiny;
    const struct uripc_ground ground = {.size = sizeof ground,
                                        .calls = &calls,
                                        .identity = IDENTITY,
                                        .buffer = give_buffer,
                                        .copy_out = copy_out};
    void *block = malloc(uripc_layers_bytes(&limits));
    assert(block != NULL);
    world.layers = uripc_layers_init(block, &limits, &ground);
    assert(world.layers != NULL);
    while (size >= 4 && world.calls < CALLS - 1) {
        const size_t taken = step(data, size);
        data += taken;
        size -= taken;
    }
    cancel_all();
    for (unsigned i = 0; i < world.buffer_count; i++)
        free(world.buffers[i].bytes);
    free(block);
    return 0;
}
