"""What the server refuses to do, and why it may not start.

ServerError
├── StartupError               the server cannot start; its sentence says what is wrong and what to do
│   ├── InvalidSetting         a setting has a value that it may not have, or lacks one that it needs
│   ├── FolderUnusable         the data folder, or the secret in it, cannot be made, read or written
│   ├── DatabaseUnusable       the database cannot be reached, or its driver is not installed
│   │   ├── NewerDatabase      a newer release has changed it in a way that this one does not know
│   │   └── ForeignTable       another program's table stands where ours would
│   ├── BackplaneUnusable      the Redis between several processes cannot be reached
│   ├── AddressUnusable        nothing can be served at this host and port
│   ├── CertificateUnusable    TLS cannot be served with what its files hold
│   ├── WorkersUnusable        several processes cannot serve one address here
│   └── SiteIncomplete         the page's files or the Pyodide runtime are not there
├── DependencyUnavailable      what the server depends on does not answer as it should; while it runs, that may pass
├── ExportError                the page cannot be written for a static host; its sentence says what to do
│   ├── InvalidOption          an option has a value that it may not have
│   ├── FolderNotOurs          the folder holds what no export has written
│   └── FolderUnwritable       the folder cannot be read or written
├── BackupError                the accounts are not copied or restored, and nothing has changed
│   ├── AccountsElsewhere      they are in PostgreSQL, which has commands of its own for that
│   ├── BackupFailed           a file cannot be read or written, or is no backup
│   └── DatabaseInUse          a server runs, whose accounts would be replaced under it
└── Refusal                    one request is not carried out and nothing has changed; `code` says why to a program
    ├── MalformedRequest       an HTTP request that breaks a rule, or that a proxy could read otherwise
    │   ├── UnsupportedVersion     one of another version of HTTP
    │   ├── UnsupportedCoding      one whose body is coded in a way that is not known here
    │   └── UnsupportedWebSocket   a handshake for another version of WebSockets
    ├── HeadTooBig             an HTTP request whose head does not come to its end
    ├── RequestTooSlow         an HTTP request that has not come in time
    ├── NoRoom                 a connection for which there is no file; `retry_after` likewise
    ├── MalformedBody          an HTTP body that is not JSON of the right shape
    │   └── UnsupportedMedia   a body that does not call itself JSON
    ├── BodyTooBig             an HTTP body over the limit
    ├── ForbiddenHost          a request under a name that is not this server's
    ├── ForbiddenOrigin        a page of an origin that is not allowed
    ├── AuthenticationError    the token is missing, expired, revoked or not ours
    │   └── ReusedToken            it was exchanged for another one before; its login has ended
    ├── UnknownLogin           a login to be ended that the account does not have
    ├── InvalidCredentials     the name or the password is wrong
    ├── InvalidUsername        a new name that no account may have
    ├── ReservedUsername       a new name that would be taken for the server, or for no one
    ├── InvalidPassword        a new password that no account may have
    ├── InvalidInvitation      an invitation that lets nobody in
    ├── UnknownInvitation      an invitation to be revoked that the account has not made
    ├── TooManyInvitations     a new one of an account that has as many as one may have
    ├── NoGuests               an invitation, or a guest, on a server that takes none
    ├── NotForGuests           a guest asks for what only an account has
    ├── NoGuest                an account asks for what only a guest can do
    ├── AccountExists          a new name that is taken
    │   └── SimilarAccountExists   one that looks like a name that is taken
    ├── RateLimited            too much at once; `retry_after` says for how long to wait
    ├── DatabaseUnavailable    the database is away; `retry_after` likewise
    │   └── AccountNotStored       it does not take a new account
    ├── NotInRoom              a request that needs a room, from a peer in none
    ├── RoomFull               every place in the room is taken
    ├── WrongRoom              a guest of another room
    ├── TooManyDevices         a person is in the room with as many devices as one may be
    ├── BackplaneUnavailable   the room may be on another process, and those cannot be reached
    └── UnknownPeer            the addressee is not in this room
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from protocol.codes import ErrorCode
from protocol.passwords import MAX_PASSWORD_BYTES, MIN_PASSWORD_CHARACTERS, PasswordFault
from protocol.usernames import MAX_USERNAME_CHARACTERS, MIN_USERNAME_CHARACTERS, UsernameFault

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class ServerError(Exception):
    """The root of everything that this package raises."""


class StartupError(ServerError):
    """The root of what keeps the server from starting; a person reads the sentence."""


class InvalidSetting(StartupError):
    """Raised while settings are read; `reason` says what the variable, or the option that was typed, may be."""

    def __init__(self, variable: str, reason: str) -> None:
        self.variable = variable
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.variable} {self.reason}."


class FolderUnusable(StartupError):
    """Raised when the data folder or a file in it fails us; `reason` is the operating system's."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"The data folder cannot be used ({self.path}: {self.reason}). Choose another with P2PCHAT_DATA_DIR."


class DatabaseUnusable(StartupError):
    """Raised when the database cannot be opened; `address` is its URL without the password."""

    def __init__(self, address: str, reason: str) -> None:
        self.address = address
        self.reason = reason

    def __str__(self) -> str:
        return f"The database {self.address} cannot be used: {self.reason}. P2PCHAT_DATABASE_URL says which one it is."


class NewerDatabase(DatabaseUnusable):
    """Raised when the database has a `revision` that none of our migrations leads to."""

    def __init__(self, address: str, revision: str) -> None:
        super().__init__(address, f"a newer release of P2P Chat has brought it to revision {revision}")
        self.revision = revision

    def __str__(self) -> str:
        return (
            f"The database {self.address} cannot be used: {self.reason}, which this one does not know. Start that "
            "release again, or choose another database with P2PCHAT_DATABASE_URL."
        )


class ForeignTable(DatabaseUnusable):
    """Raised when the database has a table of our name without our columns; `missing` names those."""

    def __init__(self, address: str, table: str, missing: list[str]) -> None:
        super().__init__(address, f"its table {table} is another program's, since it has no {' and no '.join(missing)}")
        self.table = table
        self.missing = missing

    def __str__(self) -> str:
        return (
            f"The database {self.address} cannot be used: {self.reason}. Give P2P Chat a database of its own "
            "with P2PCHAT_DATABASE_URL."
        )


class BackplaneUnusable(StartupError):
    """Raised when the Redis of the backplane does not answer at the start; `address` is its URL without a password."""

    def __init__(self, address: str, reason: str) -> None:
        self.address = address
        self.reason = reason

    def __str__(self) -> str:
        return f"The Redis {self.address} cannot be used: {self.reason}. P2PCHAT_BACKPLANE_URL says which one it is."


class CertificateUnusable(StartupError):
    """Raised when a file of the certificate cannot be read or served with; `reason` says why."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"The certificate cannot be used ({self.path}: {self.reason}). P2PCHAT_SSL_CERTFILE and "
            "P2PCHAT_SSL_KEYFILE name the files of the certificate and of its private key."
        )


class WorkersUnusable(StartupError):
    """Raised when several processes are asked for where they cannot share what they need to; `reason` names that."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __str__(self) -> str:
        return f"Several workers cannot be had here: {self.reason}. Serve with one: --workers 1."


class AddressUnusable(StartupError):
    """Raised when the server cannot listen; `reason` is the operating system's."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        self.host = host
        self.port = port
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"P2P Chat cannot listen on {self.host} port {self.port}: {self.reason}. "
            "Choose another address with --host or another port with --port; in `make run`, with HOST= or PORT=."
        )


class SiteIncomplete(StartupError):
    """Raised when a file that the page is made of is missing; `missing` names it."""

    def __init__(self, missing: str) -> None:
        self.missing = missing

    def __str__(self) -> str:
        return f"{self.missing} is missing, and the page does not work without it. In a checkout, run `make setup`."


class DependencyUnavailable(ServerError):
    """Raised by a check of readiness; `reason` is for the log, and holds no password."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __str__(self) -> str:
        return f"What the server depends on cannot be used now: {self.reason}."


class ExportError(ServerError):
    """The root of what keeps the page from being written for a static host; a person reads the sentence."""


class InvalidOption(ExportError):
    """Raised when what was typed makes no sense; `reason` says what the option may be."""

    def __init__(self, option: str, reason: str) -> None:
        self.option = option
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.option} {self.reason}."


class FolderNotOurs(ExportError):
    """Raised when an export would have to change what it has not written; `reason` names that."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path} is left as it is: {self.reason}. Choose a new or empty folder with --out."


class FolderUnwritable(ExportError):
    """Raised when the system does not let an export read or write; `reason` is the operating system's.

    What was written until then is whole, file by file; the next export goes on with it.
    """

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"The page cannot be written to {self.path}: {self.reason}. Choose another folder with --out."


class BackupError(ServerError):
    """The root of what keeps accounts from being copied or restored; a person reads the sentence."""


class AccountsElsewhere(BackupError):
    """Raised where the accounts are in no file, but in PostgreSQL; `command` does there what was asked for."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __str__(self) -> str:
        return f"The accounts are in PostgreSQL, which has a command of its own for that: {self.command}"


class BackupFailed(BackupError):
    """Raised for a file that cannot be read or written, or is no backup; `reason` says which of it."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path} cannot be used: {self.reason}."


class DatabaseInUse(BackupError):
    """Raised when a database would be replaced that a server, or another program, has open."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return f"{self.path} is in use. Stop the server, and every other program that has it open, and restore again."


class Refusal(ServerError):
    """The root of what a client is told; `code` for a program, `str()` for a person, `status` over HTTP."""

    code = ErrorCode.MALFORMED
    status = HTTPStatus.BAD_REQUEST
    retry_after: int | None = None
    """Seconds to wait, where waiting helps."""
    sentence = ""

    @property
    def details(self) -> Mapping[str, str]:
        """What a program may read of it beside the code, over HTTP."""
        return {}

    def __str__(self) -> str:
        return self.sentence


class MalformedRequest(Refusal):
    """Raised for the head of an HTTP request that may not be so; `reason` says what is wrong."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __str__(self) -> str:
        return f"The request is malformed: {self.reason}."


class UnsupportedVersion(MalformedRequest):
    """Raised for a request of another `version` than HTTP/1.0 and HTTP/1.1."""

    status = HTTPStatus.HTTP_VERSION_NOT_SUPPORTED

    def __init__(self, version: str) -> None:
        super().__init__(f"it is of HTTP/{version}, and HTTP/1.1 is spoken here")


class UnsupportedCoding(MalformedRequest):
    """Raised for a body with a transfer coding beside `chunked`, under which nothing could be found out about it."""

    status = HTTPStatus.NOT_IMPLEMENTED

    def __init__(self) -> None:
        super().__init__("its body has another transfer coding than chunked")


class UnsupportedWebSocket(MalformedRequest):
    """Raised for a handshake that asks for another version of the protocol than RFC 6455's."""

    status = HTTPStatus.UPGRADE_REQUIRED

    def __init__(self) -> None:
        super().__init__("it asks for a WebSocket of another version than 13")


class HeadTooBig(Refusal):
    """Raised for a request of which `limit` bytes have come, and the end of its head has not."""

    code = ErrorCode.TOO_BIG

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def __str__(self) -> str:
        return f"The request is too big: beside its body, at most {self.limit} bytes are read."


class RequestTooSlow(Refusal):
    """Raised for a request that was begun, and has not come to its end in time."""

    status = HTTPStatus.REQUEST_TIMEOUT
    sentence = "The request did not come to its end in time. Send it again."


class NoRoom(Refusal):
    """Raised for a connection for which this process may hardly open a file any more."""

    code = ErrorCode.RATE_LIMITED
    status = HTTPStatus.SERVICE_UNAVAILABLE
    retry_after = 5
    sentence = "The server has no room for another connection. Try again in a few seconds."


class MalformedBody(Refusal):
    """Raised for an HTTP body that is not JSON of the shape that its address takes; `reason` says what is wrong."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __str__(self) -> str:
        return f"The request is malformed: {self.reason}."


class UnsupportedMedia(MalformedBody):
    """Raised for a body that does not call itself JSON: what a plain form of a foreign page could send."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE

    def __init__(self) -> None:
        super().__init__("its content type is not application/json")


class BodyTooBig(Refusal):
    """Raised while an HTTP body is read, as soon as it is over the limit in bytes."""

    code = ErrorCode.TOO_BIG
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def __str__(self) -> str:
        return f"The request is too big: at most {self.limit} bytes are read."


class ForbiddenHost(Refusal):
    """Raised for a request to a `host` under whose name this server does not answer."""

    code = ErrorCode.FORBIDDEN_HOST
    status = HTTPStatus.MISDIRECTED_REQUEST

    def __init__(self, host: str) -> None:
        self.host = host

    def __str__(self) -> str:
        return (
            f"This server does not answer as {self.host}. The people who run it can allow that name with "
            "P2PCHAT_ALLOWED_HOSTS."
        )


class ForbiddenOrigin(Refusal):
    """Raised for a request that a page of another `origin` makes than `host`, unless the settings allow that origin.

    `host` is the Host header, or empty where there is none. A proxy that changes it makes a foreign page of our own.
    """

    code = ErrorCode.FORBIDDEN_ORIGIN
    status = HTTPStatus.FORBIDDEN
    remedy = (
        "If they are its own, have the proxy pass on the Host header as it came; otherwise add the origin to "
        "P2PCHAT_ALLOWED_ORIGINS."
    )

    def __init__(self, origin: str, host: str) -> None:
        self.origin = origin
        self.host = host

    @property
    def details(self) -> Mapping[str, str]:
        """Both, since only together do they say what is wrong."""
        return {"origin": self.origin, "host": self.host}

    def __str__(self) -> str:
        asked = f"as {self.host}" if self.host else "without a Host header"
        return f"Pages of {self.origin} may not use this server, which was asked {asked}. {self.remedy}"


class AuthenticationError(Refusal):
    """Raised for a token that does not prove an account that exists."""

    code = ErrorCode.UNAUTHENTICATED
    status = HTTPStatus.UNAUTHORIZED
    sentence = "You are not logged in, or no longer. Log in again."


class ReusedToken(AuthenticationError):
    """Raised for a token that somebody has exchanged for another one before; the login of `account_id` has ended."""

    def __init__(self, account_id: str) -> None:
        self.account_id = account_id


class UnknownLogin(Refusal):
    """Raised on signing out a login that this account does not have, or not any more."""

    code = ErrorCode.NOT_FOUND
    status = HTTPStatus.NOT_FOUND
    sentence = "This login has ended already."


class InvalidCredentials(Refusal):
    """Raised when a name and a password do not belong together; which of them is wrong is not said."""

    code = ErrorCode.INVALID_CREDENTIALS
    status = HTTPStatus.UNAUTHORIZED
    sentence = "The username or the password is wrong."


class InvalidUsername(Refusal):
    """Raised for a new name, of at most `most` characters, that is not allowed; `fault` says why."""

    code = ErrorCode.INVALID_USERNAME
    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, fault: UsernameFault, most: int = MAX_USERNAME_CHARACTERS) -> None:
        self.fault = fault
        self.most = most

    def __str__(self) -> str:
        return {
            UsernameFault.TOO_SHORT: f"The username needs at least {MIN_USERNAME_CHARACTERS} characters.",
            UsernameFault.TOO_LONG: f"The username may have at most {self.most} characters.",
            UsernameFault.CHARACTER: "A username has letters and digits of one script, and “_”, “-” and “.”.",
            UsernameFault.MIXED: "The letters and digits of a username are of one script.",
            UsernameFault.DIRECTION: (
                "A username that is written from right to left begins with a letter, and ends with a letter or a digit."
            ),
        }[self.fault]


class ReservedUsername(Refusal):
    """Raised on making an account under a name that nobody may have, or one that looks like it."""

    code = ErrorCode.RESERVED_USERNAME
    status = HTTPStatus.CONFLICT
    sentence = "This username is reserved. Choose another."


class InvalidPassword(Refusal):
    """Raised on making an account with a password that is not allowed; `fault` says why."""

    code = ErrorCode.INVALID_PASSWORD
    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, fault: PasswordFault) -> None:
        self.fault = fault

    def __str__(self) -> str:
        return {
            PasswordFault.TOO_SHORT: f"The password needs at least {MIN_PASSWORD_CHARACTERS} characters.",
            PasswordFault.TOO_LONG: f"The password may have at most {MAX_PASSWORD_BYTES} bytes.",
            PasswordFault.UNUSABLE: "The password has a character in it that no password can have.",
        }[self.fault]


class InvalidInvitation(Refusal):
    """Raised on coming as a guest without an invitation that still lets somebody in; what is wrong with it is not said.

    A person asks for another one in any case, and nobody learns which invitations there were.
    """

    code = ErrorCode.INVALID_INVITATION
    status = HTTPStatus.FORBIDDEN
    sentence = "This invitation is not valid, or not any more. Ask for another one."


class UnknownInvitation(Refusal):
    """Raised on revoking an invitation that this account has not made, or that is gone with all who came by it."""

    code = ErrorCode.NOT_FOUND
    status = HTTPStatus.NOT_FOUND
    sentence = "This invitation has ended already."


class TooManyInvitations(Refusal):
    """Raised on inviting, for an account that has `limit` invitations that are valid or have guests."""

    code = ErrorCode.RATE_LIMITED
    status = HTTPStatus.TOO_MANY_REQUESTS
    retry_after = 3_600

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def __str__(self) -> str:
        return f"You have made {self.limit} invitations already. End one of them, with its guests, and try again."


class NoGuests(Refusal):
    """Raised where the settings say that the server takes no guests."""

    code = ErrorCode.NO_GUESTS
    status = HTTPStatus.FORBIDDEN
    sentence = "This server takes no guests. Log in, or ask the people who run it for an account."


class NotForGuests(Refusal):
    """Raised for a guest who asks for what only an account has: invitations, a password, and an end of its own."""

    code = ErrorCode.NOT_FOR_GUESTS
    status = HTTPStatus.FORBIDDEN
    sentence = "Guests cannot do this. Make an account first."


class NoGuest(Refusal):
    """Raised for an account that would become one."""

    code = ErrorCode.UNEXPECTED
    status = HTTPStatus.CONFLICT
    sentence = "You have an account already."


class AccountExists(Refusal):
    """Raised on making an account under a name that another has, in whatever case."""

    code = ErrorCode.ACCOUNT_EXISTS
    status = HTTPStatus.CONFLICT
    sentence = "This username is taken. Choose another, or log in."


class SimilarAccountExists(AccountExists):
    """Raised on making an account under a name that looks like the one that another has."""

    code = ErrorCode.SIMILAR_ACCOUNT_EXISTS
    sentence = "Someone has a username that looks like this one. Choose one that cannot be mistaken for it."


class DatabaseUnavailable(Refusal):
    """Raised while the database does not answer; it may be restarting."""

    code = ErrorCode.DATABASE_UNAVAILABLE
    status = HTTPStatus.SERVICE_UNAVAILABLE
    retry_after = 5
    sentence = "The server cannot look up accounts at the moment. Try again in a few seconds."


class AccountNotStored(DatabaseUnavailable):
    """Raised for an account that the database does not take, while it may well be read."""

    sentence = "The server cannot store accounts at the moment. Try again in a few seconds."


class RateLimited(Refusal):
    """Raised when a limit is used up; `retry_after` in whole seconds."""

    code = ErrorCode.RATE_LIMITED
    status = HTTPStatus.TOO_MANY_REQUESTS
    retry_after: int

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"Too many attempts. Try again in {self.retry_after} s."


class NotInRoom(Refusal):
    """Raised for a request that only a member of a room can make."""

    code = ErrorCode.NOT_IN_ROOM
    sentence = "You are not in a room. Join one first."


class RoomFull(Refusal):
    """Raised for a join when every place is taken, for `capacity` persons."""

    code = ErrorCode.ROOM_FULL

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity

    def __str__(self) -> str:
        return f"The room is full: it has places for {self.capacity} people. Try again when someone has left."


class WrongRoom(Refusal):
    """Raised for a join of a guest who was invited to another room."""

    code = ErrorCode.WRONG_ROOM
    sentence = "You are a guest of another room, and can be in that one alone. Make an account to join others."


class TooManyDevices(Refusal):
    """Raised for a join of someone who is in the room on `limit` tabs and programs already, all of them connected."""

    code = ErrorCode.TOO_MANY_DEVICES

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def __str__(self) -> str:
        return f"You are in this room in {self.limit} tabs or programs already. Close one of them, and try again."


class BackplaneUnavailable(Refusal):
    """Raised for a join while other processes cannot be reached, unless the room is on this one already."""

    code = ErrorCode.BACKPLANE_UNAVAILABLE
    retry_after: int = 2
    sentence = "The server cannot reach its other parts just now, and the room may be on one of them. Try again soon."


class UnknownPeer(Refusal):
    """Raised for a signal to someone who is not in the room, or not any more."""

    code = ErrorCode.UNKNOWN_PEER
    sentence = "This peer is not in the room."
