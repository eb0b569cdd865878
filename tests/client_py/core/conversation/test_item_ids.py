from __future__ import annotations

import pytest

from client_py.core.conversation.item_ids import local_id, with_author, without_author


@pytest.mark.parametrize(("author", "known_as"), [("ada", "id"), ("ben", "ben:id")])
def test_local_id_belongs_to_its_author(author: str, known_as: str) -> None:
    """What somebody else calls their message counts with their name; what our own account wrote, as it is."""
    assert local_id("id", author, "ada") == known_as


@pytest.mark.parametrize(("known_as", "kept"), [("id", "ada:id"), ("ben:id", "ben:id")])
def test_kept_id_has_its_author(known_as: str, kept: str) -> None:
    """So that what an earlier release kept without one is nobody else's."""
    assert with_author(known_as, "ada") == kept


@pytest.mark.parametrize("known_as", ["id", "ben:id", "a:b:id"])
def test_id_is_found_without_its_author(known_as: str) -> None:
    """Whatever characters names may come to have."""
    assert without_author(known_as) == "id"
