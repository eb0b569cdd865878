"""Makes up room names that can be said over the telephone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from client_py.ports.time import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Some fifty million names: nobody walks into a stranger's room by chance. A room that must not be guessed can be given
# any name of 64 characters.
MOODS = _words("""
    amiable brave breezy bright calm candid cheerful clever cosy curious dapper eager early easy fair fearless fleet
    gentle glad happy hearty jolly kind lively lucky mellow merry neat noble patient plucky quick quiet ready serene
    shiny silent sunny swift tidy warm wise witty young
""")
COLOURS = _words("""
    amber apricot azure cherry cobalt copper coral crimson cyan emerald golden hazel indigo ivory jade lemon lilac
    magenta mauve mint olive orange pearl plum purple ruby russet saffron scarlet silver teal umber violet white
""")
ANIMALS = _words("""
    badger bear beaver bison cat cheetah cricket crow deer dolphin dove eagle falcon ferret finch fox gecko goose hare
    hawk hedgehog heron horse ibex jackdaw koala lark lemur lion lynx magpie marten moose newt octopus otter owl panda
    penguin puffin rabbit raven robin seal sparrow squirrel stork swan tiger turtle walrus whale wolf wren
""")
DIGITS = 3


def make_up_room_name(chance: Random) -> str:
    """Make up a name like "calm-amber-otter-042"."""
    words = [_pick(words, chance) for words in (MOODS, COLOURS, ANIMALS)]
    number = int(chance.random() * 10**DIGITS)
    return "-".join((*words, f"{number:0{DIGITS}}"))


def _pick(words: Sequence[str], chance: Random) -> str:
    return words[int(chance.random() * len(words))]
