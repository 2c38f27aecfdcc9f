"""The search in the pages of others: what the page of the service tells to paste, pasted into another site."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

PageAt = Callable[..., Page]


def pasted(page: Page, label: str) -> str:
    page.goto("/sur-votre-site")
    return page.get_by_label(label).input_value()


@pytest.mark.parametrize(
    ("label", "javascript", "policy"),
    [
        ("Lignes à coller pour un formulaire", False, "default-src 'none'; form-action {service}/"),
        ("Ligne à coller pour la boîte", True, "default-src 'none'; form-action {service}/; script-src {service}/"),
    ],
)
def test_the_search_is_pasted_into_a_site_with_a_strict_policy_and_used_by_keys(
    page_at: PageAt, host: tuple[str, dict[str, str]], live_server: str, label: str, javascript: bool, policy: str
) -> None:
    page = page_at(360, javascript=javascript)
    snippet = pasted(page, label)
    url, pages = host
    pages["policy"] = policy.format(service=live_server)
    pages["/blog"] = (
        "<!doctype html><meta name=viewport content=width=device-width><title>Blog</title>"
        f"<body><p>Bonjour.</p>{snippet}"
    )
    messages: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.goto(f"{url}/blog")
    page.on("request", lambda request: asked.append(request.url))
    box = page.get_by_role("searchbox", name="Chercher un métier")
    expect(box).to_be_visible()
    page.keyboard.press("Tab")
    expect(box).to_be_focused()
    page.keyboard.type("é & boulanger")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert asked == []
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"^{live_server}/\\?q=%C3%A9\\+%26\\+boulanger$"))
    expect(page.locator(".hit").first).to_be_visible()
    assert [text for text in messages if "Policy" in text] == []
