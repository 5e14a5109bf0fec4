# SPDX-License-Identifier: MIT
"""What the metrics of studies are called in sentences, and the words a reader may not know."""

from dataclasses import dataclass


@dataclass
class Metric:
    """`better` is the sign of what is better: -1 less, 1 more, 0 not known."""

    name: str
    title: str
    meaning: str
    better: int
    claim: str  # what the better design does; "{} than the other"
    beside: tuple = ()  # (metric, words): a share of what this one is told of, to stand beside it


METRICS = {
    metric.name: metric
    for metric in (
        Metric("detection", "Noticing a dead worker",
               "mean time from a worker’s crash until a client that relied on it suspects it, of "
               "those that came to suspect it", -1, "notices a dead worker sooner",
               ("noticed", "of {} of the deaths")),
        Metric("noticed", "Crashes noticed",
               "share of crashes of a worker in use that the client came to suspect, restarted or "
               "not", 1, "notices more of the crashes"),
        Metric("recovery", "Recovery from a crash",
               "mean time from the crash of a worker on which a client relied to the first answer "
               "to something the client asked after it", -1,
               "is served again sooner after a crash"),
        Metric("false-suspicions", "False suspicions",
               "suspicions of workers that lived and had not crashed, by one client in an hour", -1,
               "suspects the living less often"),
        Metric("answered", "Requests answered", "share of requests that got their answer", 1,
               "gets more requests answered"),
        Metric("lost", "Requests lost",
               "share of requests that were neither carried out nor answered", -1,
               "loses fewer requests"),
        Metric("orphans", "Orphans",
               "share of requests that were carried out although their client never got to know",
               -1, "leaves fewer orphans"),
        Metric("duplicates", "Executed again, per request",
               "executions of a request beyond its first, for each request", -1,
               "executes fewer requests twice"),
        Metric("given-up", "Given up", "share of requests that a client gave up", -1,
               "gives up fewer requests"),
        Metric("late", "Late answers, per request", "answers that nobody awaited any more, for each request", -1,
               "gets fewer answers too late"),
        Metric("messages", "Messages for each request",
               "frames sent for each request, the answers of confirmed sends included", -1,
               "needs fewer messages for a request"),
        Metric("bytes", "Bytes for each request", "of the frames sent, as they are on the wire", -1,
               "needs fewer bytes for a request"),
        Metric("traffic", "Traffic of a client",
               "frames sent in a second for each client, whether it asked or not", -1,
               "makes less traffic"),
        Metric("latency", "Time to the answer", "mean time from asking to the answer", -1,
               "gets its answers sooner"),
        Metric("latency-p99", "Slowest hundredth of answers",
               "the time within which 99 of 100 answers came", -1,
               "gets the slowest hundredth of its answers sooner"),
        Metric("state", "State of a client",
               "bytes of one client’s state, its layers and their buffers included", -1,
               "keeps less state in a client"),
        Metric("stale-window", "Stale names",
               "mean time from the end of a worker’s name until a route to it is given up", -1,
               "gives up stale routes sooner"),
        Metric("stale-window-p99", "Stalest names",
               "the time within which 99 of 100 stale routes were given up", -1,
               "gives up the stalest hundredth of routes sooner"),
        Metric("resolver-recovery", "Recovery from a loss of the resolver",
               "mean time from a crash of the resolver to a client’s next answer", -1,
               "is served again sooner after the resolver crashed"),
        Metric("lookups", "Look-ups for each request",
               "how often a name was looked up, for each request", -1,
               "looks names up less often"),
        Metric("lookups-failed", "Failed look-ups",
               "share of the look-ups that gave no route", -1, "has fewer look-ups fail"),
        Metric("resolver-messages", "Messages to the resolver",
               "messages to and from a daemon that keeps the names, for each request", -1,
               "needs fewer messages to the resolver"),
        Metric("giving-up", "Time to giving up",
               "mean time from asking to giving up, of the requests that a client gave up", -1,
               "gives up sooner"),
        Metric("running", "Workers that run", "how many workers run, as a mean over time", -1,
               "needs fewer workers"),
        Metric("starts", "Starts of workers",
               "how often a worker is started in a minute, after a crash or on demand", -1,
               "starts workers less often"),
    )
}

SWEPT = {
    "every": "a request every",
    "crash-every": "a crash every",
    "pause-every": "a pause every",
    "pause": "pauses of",
    "restart": "restarts after",
    "resolver-crash-every": "a crash of the resolver every",
    "resolver-cut-every": "a cut every",
    "resolver-cut": "cuts of",
}


def swept_as(name):
    """What is swept, in front of its value."""
    return SWEPT.get(name, name)


@dataclass
class Question:
    """What a reader wants to know of designs; `first` are the metrics that answer it, `others` those
    that answer it where a study has none of these."""

    name: str
    text: str
    subject: str
    first: tuple
    others: tuple = ()


QUESTIONS = (
    Question("noticing", "How soon is a dead worker noticed, and who is taken for dead wrongly?",
             "noticing dead workers",
             ("detection", "false-suspicions"),
             ("noticed", "recovery", "stale-window", "stale-window-p99", "resolver-recovery")),
    Question("cost", "What does a request cost?", "what a request costs", ("messages",),
             ("bytes", "traffic", "resolver-messages", "lookups", "running", "starts", "state")),
    Question("fate", "What becomes of requests?", "what becomes of requests",
             ("lost", "orphans", "duplicates"),
             ("answered", "given-up", "late", "lookups-failed")),
    Question("time", "How long do answers take?", "how long answers take", ("latency-p99",),
             ("latency", "giving-up")),
)

CONCERNS = {
    "liveness": "keep-alive, and finding out that a peer is dead",
    "recovery": "going on to another worker, asking again",
    "repeats": "carrying nothing out twice",
    None: "all of it",
}


@dataclass
class Knob:
    """How a setting of load or faults is told."""

    words: str
    fault: bool = False
    unless: int | None = None  # a value of which nothing is told
    needs: str | None = None  # another knob, without which (0) this one has no effect


KNOBS = {
    "clients": Knob("{} clients"),
    "workers": Knob("{} workers"),
    "every": Knob("a request of each client every {}"),
    "service": Knob("a worker takes {} for one"),
    "time": Knob("for {}"),
    "delay-min": Knob("a message takes {} at least"),
    "delay-max": Knob("{} at most"),
    "loss": Knob("{} of all messages get lost", True, 0),
    "duplicate": Knob("{} of all messages arrive twice", True, 0),
    "crash-every": Knob("a worker crashes every {}", True, 0),
    "restart": Knob("it starts {} later", True, None, "crash-every"),
    "silent-crashes": Knob("nobody is told of a crash", True, 0, "crash-every"),
    "pause-every": Knob("a worker stands still every {}", True, 0),
    "pause": Knob("for {}", True, None, "pause-every"),
    "resolver-crash-every": Knob("a daemon that keeps the names crashes every {}", True, 0),
    "resolver-restart": Knob("it starts {} later", True, None, "resolver-crash-every"),
    "resolver-grace": Knob("with a grace of {}", True, None, "resolver-crash-every"),
    "resolver-cut-every": Knob("a process is cut off from it every {}", True, 0),
    "resolver-cut": Knob("for {}", True, None, "resolver-cut-every"),
}


def metric(name):
    """What is known of a metric; one of somebody else’s has no better and no worse."""
    return METRICS.get(name) or Metric(name, name, "", 0, f"has less {name}")


FIRED = {
    "requests": "requests that clients were told to make",
    "lost": "messages lost by links",
    "duplicated": "messages that links doubled",
    "crashes": "crashes of workers",
    "restarts": "starts of workers, after a crash or on demand",
    "pauses": "pauses of workers",
    "resolver_crashes": "crashes of who keeps the names",
    "resolver_cuts": "cuts between a process and who keeps the names",
    "events": "events simulated",
}

ENDS = {
    "tight": "tight: the intervals of the differences in the first metric were as narrow as asked",
    "runs": "runs: as many runs as the study allows",
    "budget": "budget: the study’s real time was over",
    "interrupted": "interrupted by a person or a signal",
    "broken": "broken: a run did not end",
}

GLOSSARY = [
    ("design", "A program for clients and a program for workers. Both designs of a comparison are "
               "given the same requests, crashes, pauses and links."),
    ("run, paired runs", "A run is one simulated world from beginning to end. Run i of every "
                         "design has the same seed, so what is drawn for load and faults is the "
                         "same; runs are compared in pairs, and luck that hits both cancels out."),
    ("interval", "In brackets behind a value: where the mean would lie if there were endlessly many "
                 "runs; 95 of 100 such intervals hold it (Student’s t over runs). Where one end "
                 "would be less than nothing, or more than all, it ends there. Not to be relied on where "
                 "only a few runs had any such event: then look at more runs."),
    ("none, all", "Counted in all runs together, not estimated. The bound in the bracket is the rule "
                  "of three: of n requests with not one such event, the true share is below 3/n "
                  "with 95 % certainty, as far as one request says nothing about the next."),
    ("difference", "The mean over pairs of one design’s value minus the other’s. Its interval is "
                   "often much narrower than those of the two designs, so these may overlap where "
                   "the difference is clear; whatever is claimed here rests on it alone."),
    ("no difference was seen", "The interval of the difference holds 0: either there is none, or it "
                               "is smaller than these runs can show. It is not a proof that the "
                               "designs are alike."),
    ("best", "Beaten by no other design at that point: there may be several, and designs of which "
             "none beats another are told as one."),
    ("they cross", "At one measured point one design is better, at a later one the other, by more "
                   "than 1 % of the value. The place between them is interpolated along straight "
                   "lines; the bracket is where the interval of the difference holds 0."),
    ("point", "One combination of the values that the study sweeps."),
    ("virtual time", "The clock of the simulated world. How fast the machine is that simulates it "
                     "changes nothing."),
    ("orphan", "A request that was carried out although its client never got to know."),
    ("suspicion", "A client holds its worker for dead. Right if the worker has crashed since the "
                  "client began to rely on it, else false."),
]
