"""The command line: `p2p-chat serve`, `migrate`, `backup`, `restore`, `rotate-secret` and `export`."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import click
from click.exceptions import Exit

from signaling.accounts.authenticator import DEMO_PASSWORDS
from signaling.app import create_app
from signaling.client_addresses import is_loopback
from signaling.configuration.settings import PREFIX, Settings, unknown_variables
from signaling.errors import BackupError, DatabaseUnavailable, ExportError, StartupError
from signaling.monitoring import logs
from signaling.monitoring.worker_metrics import Worker
from signaling.process import workers
from signaling.process.open_files import raise_limit
from signaling.process.serving import listen, listens_everywhere, serve
from signaling.site.export import export_site
from signaling.site.loading import static_folder
from signaling.storage.backup import back_up, restore
from signaling.storage.data_folder import rotate_secret
from signaling.storage.database import Database, chosen_url
from signaling.storage.schema import Migration


class CannotStart(click.ClickException):
    """Ends the program with one sentence and an exit code of its own."""

    exit_code = 2


@click.group()
@click.version_option(package_name="p2p-chat")
def main() -> None:
    """P2P Chat: conversations from browser to browser, and the server that introduces the browsers."""


@main.command("serve")
@click.option("--host", help=f"Address to listen on ({PREFIX}HOST; 127.0.0.1).")
@click.option("--port", help=f"Port to listen on ({PREFIX}PORT; 3000).")
@click.option("--ssl-certfile", type=click.Path(), help=f"Certificate to speak TLS with ({PREFIX}SSL_CERTFILE).")
@click.option("--ssl-keyfile", type=click.Path(), help=f"Its private key ({PREFIX}SSL_KEYFILE).")
@click.option("--data-dir", type=click.Path(), help=f"Folder for the accounts ({PREFIX}DATA_DIR).")
@click.option("--workers", help=f"Processes side by side; more than 1 need Redis ({PREFIX}WORKERS; 1).")
@click.option("--log-level", help=f"debug, info, warning or error ({PREFIX}LOG_LEVEL; info).")
def serve_command(**options: str | None) -> None:
    """Serve the page, accounts and signaling. Every other setting is a variable: see docs/deploy/settings.md."""
    try:
        settings = Settings.read(os.environ, options)
        logs.configure(settings.log_level, settings.log_format)
        for name in unknown_variables(os.environ):
            logs.log("unknown_setting", level=logs.WARNING, variable=name)
        raise_limit()
        code = _serve(settings) if settings.workers == 1 else _serve_by_workers(settings, options)
    except (StartupError, DatabaseUnavailable) as error:  # it may go away between our first look at it and the next
        raise CannotStart(str(error)) from error
    raise Exit(code)


@main.command("worker", hidden=True)
@click.option("--socket", "descriptors", type=int, multiple=True, required=True)
@click.option("--number", type=int, required=True)
@click.option("--folder", type=click.Path(path_type=Path), required=True)
def worker_command(descriptors: tuple[int, ...], number: int, folder: Path) -> None:
    """Serve on sockets that another process listens with, for as long as standard input is open (workers.py)."""
    try:
        settings = Settings.read(os.environ)
        logs.configure(settings.log_level, settings.log_format)
        sockets = [socket.socket(fileno=descriptor) for descriptor in descriptors]
        serve(
            create_app(settings, worker=Worker(number, folder)),
            settings,
            sockets,
            workers.say_ready,
            lifeline=sys.stdin.fileno(),
        )
    except (StartupError, DatabaseUnavailable) as error:
        raise CannotStart(str(error)) from error


@main.command("migrate")
@click.option("--data-dir", type=click.Path(), help=f"Folder for the accounts ({PREFIX}DATA_DIR).")
def migrate_command(data_dir: str | None) -> None:
    """Bring the database to this release's tables, and end. `serve` does the same when it starts."""
    try:
        database = Database(chosen_url(Settings.read(os.environ, {"data_dir": data_dir})))
        migration = asyncio.run(_migrate(database))
    except StartupError as error:
        raise CannotStart(str(error)) from error
    if migration.before == migration.after:
        click.echo(f"{database.address} is at revision {migration.after} already.")
    else:
        click.echo(f"{database.address} is at revision {migration.after} now; it was {_before(migration)}.")


@main.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--data-dir", type=click.Path(), help=f"Folder of the accounts ({PREFIX}DATA_DIR).")
def backup_command(file: Path, data_dir: str | None) -> None:
    """Copy the accounts to FILE, also while the server runs. An earlier backup there is replaced."""
    try:
        count = back_up(Settings.read(os.environ, {"data_dir": data_dir}), file)
    except (BackupError, StartupError) as error:
        raise CannotStart(str(error)) from error
    click.echo(f"{file} has the accounts: {count}.")


@main.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--data-dir", type=click.Path(), help=f"Folder for the accounts ({PREFIX}DATA_DIR).")
def restore_command(file: Path, data_dir: str | None) -> None:
    """Replace all accounts by those of FILE, a backup. The server has to be stopped."""
    try:
        count = restore(Settings.read(os.environ, {"data_dir": data_dir}), file)
    except (BackupError, StartupError) as error:
        raise CannotStart(str(error)) from error
    click.echo(f"The accounts are those of {file}: {count}. Start the server.")


@main.command("rotate-secret")
@click.option("--data-dir", type=click.Path(), help=f"Folder with the secret ({PREFIX}DATA_DIR).")
def rotate_secret_command(data_dir: str | None) -> None:
    """Make a new secret for development mode. Nobody is logged out: tokens of the one before are taken as well."""
    try:
        path = rotate_secret(Settings.read(os.environ, {"data_dir": data_dir}))
    except StartupError as error:
        raise CannotStart(str(error)) from error
    click.echo(f"{path} has a new secret, and the ones before. Restart the server: it signs with the new one then.")


@main.command("export")
@click.option("--signaler", required=True, help="Address of the server, like https://chat.example.org.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write to: new, or of an export.")
@click.option("--base-path", default="/", show_default=True, help="Path at which the static host serves that folder.")
def export_command(signaler: str, out: Path, base_path: str) -> None:
    """Write the page for a static host; the server stays elsewhere: see docs/deploy/static-page.md."""
    try:
        exported = export_site(static_folder(), out, signaler, base_path)
    except (ExportError, StartupError) as error:
        raise CannotStart(str(error)) from error
    click.echo(f"{out} has the page, in {exported.files} files. {out / 'config.json'} names its server.")
    click.echo(f"That server has to allow it: put the page’s origin into its {PREFIX}ALLOWED_ORIGINS.")
    if not exported.starts_quickly:
        click.echo(
            "The page starts slowly, since nothing is built of these sources: run `make site`, and export again."
        )


def _serve(settings: Settings) -> int:
    app = create_app(settings)
    sockets = listen(settings.host, settings.port)
    serve(app, settings, sockets, partial(_announce, settings, sockets))
    return 0


def _serve_by_workers(settings: Settings, options: Mapping[str, str | None]) -> int:
    workers.check_system()
    sockets = listen(settings.host, settings.port)
    environment = os.environ | {PREFIX + name.upper(): value for name, value in options.items() if value}
    ready = partial(_announce, settings, sockets)
    return workers.run(settings.workers, sockets, environment, ready, reloads=settings.ssl_certfile is not None)


async def _migrate(database: Database) -> Migration:
    try:
        return await database.open()
    finally:
        await database.close()


def _before(migration: Migration) -> str:
    return "empty" if migration.before is None else f"at {migration.before}"


def _announce(settings: Settings, sockets: list[socket.socket]) -> None:
    for address, bound, *_ in (listener.getsockname() for listener in sockets):
        logs.log("listening", address=address, port=bound)
    click.echo(f"P2P Chat is at {_address(settings, sockets)} (Ctrl-C stops it).")
    if settings.is_development:
        accounts = " or ".join(f"{name} (password {password})" for name, password in DEMO_PASSWORDS.items())
        click.echo(f"Development mode: log in as {accounts}, or register.")
    elif settings.ssl_certfile is None and not is_loopback(settings.host):
        click.echo("Browsers on other machines need https: see docs/deploy/tls.md.")


def _address(settings: Settings, sockets: list[socket.socket]) -> str:
    """Return where a browser on this machine finds the page."""
    scheme = "http" if settings.ssl_certfile is None else "https"
    name = "localhost" if listens_everywhere(sockets) else settings.host
    port = sockets[0].getsockname()[1]
    host = f"[{name}]" if ":" in name else name
    return f"{scheme}://{host}:{port}{settings.base_path.removesuffix('/')}"
