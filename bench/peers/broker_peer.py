"""
Answers the messages of a Redis stream as a small consumer would: redis-py, json, numpy and onnxruntime, messages that arrived together at
once. One transaction holds the answers, the windows that are remembered, and what is acknowledged. Prints "ready" and goes on until it is killed.

    python broker_peer.py SOCKET MODEL GROUP WINDOW ENTITY COLUMN...      WINDOW 0: rows of a table
"""

import json
import sys

import redis

from broker_peer_scores import Scores

BATCH = 500

socket, path, group, window, entity, *columns = sys.argv[1:]
scores = Scores(path, int(window), entity, columns)
server = redis.Redis(unix_socket_path=socket, decode_responses=True)
server.xgroup_create("readings", group, id="0", mkstream=True)


def answer(messages):
    ids = [id_ for id_, _ in messages]
    lines, changed = scores.answer(ids, [json.loads(fields["data"]) for _, fields in messages])
    with server.pipeline(transaction=True) as pipe:
        for line in lines:
            pipe.xadd("scores", {"data": line})
        if changed:
            pipe.hset("states", mapping=changed)
        pipe.xack("readings", group, *ids)
        pipe.execute()


print("ready", flush=True)
while True:
    found = server.xreadgroup(group, "one", {"readings": ">"}, count=BATCH, block=100)
    for _, messages in found or []:
        answer(messages)
