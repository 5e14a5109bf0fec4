/* SPDX-License-Identifier: MIT */
#include "transcript.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "results.h"

enum { LINE_WIDTH = 62 }; /* where the arrows stand, but for longer lines */

static void print_time(uint64_t nanoseconds, FILE *out)
{
    fprintf(out, "%9" PRIu64 ".%03" PRIu64 "  ", nanoseconds / 1000, nanoseconds % 1000);
}

static void print_text(const struct uripc_text *text, FILE *out)
{
    if (text->length) {
        fputc(' ', out);
        cf_bytes_print(text->at, text->length, out);
    }
}

static const char *name_of(const struct cf_case *test_case, uint32_t process)
{
    if (process == CF_RESOLVER)
        return "resolver";
    return process < test_case->process_count ? test_case->processes[process].name : "-";
}

/* "carry P1 -> P2 message 1 ... 14 bytes" */
static void print_event(const struct cf_trace_record *record, const struct cf_case *test_case,
                        FILE *out)
{
    fputs("    ", out);
    print_time(record->at, out);
    fputs(cf_trace_name(record->kind), out);
    if (record->process != CF_NOBODY) {
        /* What arrives is told by who gets it. */
        bool arrives = record->kind == CF_TRACE_DELIVER;
        fprintf(out, " %s", name_of(test_case, record->process));
        if (record->peer != CF_NOBODY)
            fprintf(out, "%s%s", arrives ? " <- " : " -> ", name_of(test_case, record->peer));
    }
    if (record->text)
        fprintf(out, "%s %s", record->kind == CF_TRACE_COMPLETION ? " of" : "", record->text);
    if (record->frame || record->message_id)
        fprintf(out, " %s %" PRIu64, record->frame ? record->frame : "message", record->message_id);
    if (record->has_status)
        fprintf(out, " %s", uripc_status_name(record->status));
    print_text(&record->source, out);
    print_text(&record->target, out);
    if (record->bytes)
        fprintf(out, " %" PRIu32 " bytes", record->bytes);
    fputc('\n', out);
}

static void print_trace(const struct cf_transcript *self, size_t from, size_t to, FILE *out)
{
    for (size_t i = from; i < to && self->form == CF_TRANSCRIPT_TRACE; i++) {
        const struct cf_trace_record *record = &self->recording->trace[i].record;
        if (record->kind != CF_TRACE_CALL) /* the line itself has said it */
            print_event(record, self->test_case, out);
    }
}

/* The reader's own text stands without its quotes and keyword. */
static void print_step(const struct cf_recorded_step *recorded, const struct cf_case *test_case,
                       FILE *out)
{
    const struct cf_step *step = &test_case->steps[recorded->step];
    struct uripc_text text = cf_step_text(step);
    print_time(recorded->at, out);
    if (step->verb == CF_STEP) {
        fprintf(out, "%.*s\n", (int)step->uri.size, step->uri.at);
        return;
    }
    fprintf(out, "%-*.*s", recorded->observed ? LINE_WIDTH : 0, (int)text.length, text.at);
    if (recorded->observed)
        fprintf(out, " -> %s", recorded->observed);
    if (recorded->verdict != CF_VERDICT_PASS)
        fprintf(out, "   [%s, line %u]", cf_verdict_name(recorded->verdict), (unsigned)step->line);
    fputc('\n', out);
}

static void print_json(const struct cf_transcript *self, FILE *out)
{
    for (size_t i = 0; i < self->recording->trace_count; i++) {
        json_t *object = cf_results_event(&self->recording->trace[i].record, self->test_case);
        char *text = json_dumps(object, JSON_COMPACT);
        fprintf(out, "%s\n", text ? text : "{}");
        free(text);
        json_decref(object);
    }
}

static void print_steps(const struct cf_transcript *self, FILE *out)
{
    const struct cf_recording *recording = self->recording;
    size_t count = recording->step_count;
    print_trace(self, 0, count ? recording->steps[0].trace : recording->trace_count, out);
    for (size_t i = 0; i < count; i++) {
        const struct cf_recorded_step *step = &recording->steps[i];
        size_t end = i + 1 < count ? step[1].trace : recording->trace_count;
        print_step(step, self->test_case, out);
        print_trace(self, step->trace, end, out);
    }
}

void cf_transcript_print(const struct cf_transcript *self, FILE *out)
{
    const struct cf_outcome *outcome = self->outcome;
    if (self->form == CF_TRANSCRIPT_JSON) {
        print_json(self, out);
        return;
    }
    fprintf(out, "case %s   seed %" PRIu64 "   backend %s   profile %s\n", self->test_case->name,
            self->seed, self->backend, self->test_case->profile);
    print_steps(self, out);
    if (outcome->reason[0]) {
        uint32_t line = outcome->failed_line ? outcome->failed_line : self->test_case->name_line;
        fprintf(out, "  %s:%u: %s\n", self->test_case->file, (unsigned)line, outcome->reason);
    }
    if (self->seeds.first != self->seeds.last) {
        fprintf(out, "  the worst of %" PRIu64 " runs, seeds %" PRIu64 " to %" PRIu64 "\n",
                self->seeds.last - self->seeds.first + 1, self->seeds.first, self->seeds.last);
    }
    fprintf(out, "  verdict %s   fingerprint %016" PRIx64 "\n", cf_verdict_name(outcome->verdict),
            outcome->fingerprint);
}
