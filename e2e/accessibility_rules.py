"""Asks axe-core what of a page breaks the rules of accessibility (WCAG 2.2, levels A and AA, and good practice)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Page

from bundle.npm import install_packages
from bundle.site import ROOT

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """
async ({tags, colors}) => {
  // One state may be looked at while the one before it is still fading.
  await Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {})));
  const rules = colors ? {type: "rule", values: ["color-contrast"]} : {type: "tag", values: tags};
  const {violations} = await axe.run(document, {runOnly: rules, resultTypes: ["violations"]});
  const fault = (id, {target, failureSummary}) => [id, target.join(" "), failureSummary];
  return violations.flatMap(({id, nodes}) => nodes.map((node) => fault(id, node)));
}
"""


def install_rules() -> Path:
    """Return where axe-core stands, once it does. `make browsers` brings it, before tests look at it side by side."""
    return install_packages(Path(__file__).parent, ROOT / "build" / "e2e") / "axe-core" / "axe.min.js"


class AccessibilityRules:
    """What axe-core says of a page in each of its states."""

    def __init__(self) -> None:
        self._source = install_rules().read_text(encoding="utf-8")

    async def faults(self, page: Page) -> list[str]:
        """Return what breaks a rule, in both schemes of colours: the rule, where, and what would be right."""
        faults = []
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            # Playwright evaluates past the page's policy, which lets it load no script of others.
            if not await page.evaluate("'axe' in globalThis"):
                await page.evaluate(self._source)
            asked: dict[str, Any] = {"tags": TAGS, "colors": scheme != SCHEMES[0]}
            faults += [f"{scheme}: " + " | ".join(each) for each in await page.evaluate(RUN, asked)]
        return faults
