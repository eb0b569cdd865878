"""Words how things stand with the connection."""

from __future__ import annotations

from typing import assert_never

from client_py.core.peer.penalty import Fault
from client_py.core.server.access_faults import PageOriginRefused
from client_py.core.status_line import (
    Away,
    Cause,
    Connected,
    ConnectedToOwnDevice,
    Connecting,
    Interrupted,
    KeptAway,
    NotConnected,
    Situation,
    Status,
    StatusLine,
)
from client_py.words.phrases import Phrase, Words
from client_py.words.room import list_of

STATUSES = {
    Status.SIGNED_OUT: Phrase("Signed out"),
    Status.SIGNING_IN: Phrase("Signing in…"),
    Status.WAITING: Phrase("Waiting"),
    Status.CONNECTING: Phrase("Connecting"),
    Status.CONNECTED: Phrase("Connected"),
    Status.RECONNECTING: Phrase("Reconnecting"),
    Status.OFFLINE: Phrase("Offline"),
    Status.FULL: Phrase("Room is full"),
    Status.REFUSED: Phrase("Refused"),
    Status.FAILED: Phrase("No connection"),
    Status.UNSUPPORTED: Phrase("Not supported"),
}
# For translators: how one is connected to the person whose name stands before it.
DIRECT = Phrase("direct")
# For translators: as above; through a TURN server.
BY_RELAY = Phrase("by relay")
WAYS = {None: Phrase("connected"), False: DIRECT, True: BY_RELAY}
# For translators: where one stands, after the name of whom one talks with, or without.
STANDINGS = {
    Status.WAITING: Phrase("nobody else yet"),
    Status.CONNECTING: Phrase("connecting…"),
    Status.RECONNECTING: Phrase("reconnecting…"),
    Status.OFFLINE: Phrase("offline"),
    Status.FULL: Phrase("full"),
    Status.FAILED: Phrase("not connected"),
}
# For translators: somebody is not in the room at the moment.
IS_AWAY = Phrase("{username} is away")
YOUR_OTHER_DEVICE = Phrase("your other tab or device")
STATUSES_IN_SITUATIONS = {
    Situation.TOO_MANY_TABS: Phrase("Too many tabs"),
    Situation.BROKEN: Phrase("Something broke"),
}
"""Names these better than the status does."""

SITUATIONS = {
    Situation.ENTERING: Phrase("Entering the room…"),
    Situation.ALONE: Phrase("Nobody else is here yet. What you write now is delivered when someone comes."),
    Situation.ROOM_FULL: Phrase("Every place in this room is taken. You will get in as soon as one is free."),
    Situation.TOO_MANY_TABS: Phrase(
        "You are in this room in too many tabs already. You will get in as soon as you close one of them."
    ),
    Situation.SERVER_UNREACHABLE: Phrase("The server cannot be reached. Retrying… What you write is kept until then."),
    Situation.SERVER_BUSY: Phrase(
        "The server cannot let anyone in at the moment. Retrying… What you write is kept until then."
    ),
    Situation.REPLACED: Phrase(
        "This conversation goes on in another tab or window. Reload this page to bring it back here."
    ),
    Situation.LOGIN_ENDED: Phrase("Your login has expired. Enter your password to go on."),
    Situation.INCOMPATIBLE: Phrase("This page and the server do not understand each other. Please reload the page."),
    Situation.NO_WEBRTC: Phrase(
        "This browser cannot connect to other browsers (it has no WebRTC). Please open this page in a current Chrome, "
        "Edge, Firefox or Safari."
    ),
    Situation.BROKEN: Phrase(
        "An error stopped this page; the browser’s console says which. Please copy what is not sent yet, and reload."
    ),
}

ORIGIN_REFUSED = Phrase(
    "This server does not allow pages from {origin}. The people who run it have to add that to P2PCHAT_ALLOWED_ORIGINS "
    "and restart it."
)
# For translators: “Host” is the name of a header of HTTP.
HOST_CHANGED = Phrase(
    "This page comes from {origin}, but its server was asked as {host} and takes it for another site’s. Whoever runs "
    "it has to let the proxy in front of it pass on Host, or add {origin} to P2PCHAT_ALLOWED_ORIGINS."
)
HOST_MISSING = Phrase(
    "This page comes from {origin}, but its server was asked without a name and takes it for another site’s. Whoever "
    "runs it has to let the proxy in front of it pass on Host, or add {origin} to P2PCHAT_ALLOWED_ORIGINS."
)
CONNECTING = Phrase("Looking for a path to {username}’s browser…")
INTERRUPTED = Phrase("The connection to {username} was interrupted. What you write is sent as soon as it is back.")

CONNECTED = {
    None: Phrase("Connected to {username}: encrypted, not verified."),
    False: Phrase("Directly connected to {username}: encrypted, not verified."),
    True: Phrase("Connected to {username} through a relay: encrypted, not verified."),
}
"""By whether a TURN server carries the data."""
CONNECTED_WITHOUT_SERVER = {
    None: Phrase(
        "Connected to {username}: encrypted, not verified. The server cannot be reached just now; the conversation "
        "goes on without it."
    ),
    False: Phrase(
        "Directly connected to {username}: encrypted, not verified. The server cannot be reached just now; the "
        "conversation goes on without it."
    ),
    True: Phrase(
        "Connected to {username} through a relay: encrypted, not verified. The server cannot be reached just now; the "
        "conversation goes on without it."
    ),
}

KEPT_AWAY = {
    Fault.UNREADABLE: Phrase(
        "{username}’s page sends what this page cannot read. The connection to it is closed for a while; if that goes "
        "on, both of you should reload the page."
    ),
    Fault.EXCESSIVE: Phrase(
        "{username}’s page sends more than this page takes. The connection to it is closed for a while."
    ),
    Fault.UNFORESEEN: Phrase(
        "This page failed over what {username}’s page sent. The connection to it is closed for a while; if that goes "
        "on, reload this page."
    ),
}
AWAY = Phrase("{username} is away, and will get what you write later.")
OWN_DEVICE = Phrase(
    "Connected to your other tab or device. Nobody else is here yet; what you write is delivered when someone comes."
)
OWN_DEVICE_AND_AWAY = Phrase(
    "Connected to your other tab or device. {username} is not here; what you write is delivered when they come back."
)
# For translators: how one person is connected, and then who else is, or is not: whole sentences both.
CONNECTED_AND_OTHERS = Phrase("{connected} {others}")
ALSO_CONNECTED = Phrase("Also connected to {usernames}.")
WITHOUT = Phrase("Not connected to {usernames} yet.")
# For translators: how one person is connected, and then that another is kept away: whole sentences both.
CONNECTED_AND_KEPT_AWAY = Phrase("{connected} {kept_away}")

NO_ANSWER = Phrase(
    "{username}’s browser does not answer. Ask {username} to bring the page to the front or to reload it. Retrying…"
)
NO_ADDRESS = Phrase(
    "Your browser finds no address to connect by. An extension, a privacy setting or a company’s policy may keep it "
    "from that (WebRTC). Try without, or another browser. Retrying…"
)
NO_PEER_ADDRESS = Phrase(
    "{username}’s browser names no address to connect by. An extension, a privacy setting or a company’s policy may "
    "keep it from that (WebRTC). Retrying…"
)
BROWSER_REFUSED = Phrase(
    "Your browser refuses to connect; it says “{reason}”. Reload the page; if that does not help, try another browser. "
    "Retrying…"
)
UNKNOWN = Phrase(
    "There is no connection to {username}’s browser, and this page cannot tell why. Reloading both pages may help. "
    "Retrying…"
)
RELAY_MISSING = Phrase(
    "You connect through a relay only, and this server offers none. Press the name of this room to switch that off, or "
    "ask the people who run the server for a relay. Retrying…"
)
NOT_CONNECTED = {
    Cause.NO_ANSWER: NO_ANSWER,
    Cause.NO_ADDRESS: NO_ADDRESS,
    Cause.NO_PEER_ADDRESS: NO_PEER_ADDRESS,
    Cause.BROWSER_REFUSED: BROWSER_REFUSED,
    Cause.UNKNOWN: UNKNOWN,
    Cause.NO_PATH: Phrase(
        "No direct path to {username}’s browser was found. A firewall on one side may let nothing through. Another "
        "network (a phone’s, for example) may help. Retrying…"
    ),
    Cause.RELAY_MISSING: RELAY_MISSING,
    Cause.RELAY_REFUSED: Phrase(
        "No direct path to {username}’s browser was found. The relay refuses the credentials that this server gives "
        "out. Tell the people who run it: the TURN servers have another secret, or another time. Retrying…"
    ),
    Cause.RELAY_EXPIRED: Phrase(
        "No direct path to {username}’s browser was found. The credentials for the relay have run out, and this server "
        "gave no fresh ones. Reload the page; if that does not help, sign in again. Retrying…"
    ),
    Cause.RELAY_OVERLOADED: Phrase(
        "No direct path to {username}’s browser was found. The relay takes no more connections just now. Wait a "
        "little, or tell the people who run this server. Retrying…"
    ),
    Cause.RELAY_UNREACHABLE: Phrase(
        "No direct path to {username}’s browser was found. The relay does not answer. Try another network (a phone’s, "
        "for example), or tell the people who run this server that its TURN server may be down. Retrying…"
    ),
}
NOT_CONNECTED_BY_RELAY = {
    Cause.NO_ANSWER: NO_ANSWER,
    Cause.NO_ADDRESS: NO_ADDRESS,
    Cause.NO_PEER_ADDRESS: NO_PEER_ADDRESS,
    Cause.BROWSER_REFUSED: BROWSER_REFUSED,
    Cause.UNKNOWN: UNKNOWN,
    Cause.NO_PATH: Phrase(
        "You connect through a relay only. A firewall on one side may let nothing through. Another network (a "
        "phone’s, for example) may help. Retrying…"
    ),
    Cause.RELAY_MISSING: RELAY_MISSING,
    Cause.RELAY_REFUSED: Phrase(
        "You connect through a relay only. The relay refuses the credentials that this server gives out. Tell the "
        "people who run it: the TURN servers have another secret, or another time. Retrying…"
    ),
    Cause.RELAY_EXPIRED: Phrase(
        "You connect through a relay only. The credentials for the relay have run out, and this server gave no fresh "
        "ones. Reload the page; if that does not help, sign in again. Retrying…"
    ),
    Cause.RELAY_OVERLOADED: Phrase(
        "You connect through a relay only. The relay takes no more connections just now. Wait a little, or tell the "
        "people who run this server. Retrying…"
    ),
    Cause.RELAY_UNREACHABLE: Phrase(
        "You connect through a relay only. The relay does not answer. Try another network (a phone’s, for example), or "
        "tell the people who run this server that its TURN server may be down. Retrying…"
    ),
}
"""For those who connect through a relay and in no other way."""


# For translators: how things stand, and then that what was said of a later delivery holds for this page alone.
UNTIL_CLOSED = Phrase(
    "{detail} Keep this page open until then: this browser does not keep what is waiting, and a reload loses it."
)


def status_text(words: Words, line: StatusLine) -> str:
    """Say the state in one or two words: "Connected"."""
    closer = STATUSES_IN_SITUATIONS.get(line.detail) if isinstance(line.detail, Situation) else None
    return words.say(closer or STATUSES[line.status])


def way_text(words: Words, line: StatusLine) -> str:
    """Say in a word or two how one is connected, or why not; the names of the others stand before it."""
    match line.detail:
        case Connected(relayed=relayed):
            return words.say(WAYS[relayed])
        case ConnectedToOwnDevice():
            return words.say(YOUR_OTHER_DEVICE)
        case Away(username):
            return words.say(IS_AWAY, username=username)
        case _:
            return words.say(STANDINGS[line.status]) if line.status in STANDINGS else status_text(words, line)


def origin_refusal(words: Words, refusal: PageOriginRefused) -> str:
    """Say which origin the server does not take, and who can change that."""
    match refusal.host:
        case None:
            return words.say(ORIGIN_REFUSED, origin=refusal.origin)
        case "":
            return words.say(HOST_MISSING, origin=refusal.origin)
        case host:
            return words.say(HOST_CHANGED, origin=refusal.origin, host=host)


def status_detail(words: Words, line: StatusLine, *, kept: bool = True) -> str:
    """Say how it stands, or why not and what to do; nothing where there is nothing to say.

    Where messages are not kept beyond the page, what is promised of those that wait is said with that.
    """
    detail = _detail(words, line)
    is_promise = line.detail in _PROMISING or isinstance(line.detail, Away | ConnectedToOwnDevice | Interrupted)
    return words.say(UNTIL_CLOSED, detail=detail) if is_promise and not kept else detail


def _detail(words: Words, line: StatusLine) -> str:  # noqa: C901 - a table of details
    match line.detail:
        case None:
            return ""
        case Situation():
            return words.say(SITUATIONS[line.detail])
        case PageOriginRefused():
            return origin_refusal(words, line.detail)
        case Connected():
            return _connected(words, line.detail)
        case Away(username):
            return words.say(AWAY, username=username)
        case ConnectedToOwnDevice(username):
            return words.say(OWN_DEVICE) if username is None else words.say(OWN_DEVICE_AND_AWAY, username=username)
        case KeptAway():
            return _kept_away(words, line.detail)
        case Connecting(username):
            return words.say(CONNECTING, username=username)
        case Interrupted(username):
            return words.say(INTERRUPTED, username=username)
        case NotConnected(username, cause, relay_only, reason):
            why = NOT_CONNECTED_BY_RELAY if relay_only else NOT_CONNECTED
            return words.say(why[cause], username=username, reason=reason)
        case _:
            assert_never(line.detail)


_PROMISING = frozenset({Situation.ALONE, Situation.SERVER_UNREACHABLE, Situation.SERVER_BUSY})


def _connected(words: Words, detail: Connected) -> str:
    how = CONNECTED_WITHOUT_SERVER if detail.server_away else CONNECTED
    connected = words.say(how[detail.relayed], username=detail.username)
    for phrase, usernames in ((ALSO_CONNECTED, detail.also), (WITHOUT, detail.without)):
        if usernames:
            others = words.say(phrase, usernames=list_of(words, usernames))
            connected = words.say(CONNECTED_AND_OTHERS, connected=connected, others=others)
    if detail.kept_away is None:
        return connected
    kept_away = _kept_away(words, detail.kept_away)
    return words.say(CONNECTED_AND_KEPT_AWAY, connected=connected, kept_away=kept_away)


def _kept_away(words: Words, kept_away: KeptAway) -> str:
    return words.say(KEPT_AWAY[kept_away.fault], username=kept_away.username)
