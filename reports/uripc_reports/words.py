# SPDX-License-Identifier: MIT
"""The words a reader of the page may not know, in one place."""

RULES = {
    "C1": "no creation: what is received was sent, unchanged",
    "C3": "at most once: no message is received twice without a fault that duplicates",
    "C4": "a message whose send failed definitely is never delivered",
    "C9": "exactly one completion for each accepted call, none after an immediate error",
    "C10": "only the bytes of a received message are written, and in time",
}

FAULTS = {
    "lost": "frames a link lost",
    "duplicated": "second copies a link made",
    "copies": "copies over further transports",
    "reordered": "frames that overtook an earlier one",
    "delayed": "delays that were drawn",
    "cut": "frames dropped at a cut link",
    "oversize": "frames too large for a link",
    "blocked": "frames a full link did not take",
    "dead": "frames for a process that had ended",
    "nowhere": "frames for nobody, as the profile allows",
    "deferred": "events that waited for a process, paused or slow",
    "crashes": "processes crashed",
    "restarts": "processes restarted",
    "pauses": "processes paused",
    "resumes": "processes resumed",
    "cuts": "links cut",
    "heals": "links healed",
    "resolver-crashes": "resolver crashed",
    "resolver-restarts": "resolver restarted",
    "resolver-pauses": "resolver paused",
    "resolver-cuts": "processes cut off from the resolver",
    "held-back": "requests that waited for the end of a resolver's grace",
    "reclaims": "names claimed again and kept",
    "revoked": "names claimed again that were another's by then",
    "lock-waits": "attempts to change names while another process did",
    "slow-turns": "turns that took time",
    "clocks": "clocks that were set",
}

GLOSSARY = [
    (
        "definite, indefinite",
        "How certain a completion is. Definite: its status is the whole truth, and an error had no "
        "effect and never will. Indefinite: the call may have had its effect, or may still.",
    ),
    (
        "incarnation",
        "The identity of one life of a registration. Who registers a name anew has another one.",
    ),
    (
        "overlapped, call in flight",
        "A call is started and completes later; the caller's block for it, the overlapped, is in "
        "flight until its completion has been polled.",
    ),
    (
        "polled",
        "A process asks for its completions; the time of a completion on this page is the time "
        "when it was polled, which may be later than when the call ended.",
    ),
    (
        "never completes",
        "The line waits and nothing more can happen in the simulated world.",
    ),
    (
        "profile local",
        "The delivery rules of a case that names no others: reliable, ordered, confirmed. A frame "
        "takes 10 µs from one process to another unless the case says otherwise.",
    ),
    (
        "confirmed",
        "A confirmed send completes when the target has queued or refused its message, and an "
        "answer has said so. An unconfirmed one completes when the message is handed over.",
    ),
    ("claim", "A process asks for a name at registration, and is told whether it has it."),
    ("lookup", "A process asks who holds the name that a target URI leads to."),
    ("carry", "A link accepts a frame (a message, or an answer to one) to carry it to a process."),
    (
        "capture $x",
        "A line with “as $x” remembers what came, for example an incarnation; later lines "
        "compare with it.",
    ),
    *((f"rule {name}", f"Held against every history: {text}.") for name, text in RULES.items()),
]

CAPABILITIES = {
    "virtual-time": "of the world: instants are exact",
    "faults": "of the world: links lose, delay and are cut",
    "crash": "of the world: processes are killed and restarted",
    "pause": "of the world: processes are stopped and go on",
    "profiles": "of the world: other delivery profiles than local",
    "users": "of the world: processes of several users",
    "resolvers": "of the world: who keeps the names can be chosen",
    "clocks": "of the world: processes have clocks of their own, which can be wrong",
    "turns": "of the world: a process's turns are counted, and can take time",
    "group": "names of kind group, one copy for each member",
    "shared": "names of kind shared: competing receivers on one queue",
    "parents": "registering below a parent handle",
    "queues": "queue limits, overflow policies and message maximums",
    "incarnations": "lives of registrations are told apart",
    "info": "asking for the state of a registration",
    "cancel": "asking pending calls to end early",
    "utf16": "receiving URIs in 16-bit units",
    "discard": "removing the first message without copying it",
    "polling": "an overlapped block stays in flight until its completion is polled",
    "layout": "received messages lie in the caller's buffer as message.h says",
    "limits": "the limits of a node can be set",
    "principals": "a receive reports its sender's principal",
    "access": "a private realm refuses other principals than its owner",
    "sessions": "layers stand on the calls: sessions between two processes",
    "requests": "layers stand on the calls: requests and their replies",
    "workers": "processes join a shared queue that is at home in another one",
    "load": "messages are generated inside the driver, for throughput",
}
