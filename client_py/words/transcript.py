"""Words the conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client_py.core.conversation.delivery import Delivery
from client_py.core.conversation.items import Unknown
from client_py.core.conversation.notices import HistoryPart
from client_py.ports.page import NearDay
from client_py.words.phrases import Counted, Phrase, Words

if TYPE_CHECKING:
    from client_py.core.conversation.items import Item
    from client_py.ports.page import DateFormats

MESSAGES = Phrase("Messages")
YOU = Phrase("You")
SHOW_EARLIER = Phrase("Show earlier messages")
NEWEST = Phrase("Newest messages")
NEW = Counted("{count} new message", "{count} new messages")
SHOW_MORE = Phrase("Show more")
SHOW_LESS = Phrase("Show less")
NOT_LOADED = {
    HistoryPart.EARLIER: Phrase(
        "This browser could not read the earlier messages. Please try again; if that does not help, reload this page."
    ),
    HistoryPart.LATER: Phrase(
        "This browser could not read the messages that follow. Please try again; if that does not help, reload this "
        "page."
    ),
    HistoryPart.NEWEST: Phrase(
        "This browser could not read the newest messages. Please try again; if that does not help, reload this page."
    ),
}
TRY_AGAIN = Phrase("Try again")
UNREADABLE = Phrase("This message cannot be shown.")
UNKNOWN = Phrase("This message needs a newer version of this page.")

DELIVERIES = {
    Delivery.QUEUED: Phrase("Waiting to be sent"),
    Delivery.SENT: Phrase("Sent"),
    Delivery.DELIVERED: Phrase("Delivered"),
    # For translators: the other person has seen the message.
    Delivery.READ: Phrase("Read"),
}

OTHER_DEVICE = Phrase("Written in another tab or on another device of yours")

NEAR_DAYS = {NearDay.TODAY: Phrase("Today"), NearDay.YESTERDAY: Phrase("Yesterday")}
# For translators: a moment, for example "Today, 14:05".
DAY_AND_TIME = Phrase("{day}, {time}")


def text_of(words: Words, item: Item) -> str:
    """Return what stands in a message: its text, or why there is none."""
    if not item.is_readable:
        return words.say(UNREADABLE)
    return words.say(UNKNOWN) if isinstance(item.body, Unknown) else item.text


def day_of(words: Words, formats: DateFormats, seconds: float) -> str:
    """Name the day of a moment in the local time zone: "Today", or "Monday, 23 November"; equal for equal days."""
    near = formats.near_day(seconds)
    return words.say(NEAR_DAYS[near]) if near else formats.day(seconds)
