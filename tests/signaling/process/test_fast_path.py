"""What the fast path builds on, in the uvicorn that is installed and in one that is not."""

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from signaling.app import create_app
from signaling.configuration.settings import Settings
from signaling.process.fast_path import OVERRIDDEN, USED, check, fast_path
from signaling.process.serving import configuration
from signaling.site.loading import Site
from signaling.sockets.http_protocol import HttpProtocol
from tests.project import ROOT


def test_installed_uvicorn_is_known(settings: Settings, site: Site) -> None:
    """The fast path is the one that is taken."""
    config = configuration(create_app(settings, site), settings)
    assert config.http.func is HttpProtocol  # type: ignore[union-attr]  # a partial


def test_server_can_be_imported_without_what_the_fast_path_builds_on() -> None:
    """No module that has to serve without it needs what some release may not have."""
    absent = "for name in ('picows', 'httptools'): sys.modules[name] = None"
    program = f"import sys\n{absent}\nimport signaling.app, signaling.process.serving"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)  # noqa: S603 - our own program


@pytest.mark.parametrize("lacking", [*OVERRIDDEN, *USED])
def test_uvicorn_without_something_is_not_known(lacking: str) -> None:
    """Whatever a release has renamed, it is found before a connection comes."""

    class Base:
        def __init__(self, *_arguments: object) -> None:
            for name in {*USED} - {lacking}:
                setattr(self, name, None)

    for name in {*OVERRIDDEN} - {lacking}:
        setattr(Base, name, None)

    class Requests(Base):
        def __init__(self, *arguments: object, gate: object) -> None:
            super().__init__(*arguments, gate)

    nothing: Any = SimpleNamespace()
    protocol: Any = Requests
    with pytest.raises(AttributeError, match=lacking):
        check(protocol, nothing, nothing)


def test_uvicorn_of_other_settings_is_not_known(
    settings: Settings, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """An error while it is put together leads to uvicorn's own protocols, with a reason in the log."""

    def build(*arguments: Any, **options: Any) -> Any:
        return fast_path(*arguments, **options, no_such_setting=True)

    config = configuration(create_app(settings, site), settings, build=build)
    assert config.http == "auto"
    assert "no_such_setting" in caplog.text
