"""The scripts of a service under a path of its address, in a real browser."""

import re
from collections.abc import Callable

import pytest
from conftest import RunningServer
from keys import proposals
from playwright.sync_api import Page, expect


def test_scripts_search_complete_and_keep_under_the_prefix(
    page_at: Callable[..., Page],
    start_server: Callable[..., RunningServer],
    largest_index: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("METIERS_BASE_URL", "https://example.org/ville/metiers")
    home = f"{start_server(largest_index).url}/ville/metiers"
    page = page_at(1280)
    lost: list[str] = []
    page.on("response", lambda answer: lost.append(answer.url) if answer.status >= 400 else None)
    page.goto(f"{home}/")
    page.locator("#q").press_sequentially("boulanger", delay=20)
    expect(page).to_have_url(f"{home}/?q=boulanger")
    expect(proposals(page, "boulanger").first).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".hit .keep").first.click()
    expect(page.locator(".hit .keep").first).to_have_attribute("aria-pressed", "true")
    names = page.evaluate("Object.keys(localStorage).map(name => name.replace(/[.]try$/, ''))")
    assert set(names) == {"metiers.selection/ville/metiers"}
    page.locator("[data-selection]").click()
    expect(page).to_have_url(re.compile(rf"^{re.escape(home)}/selection\?id="))
    expect(page.locator(".kept > li")).to_have_count(1)
    page.get_by_role("link", name="Vider la liste").click()
    expect(page.locator("main")).to_contain_text("Votre liste est vide")
    assert lost == []
