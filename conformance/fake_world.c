/* SPDX-License-Identifier: MIT */
#include "fake_world.h"

#include <string.h>

#include <uripc/message.h>

static struct fake_world *own(struct cf_world *world)
{
    return (struct fake_world *)(void *)world;
}

static bool fake_begin(struct cf_world *world, const struct cf_world_setup *setup,
                       const char **reason)
{
    struct fake_world *self = own(world);
    const struct fake_answer *script = self->script;
    size_t length = self->length;
    *reason = "this world has only the profile local";
    if (strcmp(setup->profile, "local") != 0)
        return false;
    const struct cf_world kept = self->world;
    const struct cf_world_trouble *trouble = self->trouble;
    fake_world_init(self, script, length);
    self->world = kept;
    self->trouble = trouble;
    self->setup = *setup;
    return true;
}

static void fake_destroy(struct cf_world *world)
{
    (void)world;
}

static void fake_start(struct cf_world *world, uint32_t process, const char *name,
                       uint64_t principal)
{
    (void)world;
    (void)process;
    (void)name;
    (void)principal;
}

/* Writes the message as the layout says; returns its size. */
static uint32_t write_message(unsigned char *to, const struct fake_answer *answer,
                              struct uripc_completion *completion)
{
    uint32_t source = (uint32_t)strlen(answer->source);
    uint32_t target = (uint32_t)strlen(answer->target);
    uint32_t data = (uint32_t)strlen(answer->data);
    const struct uripc_message header = {source, target, data, 0};
    uint32_t at = (16 + source + target + 7) / 8 * 8;
    memcpy(to, &header, sizeof(header));
    memset(to + 16, 0, at - 16);
    memcpy(to + 16, answer->source, source);
    memcpy(to + 16 + source, answer->target, target);
    memcpy(to + at, answer->data, data);
    completion->source_units = source;
    completion->target_units = target;
    completion->data_bytes = data;
    return at + data;
}

static void complete(struct fake_world *self, uint32_t process, const struct cf_world_call *call,
                     const struct fake_answer *answer)
{
    struct uripc_completion completion = {
        .overlapped = call->overlapped,
        .call = answer->call ? answer->call : call->call,
        .status = answer->status,
        .certainty = answer->certainty ? answer->certainty : URIPC_DEFINITE,
        .handle = {answer->handle ? answer->handle : call->handle.id},
        .bytes = answer->bytes,
        .message_id = answer->message_id,
        .incarnation = answer->incarnation};
    if (call->call == URIPC_CALL_REGISTER && answer->status == URIPC_OK) {
        completion.handle.id = answer->handle ? answer->handle : 100 + self->next;
        completion.incarnation = answer->incarnation.node
                                     ? answer->incarnation
                                     : (struct uripc_incarnation){1 + process, self->next};
    }
    if (answer->source)
        completion.bytes = write_message(self->buffers[call->buffer], answer, &completion);
    for (unsigned i = 0; i < (answer->completions ? answer->completions : 1); i++) {
        self->completions[self->count++] =
            (struct fake_completion){answer->at, process, completion};
    }
}

static enum uripc_status fake_call(struct cf_world *world, uint32_t process,
                                   const struct cf_world_call *call)
{
    struct fake_world *self = own(world);
    static const struct fake_answer nothing = {.silent = true};
    const struct fake_answer *answer =
        self->next < self->length ? &self->script[self->next] : &nothing;
    self->next++;
    self->data = call->data;
    self->violations += answer->violates;
    if (answer->returned != URIPC_OK)
        return answer->returned;
    if (!answer->silent)
        complete(self, process, call, answer);
    return URIPC_PENDING;
}

static enum uripc_status fake_cancel(struct cf_world *world, uint32_t process, uint64_t overlapped)
{
    (void)process;
    (void)overlapped;
    own(world)->cancels++;
    return URIPC_OK;
}

static enum uripc_status fake_cancel_all(struct cf_world *world, uint32_t process,
                                         struct uripc_handle handle)
{
    return fake_cancel(world, process, handle.id);
}

static enum uripc_status fake_info(struct cf_world *world, uint32_t process,
                                   struct uripc_handle handle, struct uripc_info *info)
{
    (void)world;
    (void)process;
    *info = (struct uripc_info){.messages = 3,
                                .bytes = 5,
                                .dropped = 1,
                                .next_source = URIPC_NO_MESSAGE,
                                .next_target = URIPC_NO_MESSAGE,
                                .next_data = URIPC_NO_MESSAGE};
    return handle.id ? URIPC_OK : URIPC_INVALID_HANDLE;
}

static bool fake_completion(struct cf_world *world, uint32_t process,
                            struct uripc_completion *completion)
{
    struct fake_world *self = own(world);
    for (size_t i = 0; i < self->count; i++) {
        if (self->completions[i].process == process && self->completions[i].at <= self->now) {
            *completion = self->completions[i].completion;
            self->count--;
            memmove(&self->completions[i], &self->completions[i + 1],
                    (self->count - i) * sizeof(self->completions[0]));
            return true;
        }
    }
    return false;
}

static uint64_t fake_buffer(struct cf_world *world, uint32_t process, uint32_t size)
{
    (void)process;
    (void)size;
    return own(world)->buffer_count++;
}

static unsigned char *fake_bytes(struct cf_world *world, uint64_t buffer)
{
    return own(world)->buffers[buffer];
}

static void fake_release(struct cf_world *world, uint64_t buffer)
{
    (void)world;
    (void)buffer;
}

static uint64_t fake_now(struct cf_world *world)
{
    return own(world)->now;
}

/* The next time at which a completion or a work is due. */
static uint64_t next_time(const struct fake_world *self)
{
    uint64_t next = CF_NEVER;
    for (size_t i = 0; i < self->count; i++) {
        uint64_t at = self->completions[i].at;
        next = at > self->now && at < next ? at : next;
    }
    for (size_t i = 0; i < self->work_count; i++)
        next = self->works[i].at < next ? self->works[i].at : next;
    return next;
}

static enum cf_progress fake_advance(struct cf_world *world, uint64_t until)
{
    struct fake_world *self = own(world);
    uint64_t next = next_time(self);
    if (next == CF_NEVER)
        return CF_IDLE;
    self->now = next < until ? next : until;
    if (next > until)
        return CF_REACHED;
    for (size_t i = 0; i < self->work_count; i++) {
        if (self->works[i].at == next) {
            const struct fake_work work = self->works[i];
            self->works[i] = self->works[--self->work_count];
            (work.death ? self->setup.died : self->setup.work)(self->setup.user, work.word);
            break;
        }
    }
    return CF_STEPPED;
}

static void fake_pass(struct cf_world *world, uint64_t until)
{
    own(world)->now = until;
}

static void fake_schedule(struct cf_world *world, uint64_t at, uint32_t process, uint32_t word)
{
    struct fake_world *self = own(world);
    (void)process;
    self->works[self->work_count++] = (struct fake_work){.at = at, .word = word};
}

static void fake_crash(struct cf_world *world, uint32_t process)
{
    (void)process;
    own(world)->crashes++;
}

static void fake_restart(struct cf_world *world, uint32_t process)
{
    (void)process;
    own(world)->restarts++;
}

static void fake_pause(struct cf_world *world, uint32_t process)
{
    (void)process;
    own(world)->pauses++;
}

static void fake_resume(struct cf_world *world, uint32_t process)
{
    (void)process;
    own(world)->resumes++;
}

static void fake_cut(struct cf_world *world, uint32_t from, uint32_t to)
{
    (void)from;
    (void)to;
    own(world)->cuts++;
}

static void fake_heal(struct cf_world *world, uint32_t from, uint32_t to)
{
    (void)from;
    (void)to;
    own(world)->heals++;
}

static void fake_link(struct cf_world *world, uint32_t from, uint32_t to,
                      const struct cf_world_faults *faults)
{
    (void)faults;
    (void)from;
    (void)to;
    own(world)->links++;
}

/* An event a nanosecond. */
static void fake_crash_after(struct cf_world *world, uint32_t process, uint64_t events)
{
    struct fake_world *self = own(world);
    self->works[self->work_count++] =
        (struct fake_work){.at = self->now + events, .word = process, .death = true};
}

static void fake_slow(struct cf_world *world, uint32_t process, uint64_t turn)
{
    own(world)->turns[process] = turn;
}

static void fake_clock(struct cf_world *world, uint32_t process, int64_t offset, int32_t drift)
{
    struct fake_world *self = own(world);
    self->offsets[process] = offset;
    self->drifts[process] = drift;
}

static void fake_note(struct cf_world *world, uint64_t word)
{
    own(world)->fingerprint = own(world)->fingerprint * 31 + word;
}

static uint64_t fake_fingerprint(struct cf_world *world)
{
    return own(world)->fingerprint;
}

static uint64_t fake_draws(struct cf_world *world)
{
    (void)world;
    return 0;
}

static uint64_t fake_violations(struct cf_world *world)
{
    return own(world)->violations;
}

static bool fake_count(struct cf_world *world, size_t index, struct cf_world_count *count)
{
    *count = (struct cf_world_count){"crashes", own(world)->crashes};
    return index == 0;
}

static void fake_nothing(struct cf_world *world)
{
    (void)world;
}

static const struct cf_world_trouble *fake_trouble(struct cf_world *world)
{
    return own(world)->trouble;
}

static const struct cf_world_ops fake_ops = {
    .begin = fake_begin,
    .destroy = fake_destroy,
    .start = fake_start,
    .call = fake_call,
    .cancel = fake_cancel,
    .cancel_all = fake_cancel_all,
    .info = fake_info,
    .completion = fake_completion,
    .fence = fake_nothing,
    .end = fake_nothing,
    .trouble = fake_trouble,
    .buffer = fake_buffer,
    .bytes = fake_bytes,
    .release = fake_release,
    .now = fake_now,
    .advance = fake_advance,
    .pass = fake_pass,
    .schedule = fake_schedule,
    .crash = fake_crash,
    .restart = fake_restart,
    .pause = fake_pause,
    .resume = fake_resume,
    .cut = fake_cut,
    .heal = fake_heal,
    .link = fake_link,
    .crash_after = fake_crash_after,
    .slow = fake_slow,
    .clock = fake_clock,
    .note = fake_note,
    .fingerprint = fake_fingerprint,
    .draws = fake_draws,
    .violations = fake_violations,
    .count = fake_count,
};

void fake_world_init(struct fake_world *self, const struct fake_answer *script, size_t length)
{
    memset(self, 0, sizeof(*self));
    self->world = (struct cf_world){
        .ops = &fake_ops, .capabilities = UINT32_MAX, .repeatable = true, .settle = 1000000000};
    self->script = script;
    self->length = length;
}
