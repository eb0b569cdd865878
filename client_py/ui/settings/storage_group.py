"""Shows what is kept where and how much of it, saves all of it as a file, and forgets it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.ui.settings.rows import build_group, build_words
from client_py.ui.widgets.confirmation import Confirmation, Question
from client_py.ui.widgets.icons import icon
from client_py.words.settings import (
    ASK_TO_PERSIST,
    ELSEWHERE,
    EXPORT_ALL,
    EXPORT_ALL_HINT,
    EXPORT_FAILED,
    EXPORTED,
    FORGET,
    FORGET_ALL,
    FORGET_QUESTION,
    GIGABYTES,
    KILOBYTES,
    LOADING,
    MEGABYTES,
    NOT_FORGOTTEN,
    NOT_GRANTED,
    NOT_PERSISTED,
    NOTHING_KEPT,
    PERSISTED,
    ROOMS_KEPT,
    SPACE,
    SPACE_UNKNOWN,
    STORAGE,
    STORED_HERE,
)

if TYPE_CHECKING:
    from client_py.core.storage_report import StorageReport
    from client_py.ports.page import Document
    from client_py.ui.settings.actions import SettingsActions
    from client_py.words.phrases import Words

FORGETTING = Question(FORGET_QUESTION, FORGET_ALL, "confirm-forget")
KILO = 1_000
UNITS = ((GIGABYTES, KILO**3), (MEGABYTES, KILO**2))


class StorageGroup:
    """What there is, and what can be done about it."""

    def __init__(self, document: Document, words: Words, actions: SettingsActions) -> None:
        create, say = document.create, words.say
        self._words = words
        self._rooms = create("span", {"class": "note", "data-testid": "rooms-kept"}, say(LOADING))
        self._space = create("span", {"class": "note", "data-testid": "storage-space"})
        self._promise = create("span", {"class": "note", "data-testid": "storage-persisted"})
        setting = {"type": "button", "class": "setting"}
        persist = icon(document, "disk"), build_words(document, say(ASK_TO_PERSIST))
        self._persist = create("button", setting | {"data-testid": "persist"}, *persist)
        self._persist.hidden = True
        hint = create("span", {"class": "note"}, say(EXPORT_ALL_HINT))
        self._export = create(
            "button",
            setting | {"data-testid": "export-all"},
            icon(document, "download"),
            build_words(document, say(EXPORT_ALL), hint),
        )
        forget = create(
            "button",
            {"type": "button", "class": "setting danger", "data-testid": "forget-browser"},
            icon(document, "bin"),
            build_words(document, say(FORGET)),
        )
        self._status = create("p", {"class": "note", "role": "status", "data-testid": "storage-status"})
        self._fault = create("p", {"class": "fault", "role": "alert", "data-testid": "storage-fault"})
        self._forgetting = Confirmation(
            document, words, FORGETTING, replaced=forget, origin=forget, confirmed=actions.forget_browser
        )
        self._is_asked = False
        kept = create(
            "div",
            {"class": "setting"},
            build_words(document, say(STORED_HERE), self._rooms, self._space, self._promise),
        )
        self.element = build_group(
            document,
            "storage",
            say(STORAGE),
            create("div", {"class": "sheet"}, kept, self._persist, self._export),
            self._status,
            self._fault,
            create("div", {"class": "sheet"}, self._forgetting.element),
            create("p", {"class": "note"}, say(ELSEWHERE)),
        )
        self._listeners = ExitStack()
        self._listeners.callback(self._forgetting.dispose)
        self._listeners.callback(forget.on("click", lambda _event: self._forgetting.ask()))
        self._listeners.callback(self._export.on("click", lambda _event: self._begin_export(actions)))
        self._listeners.callback(self._persist.on("click", lambda _event: self._ask_to_persist(actions)))

    def show(self, report: StorageReport) -> None:
        """Show how much is kept, and what the browser says of it."""
        words = self._words
        self._rooms.text = words.count(ROOMS_KEPT, report.rooms) if report.rooms else words.say(NOTHING_KEPT)
        self._rooms.hidden = report.rooms is None
        is_known = report.used is not None and report.quota is not None
        used, quota = (size_of(words, size or 0) for size in (report.used, report.quota))
        self._space.text = words.say(SPACE, used=used, quota=quota) if is_known else words.say(SPACE_UNKNOWN)
        self._promise.hidden = report.is_persisted is None
        self._promise.text = words.say(PERSISTED if report.is_persisted else NOT_PERSISTED)
        self._persist.hidden = report.is_persisted is not False
        if self._is_asked and report.is_persisted is False:
            self._status.text = words.say(NOT_GRANTED)
        self._is_asked = False

    def show_exported(self, rooms: int | None) -> None:
        """Say that the file is made, with how many rooms in it; None if it could not be."""
        self._export.disabled = False
        self._status.text = "" if rooms is None else self._words.count(EXPORTED, rooms)
        self._fault.text = self._words.say(EXPORT_FAILED) if rooms is None else ""

    def show_not_forgotten(self, reason: str) -> None:
        """Say why nothing was deleted; nobody is logged out either."""
        self._fault.text = self._words.say(NOT_FORGOTTEN, reason=reason)

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _begin_export(self, actions: SettingsActions) -> None:
        self._status.text = self._fault.text = ""
        self._export.disabled = True  # a long history takes a while
        actions.export_everything()

    def _ask_to_persist(self, actions: SettingsActions) -> None:
        self._status.text = ""
        self._is_asked = True
        actions.persist()


def size_of(words: Words, size: float) -> str:
    """Write a number of bytes as people read it: two digits where there are not more."""
    for unit, least in UNITS:
        if size >= least:
            return words.say(unit, number=f"{size / least:.3g}" if size < 1_000 * least else f"{size / least:.0f}")
    return words.say(KILOBYTES, number=f"{size / KILO:.0f}")
