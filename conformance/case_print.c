/* SPDX-License-Identifier: MIT */
/* A case in canonical form. */
#include <inttypes.h>
#include <string.h>

#include "case_print.h"
#include "utf8.h"
#include "words.h"

enum { WRAP = 90, RUN_MIN = 8 };

/* Texts. */

size_t cf_character_print(const char *at, size_t size, FILE *out)
{
    uint32_t point;
    const size_t length = cf_utf8_read(at, size, &point);
    if (length == 0) {
        fprintf(out, "\\x%02X", (unsigned)(unsigned char)*at);
        return 1;
    }
    switch (point) {
    case '"':
    case '\\':
        fprintf(out, "\\%c", (char)point);
        break;
    case '\n':
        fputs("\\n", out);
        break;
    case '\t':
        fputs("\\t", out);
        break;
    case '\r':
        fputs("\\r", out);
        break;
    default:
        if (point >= ' ' && (point < 0x7f || point >= 0xa0)) {
            fwrite(at, 1, length, out);
            break;
        }
        for (size_t i = 0; i < length; i++) /* a control character */
            fprintf(out, "\\x%02X", (unsigned)(unsigned char)at[i]);
    }
    return length;
}

/* How often the byte at `at` stands there in a row.  Bytes of longer characters do not count. */
static size_t run_length(const char *at, size_t size)
{
    size_t run = 1;
    while (run < size && at[run] == *at)
        run++;
    return ((unsigned char)*at & 0x80) != 0 ? 1 : run;
}

/* Bytes that no file has spelled: one string, with long runs as "a"*1000. */
static void print_bytes(const char *at, size_t size, FILE *out)
{
    bool open = false, first = true;
    while (size > 0) {
        const size_t run = run_length(at, size);
        const bool folded = run >= RUN_MIN;
        if (folded && open) {
            fputc('"', out);
            open = false;
        }
        if (!open) {
            fputs(first ? "\"" : " + \"", out);
            first = false;
            open = true;
        }
        const size_t printed = cf_character_print(at, size, out);
        if (folded) {
            fprintf(out, "\"*%zu", run);
            open = false;
        }
        at += folded ? run : printed;
        size -= folded ? run : printed;
    }
    if (first)
        fputc('"', out);
    if (open || first)
        fputc('"', out);
}

void cf_text_print(const struct cf_text *text, FILE *out)
{
    if (text->spelling != NULL)
        fputs(text->spelling, out);
    else
        print_bytes(text->at, text->size, out);
}

const char *cf_duration_text(uint64_t nanoseconds, char to[CF_DURATION_ROOM])
{
    static const struct {
        const char *name;
        uint64_t size;
    } units[] = {{"s", 1000000000}, {"ms", 1000000}, {"us", 1000}, {"ns", 1}};
    size_t i = 0;
    while (nanoseconds % units[i].size != 0)
        i++;
    snprintf(to, CF_DURATION_ROOM, "%" PRIu64 "%s", nanoseconds / units[i].size, units[i].name);
    return to;
}

void cf_duration_print(uint64_t nanoseconds, FILE *out)
{
    char text[CF_DURATION_ROOM];
    fputs(cf_duration_text(nanoseconds, text), out);
}

/* " WORD D" */
void cf_print_duration(const char *word, uint64_t nanoseconds, FILE *out)
{
    fprintf(out, " %s ", word);
    cf_duration_print(nanoseconds, out);
}

/* " WORD N", or nothing for 0. */
void cf_print_number(const char *word, uint64_t number, FILE *out)
{
    if (number > 0)
        fprintf(out, " %s %" PRIu64, word, number);
}

void cf_data_print(const struct cf_data *data, const char *before, FILE *out)
{
    if (data->kind == CF_DATA_NONE)
        return;
    fputs(before, out);
    switch (data->kind) {
    case CF_DATA_NONE:
        break;
    case CF_DATA_EMPTY:
        fputs("empty", out);
        break;
    case CF_DATA_TEXT:
        cf_text_print(&data->text, out);
        break;
    case CF_DATA_BYTES:
        fprintf(out, "bytes %" PRIu32, data->count);
        if (data->seed != 1)
            fprintf(out, " seed %" PRIu32, data->seed);
        break;
    case CF_DATA_NULL:
        fprintf(out, "null %" PRIu32, data->count);
        break;
    case CF_DATA_ANY:
        fputs("any", out);
        break;
    }
}

/* The world. */

static void print_faults(const struct cf_faults *faults, FILE *out)
{
    if (faults->given == 0)
        fputs(" clear", out);
    if ((faults->given & CF_FAULT_DELAY) != 0) {
        cf_print_duration("delay", faults->delay_min, out);
        if (faults->delay_max > faults->delay_min) {
            fputs("..", out);
            cf_duration_print(faults->delay_max, out);
        }
    }
    if ((faults->given & CF_FAULT_LOSS) != 0)
        fprintf(out, " loss %" PRIu32 "/%" PRIu32, faults->loss_num, faults->loss_den);
    if ((faults->given & CF_FAULT_DUPLICATE) != 0) {
        fprintf(out, " duplicate %" PRIu32 "/%" PRIu32, faults->duplicate_num,
                faults->duplicate_den);
    }
    fputs((faults->given & CF_FAULT_REORDER) != 0 ? " reorder" : "", out);
    cf_print_number("size", faults->size, out);
    cf_print_number("capacity", faults->capacity, out);
    cf_print_number("transports", faults->transports, out);
}

static void print_clock(const struct cf_clock *clock, FILE *out)
{
    static const uint32_t offsets = CF_CLOCK_AHEAD | CF_CLOCK_BEHIND;
    static const uint32_t drifts = CF_CLOCK_FAST | CF_CLOCK_SLOW;
    if (clock->given == 0)
        fputs(" clear", out);
    if ((clock->given & offsets) != 0)
        cf_print_duration(cf_words_text(&cf_clock_words, (int)(clock->given & offsets)),
                          clock->offset, out);
    if ((clock->given & drifts) != 0)
        fprintf(out, " %s %" PRIu32 "/%" PRIu32,
                cf_words_text(&cf_clock_words, (int)(clock->given & drifts)), clock->drift_num,
                clock->drift_den);
}

static const char *victim(const struct cf_case *in, uint32_t process)
{
    return process == CF_RESOLVER ? "resolver" : in->processes[process].name;
}

static void print_world(const struct cf_case *in, const struct cf_step *step, FILE *out)
{
    fputs(cf_verb_name(step->verb), out);
    if (step->verb == CF_LINK && step->process == CF_NONE)
        fputs(" all", out);
    else if (step->process != CF_NONE)
        fprintf(out, " %s", victim(in, step->process));
    if (step->peer != CF_NONE)
        fprintf(out, "%s %s", step->one_way ? " ->" : "", victim(in, step->peer));
    if (step->verb == CF_STEP) {
        fputc(' ', out);
        cf_text_print(&step->uri, out);
    } else if (step->verb == CF_LINK) {
        print_faults(&step->faults, out);
    } else if (step->verb == CF_PRINCIPAL) {
        fprintf(out, " %" PRIu64, step->principal);
    } else if (step->verb == CF_CLOCK) {
        print_clock(&step->clock, out);
    } else if (step->verb == CF_WAIT || step->verb == CF_QUIET || step->verb == CF_SLOW) {
        fputc(' ', out);
        cf_duration_print(step->duration, out);
    }
    cf_print_number("at event", step->event, out);
    if (step->lasting != 0)
        cf_print_duration("for", step->lasting, out);
}

static void print_step(const struct cf_case *in, const struct cf_step *step, FILE *out)
{
    if (step->scheduled) {
        fputs("after ", out);
        cf_duration_print(step->after, out);
        fputc(' ', out);
    }
    if (step->verb <= CF_AWAIT) {
        fprintf(out, "%s:", in->processes[step->process].name);
        cf_print_call(step, out);
    } else {
        print_world(in, step, out);
    }
    fputc('\n', out);
}

/* Blocks. */

struct printer {
    const struct cf_case *in;
    FILE *out;
    size_t step;
    size_t repeat; /* the next one to open */
    unsigned depth;
};

static void indent(const struct printer *printer)
{
    fprintf(printer->out, "%*s", (int)printer->depth * 4, "");
}

/* The steps of one group; they stand in the file as often as in the case. */
static void print_group(struct printer *printer, const struct cf_group *group)
{
    indent(printer);
    fputs(group->subset ? "subset\n" : "unordered\n", printer->out);
    printer->depth++;
    for (size_t i = 0; i < group->count; i++) {
        indent(printer);
        print_step(printer->in, &printer->in->steps[printer->step++], printer->out);
    }
    printer->depth--;
    indent(printer);
    fputs("end\n", printer->out);
}

static void print_steps(struct printer *printer, size_t end);

static void print_repeat(struct printer *printer)
{
    const struct cf_repeat *const repeat = &printer->in->repeats[printer->repeat++];
    indent(printer);
    fprintf(printer->out, "repeat %" PRIu32 "\n", repeat->times);
    printer->depth++;
    print_steps(printer, repeat->first + repeat->body);
    printer->depth--;
    indent(printer);
    fputs("end\n", printer->out);
    printer->step = repeat->first + repeat->body * repeat->times;
}

static void print_steps(struct printer *printer, size_t end)
{
    const struct cf_case *const in = printer->in;
    while (printer->step < end) {
        const struct cf_step *const step = &in->steps[printer->step];
        if (printer->repeat < in->repeat_count &&
            in->repeats[printer->repeat].first == printer->step) {
            print_repeat(printer);
        } else if (step->group != CF_NONE) {
            print_group(printer, &in->groups[step->group]);
        } else {
            indent(printer);
            print_step(in, step, printer->out);
            printer->step++;
        }
    }
}

/* The header. */

static void print_clauses(const struct cf_case *in, FILE *out)
{
    size_t width = 0;
    for (size_t i = 0; i < in->clause_count; i++) {
        const size_t size = strlen(in->clauses[i].id) + 1;
        if (i == 0 || width + size > WRAP) {
            fputs(i > 0 ? "\nclause" : "clause", out);
            width = strlen("clause");
        }
        fprintf(out, " %s", in->clauses[i].id);
        width += size;
    }
    fputc('\n', out);
}

static void print_limits(const struct cf_limits *limits, FILE *out)
{
    const uint32_t any = limits->registrations | limits->operations | limits->routes |
                         limits->pool_bytes | limits->uri_units;
    if (!limits->tiny && any == 0)
        return;
    fputs(limits->tiny ? "limits tiny" : "limits", out);
    cf_print_number("registrations", limits->registrations, out);
    cf_print_number("operations", limits->operations, out);
    cf_print_number("routes", limits->routes, out);
    cf_print_number("pool", limits->pool_bytes, out);
    cf_print_number("uri", limits->uri_units, out);
    fputc('\n', out);
}

static void print_header(const struct cf_case *in, FILE *out)
{
    fprintf(out, "case %s\npromise %s\n", in->name, in->promise);
    print_clauses(in, out);
    if (strcmp(in->profile, "local") != 0)
        fprintf(out, "profile %s\n", in->profile);
    if (in->open)
        fputs("realm open\n", out);
    if (in->resolver != CF_RESOLVER_TABLE)
        fprintf(out, "resolver %s\n", cf_words_text(&cf_resolver_words, (int)in->resolver));
    if (in->needs_stated != 0) {
        fputs("needs", out);
        for (size_t i = 0; i < cf_need_words.count; i++)
            if ((in->needs_stated & (uint32_t)cf_need_words.list[i].value) != 0)
                fprintf(out, " %s", cf_need_words.list[i].text);
        fputc('\n', out);
    }
    if (in->probes != 0)
        fprintf(out, "probes %s\n", cf_need_name((enum cf_need)in->probes));
    print_limits(&in->limits, out);
    if (in->deadline != CF_DEADLINE_DEFAULT) {
        fputs("deadline ", out);
        cf_duration_print(in->deadline, out);
        fputc('\n', out);
    }
    fputc('\n', out);
}

void cf_case_print(const struct cf_case *test_case, FILE *out)
{
    struct printer printer = {.in = test_case, .out = out};
    print_header(test_case, out);
    print_steps(&printer, test_case->step_count);
}
