"""What stands in deploy/ speaks of metrics that there are, and tells visitors apart as the server does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.project import ROOT
from tests.signaling.exported import exported

DASHBOARD = ROOT / "deploy" / "grafana-dashboard.json"
PROMETHEUS = ROOT / "deploy" / "prometheus"
NGINX = ROOT / "deploy" / "nginx.conf"
SCRAPE = PROMETHEUS / "prometheus.yml"
RULES = PROMETHEUS / "p2p-chat.rules.yml"
OF_PROMETHEUS = frozenset({"up"})
LABELS_OF_PROMETHEUS = frozenset({"job", "instance", "le"})
WORDS = frozenset({"and", "or", "unless", "by", "without", "on", "ignoring", "bool", "offset"})
GROUPING = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
MATCHERS = re.compile(r"\{([^}]*)\}")


METRICS = exported()
# Told on Linux only, which has /proc.
OF_PROCESS = {
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
}
NAMES = {sample.name for metric in METRICS for sample in metric.samples} | OF_PROCESS
LABELS = {label for metric in METRICS for sample in metric.samples for label in sample.labels}


def panels() -> list[dict[str, Any]]:
    """Return the panels of the dashboard."""
    found = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    assert isinstance(found, list)
    return found


def rules() -> list[dict[str, Any]]:
    """Return the alerts."""
    return [rule for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"] for rule in group["rules"]]


def expressions() -> list[str]:
    """Return everything that is asked of Prometheus."""
    shown = [target["expr"] for panel in panels() for target in panel.get("targets", ())]
    variables = json.loads(DASHBOARD.read_text("utf-8"))["templating"]["list"]
    asked = [variable["definition"] for variable in variables if variable["type"] == "query"]
    return shown + asked + [rule["expr"] for rule in rules()]


def metric_names(expression: str) -> Iterator[str]:
    """Yield the metrics in an expression of PromQL: words that are no function, no keyword and no label."""
    bare = re.sub(r"\[[^]]*\]", "", MATCHERS.sub("", GROUPING.sub("", expression)))
    if match := re.fullmatch(r"label_values\((\w+), (\w+)\)", bare):  # Grafana's, for a variable
        yield match[1]
        return
    for word, is_call in re.findall(r"\b([a-zA-Z_:][\w:]*)\s*(\(?)", bare):
        if not is_call and word not in WORDS:
            yield word


def label_names(expression: str) -> Iterator[str]:
    """Yield the labels that an expression groups by, matches, or asks the values of."""
    for group in GROUPING.findall(expression):
        yield from re.findall(r"\w+", group)
    for matchers in MATCHERS.findall(expression):
        yield from re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", re.sub(r'"[^"]*"', "", matchers))
    yield from re.findall(r"label_values\(.*, (\w+)\)", expression)


def unknown(expression: str) -> list[str]:
    """Return the metrics and labels of an expression that a server does not have."""
    names = [name for name in metric_names(expression) if name not in NAMES | OF_PROMETHEUS]
    return names + [name for name in label_names(expression) if name not in LABELS | LABELS_OF_PROMETHEUS]


@pytest.mark.parametrize("expression", expressions())
def test_expression_asks_for_what_there_is(expression: str) -> None:
    """No panel and no alert waits for a metric or a label that no server has."""
    assert list(metric_names(expression)) != []
    assert unknown(expression) == []


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("sum(p2pchat_rums)", ["p2pchat_rums"]),
        ('rate(p2pchat_closes{code="1006"}[5m])', ["p2pchat_closes"]),
        ("up == 0 and p2pchat_rooms > some_limit", ["some_limit"]),
        ("sum by (room) (p2pchat_rooms)", ["room"]),
        ('p2pchat_rooms{nane=~"kitchen"}', ["nane"]),
        ("label_values(p2pchat_build_inf, jobs)", ["p2pchat_build_inf", "jobs"]),
        ("histogram_quantile(0.99, sum by (le) (rate(p2pchat_relay_duration_seconds_bucket[5m])))", []),
    ],
)
def test_odd_expression_is_found(expression: str, found: list[str]) -> None:
    """A planted metric or label that no server has is found."""
    assert unknown(expression) == found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the rest of the machine is not told of here")
def test_process_is_told_of() -> None:
    """The metrics of the process are those that panels and alerts ask for."""
    assert {sample.name for metric in METRICS for sample in metric.samples} >= OF_PROCESS


def test_every_metric_of_ours_is_shown() -> None:
    """What the server counts, the dashboard shows."""
    asked = {name for panel in panels() for target in panel.get("targets", ()) for name in metric_names(target["expr"])}
    ours = {metric.name for metric in METRICS if metric.name.startswith("p2pchat_")}
    assert {name for name in ours if not any(word.startswith(name) for word in asked)} == set()


def test_panels_are_told_apart() -> None:
    """Each panel has an id and a title of its own, and none lies on another."""
    shown = panels()
    for of_each in ("id", "title"):
        assert len({panel[of_each] for panel in shown}) == len(shown)
    cells = [
        (place["x"] + x, place["y"] + y)
        for place in (panel["gridPos"] for panel in shown)
        for x in range(place["w"])
        for y in range(place["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_panels_take_chosen_data_source() -> None:
    """The one who imports the dashboard chooses where its numbers come from, once for all panels."""
    variables = json.loads(DASHBOARD.read_text("utf-8"))["templating"]["list"]
    assert [variable["name"] for variable in variables if variable["type"] == "datasource"] == ["datasource"]
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    for panel in panels():
        assert panel["type"] == "row" or panel["datasource"] == chosen
        assert all(target["datasource"] == chosen for target in panel.get("targets", ()))


def test_alerts_say_what_to_do() -> None:
    """Each alert has a name of its own, waits a while, and says in words what is the matter and where to look."""
    every = rules()
    assert len({rule["alert"] for rule in every}) == len(every)
    for rule in every:
        assert re.fullmatch(r"\d+m", rule["for"])
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"].keys() == {"summary", "description"}


def test_scrape_configuration_takes_the_rules() -> None:
    """The example names the rules that lie beside it, and holds no token."""
    example = yaml.safe_load(SCRAPE.read_text("utf-8"))
    assert [PROMETHEUS / name for name in example["rule_files"]] == [RULES]
    assert all(Path(job["authorization"]["credentials_file"]) for job in example["scrape_configs"] if "scheme" in job)
    assert "credentials:" not in SCRAPE.read_text("utf-8")


def visitor(address: str) -> str:
    """Return what nginx counts an address under: by the first expression that matches, or else the address itself."""
    expressions = re.findall(r'^ +"~(.+)" \$p2p_chat_\w+;$', NGINX.read_text("utf-8"), re.MULTILINE)
    matches = (re.search(expression.replace("(?<", "(?P<"), address) for expression in expressions)
    return next((match[1] for match in matches if match), address)


@pytest.mark.parametrize(
    "addresses",
    [
        ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::9", "2001:db8:1:2:3::"],
        ["2001:db8:1::2:3:4", "2001:db8:1::9", "2001:db8:1::"],
        ["2001:db8::2:3:4", "2001:db8::9"],
    ],
)
def test_nginx_counts_a_site_as_one(addresses: list[str]) -> None:
    """However many addresses a household shows, and however the zeros in them are written."""
    assert len({visitor(address) for address in addresses}) == 1


def test_nginx_tells_others_apart() -> None:
    """Other sites, and addresses of IPv4, which are written into IPv6 by a socket of both kinds."""
    others = ["2001:db8:1:2::1", "2001:db8:1:3::1", "2001:db8:1::1", "2001:db8::1", "203.0.113.1", "::ffff:203.0.113.2"]
    assert len({visitor(address) for address in others}) == len(others)
