"""Has schemathesis ask every address what it should not be asked, by what `/openapi.json` says. Run by `make fuzz`.

schemathesis brings a dozen packages along, so it lives in an environment of its own, and is run as a program.
"""

from __future__ import annotations

import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from e2e.server import Server
from protocol.http import END_OTHER_LOGINS_PATH, LOGOUT_PATH, REFRESH_PATH
from signaling.http.openapi import OPENAPI_PATH

OUT_OF_REACH = {
    f"P2PCHAT_{name}_LIMIT": "1000000/second"
    for name in (
        "ACCOUNT",
        "CONNECT",
        "CONNECT_BY_ADDRESS",
        "ICE_SERVERS",
        "LOGIN",
        "LOGIN_FAILURES",
        "LOGIN_FAILURES_BY_ADDRESS",
        "LOGIN_FAILURES_BY_NAME",
        "REFRESH",
        "REGISTER",
        "REQUEST",
    )
}
"""Every answer would be 429 otherwise, and nothing would be looked at."""
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "ignored_auth",
)
RULES = '[checks]\nnegative_data_rejection.expected-statuses = ["4xx"]\n'
"""A body over the limit is refused with 413, which schemathesis does not expect by itself."""
ENDING = (LOGOUT_PATH, REFRESH_PATH, END_OTHER_LOGINS_PATH)
"""Addresses after which the token is good for nothing more."""
TROUBLE = ("Traceback", "level=ERROR", "Exception in ASGI application")
"""In the log: an answer may be right, and something have failed behind it."""


@click.command()
@click.argument("schemathesis", type=click.Path(exists=True, resolve_path=True, path_type=Path))
@click.option("--examples", default=200, help="How many for each address and method.")
def main(schemathesis: Path, examples: int) -> None:
    """Run SCHEMATHESIS against a server of development mode; ends with 1 if it, or the server's log, has a finding."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "schemathesis.toml").write_text(RULES, encoding="ascii")
        server = Server(Path(folder), OUT_OF_REACH)
        server.start()
        try:
            failed = ask(server, schemathesis, examples, folder)
        finally:
            server.stop()
        trouble = [line for line in server.log.read_text().splitlines() if any(word in line for word in TROUBLE)]
    for line in trouble:
        click.echo(line)
    sys.exit(1 if failed or trouble else 0)


def ask(server: Server, schemathesis: Path, examples: int, folder: str) -> bool:
    """Have schemathesis ask with a good token, of which some addresses make one that is not; True if that failed."""
    kept = [f"--exclude-path={path}" for path in ENDING]
    ended = [f"--include-path={path}" for path in ENDING]
    return sum(run(server, schemathesis, examples, folder, *paths) for paths in (kept, ended)) > 0


def run(server: Server, schemathesis: Path, examples: int, folder: str, *paths: str) -> int:
    """Have schemathesis ask some addresses as somebody new; it leaves files where it runs."""
    token = server.register(f"asker-{secrets.token_hex(4)}")["token"]
    command = [
        str(schemathesis),
        "run",
        server.url + OPENAPI_PATH,
        f"--checks={','.join(CHECKS)}",
        f"--max-examples={examples}",
        "--mode=all",
        f"--header=Authorization: Bearer {token}",
        "--phases=examples,coverage,fuzzing",
        "--no-color",
        *paths,
    ]
    return subprocess.run(command, cwd=folder, check=False).returncode  # noqa: S603 - our own, without a shell


if __name__ == "__main__":
    main()
