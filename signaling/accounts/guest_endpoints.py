"""Awaits what is asked over HTTP about invitations, and by guests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from protocol.http import (
    CREDENTIALS,
    INVITATION,
    INVITATION_DETAILS,
    INVITE,
    LISTED_INVITATIONS,
    NEW_GUEST,
    REVOKE_INVITATION,
    SHOWN_INVITATION,
    Invitation,
    InvitationDetails,
    ListedInvitation,
    ListedInvitations,
    NewGuest,
)
from protocol.room_names import canonical_room
from protocol.usernames import MAX_GUEST_NAME_CHARACTERS
from signaling.accounts.answers import device_of, json_response, login_response
from signaling.accounts.authenticator import Authenticator, new_name
from signaling.accounts.invitations import Invitations
from signaling.accounts.store import Account
from signaling.client_addresses import address_key, host_of
from signaling.errors import AuthenticationError, InvalidInvitation, MalformedBody, NoGuest, NoGuests, NotForGuests
from signaling.http.requests import bearer_token, read_body
from signaling.http.responses import NO_STORE
from signaling.monitoring.logs import log
from signaling.rate_limits.rate_limit import RateLimit


@dataclass(frozen=True, slots=True)
class GuestLimits:
    """How often people may be invited, and may come."""

    guests: RateLimit
    looks: RateLimit
    """On looks at an invitation, from one address."""
    guests_by_inviter: RateLimit
    invitations: RateLimit
    invitations_by_address: RateLimit
    account: RateLimit
    """On what else an account asks about itself."""


@dataclass(frozen=True, slots=True)
class GuestApi:
    """The endpoints of invitations and guests."""

    authenticator: Authenticator
    invitations: Invitations
    limits: GuestLimits
    policy: str
    """`invited`, `open` or `off`: see `Settings.guests`."""
    logins_changed: Callable[[str], None]
    """Told of an account of which a login has ended, or which has been deleted."""

    async def invite(self, request: Request) -> Response:
        """`POST /api/invitations`: make an invitation to a room."""
        account = await self._inviter(request)
        asked = await read_body(request, INVITE)
        host = host_of(request.scope)
        await self.limits.invitations.spend(account.id)
        await self.limits.invitations_by_address.spend(address_key(host))
        token, made = await self.invitations.make(account, canonical_room(asked.room), asked.places)
        log("invited", account=account.username, invitation=made.id, address=host)
        body = Invitation(token, made.id, made.room, made.places, made.expires_at)
        return json_response(INVITATION.encode(body), HTTPStatus.CREATED)

    async def list_invitations(self, request: Request) -> Response:
        """`GET /api/invitations`: the account's invitations that are valid, or have guests."""
        account = await self._inviter(request)
        await self.limits.account.spend(account.id)
        listed = (
            ListedInvitation(each.id, each.room, each.places, each.guests, each.created_at, each.expires_at)
            for each in await self.invitations.of(account.id)
        )
        return json_response(LISTED_INVITATIONS.encode(ListedInvitations(tuple(listed))))

    async def revoke(self, request: Request) -> Response:
        """`POST /api/invitations/revoke`: end an invitation, and those who came by it if that is asked for."""
        account = await self._inviter(request)
        await self.limits.account.spend(account.id)
        asked = await read_body(request, REVOKE_INVITATION)
        ended = await self.invitations.revoke(account.id, asked.id, with_guests=asked.end_guests)
        for guest_id in ended:
            self.logins_changed(guest_id)
        log("invitation_ended", account=account.username, invitation=asked.id, guests=len(ended))
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=NO_STORE)

    async def look(self, request: Request) -> Response:
        """`POST /api/guests/invitation`: who has made an invitation, and to which room, while it lets somebody in."""
        if self.policy == "off":
            raise NoGuests
        await self.limits.looks.spend(address_key(host_of(request.scope)))
        asked = await read_body(request, SHOWN_INVITATION)
        invitation = await self.invitations.find(asked.invitation)
        inviter = await self.invitations.inviter_of(invitation)
        return json_response(
            INVITATION_DETAILS.encode(InvitationDetails(inviter, invitation.room, invitation.expires_at))
        )

    async def come(self, request: Request) -> Response:
        """`POST /api/guests`: come as a guest, by an invitation or, where the server is open, without one."""
        if self.policy == "off":
            raise NoGuests
        asked = await read_body(request, NEW_GUEST)
        host = host_of(request.scope)
        name = new_name(asked.name, MAX_GUEST_NAME_CHARACTERS)
        await self.limits.guests.spend(address_key(host))
        guest = await self._let_in(asked, name)
        try:
            token = await self.authenticator.logins.begin(guest, device_of(request))
        except AuthenticationError as error:  # the invitation was ended in this moment, with its guests
            raise InvalidInvitation from error
        log("guest_came", account=guest.username, address=host)
        return login_response(guest, token, status=HTTPStatus.CREATED)

    async def make_account(self, request: Request) -> Response:
        """`POST /api/guests/account`: make an account of the guest who asks."""
        guest, proof = await self.authenticator.logins.proven(bearer_token(request))
        if not guest.is_guest:
            raise NoGuest
        await self.limits.account.spend(guest.id)
        asked = await read_body(request, CREDENTIALS)
        host = host_of(request.scope)
        try:
            logged_in, token = await self.authenticator.make_account(
                guest, proof, asked.username, asked.password, host, device_of(request)
            )
        finally:
            self.logins_changed(guest.id)
        log("registered", account=logged_in.account.username, formerly=guest.username, address=host)
        return login_response(logged_in.account, token, logged_in.device_mark, HTTPStatus.CREATED)

    async def _let_in(self, asked: NewGuest, name: str) -> Account:
        if asked.invitation is not None:
            invitation = await self.invitations.find(asked.invitation)
            await self.limits.guests_by_inviter.spend(invitation.account_id)
            return await self.invitations.let_in(invitation, name)
        if self.policy != "open":
            raise InvalidInvitation
        if asked.room is None:
            raise MalformedBody("it has neither an invitation nor a room")
        return await self.invitations.let_in_uninvited(canonical_room(asked.room), name)

    async def _inviter(self, request: Request) -> Account:
        account = await self.authenticator.account_of(bearer_token(request))
        if account.is_guest:
            raise NotForGuests
        if self.policy == "off":
            raise NoGuests
        return account
