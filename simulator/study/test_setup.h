/* SPDX-License-Identifier: MIT */
/* Runs of designs in tests.  Include it after <cmocka.h>. */
#ifndef URIPC_STUDY_TEST_SETUP_H
#define URIPC_STUDY_TEST_SETUP_H

#include <string.h>

#include "simulator/study/stage.h"

static inline struct study_setup usual_setup(const struct uripc_design *design, uint64_t seed)
{
    struct study_setup setup = {.design = design, .profile = "mailslot-remote-nt4", .seed = seed};
    for (size_t i = 0; i < STUDY_KNOBS; i++)
        setup.knobs[i] = study_knob_usual[i];
    for (size_t i = 0; i < design->parameter_count; i++)
        setup.parameters[i] = design->parameters[i].usual;
    return setup;
}

static inline void set_parameter(struct study_setup *setup, const char *name, uint64_t value)
{
    for (size_t i = 0; i < setup->design->parameter_count; i++) {
        if (strcmp(setup->design->parameters[i].name, name) == 0)
            setup->parameters[i] = value;
    }
}

static inline struct study_result run_setup(const struct study_setup *setup)
{
    struct study_result result;
    assert_true(study_stage_run(setup, &result));
    return result;
}

#endif
