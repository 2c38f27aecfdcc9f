"""The keyboard as people use it in a browser."""

import re

from playwright.sync_api import Locator, Page, expect

MOST_TABS = 150


def tab_to(target: Locator, key: str = "Tab", most: int = MOST_TABS) -> None:
    """Press Tab until this element has the focus; fails if it is not met. Never by script."""
    for _ in range(most):
        target.page.keyboard.press(key)
        if target.evaluate("each => each === document.activeElement"):
            return
    raise AssertionError(f"{most} times {key} do not reach {target}")


def settle(page: Page) -> None:
    """Let the page draw, and run what it put off until the end of its turn: what has come has had its effect."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def proposals(page: Page, typed: str) -> Locator:
    """The proposals for these letters, once they stand there: those of fewer letters may come first, and go.

    They are told by what is marked in them. Options of a native list are none of them.
    """
    found = page.get_by_role("listbox", name="Propositions")
    expect(found.locator("mark").first).to_have_text(re.compile(f"^{re.escape(typed)}$", re.IGNORECASE))
    return found.get_by_role("option")
