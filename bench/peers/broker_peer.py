"""
Answers the messages of a Redis stream as a small consumer would: redis-py, json, numpy and onnxruntime, messages that arrived together at
once. One transaction holds the answers, the windows that are remembered, and what is acknowledged. Prints "ready" and goes on until it is killed.

    python broker_peer.py SOCKET MODEL GROUP WINDOW ENTITY COLUMN...      WINDOW 0: rows of a table
"""

import json
import sys

import numpy as np
import onnxruntime as ort
import redis

BATCH = 500

socket, path, group, window, entity, *columns = sys.argv[1:]
window = int(window)
options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(path, options)
wanted = ["score", "p_value", "is_anomaly"]
server = redis.Redis(unix_socket_path=socket, decode_responses=True)
server.xgroup_create("readings", group, id="0", mkstream=True)
histories = {}


def score(rows):
    return zip(*(out.tolist() for out in session.run(wanted, {"numeric": np.array(rows, dtype=np.float64)})))


def answer(messages):
    records = [json.loads(fields["data"]) for _, fields in messages]
    with server.pipeline(transaction=True) as pipe:
        inputs, places, changed = [], [], set()
        for k, record in enumerate(records):
            cells = [record[name] for name in columns]
            if window == 0:
                inputs.append(cells)
                places.append(k)
                continue
            history = histories.setdefault(record[entity], [])
            history.append(cells)
            changed.add(record[entity])
            if len(history) == window:
                inputs.append(list(history))
                places.append(k)
                history.pop(0)
        scores = dict(zip(places, score(inputs))) if inputs else {}
        for k, (id_, _) in enumerate(messages):
            line = {"message": id_}
            if window > 0:
                line[entity] = records[k][entity]
            if k in scores:
                line["score"], line["p_value"], line["is_anomaly"] = scores[k]
            pipe.xadd("scores", {"data": json.dumps(line)})
        if changed:
            pipe.hset("states", mapping={name: json.dumps(histories[name]) for name in changed})
        pipe.xack("readings", group, *[id_ for id_, _ in messages])
        pipe.execute()


print("ready", flush=True)
while True:
    found = server.xreadgroup(group, "one", {"readings": ">"}, count=BATCH, block=100)
    for _, messages in found or []:
        answer(messages)
