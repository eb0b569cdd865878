"""Makes a language of the page's own words, in which everything that no catalog reaches stands out.

It has the code that Unicode's CLDR gives to such a language, en-XA: every letter has an accent, every word is 40 %
longer, and brackets show whether a text is whole. Only tests have its catalog; the page is given it by its real way.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Sequence

from babel.messages.catalog import Catalog
from playwright.async_api import Browser, BrowserContext, Route

from bundle.words import compiled, template

LANGUAGE = "en-XA"
ADDRESS = f"/assets/words/{LANGUAGE}.mo"
LONGER = 0.4

PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
ACCENTED = "åƀçđéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýžÅƁÇĐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽ"
ACCENTS = str.maketrans(PLAIN, ACCENTED)
PART = re.compile(r"(\{\w+\})|([^\W\d_]+)")
"""A field, which stays, or a word."""


def pseudo(text: str) -> str:
    """Say something in the language."""
    return f"[{PART.sub(_part, text)}]"


def _part(part: re.Match[str]) -> str:
    field, word = part.groups()
    return field or word.translate(ACCENTS) + "~" * math.ceil(LONGER * len(word))


def catalog() -> bytes:
    """Compile the catalog of the language, from all phrases that there are."""
    translated = Catalog("en", charset="utf-8")
    for message in template():
        if message.id:
            translated.add(message.id, _translated(message.id))
    return compiled(translated)


def _translated(message: str | Sequence[str]) -> str | tuple[str, ...]:
    return pseudo(message) if isinstance(message, str) else tuple(map(pseudo, message))


async def speaking_pseudo(browser: Browser) -> BrowserContext:
    """Make a profile whose person speaks the language, on a server that has it."""
    # The page and its catalog come by way of the test, which no service worker may go past.
    # A page that the test hands over counts as one of the internet, and may else open no WebSocket to this machine.
    permissions = ["local-network-access"]
    context = await browser.new_context(locale=LANGUAGE, service_workers="block", permissions=permissions)
    content = catalog()

    async def give_page(route: Route) -> None:
        response = await route.fetch()
        page = await response.text()
        languages = html.escape(json.dumps({LANGUAGE: ADDRESS}))
        body, places = re.subn(r'data-languages="[^"]*"', f'data-languages="{languages}"', page)
        assert places == 1
        await route.fulfill(response=response, body=body)

    async def give_catalog(route: Route) -> None:
        await route.fulfill(body=content, content_type="application/octet-stream")

    await context.route(re.compile(r"^https?://[^/]+/(chat/.*|settings|nowhere)?$"), give_page)
    await context.route(f"**{ADDRESS}", give_catalog)
    return context
