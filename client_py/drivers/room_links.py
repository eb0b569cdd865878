"""Keeps the links to the rooms of whoever is signed in, and asks the server for the part that lets guests in."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus

from client_py.core.invitation_links import Invitation
from client_py.core.room_links import (
    GuestAccess,
    LinkState,
    RoomLink,
    bounded,
    counted,
    format_links,
    parse_links,
)
from client_py.core.server.kept_login import Login
from client_py.drivers.retention import StoragePorts, wishes_to_keep
from client_py.drivers.tasks import Tasks
from client_py.ports.server import Http, OriginRefused, Response, Unreachable
from protocol.codes import ErrorCode
from protocol.errors import RemoteProtocolError
from protocol.http import (
    INVITATION,
    INVITATIONS_PATH,
    INVITE,
    LISTED_INVITATIONS,
    REVOKE_INVITATION,
    REVOKE_INVITATION_PATH,
    Invite,
    ListedInvitations,
    RevokeInvitation,
)
from protocol.json_text import parse_json_or_none

LINKS_KEY = "p2pchat.links:"
"""Where the links stand in localStorage, with whose they are after it."""
REFUSALS: dict[str, GuestAccess] = {
    ErrorCode.NO_GUESTS: GuestAccess.OFF,
    ErrorCode.NOT_FOR_GUESTS: GuestAccess.FOR_ACCOUNTS,
    ErrorCode.RATE_LIMITED: GuestAccess.LIMITED,
}


class RoomLinks:
    """The link of each room. `changed` is told of a room whose link is another, or stands otherwise."""

    def __init__(
        self,
        http: Http,
        ports: StoragePorts,
        login: Callable[[], Login | None],
        now: Callable[[], float],
        tasks: Tasks,
        changed: Callable[[str], None],
    ) -> None:
        """Begin; `now` is the time by the server's clock."""
        self._http = http
        self._store = ports.store
        self._random = ports.random
        self._login = login
        self._now = now
        self._tasks = tasks
        self._changed = changed
        self._memory: dict[str, dict[str, RoomLink]] = {}
        """By person, the links where the browser is to keep nothing."""
        self._states: dict[tuple[str, str], LinkState] = {}
        """By person and room, what the server has said."""

    def accept(self, room: str, invitation: Invitation) -> None:
        """Keep the secret of a link that the person has opened; what lets guests in is its maker's."""
        link = self._links.get(room)
        if link is None or link.secret != invitation.secret:
            self._put(room, RoomLink(invitation.secret))

    def state_of(self, room: str) -> LinkState:
        """Return how the link of a room stands; a room that has no secret gets one."""
        link = self._link_of(room)
        said = self._states.get((self._username, room), LinkState(Invitation(link.secret)))
        invitation = link.invitation(self._now())
        if invitation.guests is None:
            access = GuestAccess.UNASKED if said.access is GuestAccess.READY else said.access
            return LinkState(invitation, GuestAccess.FOR_ACCOUNTS if self._is_guest else access)
        return LinkState(invitation, GuestAccess.READY, link.expires_at, said.guests, said.places)

    def ask(self, room: str) -> None:
        """See to it that guests can come by the link, if the server lets them."""
        state = self.state_of(room)
        if state.access in (GuestAccess.ASKING, GuestAccess.FOR_ACCOUNTS, GuestAccess.OFF):
            return
        if self._link_of(room).is_good(self._now()):
            return
        self._say(room, GuestAccess.ASKING)
        self._tasks.spawn(self._make(self._username, room))

    def count(self, room: str) -> None:
        """Find out how many have come by the link; one that lets nobody in any more is followed by another."""
        self.ask(room)
        if self.state_of(room).access is GuestAccess.READY:
            self._tasks.spawn(self._count(self._username, room))

    def renew(self, room: str) -> None:
        """Make another link: nobody comes by the one of before any more."""
        link = self._link_of(room)
        self._put(room, RoomLink(self._random.token()))
        self._states.pop((self._username, room), None)
        self._changed(room)
        if link.invitation_id:
            self._tasks.spawn(self._revoke(link.invitation_id))
        self.ask(room)

    # What is kept

    def keep_nothing(self, username: str) -> None:
        """Have the links of a person in the page's memory alone, who wants nothing kept."""
        kept = parse_links(self._store.get(LINKS_KEY + username))
        self._memory[username] = kept | self._memory.get(username, {})
        self._store.remove(LINKS_KEY + username)

    @property
    def _username(self) -> str:
        login = self._login()
        return login.username if login is not None else ""

    @property
    def _is_guest(self) -> bool:
        login = self._login()
        return login is not None and login.is_guest

    @property
    def _links(self) -> dict[str, RoomLink]:
        # Read each time: other tabs of this browser keep theirs in the same place.
        kept = parse_links(self._store.get(LINKS_KEY + self._username))
        return kept | self._memory.get(self._username, {})

    def _link_of(self, room: str) -> RoomLink:
        link = self._links.get(room)
        if link is None:
            link = RoomLink(self._random.token())
            self._put(room, link)
        return link

    def _put(self, room: str, link: RoomLink) -> None:
        username = self._username
        others = {name: each for name, each in self._links.items() if name != room}
        links = bounded(others | {room: link})
        if wishes_to_keep(self._store, username):
            self._memory.pop(username, None)
            self._store.put(LINKS_KEY + username, format_links(links))
        else:
            self._memory[username] = links
            self._store.remove(LINKS_KEY + username)

    # What the server says

    async def _make(self, username: str, room: str) -> None:
        access = GuestAccess.FAILED
        response = await self._post(INVITATIONS_PATH, json.dumps(INVITE.to_json(Invite(room))))
        if username != self._username:
            return  # somebody else is signed in by now
        if response is not None and response.status in range(200, 300):
            try:
                made = INVITATION.decode(response.body)
            except RemoteProtocolError:
                made = None
            if made is not None:
                self._put(room, self._link_of(room).with_guests(made))
                access = GuestAccess.READY
        elif response is not None:
            access = REFUSALS.get(_code_in(response.body), GuestAccess.FAILED)
        self._say(room, access)

    async def _count(self, username: str, room: str) -> None:
        login = self._login()
        try:
            response = await self._http.get(INVITATIONS_PATH, token=login.token if login else "")
            listed = LISTED_INVITATIONS.decode(response.body) if response.status == HTTPStatus.OK else None
        except (Unreachable, OriginRefused, RemoteProtocolError):
            listed = None
        if listed is None or username != self._username:
            return
        self._note(room, listed)

    def _note(self, room: str, listed: ListedInvitations) -> None:
        link, state = self._link_of(room), self.state_of(room)
        if state.access is not GuestAccess.READY:
            return
        still = counted(state, link.invitation_id, listed, self._now())
        if still is None:  # it was ended, or is used up
            self._put(room, RoomLink(link.secret))
            self._states.pop((self._username, room), None)
            self.ask(room)
        else:
            self._states[self._username, room] = still
        self._changed(room)

    async def _revoke(self, invitation_id: str) -> None:
        # Where that fails, it ends in its time; the secret in the link of before is not the room's any more.
        await self._post(REVOKE_INVITATION_PATH, json.dumps(REVOKE_INVITATION.to_json(RevokeInvitation(invitation_id))))

    async def _post(self, path: str, body: str) -> Response | None:
        login = self._login()
        try:
            return await self._http.post(path, body, token=login.token if login else None)
        except (Unreachable, OriginRefused):
            return None

    def _say(self, room: str, access: GuestAccess) -> None:
        self._states[self._username, room] = LinkState(Invitation(self._link_of(room).secret), access)
        self._changed(room)


def _code_in(body: str) -> str:
    match parse_json_or_none(body):
        case {"error": {"code": str(code)}}:
            return code
    return ""
