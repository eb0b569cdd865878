"""Drives real browsers against a real server."""

import pytest

# Their assertions are meant to be read when they fail.
pytest.register_assert_rewrite("e2e.chat_page", "e2e.people", "e2e.server")
