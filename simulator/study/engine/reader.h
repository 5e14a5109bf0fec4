/* SPDX-License-Identifier: MIT */
/* What the files that read study files share. */
#ifndef URIPC_STUDY_READER_H
#define URIPC_STUDY_READER_H

#include "simulator/study/engine/file.h"

struct study_reader {
    const char *path;
    unsigned line;
    struct study_file *file;
    struct study_scenario *scenario; /* what lines now speak of */
    struct study_scenario common;    /* what all scenarios begin with */
    char *error;
    size_t size;
};

/* Always false, having said where and what. */
__attribute__((format(printf, 2, 3))) bool study_wrong(struct study_reader *reader,
                                                       const char *format, ...);

/* Cuts the next word off; NULL: there is none. */
char *study_word(char **rest);

/* Of lowercase letters, digits and '-', and not too long. */
bool study_name_is_right(const char *name);

/* The text between quotes at the beginning and the end of a line. */
bool study_quoted(const char *text, char *to);

/* "a time such as 500ms" and so on. */
const char *study_form_of(enum study_unit unit);

/* The number of a design's parameter; -1: it has none such. */
int study_find_parameter(const struct uripc_design *design, const char *name);

/* A line `design ...`. */
bool study_read_design(struct study_reader *reader, char *rest);

/* A line `claim ...`. */
bool study_read_claim(struct study_reader *reader, char *rest);

#endif
