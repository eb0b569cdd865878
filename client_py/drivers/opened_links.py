"""Takes the invitation out of the address bar, keeps it for this tab, and asks the server whose it is."""

from __future__ import annotations

import json
from collections.abc import Callable

from client_py.core.invitation_links import BrokenInvitation, Invitation, fragment_of, read_fragment
from client_py.core.navigation import Lobby, RoomPlace, place_of
from client_py.core.server.access_faults import AccessFault, ServerRefused
from client_py.ports.page import Location
from client_py.ports.server import Http, OriginRefused, Unreachable
from client_py.ports.storage import Store
from protocol.codes import ErrorCode
from protocol.errors import RemoteProtocolError
from protocol.http import INVITATION_DETAILS, INVITATION_PATH, SHOWN_INVITATION, InvitationDetails, ShownInvitation
from protocol.json_text import parse_json_or_none

OPENED_KEY = "p2pchat.opened-link"
"""Where the link stands in sessionStorage that was opened last: a reload does not find it in the address bar."""
FINAL = (ErrorCode.INVALID_INVITATION, ErrorCode.NO_GUESTS)
"""What no other try changes."""


class OpenedLinks:
    """The link that was opened last in this tab, until somebody has come by it."""

    def __init__(self, location: Location, tab: Store, http: Http) -> None:
        self._location = location
        self._tab = tab
        self._http = http
        self._broken: str | None = None
        """The room of a link of which a part is missing."""

    def take(self) -> None:
        """Take what the address carries out of it: no history, log or neighbour is to see it there."""
        fragment, place = self._location.fragment, place_of(self._location.path)
        if not fragment or isinstance(place, Lobby):
            return  # there it says what the page was opened for (`core.launch`)
        self._location.replace(self._location.path)
        if isinstance(place, RoomPlace):
            self.keep(place.room, read_fragment(fragment))

    def keep(self, room: str, invitation: Invitation | BrokenInvitation | None) -> None:
        """Keep what a link to a room carries."""
        self._broken = room if isinstance(invitation, BrokenInvitation) else None
        if isinstance(invitation, Invitation):
            self._tab.put(OPENED_KEY, json.dumps([room, fragment_of(invitation)]))

    def is_broken(self, room: str) -> bool:
        """Tell whether a link to this room was opened of which a part is missing; it is told once."""
        is_broken, self._broken = self._broken == room, None
        return is_broken

    def of(self, room: str) -> Invitation | None:
        """Return what the link to a room carried that was opened last, if it was to this one."""
        match parse_json_or_none(self._tab.get(OPENED_KEY) or ""):
            case [str(name), str(fragment)] if name == room:
                invitation = read_fragment(fragment)
                return invitation if isinstance(invitation, Invitation) else None
        return None

    def forget(self) -> None:
        """Somebody has come by it, or goes on without."""
        self._tab.remove(OPENED_KEY)

    async def look(self, room: str, token: str, told: Callable[[str, InvitationDetails | AccessFault], None]) -> None:
        """Find out whose invitation it is; what the server cannot say just now is not told."""
        body = json.dumps(SHOWN_INVITATION.to_json(ShownInvitation(token)))
        try:
            response = await self._http.post(INVITATION_PATH, body)
        except (Unreachable, OriginRefused):
            return
        if response.status in range(200, 300):
            try:
                details = INVITATION_DETAILS.decode(response.body)
            except RemoteProtocolError:
                return
            told(room, details)
        match parse_json_or_none(response.body):
            case {"error": {"code": str(code)}} if code in FINAL:
                told(room, ServerRefused(code))
