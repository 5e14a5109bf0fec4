/* SPDX-License-Identifier: MIT */
/* What knobs and metrics are called. */
#include "simulator/study/stage.h"

const char *const study_knob_names[STUDY_KNOBS] = {
#define NAME_ROW(NAME, name, unit, usual, text) name,
    STUDY_KNOB_MAP(NAME_ROW)
#undef NAME_ROW
};

const enum study_unit study_knob_units[STUDY_KNOBS] = {
#define UNIT_ROW(NAME, name, unit, usual, text) unit,
    STUDY_KNOB_MAP(UNIT_ROW)
#undef UNIT_ROW
};

const uint64_t study_knob_usual[STUDY_KNOBS] = {
#define USUAL_ROW(NAME, name, unit, usual, text) UINT64_C(usual),
    STUDY_KNOB_MAP(USUAL_ROW)
#undef USUAL_ROW
};

const char *const study_metric_names[STUDY_METRICS] = {
#define METRIC_ROW(NAME, name, unit, text) name,
    STUDY_METRIC_MAP(METRIC_ROW)
#undef METRIC_ROW
};

const char *const study_metric_units[STUDY_METRICS] = {
#define METRIC_UNIT_ROW(NAME, name, unit, text) unit,
    STUDY_METRIC_MAP(METRIC_UNIT_ROW)
#undef METRIC_UNIT_ROW
};
