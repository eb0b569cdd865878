"""The one sound that the page makes, by Web Audio: two soft notes, made of nothing but a sine."""

from __future__ import annotations

from typing import Any

import js

NOTES = ((587.33, 0.0), (880.0, 0.11))
"""Their frequencies in Hz (D5 and A5), and after how many seconds each begins."""
LOUDNESS = 0.08
"""Of 1: somebody in the next room does not hear it."""
RISE_SECONDS = 0.015
FADE_SECONDS = 0.45
SILENCE = 0.0001
"""An exponential ramp never comes to zero."""


class BrowserSound:
    """Implements `ports.Sound`."""

    def __init__(self) -> None:
        self._context: Any = None

    def play(self) -> None:
        """Make it, unless nobody has touched the page yet: browsers let it make no sound before."""
        activation = getattr(js.navigator, "userActivation", None)
        if not hasattr(js, "AudioContext") or activation is None or not activation.hasBeenActive:
            return
        if self._context is None:
            self._context = js.AudioContext.new()
        # A page that was in the background may have to be woken; if it cannot, the notes are not heard.
        self._context.resume().then(_let_be, _let_be)
        for frequency, after in NOTES:
            self._play_note(frequency, self._context.currentTime + after)

    def _play_note(self, frequency: float, at: float) -> None:
        context = self._context
        tone, loudness = context.createOscillator(), context.createGain()
        tone.frequency.value = frequency
        loudness.gain.setValueAtTime(SILENCE, at)
        loudness.gain.exponentialRampToValueAtTime(LOUDNESS, at + RISE_SECONDS)
        loudness.gain.exponentialRampToValueAtTime(SILENCE, at + FADE_SECONDS)
        tone.connect(loudness).connect(context.destination)
        tone.start(at)
        tone.stop(at + FADE_SECONDS)


def _let_be(_outcome: object) -> None:
    pass
