"""The files of one machine say the same as the server, and give nobody more rights than needed."""

import ipaddress
import re
from dataclasses import fields
from typing import Any
from urllib.parse import urlsplit

import pytest

from e2e.deploy.compose import COMPOSE, EXAMPLE, VariableMissing, read_compose, references
from signaling.configuration.settings import PREFIX, Settings
from signaling.configuration.values import MIN_SECRET_BYTES
from tests.deploy.variables import FILLED, SECRETS, SUGGESTED
from tests.project import ROOT

SERVICES: dict[str, dict[str, Any]] = read_compose(FILLED)["services"]
SERVING = [name for name, service in SERVICES.items() if service["restart"] != "no"]
SETTINGS = {spec.metadata["variable"] for spec in fields(Settings)}
PAGES = [path for path in sorted((ROOT / "docs" / "deploy").glob("*.md")) if PREFIX in path.read_text(encoding="utf-8")]
DEPLOYED = (
    *("Dockerfile", "deploy/.env.example", "deploy/compose.yaml", "deploy/p2p-chat.service"),
    *(str(path.relative_to(ROOT)) for path in PAGES),
)
VARIABLE = re.compile(rf"\b{PREFIX}[A-Z_]+\b")
MAY_SERVE_THE_WORLD = {"caddy", "turn"}
NEEDED_CAPABILITIES = {"caddy": ["NET_BIND_SERVICE"], "caddy-volumes": ["CHOWN"], "turn": ["NET_BIND_SERVICE"]}
"""Caddy's and coturn's programs carry that capability in their files, and cannot be executed where it is missing."""
RANGE = re.compile(r"^denied-peer-ip=([^-\s]+)(?:-(\S+))?$", re.MULTILINE)
INNER_NETWORKS = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
    *("192.168.0.0/16", "198.18.0.0/15", "240.0.0.0/4", "::1/128", "::ffff:0:0/96", "fc00::/7", "fe80::/10"),
    *("64:ff9b::/96", "2002::/16"),  # these name an IPv4 address in another way
)


@pytest.mark.parametrize("name", DEPLOYED)
def test_deployed_variables_are_settings(name: str) -> None:
    """What looks like a setting is one: a misspelt one would be without effect."""
    named = set(VARIABLE.findall((ROOT / name).read_text(encoding="utf-8")))
    assert named
    assert named <= SETTINGS


def test_example_names_what_compose_refers_to() -> None:
    """The example leaves nothing out, and has nothing that nobody reads."""
    referred = references(COMPOSE.read_text(encoding="utf-8")) | references(EXAMPLE.read_text(encoding="utf-8"))
    handed_on = {name for name in SUGGESTED if name in SETTINGS or name.startswith("COMPOSE_")}
    assert referred <= set(SUGGESTED)
    assert set(SUGGESTED) <= referred | handed_on


def test_example_holds_no_secret() -> None:
    """Nobody runs a server with a secret that everybody can read here."""
    assert {name: SUGGESTED[name] for name in SECRETS} == dict.fromkeys(SECRETS, "")


@pytest.mark.parametrize("name", ["CHAT_HOST", "PUBLIC_ADDRESS", "P2PCHAT_JWT_SECRET", "P2PCHAT_TURN_SECRET"])
def test_compose_demands_what_it_needs(name: str) -> None:
    """Compose says what is missing before it starts anything."""
    with pytest.raises(VariableMissing, match=name):
        read_compose({**FILLED, name: ""})


def test_server_takes_its_environment() -> None:
    """With a filled-in .env, the server starts: for others, behind Caddy, with STUN and TURN of its own."""
    settings = Settings.read({**FILLED, **SERVICES["app"]["environment"]})
    assert not settings.is_development
    assert len(settings.jwt_secret) >= MIN_SECRET_BYTES
    assert settings.stun_urls == ("stun:chat.example.org:3478",)
    assert settings.turn_urls == (
        "turn:chat.example.org:3478?transport=udp",
        "turn:chat.example.org:3478?transport=tcp",
        "turns:chat.example.org:5349?transport=tcp",
    )


def test_caddy_and_volume_find_server_whatever_is_set() -> None:
    """Nobody gets a server that is out of Caddy's reach, or accounts that are not in the volume, by a line in .env."""
    chosen = {"HOST": "127.0.0.1", "PORT": "8080", "DATA_DIR": "/srv/chat", "SSL_CERTFILE": "/certificate.pem"}
    app = SERVICES["app"]
    settings = Settings.read(
        {**FILLED, **{f"{PREFIX}{name}": value for name, value in chosen.items()}, **app["environment"]}
    )
    assert f"{{$UPSTREAM:app:{settings.port}}}" in (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    assert settings.host == "0.0.0.0"  # noqa: S104
    assert f"data:{settings.data_dir}" in app["volumes"]
    assert settings.ssl_certfile is None


def test_server_finds_what_scaled_starts() -> None:
    """With the last lines of the example, the server is sent to the Redis and the PostgreSQL of the profile."""
    settings = Settings.read({**FILLED, **SERVICES["app"]["environment"]})
    backplane, database = urlsplit(settings.backplane_url), urlsplit(settings.database_url)
    postgres = SERVICES["postgres"]["environment"]
    assert backplane.hostname == "redis"
    assert database.hostname == "postgres"
    assert database.path == f"/{postgres['POSTGRES_DB']}"
    assert (database.username, database.password) == (postgres["POSTGRES_USER"], postgres["POSTGRES_PASSWORD"])
    assert settings.workers > 1


@pytest.mark.parametrize("chosen", ["", "10.9.8.0/24"])
def test_server_believes_its_network_alone(chosen: str) -> None:
    """The proxy's network is believed, and it is the one that only Caddy is in beside the server."""
    document = read_compose({**FILLED, "EDGE_SUBNET": chosen})
    [subnet] = [entry["subnet"] for entry in document["networks"]["edge"]["ipam"]["config"]]
    assert Settings.read(document["services"]["app"]["environment"]).trusted_proxies == (subnet,)
    assert [name for name, service in SERVICES.items() if "edge" in service.get("networks", [])] == ["app", "caddy"]


@pytest.mark.parametrize("name", SERVICES)
def test_container_has_no_more_rights_than_needed(name: str) -> None:
    """No container writes outside its volumes, gains rights, or has capabilities beyond those that are explained."""
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) == NEEDED_CAPABILITIES.get(name, [])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


@pytest.mark.parametrize("name", [name for name in SERVING if name != "app"])
def test_container_of_others_is_not_root(name: str) -> None:
    """No service runs as root; the server's own image says so itself."""
    assert SERVICES[name]["user"].partition(":")[0] not in {"0", "root"}


@pytest.mark.parametrize("name", [name for name in SERVING if name != "app"])
def test_container_tells_whether_it_is_healthy(name: str) -> None:
    """Every service has a health check; the server's stands in its image."""
    assert SERVICES[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


def test_machine_serves_what_it_should() -> None:
    """Databases and the server itself cannot be reached from outside."""
    open_to_others = {name for name, service in SERVICES.items() if "ports" in service}
    on_the_host = {name for name, service in SERVICES.items() if service.get("network_mode") == "host"}
    assert open_to_others | on_the_host == MAY_SERVE_THE_WORLD
    assert read_compose(FILLED)["networks"]["backend"] == {"internal": True}


def test_scaled_profile_is_optional() -> None:
    """Without the profile, nothing waits for what is not started."""
    scaled = {name for name, service in SERVICES.items() if service.get("profiles") == ["scaled"]}
    assert scaled == {"redis", "postgres"}
    waited_for = SERVICES["app"]["depends_on"]
    assert waited_for == {name: {"condition": "service_healthy", "required": False} for name in scaled}


def denied_networks() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Return the networks that coturn relays nothing to."""
    text = (ROOT / "deploy" / "turnserver.conf").read_text(encoding="utf-8")
    ranges = [(first, last or first) for first, last in RANGE.findall(text)]
    return [
        network
        for first, last in ranges
        for network in ipaddress.summarize_address_range(ipaddress.ip_address(first), ipaddress.ip_address(last))
    ]


@pytest.mark.parametrize("network", INNER_NETWORKS)
def test_relay_reaches_no_inner_network(network: str) -> None:
    """Every network that is not the internet is denied as a whole."""
    wanted = ipaddress.ip_network(network)
    assert any(wanted.version == denied.version and wanted.subnet_of(denied) for denied in denied_networks())  # type: ignore[arg-type]  # of one version


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "192.169.0.1", "2606:4700::1", "2a00::1"])
def test_relay_reaches_internet(address: str) -> None:
    """What is denied ends where the internet begins."""
    assert not any(ipaddress.ip_address(address) in network for network in denied_networks())


def test_documents_open_relay_ports() -> None:
    """The ports that the documents have people open are those that coturn uses."""
    configuration = (ROOT / "deploy" / "turnserver.conf").read_text(encoding="utf-8")
    least, most = (re.search(rf"^{name}-port=(\d+)$", configuration, re.MULTILINE) for name in ("min", "max"))
    assert least is not None
    assert most is not None
    assert f"{least[1]} to {most[1]}" in (ROOT / "docs" / "deploy" / "docker.md").read_text(encoding="utf-8")
