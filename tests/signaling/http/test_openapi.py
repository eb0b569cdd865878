import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from starlette.routing import Route

from protocol.fields import USERNAME
from protocol.http import HEALTH_PATH, ICE_SERVERS_PATH, LOGIN_PATH, REFRESH_PATH, REGISTER_PATH
from signaling.app import create_app
from signaling.http.openapi import ERROR, OPENAPI_PATH, OPERATIONS, document, operations_of
from signaling.site.loading import Site
from tests.signaling.conftest import quick_settings
from tests.signaling.running import PASSWORD, RunningServer, bearer, usernames

Json = dict[str, Any]


@pytest.fixture
def described(tmp_path: Path, site: Site) -> Json:
    """What a server of development mode says of its routes."""
    return document(create_app(quick_settings(tmp_path), site).routes)


def taken(described: Json, path: str) -> Json:
    """Return the schema of the body that an address takes."""
    shape: Json = described["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    return shape


def given(described: Json, method: str, path: str, status: str) -> Json:
    """Return the schema of an answer."""
    shape: Json = described["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]
    return shape


def test_document_has_every_route_and_no_other(tmp_path: Path, site: Site) -> None:
    """The table and the routes are the same addresses and methods."""
    app = create_app(quick_settings(tmp_path), site)
    assert sorted(operations_of(app.routes)) == sorted(OPERATIONS)


def test_document_misses_no_route_that_is_new() -> None:
    """A route without a row in the table is our own mistake, and named."""
    with pytest.raises(KeyError, match=re.escape("/new/{name}")):
        document([Route("/new/{name:path}", lambda request: request)])


def test_document_takes_bounds_from_declarations(described: Json) -> None:
    """What a body may be stands in `protocol` alone: fields, bounds, and what may be left out."""
    login = taken(described, LOGIN_PATH)
    assert login["required"] == ["username", "password"]
    assert login["properties"]["device_marks"] == {
        "type": "array",
        "items": {"type": "string"},
        "minItems": 0,
        "maxItems": 8,
    }
    assert not login["additionalProperties"]
    answer = given(described, "post", REGISTER_PATH, "201")
    username = answer["properties"]["username"]
    assert username["maxLength"] == USERNAME.max_bytes
    # In a form that JavaScript reads too.
    assert "\\U" not in username["pattern"]
    assert re.fullmatch(username["pattern"], "zoë.42")
    assert not re.fullmatch(username["pattern"], "zoë 42")
    assert answer["properties"]["device_mark"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}


async def test_page_of_no_room_is_described_as_either(server: RunningServer, described: Json) -> None:
    """Where no room can have a name, the page says so; of a name with a line break in it, Starlette knows no route."""
    content = described["paths"]["/chat/{room}"]["get"]["responses"]["404"]["content"]
    async with server.http() as client:
        for name in ("a%20b", "a%0Ab"):
            response = await client.get(f"/chat/{name}")
            assert response.status_code == 404
            assert response.headers["content-type"].partition(";")[0] in content


async def test_answers_are_as_described(server: RunningServer, described: Json) -> None:
    """Each kind of body is what the document says, and so is a refusal."""
    async with server.http() as client:
        credentials = {"username": next(usernames), "password": PASSWORD}
        registered = await client.post(REGISTER_PATH, json=credentials)
        jsonschema.validate(registered.json(), given(described, "post", REGISTER_PATH, "201"))
        token = registered.json()["token"]
        jsonschema.validate(
            (await client.post(LOGIN_PATH, json=credentials)).json(), given(described, "post", LOGIN_PATH, "200")
        )
        refreshed = await client.post(REFRESH_PATH, headers=bearer(token))
        jsonschema.validate(refreshed.json(), given(described, "post", REFRESH_PATH, "200"))
        servers = await client.get(ICE_SERVERS_PATH, headers=bearer(token))
        jsonschema.validate(servers.json(), given(described, "get", ICE_SERVERS_PATH, "200"))
        refused = await client.post(LOGIN_PATH, json=credentials | {"password": "another one"})
        assert refused.status_code == 401
        jsonschema.validate(refused.json(), ERROR)


async def test_document_is_served_in_development(server: RunningServer, described: Json) -> None:
    """Who tries the server out by a tool finds there what it needs."""
    async with server.http() as client:
        response = await client.get(OPENAPI_PATH)
    assert response.json() == described
    assert HEALTH_PATH in described["paths"]


def test_document_is_not_served_in_production(tmp_path: Path, site: Site) -> None:
    """Nobody needs it there."""
    secret = "a secret of the tests, 32 bytes or more"
    app = create_app(quick_settings(tmp_path, development="off", jwt_secret=secret), site)
    assert ("GET", OPENAPI_PATH) not in operations_of(app.routes)
