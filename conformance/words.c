/* SPDX-License-Identifier: MIT */
#include "words.h"

#include <string.h>

#include "case.h"

#define WORDS(about, array)                                                                        \
    {                                                                                              \
        .what = (about), .list = (array), .count = sizeof(array) / sizeof *(array)                 \
    }

static const struct cf_word kinds[] = {
    {"exclusive", URIPC_EXCLUSIVE},
    {"shared", URIPC_SHARED},
    {"group", URIPC_GROUP},
};
const struct cf_words cf_kind_words = WORDS("a kind (exclusive, shared or group)", kinds);

static const struct cf_word overflows[] = {
    {"reject", URIPC_REJECT},
    {"block", URIPC_BLOCK},
    {"drop-newest", URIPC_DROP_NEWEST},
    {"drop-oldest", URIPC_DROP_OLDEST},
};
const struct cf_words cf_overflow_words =
    WORDS("an overflow policy (reject, block, drop-newest or drop-oldest)", overflows);

#define NEED_WORD(bit, NAME, name, text) {name, CF_NEED_##NAME},
#define NEED_NAME(bit, NAME, name, text) " " name
static const struct cf_word needs[] = {URIPC_CAPABILITY_MAP(NEED_WORD)
                                           CF_WORLD_CAPABILITY_MAP(NEED_WORD)};
const struct cf_words cf_need_words = WORDS(
    "one of the capabilities" CF_WORLD_CAPABILITY_MAP(NEED_NAME) URIPC_CAPABILITY_MAP(NEED_NAME),
    needs);

static const struct cf_word capabilities[] = {URIPC_CAPABILITY_MAP(NEED_WORD)};
const struct cf_words cf_capability_words =
    WORDS("one of the capabilities" URIPC_CAPABILITY_MAP(NEED_NAME), capabilities);

static const struct cf_word realms[] = {{"private", false}, {"open", true}};
const struct cf_words cf_realm_words = WORDS("a kind of realm (private or open)", realms);

static const struct cf_word resolvers[] = {
    {"table", CF_RESOLVER_TABLE},
    {"daemon", CF_RESOLVER_DAEMON},
    {"rendezvous", CF_RESOLVER_RENDEZVOUS},
};
const struct cf_words cf_resolver_words =
    WORDS("a kind of resolver (table, daemon or rendezvous)", resolvers);

static const struct cf_word calls[] = {
    {"register", CF_REGISTER}, {"send", CF_SEND},         {"receive", CF_RECEIVE},
    {"close", CF_CLOSE},       {"listen", CF_LISTEN},     {"connect", CF_CONNECT},
    {"accept", CF_ACCEPT},     {"write", CF_WRITE},       {"read", CF_READ},
    {"flush", CF_FLUSH},       {"shutdown", CF_SHUTDOWN}, {"disconnect", CF_DISCONNECT},
    {"request", CF_REQUEST},   {"serve", CF_SERVE},       {"reply", CF_REPLY},
    {"survey", CF_SURVEY},     {"await", CF_AWAIT},       {"cancel", CF_CANCEL},
    {"poll", CF_POLL},         {"info", CF_INFO},         {"peek", CF_PEEK},
};
const struct cf_words cf_call_words =
    WORDS("a call (register, send, receive, close, listen, connect, accept, write, read, flush, "
          "shutdown, disconnect, request, serve, reply, survey, start, await, cancel, poll, info "
          "or peek)",
          calls);

const struct cf_words cf_start_words = {
    .what = "a call that completes (register, send, receive, close, listen, connect, accept, "
            "write, read, flush, shutdown, disconnect, request, serve, reply or survey)",
    .list = calls,
    .count = 16};

static const struct cf_word completed[] = {
    {"register", URIPC_CALL_REGISTER},
    {"send", URIPC_CALL_SEND},
    {"receive", URIPC_CALL_RECEIVE},
    {"close", URIPC_CALL_CLOSE},
    {"listen", URIPC_CALL_LISTEN},
    {"accept", URIPC_CALL_ACCEPT},
    {"connect", URIPC_CALL_CONNECT},
    {"session-send", URIPC_CALL_SESSION_SEND},
    {"session-receive", URIPC_CALL_SESSION_RECEIVE},
    {"shutdown", URIPC_CALL_SHUTDOWN},
    {"flush", URIPC_CALL_FLUSH},
    {"session-close", URIPC_CALL_SESSION_CLOSE},
    {"disconnect", URIPC_CALL_DISCONNECT},
    {"request", URIPC_CALL_REQUEST},
    {"serve", URIPC_CALL_SERVE},
    {"reply", URIPC_CALL_REPLY},
    {"survey", URIPC_CALL_SURVEY},
    {"survey-receive", URIPC_CALL_SURVEY_RECEIVE},
    {"survey-close", URIPC_CALL_SURVEY_CLOSE},
};
const struct cf_words cf_completed_words = WORDS("a call that completes (register ...)", completed);

static const struct cf_word world[] = {
    {"step", CF_STEP},     {"crash", CF_CRASH}, {"restart", CF_RESTART},     {"pause", CF_PAUSE},
    {"resume", CF_RESUME}, {"cut", CF_CUT},     {"heal", CF_HEAL},           {"link", CF_LINK},
    {"slow", CF_SLOW},     {"clock", CF_CLOCK}, {"principal", CF_PRINCIPAL}, {"wait", CF_WAIT},
    {"quiet", CF_QUIET},
};
const struct cf_words cf_world_words = WORDS("a step", world);

static const struct cf_word statuses[] = {
#define STATUS_WORD(value, NAME, name, certainty, win32, error, text) {name, URIPC_##NAME},
    URIPC_STATUS_MAP(STATUS_WORD)
#undef STATUS_WORD
};
const struct cf_words cf_status_words = WORDS("a status", statuses);

static const struct cf_word limits[] = {
    {"registrations", CF_LIMIT_REGISTRATIONS},
    {"operations", CF_LIMIT_OPERATIONS},
    {"routes", CF_LIMIT_ROUTES},
    {"pool", CF_LIMIT_POOL},
    {"uri", CF_LIMIT_URI},
};
const struct cf_words cf_limit_words =
    WORDS("a limit (tiny, registrations, operations, routes, pool or uri)", limits);

static const struct cf_word faults[] = {
    {"delay", CF_FAULT_DELAY},
    {"loss", CF_FAULT_LOSS},
    {"duplicate", CF_FAULT_DUPLICATE},
    {"reorder", CF_FAULT_REORDER},
    {"size", CF_FAULT_SIZE},
    {"capacity", CF_FAULT_CAPACITY},
    {"transports", CF_FAULT_TRANSPORTS},
    {"clear", 0},
};
const struct cf_words cf_fault_words =
    WORDS("a fault (delay, loss, duplicate, reorder, size, capacity, transports or clear)", faults);

static const struct cf_word settings[] = {
    {"ahead", CF_CLOCK_AHEAD},
    {"behind", CF_CLOCK_BEHIND},
    {"fast", CF_CLOCK_FAST},
    {"slow", CF_CLOCK_SLOW},
    {"clear", 0},
};
const struct cf_words cf_clock_words =
    WORDS("a setting of a clock (ahead, behind, fast, slow or clear)", settings);

static const struct cf_word checks[] = {
    {"definite", CF_CHECK_DEFINITE}, {"indefinite", CF_CHECK_INDEFINITE},
    {"within", CF_CHECK_WITHIN},     {"at", CF_CHECK_AT},
    {"bytes", CF_CHECK_BYTES},       {"lengths", CF_CHECK_LENGTHS},
    {"size", CF_CHECK_SIZE},         {"incarnation", CF_CHECK_INCARNATION},
    {"message", CF_CHECK_MESSAGE},   {"principal", CF_CHECK_PRINCIPAL},
    {"aligned", CF_CHECK_ALIGNED},   {"left", CF_CHECK_LEFT},
};
const struct cf_words cf_check_words = WORDS("a check (definite, within 5ms, bytes 3 ...)", checks);

static const struct cf_word fields[] = {
    {"messages", CF_CHECK_MESSAGES}, {"bytes", CF_CHECK_BYTES},
    {"next", CF_CHECK_NEXT},         {"receives", CF_CHECK_RECEIVES},
    {"waiting", CF_CHECK_WAITING},   {"dropped", CF_CHECK_DROPPED},
    {"kind", CF_CHECK_KIND},         {"incarnation", CF_CHECK_INCARNATION},
};
const struct cf_words cf_field_words = WORDS(
    "a field (messages, bytes, next, receives, waiting, dropped, kind or incarnation)", fields);

static const struct cf_word views[] = {
    {"state", CF_CHECK_STATE},
    {"status", CF_CHECK_STATUS},
    {"mode", CF_CHECK_MODE},
    {"bytes", CF_CHECK_BYTES},
    {"left", CF_CHECK_LEFT},
    {"unread", CF_CHECK_UNREAD},
    {"incarnation", CF_CHECK_INCARNATION},
};
const struct cf_words cf_peek_words =
    WORDS("a field (state, status, mode, bytes, left, unread or incarnation)", views);

static const struct cf_word modes[] = {{"messages", URIPC_MESSAGES}, {"bytes", URIPC_BYTES}};
const struct cf_words cf_mode_words = WORDS("a mode (messages or bytes)", modes);

static const struct cf_word states[] = {
    {"open", URIPC_SESSION_OPEN}, {"ending", URIPC_SESSION_ENDING}, {"ended", URIPC_SESSION_ENDED}};
const struct cf_words cf_state_words = WORDS("a state (open, ending or ended)", states);

static const struct cf_word detectors[] = {{"timeout", CF_DETECTOR_TIMEOUT},
                                           {"freshness", CF_DETECTOR_FRESHNESS}};
const struct cf_words cf_detector_words = WORDS("a detector (timeout or freshness)", detectors);

static const struct cf_word options[] = {
    {"as", CF_OPTION_AS},
    {"under", CF_OPTION_UNDER},
    {"kind", CF_OPTION_KIND},
    {"queue", CF_OPTION_QUEUE},
    {"queue-bytes", CF_OPTION_QUEUE_BYTES},
    {"overflow", CF_OPTION_OVERFLOW},
    {"max", CF_OPTION_MAX},
    {"deadline", CF_OPTION_DEADLINE},
    {"nowait", CF_OPTION_NOWAIT},
    {"expecting", CF_OPTION_EXPECTING},
    {"buffer", CF_OPTION_BUFFER},
    {"utf16", CF_OPTION_UTF16},
    {"discard", CF_OPTION_DISCARD},
    {"mode", CF_OPTION_MODE},
    {"instances", CF_OPTION_INSTANCES},
    {"waiting", CF_OPTION_WAITING},
    {"beat", CF_OPTION_BEAT},
    {"silence", CF_OPTION_SILENCE},
    {"detector", CF_OPTION_DETECTOR},
    {"notice", CF_OPTION_NOTICE},
    {"over", CF_OPTION_OVER},
    {"retry", CF_OPTION_RETRY},
    {"retries", CF_OPTION_RETRIES},
    {"backoff", CF_OPTION_BACKOFF},
    {"remember", CF_OPTION_REMEMBER},
    {"during", CF_OPTION_DURING},
};
const struct cf_words cf_option_words = WORDS("an option", options);

static const struct cf_word headers[] = {
    {"case", CF_HEADER_CASE},         {"promise", CF_HEADER_PROMISE},
    {"clause", CF_HEADER_CLAUSE},     {"profile", CF_HEADER_PROFILE},
    {"realm", CF_HEADER_REALM},       {"needs", CF_HEADER_NEEDS},
    {"probes", CF_HEADER_PROBES},     {"limits", CF_HEADER_LIMITS},
    {"deadline", CF_HEADER_DEADLINE}, {"resolver", CF_HEADER_RESOLVER},
};
const struct cf_words cf_header_words = WORDS("a header line", headers);

static const struct cf_word blocks[] = {
    {"repeat", CF_BLOCK_REPEAT}, {"unordered", CF_BLOCK_UNORDERED}, {"subset", CF_BLOCK_SUBSET},
    {"end", CF_BLOCK_END},       {"after", CF_BLOCK_AFTER},
};
const struct cf_words cf_block_words = WORDS("a block", blocks);

bool cf_words_find(const struct cf_words *words, const char *at, size_t size, int *value)
{
    for (size_t i = 0; i < words->count; i++) {
        const struct cf_word *const word = &words->list[i];
        if (strlen(word->text) == size && memcmp(word->text, at, size) == 0) {
            *value = word->value;
            return true;
        }
    }
    return false;
}

const char *cf_words_text(const struct cf_words *words, int value)
{
    for (size_t i = 0; i < words->count; i++)
        if (words->list[i].value == value)
            return words->list[i].text;
    return "?";
}

const char *cf_verb_name(enum cf_verb verb)
{
    if (verb == CF_CANCEL_ALL)
        return "cancel";
    return cf_words_text(verb <= CF_AWAIT ? &cf_call_words : &cf_world_words, (int)verb);
}

bool cf_verb_gives_handle(enum cf_verb verb)
{
    return verb == CF_REGISTER || verb == CF_LISTEN || verb == CF_CONNECT || verb == CF_ACCEPT ||
           verb == CF_SURVEY;
}

const char *cf_need_name(enum cf_need need)
{
    return cf_words_text(&cf_need_words, (int)need);
}

const char *cf_kind_name(enum uripc_kind kind)
{
    return cf_words_text(&cf_kind_words, (int)kind);
}

const char *cf_overflow_name(enum uripc_overflow overflow)
{
    return cf_words_text(&cf_overflow_words, (int)overflow);
}

const char *cf_mode_name(enum uripc_mode mode)
{
    return cf_words_text(&cf_mode_words, (int)mode);
}

const char *cf_state_name(enum uripc_session_state state)
{
    return cf_words_text(&cf_state_words, (int)state);
}

const char *cf_detector_name(enum cf_detector detector)
{
    return cf_words_text(&cf_detector_words, (int)detector);
}
