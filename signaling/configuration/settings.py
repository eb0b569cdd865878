"""What can be set, and what it is when nothing is: every setting is an environment variable.

A field carries its variable, its default as one would write it, and a sentence; docs/deploy/settings.md has them too.
"""

# ruff: noqa: RUF009 - setting() makes a dataclass field, as field() does

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from limits import RateLimitItem

from signaling.client_addresses import is_loopback
from signaling.configuration.urls import read_backplane_url, read_stun_urls, read_turn_urls
from signaling.configuration.values import (
    choice,
    read_base_path,
    read_contacts,
    read_file,
    read_folder,
    read_host,
    read_hosts,
    read_limit,
    read_networks,
    read_origins,
    read_secret,
    read_secrets,
    read_text,
    read_turn_secret,
    whole_number,
)
from signaling.errors import InvalidSetting

PREFIX = "P2PCHAT_"
BACKPLANE = PREFIX + "BACKPLANE_URL"
SQLITE_FILE = "accounts.sqlite3"
CONTROL_CHARACTER = re.compile(r"[\0-\x1f\x7f-\x9f]")
"""No setting has one, and a library that is handed one fails later, in words of its own."""
WINDOWS_LINE_ENDS = "a file with the line ends of Windows has one at the end of each line"


def setting(variable: str, default: str, read: Callable[[str], object], meaning: str, *, show: bool = True) -> Any:
    """Declare a field that an environment variable sets; one with `show=False` stays out of every `repr`."""
    metadata = {"variable": PREFIX + variable, "default": default, "read": read, "meaning": meaning}
    return field(default=read(default), repr=show, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that can be set."""

    host: str = setting(
        "HOST",
        "127.0.0.1",
        read_host,
        "The address to listen on; `0.0.0.0` is every one of IPv4, `::` every one of IPv6 and IPv4. A loopback address "
        "turns development mode on.",
    )
    port: int = setting("PORT", "3000", whole_number(0, 65_535), "The port to listen on; 0 takes any free one.")
    development: str = setting(
        "DEVELOPMENT",
        "auto",
        choice("auto", "off"),
        "`off` turns development mode off on a loopback address too: for a server behind a proxy on the same machine.",
    )
    ssl_certfile: Path | None = setting(
        "SSL_CERTFILE",
        "",
        read_file,
        "The file of a certificate and of those that have signed it, in PEM form. With it, the server speaks TLS, and "
        "reads the file again at SIGHUP.",
    )
    ssl_keyfile: Path | None = setting(
        "SSL_KEYFILE",
        "",
        read_file,
        "The file of the certificate's private key, in PEM form, not encrypted. Where it is not set, the key is in the "
        "certificate's file.",
    )
    hsts: int = setting(
        "HSTS",
        "31536000",
        whole_number(0, 63_072_000),
        "Where the server speaks TLS: for how many seconds browsers come to its name by https only "
        "(Strict-Transport-Security); 0 says nothing to them. On a loopback address it is never said.",
    )
    data_dir: Path = setting(
        "DATA_DIR",
        "",
        read_folder,
        "The folder for the accounts, and for the secret of development mode. By default `p2p-chat` in the user's data "
        "folder, such as `~/.local/share/p2p-chat`.",
    )
    database_url: str = setting(
        "DATABASE_URL",
        "",
        read_text,
        "Another database for the accounts than SQLite in the data folder: `postgresql://user:password@host/name`, or "
        "`sqlite:///` and a path.",
        show=False,
    )
    workers: int = setting(
        "WORKERS",
        "1",
        whole_number(1, 64),
        "How many processes serve side by side, each on a core of its own. More than one need a backplane.",
    )
    backplane_url: str = setting(
        "BACKPLANE_URL",
        "",
        read_backplane_url,
        "A Redis that joins several processes or machines into one server, like `redis://:password@host:6379/0`. They "
        "share their rooms and limits by it; accounts they share by one database, and the secret has to be the same.",
        show=False,
    )
    jwt_secret: str = setting(
        "JWT_SECRET",
        "",
        read_secret,
        "What tokens are signed with: at least 32 random bytes, as of `openssl rand -base64 48`, kept to yourself. "
        "Needed outside of development mode.",
        show=False,
    )
    jwt_other_secrets: tuple[str, ...] = setting(
        "JWT_OTHER_SECRETS",
        "",
        read_secrets,
        "Other secrets, four at most, with commas between them, whose tokens are taken too: the one before, or the one "
        "to come, while the secret is changed.",
        show=False,
    )
    token_life: int = setting(
        "TOKEN_LIFE", "3600", whole_number(60, 2_592_000), "For how many seconds a login is good; open pages renew it."
    )
    bcrypt_cost: int = setting(
        "BCRYPT_COST",
        "12",
        whole_number(4, 16),
        "The work in the hash of a password: one more doubles it. Less than 10 is for tests.",
    )
    base_path: str = setting(
        "BASE_PATH",
        "/",
        read_base_path,
        "The path at which a proxy has the server, like `/p2p-chat/`, where it is not at the top of its host. The "
        "proxy may pass that path on or take it away.",
    )
    allowed_origins: tuple[str, ...] = setting(
        "ALLOWED_ORIGINS",
        "",
        read_origins,
        "Origins beside the server's own whose pages may use it, with commas between them.",
    )
    allowed_hosts: tuple[str, ...] = setting(
        "ALLOWED_HOSTS",
        "",
        read_hosts,
        "Names under which the server answers, with commas between them; `*.example.org` stands for every name below, "
        "and `any` for all. By default it is `any`; in development mode, `localhost` and addresses are answered.",
    )
    trusted_proxies: tuple[str, ...] = setting(
        "TRUSTED_PROXIES",
        "127.0.0.1,::1",
        read_networks,
        "Addresses and networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, or `none`.",
    )
    login_limit: RateLimitItem = setting(
        "LOGIN_LIMIT",
        "120/minute",
        read_limit,
        "Logins tried from one address, right and wrong ones together. As many may be tried for one name from the "
        "browsers in which it has logged in before, and do not count at their addresses.",
    )
    login_failures_limit: RateLimitItem = setting(
        "LOGIN_FAILURES_LIMIT",
        "10/10 minutes",
        read_limit,
        "Failed logins for one name from one address, or in one browser in which that name has logged in before.",
    )
    login_failures_by_address_limit: RateLimitItem = setting(
        "LOGIN_FAILURES_BY_ADDRESS_LIMIT",
        "100/10 minutes",
        read_limit,
        "Failed logins from one address; not held against a browser in which the name has logged in before.",
    )
    login_failures_by_name_limit: RateLimitItem = setting(
        "LOGIN_FAILURES_BY_NAME_LIMIT",
        "100/hour",
        read_limit,
        "Failed logins for one name from everywhere; not held against a browser or an address where that name has "
        "logged in.",
    )
    register_limit: RateLimitItem = setting("REGISTER_LIMIT", "20/hour", read_limit, "New accounts from one address.")
    guests: str = setting(
        "GUESTS",
        "invited",
        choice("invited", "open", "off"),
        "Who may come without an account, to one room: `invited` are those whom an account has invited, `open` lets "
        "anyone into the room that they name, and `off` nobody, and ends the guests there are.",
    )
    guest_limit: RateLimitItem = setting(
        "GUEST_LIMIT", "60/hour", read_limit, "Guests from one address, those who are refused among them."
    )
    guest_by_inviter_limit: RateLimitItem = setting(
        "GUEST_BY_INVITER_LIMIT", "120/hour", read_limit, "Guests who come by the invitations of one account."
    )
    invitation_limit: RateLimitItem = setting(
        "INVITATION_LIMIT", "60/hour", read_limit, "Invitations that one account makes."
    )
    invitation_by_address_limit: RateLimitItem = setting(
        "INVITATION_BY_ADDRESS_LIMIT",
        "300/hour",
        read_limit,
        "Invitations that are made from one address, by all its accounts.",
    )
    message_limit: RateLimitItem = setting(
        "MESSAGE_LIMIT",
        "200/10 seconds",
        read_limit,
        "Signaling messages on one connection; the whole number may come as one burst.",
    )
    connections: int = setting(
        "CONNECTIONS",
        "10000",
        whole_number(1, 1_000_000),
        "WebSockets that one process serves at most; fewer where it may not open as many files.",
    )
    connections_per_account: int = setting(
        "CONNECTIONS_PER_ACCOUNT",
        "100",
        whole_number(1, 1_000_000),
        "WebSockets of one account, in all its tabs and devices, and places that are held for it.",
    )
    connections_per_address: int = setting(
        "CONNECTIONS_PER_ADDRESS",
        "500",
        whole_number(1, 1_000_000),
        "WebSockets from one address, or one /64 of IPv6; a /48 may have four times as many. A proxy that names no "
        "client is not bounded.",
    )
    connect_limit: RateLimitItem = setting(
        "CONNECT_LIMIT", "600/minute", read_limit, "WebSockets that one account opens."
    )
    connect_by_address_limit: RateLimitItem = setting(
        "CONNECT_BY_ADDRESS_LIMIT",
        "600/10 seconds",
        read_limit,
        "WebSocket handshakes from one address, good ones, bad ones and reachability probes together.",
    )
    request_limit: RateLimitItem = setting(
        "REQUEST_LIMIT",
        "20000/minute",
        read_limit,
        "HTTP requests, and connections for them, from one address or one /64 of IPv6; a /48 may have four times as "
        "many. A page that is opened for the first time needs some thirty. A trusted proxy is not bounded.",
    )
    buffer_mib: int = setting(
        "BUFFER_MIB",
        "128",
        whole_number(16, 1_048_576),
        "Memory in MiB, in each process, for messages that have not come to their end and for what clients do not "
        "read. One account may fill a sixteenth of it, one address an eighth.",
    )
    room_capacity: int = setting(
        "ROOM_CAPACITY",
        "2",
        whole_number(2, 64),
        "How many persons a room has places for; further tabs and devices of one person take no place of their own.",
    )
    resume_grace: int = setting(
        "RESUME_GRACE",
        "30",
        whole_number(0, 3_600),
        "For how many seconds a peer whose connection was lost keeps its place.",
    )
    stun_urls: tuple[str, ...] = setting(
        "STUN_URLS",
        "stun:stun.l.google.com:19302",
        read_stun_urls,
        "STUN servers that tell browsers their public address, with commas between them; `none` for a network without "
        "internet.",
    )
    turn_urls: tuple[str, ...] = setting(
        "TURN_URLS",
        "",
        read_turn_urls,
        "TURN servers that relay where no direct connection is possible, with commas between them; `?transport=udp` or "
        "`?transport=tcp` after an address says how they are reached.",
    )
    turn_secret: str = setting(
        "TURN_SECRET",
        "",
        read_turn_secret,
        "The secret that the TURN servers share with this one (coturn's `static-auth-secret`): at least 16 random "
        "bytes. Needed with TURN servers.",
        show=False,
    )
    turn_life: int = setting(
        "TURN_LIFE",
        "86400",
        whole_number(60, 2_592_000),
        "For how many seconds the credentials for the TURN servers are good; open pages renew them.",
    )
    ice_servers_limit: RateLimitItem = setting(
        "ICE_SERVERS_LIMIT", "60/minute", read_limit, "Renewals of TURN credentials by one account, in all its tabs."
    )
    refresh_limit: RateLimitItem = setting(
        "REFRESH_LIMIT", "60/minute", read_limit, "Renewals of a login by one account, in all its tabs."
    )
    account_limit: RateLimitItem = setting(
        "ACCOUNT_LIMIT",
        "60/minute",
        read_limit,
        "What one account asks about itself: looks at its logins, logging out, a new password, its deletion.",
    )
    log_level: str = setting(
        "LOG_LEVEL", "info", choice("debug", "info", "warning", "error"), "The least that is worth a line in the log."
    )
    log_format: str = setting(
        "LOG_FORMAT", "text", choice("text", "json"), "`json` makes each line of the log a JSON object."
    )
    metrics_token: str = setting(
        "METRICS_TOKEN",
        "",
        read_secret,
        "What `Authorization: Bearer` has to carry where another machine asks for `/metrics`: at least 32 random "
        "bytes. Where it is not set, no other machine is answered.",
        show=False,
    )

    security_contact: tuple[str, ...] = setting(
        "SECURITY_CONTACT",
        "",
        read_contacts,
        "Whom to tell of a hole in this server, with commas between them: `mailto:…`, `https://…` or `tel:…`. "
        "`/.well-known/security.txt` (RFC 9116) names them; where nobody is set, there is no such file.",
    )

    @classmethod
    def read(cls, environment: Mapping[str, str], options: Mapping[str, str | None] | None = None) -> Settings:
        """Read an environment; `options`, by field name, take precedence. InvalidSetting if something is unfit."""
        values: dict[str, Any] = {}
        for spec in fields(cls):
            variable = spec.metadata["variable"]
            # An empty variable is what compose files and CI make of one that is not set.
            typed = (options or {}).get(spec.name)
            if text := typed or environment.get(variable):
                name = "--" + spec.name.replace("_", "-") if typed else variable
                values[spec.name] = _read(name, spec.metadata["read"], text)
        settings = cls(**values)
        _check_turn(settings)
        _check_workers(settings)
        _check_certificate(settings)
        return settings

    @property
    def is_development(self) -> bool:
        """Whether there are demo accounts, and a secret made by ourselves."""
        return self.development == "auto" and is_loopback(self.host)


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Return the variables that look like settings and are none: misspelt, or of another version."""
    known = {spec.metadata["variable"] for spec in fields(Settings)}
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)


def _check_turn(settings: Settings) -> None:
    """Refuse TURN servers without a secret, and the other way round: someone has forgotten something."""
    if settings.turn_urls and not settings.turn_secret:
        raise InvalidSetting(PREFIX + "TURN_SECRET", f"must be set where {PREFIX}TURN_URLS is")
    if settings.turn_secret and not settings.turn_urls:
        raise InvalidSetting(PREFIX + "TURN_URLS", f"must be set where {PREFIX}TURN_SECRET is")


def _check_workers(settings: Settings) -> None:
    """Refuse several processes that could not introduce their clients to each other."""
    if settings.workers > 1 and not settings.backplane_url:
        reason = f"can be more than 1 only with a Redis, by which the processes share their rooms: set {BACKPLANE}"
        raise InvalidSetting(PREFIX + "WORKERS", reason)


def _check_certificate(settings: Settings) -> None:
    """Refuse a key of no certificate: the server would serve without TLS."""
    if settings.ssl_keyfile and not settings.ssl_certfile:
        raise InvalidSetting(PREFIX + "SSL_CERTFILE", f"must be set where {PREFIX}SSL_KEYFILE is")


def _read(name: str, read: Callable[[str], object], text: str) -> object:
    if CONTROL_CHARACTER.search(text):
        raise InvalidSetting(name, f"must have no control characters in it; {WINDOWS_LINE_ENDS}")
    try:
        return read(text)
    except ValueError as error:
        # A reader's sentence keeps secrets to itself, which what it comes from need not.
        raise InvalidSetting(name, str(error)) from None
