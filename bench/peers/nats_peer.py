"""
Answers the messages of a stream of NATS JetStream as a small consumer would: nats-py, json, numpy and onnxruntime, messages that arrived
together at once. Answers are sent and windows kept together and waited for; then the messages are acknowledged: a crash in between answers
some twice. Prints "ready" and goes on until it is killed.

    python nats_peer.py PORT MODEL GROUP WINDOW ENTITY COLUMN...      WINDOW 0: rows of a table
"""

import asyncio
import json
import sys

import nats
from nats.js.api import AckPolicy, ConsumerConfig

from broker_peer_scores import Scores

BATCH = 2000

port, path, group, window, entity, *columns = sys.argv[1:]


async def main():
    connection = await nats.connect(f"nats://127.0.0.1:{port}")
    client = connection.jetstream(publish_async_max_pending=10_000)
    states = await client.create_key_value(bucket="peer_states")
    config = ConsumerConfig(ack_policy=AckPolicy.ALL, max_ack_pending=10 * BATCH)
    messages = await client.pull_subscribe("readings", durable=group, config=config)
    scores = Scores(path, int(window), entity, columns)
    print("ready", flush=True)
    while True:
        try:
            found = await messages.fetch(BATCH, timeout=0.1)
        except asyncio.TimeoutError:
            continue
        if not found:
            continue
        ids = [str(message.metadata.sequence.stream) for message in found]
        lines, changed = scores.answer(ids, [json.loads(message.data) for message in found])
        sent = [await client.publish_async("scores.0", line.encode()) for line in lines]
        kept = [states.put(name, history.encode()) for name, history in changed.items()]
        await asyncio.gather(*sent, *kept)
        await found[-1].ack()


asyncio.run(main())
