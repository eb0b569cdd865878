from datetime import UTC, datetime
from pathlib import Path

from signaling.http.security_txt import SECURITY_TXT_PATH, security_txt
from signaling.site.loading import Site
from tests.signaling.conftest import quick_settings
from tests.signaling.running import RunningServer, running


def test_contacts_stand_in_order_and_expire() -> None:
    """Who reads an old copy sees that it is old."""
    text = security_txt(("mailto:a@example.org", "tel:+1-201-555-0123"), datetime(2026, 1, 2, 23, 59, 58, tzinfo=UTC))
    assert text.splitlines() == [
        "Contact: mailto:a@example.org",
        "Contact: tel:+1-201-555-0123",
        "Expires: 2026-02-01T00:00:00Z",
    ]


async def test_host_is_named(tmp_path: Path, site: Site) -> None:
    """Who has found a hole in a server learns whom to tell, in the form that RFC 9116 §3 asks for."""
    settings = quick_settings(tmp_path, security_contact=("mailto:security@example.org",))
    with running(settings, site) as server:
        async with server.http() as client:
            response = await client.get(SECURITY_TXT_PATH)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.text.startswith("Contact: mailto:security@example.org\nExpires: ")


async def test_nobody_is_named_where_nobody_was_set(server: RunningServer) -> None:
    """An empty file would be read as one that names somebody."""
    async with server.http() as client:
        response = await client.get(SECURITY_TXT_PATH)
    assert response.status_code == 404
