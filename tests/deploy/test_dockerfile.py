"""The image runs as nobody in particular, needs one volume, and is made of nothing but what the build has to see."""

import os
import re
import ssl
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import trustme

from e2e.deploy.dockerfile import Stage, build_context, json_form, read_instructions, read_stages
from tests.project import ROOT, project_files

STAGES = read_stages(ROOT / "Dockerfile")
IMAGE = STAGES[-1]
IGNORE = (ROOT / ".dockerignore").read_text(encoding="utf-8")
ASK_SECONDS = 30
UNUSED = "http://127.0.0.1:9"
"""A proxy that nobody runs."""


class Healthy(BaseHTTPRequestHandler):
    """Answers what a health check asks."""

    def do_GET(self) -> None:
        """Say that all is well."""
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing of it."""


def test_image_runs_as_number() -> None:
    """A host that demands that containers are not root can see it: by number, since it has no list of users to ask."""
    user, _, group = IMAGE.last("USER").text.partition(":")
    assert int(user) > 0
    assert int(group) > 0
    assert IMAGE.instructions.index(IMAGE.last("USER")) > max(map(IMAGE.instructions.index, IMAGE.all("RUN")))


@pytest.mark.parametrize("keyword", ["ENTRYPOINT", "CMD", "VOLUME"])
def test_image_starts_without_shell(keyword: str) -> None:
    """The program gets the signals itself."""
    assert json_form(IMAGE.last(keyword).text)


def test_image_asks_itself_by_python() -> None:
    """The health check needs no program that the image does not have."""
    command, _, form = IMAGE.last("HEALTHCHECK").text.partition(" ")
    assert command == "CMD"
    assert json_form(form)[0] == "python"
    assert "/healthz" in json_form(form)[-1]


@pytest.mark.parametrize("speaks_tls", [False, True])
def test_image_asks_itself_as_it_listens(tmp_path: Path, speaks_tls: bool) -> None:  # noqa: FBT001
    """The health check asks at the port that is set, by https where the server speaks that, and past every proxy."""
    _, _, form = IMAGE.last("HEALTHCHECK").text.partition(" ")
    certificate = tmp_path / "certificate.pem"
    with HTTPServer(("127.0.0.1", 0), Healthy) as server:
        settings = {"P2PCHAT_PORT": str(server.server_port), "http_proxy": UNUSED, "https_proxy": UNUSED}
        if speaks_tls:
            trustme.CA().issue_cert("chat.example.org").private_key_and_cert_chain_pem.write_to_path(certificate)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
            settings["P2PCHAT_SSL_CERTFILE"] = str(certificate)
        answering = Thread(target=server.handle_request)
        answering.start()
        command = [sys.executable, *json_form(form)[1:]]
        asked = subprocess.run(command, env={**os.environ, **settings}, check=False, timeout=ASK_SECONDS)  # noqa: S603
        answering.join(ASK_SECONDS)
    assert asked.returncode == 0


def test_image_keeps_data_in_one_volume() -> None:
    """One folder is all that has to be kept."""
    assert IMAGE.last("VOLUME").words == ["/data"]
    assert "P2PCHAT_DATA_DIR=/data" in IMAGE.last("ENV").words


def test_packages_come_by_their_hashes() -> None:
    """Nothing of others is installed but what the lock has seen."""
    installs = [step.text for stage in STAGES for step in stage.all("RUN") if "install" in step.text.split()]
    by_lock = [text for text in installs if "--require-hashes" in text and ".lock" in text]
    assert [text for text in installs if text not in by_lock and not text.endswith("/dist/*.whl")] == []
    assert len(by_lock) == len(installs) - 1


def test_bases_are_of_one_version() -> None:
    """What is compiled in one stage runs in the next: Dependabot moves what it finds written out, all at once."""
    [base] = {stage.base.split()[-1] for stage in STAGES}
    assert re.fullmatch(r"python:3\.\d+-slim-\w+", base)


@pytest.mark.parametrize(
    "name",
    [
        *(".env", "deploy/.env", ".git/config", "accounts.sqlite3", "tests/__init__.py"),
        *(".venv/pyvenv.cfg", "static/built/x.br", "static/pyodide/VERSION", "protocol/__pycache__/codec.pyc"),
    ],
)
def test_build_does_not_see(name: str) -> None:
    """No secret, nothing made on this machine, and nothing that the image has no use for gets into it."""
    assert build_context([Path(name)], IGNORE) == []


def test_build_sees_every_source() -> None:
    """All that is packaged is there."""
    packaged = {"bundle", "client_py", "protocol", "signaling", "static"}
    sources = [path for path in project_files() if path.parts[0] in packaged]
    assert build_context(sources, IGNORE) == sources


def test_instructions_are_read_over_lines() -> None:
    """A backslash goes on in the next line, past comments; options are told apart from the rest."""
    text = "# A comment\nRUN a && \\\n    # why\n    b\nCOPY --from=x --chown=1:1 /a /b\n"
    run, copy = read_instructions(text)
    assert run.words == ["a", "&&", "b"]
    assert copy.options == {"from": "x", "chown": "1:1"}
    assert copy.words == ["/a", "/b"]


def test_last_rule_that_matches_decides() -> None:
    """A file is left out, taken in again, and left out once more; a folder's rule holds for what is in it."""
    files = [Path("a/b.py"), Path("a/c/d.py"), Path("e.py")]
    assert build_context(files, "*\n!a\na/c") == [Path("a/b.py")]
    assert build_context(files, "**/d.py") == [Path("a/b.py"), Path("e.py")]


def test_missing_instruction_is_named() -> None:
    """A stage without what is asked for says so."""
    with pytest.raises(AssertionError, match="the stage 'x' has no USER"):
        Stage("base", "x", []).last("USER")
