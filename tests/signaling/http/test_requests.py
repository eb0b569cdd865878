import pytest
from starlette.requests import Request

from protocol.http import MAX_DEVICE_MARKS
from signaling.http.requests import bearer_token
from tests.signaling.running import RunningServer, error_of


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 4000, 400),
        (b"[]", 400),
        (b"null", 400),
        (b'{"username":"Nobody"}', 400),
        (b'{"username":"Nobody","password":"correct horse","admin":true}', 400),
        (b'{"username":"Nobody","password":12345678}', 400),
        (b'{"username":"Nobody","username":"Nobody","password":"correct horse"}', 400),
        (b"[" * 4_096, 400),
        (b'{"username":' + b'{"":' * 1_000, 400),
        (b'{"username":"Nobody","password":' + b"1" * 4_000 + b"}", 400),
        (b'{"username":"Nobody","password":"\xff"}', 400),
        ('{"username":"Nobody","password":"correct horse"}'.encode("utf-16"), 400),
        (b'{"username":null,"password":"correct horse"}', 400),
        (b'{"username":"Nobody","password":"correct horse","device_marks":"0.0"}', 400),
        (b'{"username":"Nobody","password":"correct horse","device_marks":null}', 400),
        (b'{"username":"Nobody","password":"correct horse","device_marks":[0]}', 400),
        (b'{"username":"Nobody","password":"correct horse","device_marks":[%s""]}' % (b'"",' * MAX_DEVICE_MARKS), 400),
        (b'{"username":"Nobody","password":"correct horse","device_marks":["","\\ud800"]}', 401),
        (b'{"username":"Nobody","password":"\\ud800 horse battery"}', 401),
        (b'{"username":"\\ud800","password":"correct horse"}', 401),
    ],
)
async def test_body_is_read_strictly(server: RunningServer, content: bytes, status: int) -> None:
    """Only a JSON object of two texts is a login; anything else is malformed, and nothing fails."""
    headers = {"Content-Type": "application/json"}
    async with server.http() as client:
        response = await client.post("/api/login", content=content, headers=headers)
    assert response.status_code == status
    assert error_of(response)["code"] == ("malformed" if status == 400 else "invalid_credentials")


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
async def test_body_must_call_itself_json(server: RunningServer, media_type: str) -> None:
    """What a plain form could send from anywhere is not read."""
    async with server.http() as client:
        content = b'{"username":"Nobody","password":"correct horse"}'
        response = await client.post("/api/login", content=content, headers={"Content-Type": media_type})
    assert (response.status_code, error_of(response)["code"]) == (415, "malformed")


async def test_body_may_say_its_charset(server: RunningServer) -> None:
    """A parameter after the content type does no harm."""
    async with server.http() as client:
        content = b'{"username":"Nobody","password":"correct horse"}'
        headers = {"Content-Type": "Application/JSON; charset=utf-8"}
        assert (await client.post("/api/login", content=content, headers=headers)).status_code == 401


@pytest.mark.parametrize("token", ["a-token", "pâté à la carte à", "…"])
def test_bearer_token_is_read_to_its_last_byte(token: str) -> None:
    """The last byte of a letter in UTF-8 can be a space to those who read it as Latin-1, and is none."""
    request = Request({"type": "http", "headers": [(b"authorization", b"Bearer  " + token.encode() + b"\t")]})
    assert bearer_token(request).encode("latin-1") == token.encode()
