/* SPDX-License-Identifier: MIT */
/* What a study compares: designs.  One of your own is a C file that exports uripc_design and is
 * compiled to a shared object (study.md):  cc -shared -fPIC mine.c -o mine.so */
#ifndef URIPC_STUDY_H
#define URIPC_STUDY_H

#include <uripc/program.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Version of the tables of study.h and program.h; members added at the end raise nothing. */
#define URIPC_DESIGN_VERSION 2

enum uripc_unit { URIPC_UNIT_COUNT, URIPC_UNIT_TIME /* nanoseconds */ };

struct uripc_parameter {
    const char *name; /* lowercase letters, digits and '-' */
    enum uripc_unit unit;
    uint64_t usual; /* unless the study says otherwise */
    const char *text;
    const char *zero; /* what 0 means, such as "never"; NULL: it is a value as any other */
    const char *with; /* a parameter; where that one is 0, this one has no effect; NULL: none */
};

enum { URIPC_PARAMETERS = 16 }; /* at most */

struct uripc_design {
    size_t size;      /* sizeof(struct uripc_design) */
    uint32_t version; /* URIPC_DESIGN_VERSION */
    const char *name;
    const char *text;
    const struct uripc_program *client;
    const struct uripc_program *worker;
    const struct uripc_parameter *parameters;
    size_t parameter_count;
    /* What may stand between clients and workers, one process of each; NULL: none.  Where there is
     * a service, a worker runs when that has started it; else all run from the beginning, and begin
     * anew after a crash. */
    const struct uripc_program *listener;
    const struct uripc_program *service;
};

#if defined(_WIN32)
#define URIPC_DESIGN_EXPORT __declspec(dllexport)
#else
#define URIPC_DESIGN_EXPORT __attribute__((visibility("default")))
#endif

/* The one function that a shared object exports. */
URIPC_DESIGN_EXPORT const struct uripc_design *uripc_design(void);

#ifdef __cplusplus
}
#endif

#endif
