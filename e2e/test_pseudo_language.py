"""Every word of the page comes out of a catalog: in another language, nothing of English is left."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Page, Request, Route

from e2e.accessibility_rules import AccessibilityRules
from e2e.browsers import Browsers
from e2e.pseudo_language import ADDRESS, LANGUAGE, LONGER, pseudo, speaking_pseudo
from e2e.server import Server
from e2e.states import show_all, studio

FIND_WORDS = """
() => {
  const handles = '[data-testid="message-text"], [data-testid="last-words"]';
  const written = `${handles}, .result-text, code.link, .avatar, [translate="no"]`;
  const unread = "script, style, noscript";
  const found = [document.title, document.querySelector("meta[name=description]").content];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    if (element.closest(written) || element.closest(unread)) continue;
    if (node.nodeType === Node.TEXT_NODE) found.push(node.data);
    else for (const name of ["aria-label", "title", "placeholder", "alt"]) {
      // A moment is written by the browser, in the language that it has.
      if (element.tagName !== "TIME") found.push(element.getAttribute(name) ?? "");
    }
  }
  return found;
}
"""
"""All words on the page, seen or not yet, but those that people have written."""

BY_PRELOAD_IMPORT_AND_FETCH = 3

DATA = re.compile(
    r"\b(Ada Lovelace|Ada|Ben|Cleo|garden|hall|attic|shed|cellar|book-club|studio|P2P Chat|[AP]M|SecurityError|other\.example|P2PCHAT_\w+|pyodide\.mjs)\b|https?://\S+"
)
"""Names of people, rooms and things, which no language changes."""


def left_in_english(texts: list[str]) -> list[str]:
    """Find texts with a letter that has no accent."""
    return [text for text in texts if re.search("[A-Za-z]", DATA.sub("", text))]


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        (pseudo("Say hello to {usernames}.").format(usernames="Ada"), False),
        ("Say hello to Ada.", True),
        (pseudo("The server is away.") + " Retrying…", True),
        ("14:05", False),
        ("garden · P2P Chat", False),
    ],
)
def test_bare_words_are_found(text: str, *, is_found: bool) -> None:
    """Also where only a part of a text is in English."""
    assert left_in_english([text]) == ([text] if is_found else [])


def test_pseudo_language_is_longer() -> None:
    """As other languages are."""
    text = "Every place in this room is taken."
    assert len(pseudo(text)) > (1 + LONGER) * len(text)


async def test_every_state_of_the_page_is_translated_and_accessible(browsers: Browsers) -> None:
    """Texts, labels, titles and placeholders, also of panels that are closed; and nothing breaks a rule of axe-core."""
    english: dict[str, list[str]] = {}
    inaccessible: dict[str, list[str]] = {}
    seen: list[str] = []
    rules = AccessibilityRules()

    async def look(page: Page, name: str) -> None:
        seen.append(name)
        assert await page.evaluate("document.documentElement.lang") == LANGUAGE
        left = left_in_english(await page.evaluate(FIND_WORDS))
        if left:
            english[name] = left
        if faults := await rules.faults(page):
            inaccessible[name] = faults

    async with studio(await browsers.get("chromium"), look, speaking_pseudo) as stage:
        await show_all(stage)
    assert english == {}
    assert inaccessible == {}
    assert len(seen) > 20


async def test_failed_start_waits_for_its_words(browsers: Browsers, server: Server) -> None:
    """A failure is told in the person's language, also where it comes before the catalog."""
    context = await speaking_pseudo(await browsers.get("chromium"))
    page, has_failed, failures = await context.new_page(), asyncio.Event(), 0

    def note(request: Request) -> None:
        nonlocal failures
        if request.url.endswith("/pyodide.mjs"):
            failures += 1
            # The first was for index.html's preload, and after the second one the page tries once more.
            if failures == BY_PRELOAD_IMPORT_AND_FETCH:
                has_failed.set()

    async def come_late(route: Route) -> None:
        await has_failed.wait()
        await route.fallback()

    page.on("requestfailed", note)
    await page.route("**/pyodide.mjs", lambda route: route.abort())
    await page.route(f"**{ADDRESS}", come_late)
    await page.goto(server.url)
    await page.locator('[data-app="failed"]').wait_for()
    fault = await page.locator("#auth-error").inner_text()
    await context.close()
    assert fault
    assert left_in_english([fault]) == []
