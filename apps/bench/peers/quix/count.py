"""Counts the records of each key with Quix Streams. See src/programs.ts for what it says and hears."""

import os
import sys
import threading

from quixstreams import Application

job = dict(argument.split("=", 1) for argument in sys.argv[1:])
told = {line: threading.Event() for line in ("go", "report", "stop")}


def say(line):
    print(f"bench: {line}", flush=True)


def hear():
    for line in sys.stdin:
        told[line.strip()].set()
    os._exit(1)  # Whoever has started it is gone.


threading.Thread(target=hear, daemon=True).start()

records = sum(int(end) for end in job["ends"].split(","))
seen = 0


def count(value, state):
    global seen
    state.set("count", state.get("count", 0) + 1)
    seen += 1
    if seen == 1:
        say("first")
    if seen == records:
        say("end partition=all")


def stop(application):
    told["stop"].wait()
    application.stop()


say("ready")
told["go"].wait()
application = Application(
    broker_address=job["brokers"],
    consumer_group=job["group"],
    auto_offset_reset="earliest",
    state_dir=job["state"],
)
topic = application.topic(job["input"], key_deserializer="str", value_deserializer="bytes")
application.dataframe(topic).update(count, stateful=True)
threading.Thread(target=stop, args=(application,), daemon=True).start()
application.run()
