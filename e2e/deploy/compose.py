"""Reads deploy/compose.yaml as Compose does: with the variables of an .env in their places."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from tests.project import ROOT

COMPOSE = ROOT / "deploy" / "compose.yaml"
EXAMPLE = ROOT / "deploy" / ".env.example"
REFERENCE = re.compile(r"\$\$|\$\{(\w+)(?:(:[-?])([^}]*))?\}")


class VariableMissing(Exception):
    """Raised when a variable that a compose file cannot do without is empty."""


def read_compose(variables: Mapping[str, str]) -> dict[str, Any]:
    """Read the compose file with these variables; VariableMissing where it demands one that is empty."""
    document = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    filled: dict[str, Any] = fill(document, variables)
    return filled


def fill(value: Any, variables: Mapping[str, str]) -> Any:
    """Put variables into every text of a document."""
    if isinstance(value, dict):
        return {key: fill(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, variables) for item in value]
    return REFERENCE.sub(lambda match: _value(match, variables), value) if isinstance(value, str) else value


def read_environment(text: str) -> dict[str, str]:
    """Read the variables of an .env file, those after a `#` without a space too: they are there to be switched on."""
    lines = [line.removeprefix("#") for line in text.splitlines() if not line.startswith("# ")]
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {name: value for name, _, value in pairs}


def references(text: str) -> set[str]:
    """Return the variables that a text refers to."""
    return {match[1] for match in REFERENCE.finditer(text) if match[1]}


def _value(match: re.Match[str], variables: Mapping[str, str]) -> str:
    name, operator, argument = match.groups()
    if name is None:
        return "$"
    value = variables.get(name, "")
    if not value and operator == ":?":
        raise VariableMissing(name)
    return value or (argument if operator == ":-" else "")
