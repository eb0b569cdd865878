from tests.signaling.running import RunningServer


async def test_health_is_ok(server: RunningServer) -> None:
    """A probe learns that the process answers."""
    async with server.http() as client:
        response = await client.get("/healthz")
        assert (response.status_code, response.json()) == (200, {"status": "ok"})
        assert (await client.head("/healthz")).status_code == 200
