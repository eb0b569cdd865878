"""Has atheris make inputs for one harness: `python -m tests.fuzz.one NAME`, and what libFuzzer may be told after it.

Half of the changes are libFuzzer's, to bytes; the other half changes a value within the JSON of one line, since bytes
that are changed anywhere seldom leave JSON.
"""

from __future__ import annotations

import logging
import sys

import atheris

with atheris.instrument_imports(include=["protocol", "signaling", "client_py", "uvicorn", "websockets"]):
    from tests.fuzz.harnesses import HARNESSES
    from tests.fuzz.mutations import mutated

    name, *told = sys.argv[1:]
    [harness] = [each for each in HARNESSES if each.name == name]
    play = harness.play


def change(data: bytes, max_size: int, seed: int) -> bytes:
    """Change an input."""
    return mutated(data, seed)[:max_size] if seed % 2 else atheris.Mutate(data, max_size)


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    # To merge, libFuzzer has a shell run what it was called as, once more.
    atheris.Setup([f"{sys.executable} -m tests.fuzz.one {name}", *told], play, custom_mutator=change)
    atheris.Fuzz()
