"""Takes along the small things that stand in localStorage under the name of a guest who has an account by now.

Each step can be repeated, so a page may end anywhere on the way.
"""

from __future__ import annotations

from client_py.core.conversation_list import bounded, format_rows, parse_rows
from client_py.core.drafts import format_drafts, parse_drafts
from client_py.core.room_links import format_links, parse_links
from client_py.drivers.conversation_list import CONVERSATIONS_KEY
from client_py.drivers.draft_storage import DRAFTS_KEY
from client_py.drivers.known_names import NAMES_KEY
from client_py.drivers.preferences import PREFERENCES_KEY
from client_py.drivers.retention import WISH_KEY
from client_py.drivers.room_links import LINKS_KEY
from client_py.ports.storage import Store

FORMER_GUESTS_KEY = "p2pchat.former-guests:"
"""Where the names stand in localStorage of accounts that were guests, with who knows them after it."""
WHOLE = (FORMER_GUESTS_KEY, NAMES_KEY, PREFERENCES_KEY, WISH_KEY)
"""What is taken along where the account has nothing of the kind yet."""


def move_small_things(store: Store, tab: Store, old: str, new: str) -> None:
    """Put under the new name what stands in localStorage under the old: list, drafts, links, names, and choices."""
    for prefix in WHOLE:
        value = store.get(prefix + old)
        if value is not None and store.get(prefix + new) is None:
            store.put(prefix + new, value)
    rows = parse_rows(store.get(CONVERSATIONS_KEY + old))
    if rows:
        store.put(CONVERSATIONS_KEY + new, format_rows(bounded(rows | parse_rows(store.get(CONVERSATIONS_KEY + new)))))
    links = parse_links(store.get(LINKS_KEY + old))
    if links:
        store.put(LINKS_KEY + new, format_links(links | parse_links(store.get(LINKS_KEY + new))))
    for place in (store, tab):
        drafts = parse_drafts(place.get(DRAFTS_KEY + old))
        if drafts:
            place.put(DRAFTS_KEY + new, format_drafts(drafts | parse_drafts(place.get(DRAFTS_KEY + new))))
        place.remove(DRAFTS_KEY + old)
    for prefix in (CONVERSATIONS_KEY, LINKS_KEY, *WHOLE):
        store.remove(prefix + old)
