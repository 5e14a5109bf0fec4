/* SPDX-License-Identifier: MIT */
#include "diagnostic.h"

#include <stdarg.h>
#include <string.h>

#include "utf8.h"

/* The line's bytes without its end. */
static const char *find_line(const struct cf_source *source, uint32_t line, size_t *size)
{
    const char *at = source->bytes;
    const char *const end = source->bytes + source->size;
    for (uint32_t number = 1; number < line && at < end; number++) {
        const char *const newline = memchr(at, '\n', (size_t)(end - at));
        at = newline == NULL ? end : newline + 1;
    }
    const char *const newline = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
    *size = (size_t)((newline == NULL ? end : newline) - at);
    if (*size > 0 && at[*size - 1] == '\r')
        (*size)--;
    return at;
}

/* Copies what can be shown of a line: at most CF_EXCERPT_CHARACTERS around the column, one column
 * for each character, whatever it was. */
static void make_excerpt(struct cf_diagnostic *one, const char *line, size_t size)
{
    const uint32_t half = CF_EXCERPT_CHARACTERS / 2;
    const uint32_t skip = one->column > CF_EXCERPT_CHARACTERS - 8 ? one->column - half : 0;
    size_t used = 0, at = 0;
    for (uint32_t i = 0; at < size && i < skip + CF_EXCERPT_CHARACTERS; i++) {
        uint32_t point;
        const size_t length = cf_utf8_read(line + at, size - at, &point);
        const size_t step = length > 0 ? length : 1;
        if (i >= skip && (length == 0 || point < ' ' || point == 0x7f)) {
            one->excerpt[used++] = length == 0 ? '?' : ' ';
        } else if (i >= skip) {
            memcpy(one->excerpt + used, line + at, step);
            used += step;
        }
        at += step;
    }
    one->excerpt[used] = '\0';
    one->caret = one->column > skip ? one->column - 1 - skip : 0;
}

/* Makes room in the order of lines; errors of one line stay in the order they were found. */
static struct cf_diagnostic *insert(struct cf_diagnostics *diagnostics, uint32_t line)
{
    if (diagnostics->count == CF_DIAGNOSTICS_MAX) {
        diagnostics->more = true;
        return NULL;
    }
    size_t place = diagnostics->count++;
    while (place > 0 && diagnostics->list[place - 1].line > line) {
        diagnostics->list[place] = diagnostics->list[place - 1];
        place--;
    }
    return &diagnostics->list[place];
}

void cf_complain(struct cf_diagnostics *diagnostics, const struct cf_source *source, uint32_t line,
                 uint32_t column, const char *format, ...)
{
    if (diagnostics->count == 0)
        snprintf(diagnostics->file, sizeof diagnostics->file, "%s", source->file);
    struct cf_diagnostic *const one = insert(diagnostics, line);
    if (one == NULL)
        return;
    *one = (struct cf_diagnostic){.line = line, .column = column};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(one->message, sizeof one->message, format, arguments);
    va_end(arguments);
    if (line > 0) {
        size_t size;
        const char *const text = find_line(source, line, &size);
        make_excerpt(one, text, size);
    }
}

void cf_diagnostics_print(const struct cf_diagnostics *diagnostics, FILE *out)
{
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct cf_diagnostic *const one = &diagnostics->list[i];
        if (one->line == 0) {
            fprintf(out, "%s: error: %s\n", diagnostics->file, one->message);
            continue;
        }
        fprintf(out, "%s:%u:%u: error: %s\n", diagnostics->file, (unsigned)one->line,
                (unsigned)one->column, one->message);
        fprintf(out, "    %s\n    %*s^\n", one->excerpt, (int)one->caret, "");
    }
    if (diagnostics->more)
        fprintf(out, "%s: more errors follow\n", diagnostics->file);
}
