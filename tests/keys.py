"""The keyboard as people use it in a browser."""

from playwright.sync_api import Locator

MOST_TABS = 150


def tab_to(target: Locator, key: str = "Tab", most: int = MOST_TABS) -> None:
    """Press Tab until this element has the focus; fails if it is not met. Never by script."""
    for _ in range(most):
        target.page.keyboard.press(key)
        if target.evaluate("each => each === document.activeElement"):
            return
    raise AssertionError(f"{most} times {key} do not reach {target}")
