"""The command line: `p2p-chat serve`."""

from __future__ import annotations

import os
import socket
from functools import partial

import click

from signaling import logs
from signaling.admission import DEMO_PASSWORD, DEMO_USERNAME
from signaling.app import create_app
from signaling.errors import StartupError
from signaling.serving import listen, serve
from signaling.settings import PREFIX, Settings, is_loopback, unknown_variables

WILDCARD_HOSTS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - recognized here, not bound


class CannotStart(click.ClickException):
    """Ends the program with one sentence and an exit code of its own."""

    exit_code = 2


@click.group()
@click.version_option(package_name="p2p-chat")
def main() -> None:
    """P2P Chat: conversations from browser to browser, and the server that introduces the browsers."""


@main.command("serve")
@click.option("--host", help=f"Address to listen on ({PREFIX}HOST; 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65_535), help=f"Port to listen on ({PREFIX}PORT; 3000).")
@click.option("--data-dir", type=click.Path(), help=f"Folder for the accounts ({PREFIX}DATA_DIR).")
@click.option("--log-level", help=f"debug, info, warning or error ({PREFIX}LOG_LEVEL; info).")
def serve_command(host: str | None, port: int | None, data_dir: str | None, log_level: str | None) -> None:
    """Serve the page, the accounts and the signaling. Every other setting is a variable: see docs/deploy.md."""
    options = {
        "host": host,
        "port": None if port is None else str(port),
        "data_dir": data_dir,
        "log_level": log_level,
    }
    try:
        settings = Settings.read(os.environ, options)
        logs.configure(settings.log_level)
        for name in unknown_variables(os.environ):
            logs.log("unknown_setting", level=logs.WARNING, variable=name)
        app = create_app(settings)
        sockets = listen(settings.host, settings.port)
        serve(app, settings, sockets, partial(_announce, settings, sockets))
    except StartupError as error:
        raise CannotStart(str(error)) from error


def _announce(settings: Settings, sockets: list[socket.socket]) -> None:
    port = sockets[0].getsockname()[1]
    click.echo(f"P2P Chat is at {_address(settings.host, port)} (Ctrl-C stops it).")
    if settings.is_development:
        click.echo(f"Development mode: log in as {DEMO_USERNAME} with the password {DEMO_PASSWORD}, or register.")
    elif not is_loopback(settings.host):
        click.echo("Browsers on other machines need https in front of it: see docs/deploy.md.")


def _address(host: str, port: int) -> str:
    name = "localhost" if host in WILDCARD_HOSTS else host
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
