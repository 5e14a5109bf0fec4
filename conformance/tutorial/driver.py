#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# A driver in under a hundred lines of code; spec/driver-tutorial.md builds it step by step.
import base64, hashlib, itertools, json, os, select, socket, sys, time, uuid

capabilities = []        # what it can do besides the least that every driver can
sockets = {}             # where messages arrive, by handle
receives, work = [], []  # calls that wait for a message; what is to be done time and again
REFUSED = {"parent", "kind", "overflow", "queue", "queue_bytes", "max", "expecting", "utf16"}

def do_hello(command):
    return {"status": "ok", "protocol": 1, "name": "tutorial", "version": "1", "binding": "api",
            "capabilities": capabilities}

def do_open(command):
    globals()["realm"] = command["realm"]
    return {"status": "ok"}

names, queues, handles = {}, {}, itertools.count(1)

def complete(call, status, **more):
    tell(event="completion", overlapped=call["overlapped"], status=status, **more)
    return {"status": "pending"}

def address(name):
    return "\0" + hashlib.sha1(f"{realm} {name.rstrip('/')}".encode()).hexdigest()

def do_register(command):
    server, handle = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), next(handles)
    try:
        server.bind(address(command["name"]))
    except OSError:
        return complete(command, "exists")
    sockets[handle], names[handle], queues[handle] = server, command["name"], []
    return complete(command, "ok", handle=handle)

def do_receive(command):
    wait = 0 if "nowait" in command else command.get("deadline", 1 << 60)
    receives.append({**command, "due": time.monotonic_ns() + wait})
    return {"status": "pending"}

def deliver():
    for handle, server in sockets.items():
        while select.select([server], [], [], 0)[0]:
            queues[handle].append(json.loads(server.recv(1 << 20)))
    for call in receives[:]:
        queue = queues[call["handle"]]
        if queue and "discard" in call:
            message = queue.pop(0)
            complete(call, "ok", lengths=message["lengths"], message_id=message["message_id"])
        elif queue and queue[0]["bytes"] <= call["buffer"]:
            complete(call, "ok", **queue.pop(0))
        elif queue:
            complete(call, "buffer-too-small", lengths=queue[0]["lengths"])
        elif call["due"] <= time.monotonic_ns():
            complete(call, "timeout")
        else:
            continue
        receives.remove(call)

work.append(deliver)

def size(data):
    data = {"length": len(data.encode())} if isinstance(data, str) else data
    return data["length"] if "length" in data else len(base64.b64decode(data["base64"]))

def do_send(command):
    source, target, data = names[command["handle"]], command["target"], command.get("data", "")
    if "suffix" in command:
        source += "/" + command["suffix"]
    lengths = [len(source), len(target), size(data)]
    message = {"source": source, "target": target, "data": data, "message_id": uuid.uuid4().hex,
               "lengths": lengths, "bytes": (16 + sum(lengths[:2]) + 7) // 8 * 8 + lengths[2]}
    name = target.split("?")[0].rstrip("/")
    while name and not name.endswith("/"):
        try:
            sockets[command["handle"]].sendto(json.dumps(message).encode(), address(name))
            return complete(command, "ok", bytes=lengths[2], message_id=message["message_id"])
        except ConnectionRefusedError:
            name = name.rpartition("/")[0]  # nobody holds this one, but perhaps a shorter one
    return complete(command, "no-receiver")

do_fence = lambda command: {"status": "ok"}

def do_close(command):
    sockets.pop(command["handle"]).close()
    for call in [call for call in receives if call["handle"] == command["handle"]]:
        receives.remove(call)
        complete(call, "closed")
    return complete(command, "ok")

def do_end(command):
    tell(id=command["id"], status="ok")
    sys.exit()

capabilities.append("discard")

def tell(**line):
    print(json.dumps(line), flush=True)

def obey(command):
    do = globals().get("do_" + command["do"].replace("-", "_"))
    if not do or REFUSED & command.keys():
        return {"status": "not-supported"}
    if "handle" in command and command["handle"] not in sockets:
        return {"status": "invalid-handle"}
    if not all(isinstance(command.get(text, ""), str) for text in ("name", "target", "suffix")):
        return {"status": "invalid-name"}  # {"base64": ...}: no UTF-8, and so no name
    return do(command)

def run():
    while True:
        for job in work:
            job()
        wait = min([call["due"] for call in receives], default=1 << 62) - time.monotonic_ns()
        ready = select.select([0, *sockets.values()], [], [], max(0, wait / 1e9))[0]
        if ready == [0]:  # what has arrived comes before the next command
            command = json.loads(sys.stdin.buffer.raw.readline() or sys.exit())
            tell(id=command["id"], **obey(command))

if __name__ == "__main__":
    run()
