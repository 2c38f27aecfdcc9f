"""What French law wants shown of a public service (LCEN, article 1-1), from the settings; what is missing is said."""

from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner

from search.engine import Engine
from search.settings import Settings
from web import server
from web.app import create_app
from web.cli.commands import main
from web.serving import logs

TOLD = {
    "publisher": "Ville d'Exemple <1 place de la Mairie>",
    "director": "Camille Martin, maire",
    "hosting": "Hébergeur SAS, 2 rue du Port, 01 00 00 00 01",
    "contact": "metiers@exemple.fr",
}
NOT_YET = "ne l'a pas encore indiqué"


def pages(settings: Settings, engine: Engine, *paths: str) -> list[str]:
    client = create_app(settings, engine).test_client()
    return [unescape(client.get(path).text) for path in paths]


def test_the_notice_says_who_publishes_answers_and_hosts(seeds_settings: Settings, seeds_engine: Engine) -> None:
    settings = replace(seeds_settings, **TOLD, accessibility_contact="https://exemple.fr/acces")
    notice, access, security = pages(
        settings, seeds_engine, "/mentions-legales", "/accessibilite", "/.well-known/security.txt"
    )
    assert all(f"<p>{TOLD[name]}</p>" in notice for name in ("publisher", "director", "hosting"))
    assert 'href="mailto:metiers@exemple.fr"' in notice
    assert NOT_YET not in notice
    assert 'href="https://exemple.fr/acces"' in access
    assert "mailto:metiers@exemple.fr" not in access
    assert "Contact: mailto:metiers@exemple.fr" in security


def test_the_accessibility_contact_is_the_usual_one_unless_told(seeds_settings: Settings, seeds_engine: Engine) -> None:
    (access,) = pages(replace(seeds_settings, **TOLD), seeds_engine, "/accessibilite")
    assert 'href="mailto:metiers@exemple.fr"' in access


def test_what_is_not_told_is_said_on_the_page_and_by_name(seeds_settings: Settings, seeds_engine: Engine) -> None:
    (notice,) = pages(seeds_settings, seeds_engine, "/mentions-legales")
    assert notice.count(NOT_YET) == 3
    assert seeds_settings.untold == ("METIERS_PUBLISHER", "METIERS_DIRECTOR", "METIERS_HOSTING", "METIERS_CONTACT")
    assert replace(seeds_settings, **TOLD).untold == ()


@pytest.mark.parametrize("path", ["/", "/metiers/MET.17"])
def test_every_page_leads_to_the_notice(path: str, seeds_settings: Settings, seeds_engine: Engine) -> None:
    (page,) = pages(seeds_settings, seeds_engine, path)
    assert 'href="/mentions-legales"' in page


def test_a_public_service_names_what_is_missing_when_it_starts(
    seeds_index: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server, "serve", lambda settings: None)
    monkeypatch.setattr(logs, "configure", lambda: None)
    for address, told in (("", False), ("https://metiers.example.org", True)):
        monkeypatch.setenv("METIERS_BASE_URL", address)
        assert CliRunner().invoke(main, ["serve", "--index", str(seeds_index)]).exit_code == 0
        assert ("METIERS_PUBLISHER, METIERS_DIRECTOR" in caplog.text) == told
