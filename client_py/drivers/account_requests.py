"""Awaits what the settings ask of the server: another password, the end of the account, and where one is logged in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus

from client_py.core.server.access_faults import AccessFault, LoginFault, PageOriginRefused, ServerRefused
from client_py.core.server.account import fault_in
from client_py.drivers.account import AccountDriver
from client_py.ports.server import Http, OriginRefused, Response, Unreachable
from protocol.codes import ErrorCode
from protocol.errors import RemoteProtocolError
from protocol.http import (
    DELETE_ACCOUNT_PATH,
    END_LOGIN,
    END_LOGIN_PATH,
    END_OTHER_LOGINS_PATH,
    FAREWELL,
    LISTED_LOGINS,
    LOGINS_PATH,
    NEW_PASSWORD,
    PASSWORD_PATH,
    EndLogin,
    Farewell,
    ListedLogin,
    NewPassword,
)

_OK = range(200, 300)


class AccountRequests:
    """The requests of who is signed in, each with its token; each tells what went wrong, or None where nothing did."""

    def __init__(self, http: Http, account: AccountDriver) -> None:
        self._http = http
        self._account = account

    async def change_password(self, password: str, new_password: str) -> AccessFault | None:
        """Give the account another password; the server answers with a token in the place of ours."""
        asked = NewPassword(password, new_password, self._account.device_marks())
        return await self._exchange(PASSWORD_PATH, json.dumps(NEW_PASSWORD.to_json(asked)))

    async def end_other_logins(self) -> AccessFault | None:
        """End all of the account's other logins; the server answers with a token in the place of ours."""
        return await self._exchange(END_OTHER_LOGINS_PATH, "{}")

    async def delete_account(self, password: str) -> AccessFault | None:
        """Delete the account."""
        asked = Farewell(password, self._account.device_marks())
        return _fault_of(await self._post(DELETE_ACCOUNT_PATH, json.dumps(FAREWELL.to_json(asked))))

    async def end_login(self, login_id: str) -> AccessFault | None:
        """End one of the account's other logins; one that has ended already is none of our worries."""
        response = await self._post(END_LOGIN_PATH, json.dumps(END_LOGIN.to_json(EndLogin(login_id))))
        is_gone = isinstance(response, Response) and response.status == HTTPStatus.NOT_FOUND
        return None if is_gone else _fault_of(response)

    async def logins(self) -> Sequence[ListedLogin] | AccessFault:
        """Return where the account is logged in, or what went wrong."""
        token = self._token
        try:
            response = await self._http.get(LOGINS_PATH, token=token)
        except Unreachable:
            return LoginFault.UNREACHABLE
        self._look_for_end(token, response)
        if fault := _fault_of(response):
            return fault
        try:
            return LISTED_LOGINS.decode(response.body).logins
        except RemoteProtocolError:
            return LoginFault.UNREADABLE

    @property
    def _token(self) -> str:
        return self._account.login.token if self._account.login else ""

    async def _exchange(self, path: str, body: str) -> AccessFault | None:
        token = self._token
        response = await self._post(path, body)
        fault = _fault_of(response)
        if fault is None and isinstance(response, Response):
            self._account.token_given(token, response.body)
        return fault

    async def _post(self, path: str, body: str) -> Response | AccessFault:
        token = self._token
        try:
            response = await self._http.post(path, body, token=token)
        except Unreachable:
            return LoginFault.UNREACHABLE
        except OriginRefused as refused:
            return PageOriginRefused(refused.origin)
        self._look_for_end(token, response)
        return response

    def _look_for_end(self, token: str, response: Response) -> None:
        """Have the person asked for the password where the login has ended meanwhile, as where a room is entered."""
        fault = _fault_of(response)
        if isinstance(fault, ServerRefused) and fault.code == ErrorCode.UNAUTHENTICATED:
            self._account.token_refused(token)


def _fault_of(response: Response | AccessFault) -> AccessFault | None:
    if not isinstance(response, Response):
        return response
    return None if response.status in _OK else fault_in(response.body)
