"""Plays what is kept for each harness, without a fuzzer."""

import json

import pytest

from tests.fuzz import kept_inputs
from tests.fuzz.harnesses import HARNESSES, Harness
from tests.fuzz.mutations import mutated


@pytest.mark.parametrize("harness", HARNESSES, ids=lambda harness: harness.name)
def test_kept_inputs_play(harness: Harness) -> None:
    """What has once reached something, or gone wrong, goes well."""
    inputs = kept_inputs.read(harness.name)
    assert inputs
    for each in inputs:
        harness.play(each)


def test_kept_files_are_of_harnesses() -> None:
    """Nothing is kept that nobody plays."""
    assert {path.stem for path in kept_inputs.FOLDER.iterdir()} == {harness.name for harness in HARNESSES}


@pytest.mark.parametrize("seed", range(50))
def test_mutation_changes_a_value_or_a_line(seed: int) -> None:
    """The same seed makes the same of an input; what it makes of JSON is JSON."""
    data = b'<{"a":[1,{"b":"c"}]}\no\n<{"d":null}'
    changed = mutated(data, seed)
    assert changed == mutated(data, seed)
    for line in changed.split(b"\n"):
        if line.startswith(b"<"):
            json.loads(line[1:])
