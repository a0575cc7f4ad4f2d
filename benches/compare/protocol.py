"""What the other libraries' side of every comparison shares; protocol.rs is the same for ours, see README.md."""

import json
import math
import pathlib
import sys
import time

# How long a piece of code is repeated, in seconds; its fastest repetition counts.
PATIENCE = 0.3


def folder():
    """The folder with the inputs, from the command line `measure FOLDER`."""
    verb, path = sys.argv[1:]
    assert verb == "measure", verb
    return pathlib.Path(path)


def report(task, library, unit, items, work):
    """Times `work`, which does `items` items each time and returns a number computed from all its results."""
    start = time.perf_counter()
    best = math.inf
    while time.perf_counter() - start < PATIENCE or best == math.inf:
        once = time.perf_counter()
        check = work()
        best = min(best, time.perf_counter() - once)
    line = {"task": task, "peer": library, "items": items, "seconds": best, "unit": unit, "check": float(check)}
    print(json.dumps(line), flush=True)
