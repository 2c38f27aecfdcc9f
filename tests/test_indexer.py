"""From sources to a served index, with a report of what happened."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from search.backends import open_engine
from search.embedded.engine import EmbeddedEngine
from search.engine import Engine
from search.errors import IndexMissing, SourceError
from search.fiche import Domaine, Fiche
from search.indexer import SHOWN_NOTES, Report, index
from search.query import Query
from search.settings import Settings
from web.cli.commands import main


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(Settings(index=tmp_path / "index"))
    yield engine
    engine.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "sheets"
    folder.mkdir()
    put(folder, 1, "boulanger/ère")
    put(folder, 2, "pâtissier/ère")
    return folder


def put(folder: Path, number: int, title: str, rome: str = "D1102") -> None:
    text = (
        f"# {title}\n**ID:** MET.{number}\n**Codes ROME:**\n- {rome}\n\n## Présentation\n\nDu pain.\n\n"
        "**Niveau d'accès minimum:** CAP ou équivalent\n"
    )
    (folder / f"{number}.md").write_text(text, encoding="utf-8")


def run(engine: Engine, *paths: Path, ideo: Path | None = None) -> Report:
    return index(paths, engine, lambda what, done, total: None, ideo)


def test_sheets_are_served_after_indexing(engine: Engine, folder: Path) -> None:
    report = run(engine, folder)
    assert (report.read, report.indexed, report.refused, report.complete) == (2, 2, (), True)
    assert (report.difference, report.ideo, report.unmatched) == (None, "", 0)
    assert report.info == engine.info()
    assert report.info.sources == ("sheets",)
    assert engine.search(Query("boulanger")).hits[0].fiche.id == "MET.1"


def test_bad_sheets_are_reported_and_the_others_served(engine: Engine, folder: Path) -> None:
    (folder / "3.md").write_bytes(b"\xff")
    report = run(engine, folder)
    assert (report.read, report.indexed, report.complete) == (3, 2, False)
    assert [error.path for error in report.refused] == [str(folder / "3.md")]
    assert engine.info().documents == 2


def test_the_old_index_stays_when_no_sheet_is_good(engine: Engine, folder: Path) -> None:
    served = run(engine, folder).info
    (folder / "1.md").write_text("")
    (folder / "2.md").write_text("")
    with pytest.raises(SourceError, match="no good sheet"):
        run(engine, folder)
    assert engine.info() == served


def test_an_index_that_suddenly_shrinks_by_a_fifth_is_kept_back_until_told(folder: Path, tmp_path: Path) -> None:
    for number in range(1, 51):
        put(folder, number, f"métier {number}")
    command = ["index", str(folder), "--index", str(tmp_path / "index")]
    assert CliRunner().invoke(main, command).exit_code == 0
    for number in range(42, 51):
        (folder / f"{number}.md").unlink()
    (folder / "41.md").write_bytes(b"\xff")
    kept = CliRunner().invoke(main, command)
    assert kept.exit_code == 4
    assert "40 sheets where 50 are served" in kept.stderr
    assert "--force" in kept.stderr
    assert f"refused: {folder / '41.md'}" in kept.stderr
    with closing(open_engine(Settings(index=tmp_path / "index"))) as engine:
        assert engine.info().documents == 50
        told = CliRunner().invoke(main, [*command, "--force"])
        assert (told.exit_code, engine.info().documents) == (3, 40)
        # A few of a small index are taken out by hand.
        for number in range(32, 42):
            (folder / f"{number}.md").unlink()
        assert CliRunner().invoke(main, command).exit_code == 0
        assert engine.info().documents == 31


def test_without_a_good_sheet_there_is_no_index(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        run(engine, tmp_path / "absent")
    with pytest.raises(IndexMissing):
        engine.info()


def test_the_old_index_stays_when_ideo_metiers_is_unusable(engine: Engine, folder: Path, tmp_path: Path) -> None:
    served = run(engine, folder).info
    (tmp_path / "broken.json").write_text("[")
    with pytest.raises(SourceError, match="broken JSON"):
        run(engine, folder, ideo=tmp_path / "broken.json")
    assert engine.info() == served


def test_the_report_says_which_sheets_came_went_and_changed(engine: Engine, folder: Path) -> None:
    run(engine, folder)
    (folder / "2.md").unlink()
    put(folder, 3, "meunier/ère")
    put(folder, 1, "boulanger/ère bio")
    report = run(engine, folder)
    assert report.difference is not None
    assert report.difference.came == (("MET.3", "meunier/ère"),)
    assert report.difference.went == (("MET.2", "pâtissier/ère"),)
    assert report.difference.changed == (("MET.1", "boulanger/ère bio", ()),)
    assert "since the last index: 1 came, 1 went, 1 changed\n  + MET.3 meunier/ère\n  - MET.2" in str(report)
    assert [id for id, _ in engine.all()] == ["MET.1", "MET.3"]


def test_the_report_says_how_many_more_sheets_came_than_it_names(engine: Engine, folder: Path) -> None:
    run(engine, folder)
    for number in range(3, 3 + SHOWN_NOTES + 2):
        put(folder, number, "meunier/ère")
    told = str(run(engine, folder))
    assert told.count("  + MET.") == SHOWN_NOTES
    assert "  + … and 2 more" in told


class Unread(EmbeddedEngine):
    """An engine whose sheets are not to be read one by one."""

    def get(self, id: str) -> Fiche:
        raise AssertionError(f"{id} was read")


def test_no_old_sheet_is_read_to_say_what_changed(folder: Path, tmp_path: Path) -> None:
    with closing(Unread(tmp_path / "index")) as engine:
        run(engine, folder)
        put(folder, 1, "boulanger/ère bio")
        assert "0 came, 0 went, 1 changed" in str(run(engine, folder))


def test_the_report_says_when_nothing_changed(engine: Engine, folder: Path) -> None:
    run(engine, folder)
    assert str(run(engine, folder)).endswith("the same sheets as before")


def test_ideo_metiers_beside_the_sheets_gives_domains(engine: Engine, folder: Path) -> None:
    rows = [
        f'{{"lien_site_onisepfr": "https://x/MET.{number}", "code_rome": "D1102", "libelle_rome": "Boulangerie",'
        f' "domainesous-domaine": "commerce/alimentation"}}'
        for number in (1, 77)
    ]
    (folder.parent / "ideo-metiers.json").write_text(f"[{','.join(rows)}]")
    report = run(engine, folder)
    assert (report.ideo, report.unmatched, report.without_domaine) == ("ideo-metiers.json", 1, 1)
    assert report.info.sources == ("sheets", "ideo-metiers.json")
    assert "ideo-metiers.json: 1 sheets have a domain\nideo-metiers.json: 1 rows match no sheet" in str(report)
    assert engine.get("MET.1").domaines == (Domaine("commerce", "alimentation"),)
    assert engine.get("MET.2").rome[0].label == "Boulangerie"


def test_a_malformed_code_is_reported_and_kept_as_text(engine: Engine, folder: Path) -> None:
    put(folder, 3, "soigneur/euse", rome="A15")
    report = run(engine, folder)
    assert report.malformed_rome == (("MET.3", "A15"),)
    assert "malformed ROME codes, kept as text: A15 (MET.3)" in str(report)
    assert engine.get("MET.3").rome[0].code == "A15"


def test_a_sheet_without_a_level_is_found_under_no_choice(engine: Engine, folder: Path) -> None:
    (folder / "3.md").write_text("# meunier/ère\n**ID:** MET.3\n")
    run(engine, folder)
    assert engine.search(Query("meunier")).total == 1
    assert [value.value for value in engine.facet_values("niveau")] == ["cap-ou-equivalent"]


def test_the_feeds_date_is_kept_with_the_index(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "Onisep_Ideo_Fiches_Metiers_15102025.xml"
    path.write_text("<metiers><metier><identifiant>MET.1</identifiant><nom_metier>a</nom_metier></metier></metiers>")
    report = run(engine, path)
    assert report.info.data_date == engine.info().data_date == "2025-10-15"
    assert "data of 2025-10-15" in str(report)


def test_the_whole_corpus_is_indexed_with_its_domains(corpus_dir: Path, ideo_file: Path, corpus_engine: Engine) -> None:
    assert corpus_engine.info().documents == 1043
    assert corpus_engine.info().sources == (corpus_dir.name, ideo_file.name)
    values = corpus_engine.facet_values("domaine")
    assert sum(value.parent is None for value in values) == 20
    assert len(values) == 148


def test_the_report_and_the_check_tell_what_lands_nowhere(engine: Engine, folder: Path) -> None:
    for number in range(3, 4 + SHOWN_NOTES):
        put(folder, number, "meunier")
        path = folder / f"{number}.md"
        path.write_text(path.read_text(encoding="utf-8") + "\nPerdu.\n", encoding="utf-8")
    report = run(engine, folder)
    assert report.complete
    assert f"{folder / '3.md'}:12: 1 line under « Niveau d'accès minimum » left out: « Perdu. »" in str(report)
    assert str(report).count("Perdu.") == SHOWN_NOTES
    assert "… and 1 more notes" in str(report)
    assert CliRunner().invoke(main, ["check", str(folder)]).output.count("Perdu.") == SHOWN_NOTES + 1


def test_what_ideo_metiers_adds_is_left_out_if_it_is_too_big(engine: Engine, folder: Path, tmp_path: Path) -> None:
    rows = "".join(
        f"<item><lien_site_onisepfr>https://www.onisep.fr/MET.{number}</lien_site_onisepfr>"
        f"<domainesous-domaine>{domain}/x</domainesous-domaine></item>"
        for number, domain in ((1, "commerce"), (2, "a" * 10_000))
    )
    (tmp_path / "ideo.xml").write_text(f"<root>{rows}</root>", encoding="utf-8")
    report = run(engine, folder, ideo=tmp_path / "ideo.xml")
    assert (engine.get("MET.1").domaines, engine.get("MET.2").domaines) == ((Domaine("commerce", "x"),), ())
    assert "MET.2: what Idéo-Métiers adds is left out, too big (10,000 characters" in str(report)
