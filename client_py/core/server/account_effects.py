"""What an account asks to have done, and what its requests to the server are for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from client_py.core.server.access_faults import AccessFault
from client_py.core.server.kept_login import Login
from protocol.http import GUEST_ACCOUNT_PATH, GUESTS_PATH, LOGIN_PATH, REFRESH_PATH, REGISTER_PATH


class Purpose(Enum):
    """What a request to the server is for; what comes of it is told with the same value."""

    SIGN_IN = auto()
    REGISTER = auto()
    COME = auto()
    """To be a guest."""
    BECOME = auto()
    """To make an account of the guest who is signed in."""
    RESUME = auto()
    """To see, when the page opens, whether the token that was kept is still good."""
    RENEW = auto()

    @property
    def path(self) -> str:
        """Return the address that the request goes to."""
        return _PATHS.get(self, REFRESH_PATH)


_PATHS = {
    Purpose.SIGN_IN: LOGIN_PATH,
    Purpose.REGISTER: REGISTER_PATH,
    Purpose.COME: GUESTS_PATH,
    Purpose.BECOME: GUEST_ACCOUNT_PATH,
}


@dataclass(frozen=True, slots=True)
class Post:
    """Send a request, and call `responded` or `unreachable` with its purpose, and its attempt if it has one."""

    purpose: Purpose
    body: str
    token: str | None = None
    attempt: int = 0
    """Which time it is that somebody signs in on this page."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep the login in this browser; it counts until there is another logout than this one."""

    login: Login
    logout: str


@dataclass(frozen=True, slots=True)
class Forget:
    """Take the login out of this browser, and name the logout, so that every tab hears of it."""


@dataclass(frozen=True, slots=True)
class ForgetExpired:
    """Take a login out of this browser that the server takes no longer: nobody has logged out."""


@dataclass(frozen=True, slots=True)
class EndLogin:
    """Tell the server that a login is over, so that it lists it no longer; nobody waits for that."""

    token: str


@dataclass(frozen=True, slots=True)
class RememberPerson:
    """Remember whose tab this is, over a reload; nobody's if the name is empty."""

    username: str


@dataclass(frozen=True, slots=True)
class KeepDeviceMark:
    """Keep what this browser shows when the same person logs in again; logging out does not take it away."""

    mark: str


@dataclass(frozen=True, slots=True)
class ForgetDeviceMarks:
    """Take all of them out of this browser."""


@dataclass(frozen=True, slots=True)
class StartTickTimer:
    """Call `ticked` after some seconds; starting it again restarts it."""

    seconds: float


@dataclass(frozen=True, slots=True)
class StopTickTimer:
    """Do not call `ticked` any more."""


@dataclass(frozen=True, slots=True)
class ShowChecking:
    """Show that name and password are being checked."""


@dataclass(frozen=True, slots=True)
class ShowFault:
    """Show why signing in or registering failed."""

    fault: AccessFault


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Someone is signed in: go where the address says."""

    username: str


@dataclass(frozen=True, slots=True)
class AskPassword:
    """The server takes the login no longer: ask its person for the password, and leave them where they are."""

    username: str


@dataclass(frozen=True, slots=True)
class LoginRenewed:
    """The same person has a login again that the server takes: go on where it was refused."""

    username: str


@dataclass(frozen=True, slots=True)
class TokenChanged:
    """The login has another token, in time: WebSockets that stand by the one before have to hear of it."""


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Nobody is signed in (any more): show the form, and why it is there if that is not plain."""

    fault: AccessFault | None = None
    username: str = ""


AccountEffect = (
    Post
    | Keep
    | Forget
    | ForgetExpired
    | EndLogin
    | KeepDeviceMark
    | ForgetDeviceMarks
    | RememberPerson
    | StartTickTimer
    | StopTickTimer
    | ShowChecking
    | ShowFault
    | SignedIn
    | AskPassword
    | LoginRenewed
    | TokenChanged
    | SignedOut
)
