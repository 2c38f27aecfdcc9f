"""The prose of a sheet as its page nests it: levels of headings, real lists."""

import re

from flask.testing import FlaskClient

from search.engine import Engine
from search.fiche import Block
from web.pages.prose import DEEPEST, Part, Piece, outline


def test_a_subtitle_under_another_is_one_level_deeper_and_none_is_skipped() -> None:
    section = (Block("", "Avant."), Block("Emploi", "", 2), Block("Partout", "Oui.", 3), Block("Carrière", "Non.", 2))
    assert [(part.title, part.level) for part in outline(section)] == [
        ("", 0), ("Emploi", 3), ("Partout", 4), ("Carrière", 3),
    ]  # fmt: skip
    assert [part.level for part in outline((Block("Seul", "Oui.", 3), Block("Autre", "Non.", 3)))] == [3, 3]


def test_a_title_over_nothing_is_a_paragraph() -> None:
    assert outline((Block("Emploi", "", 2), Block("Sans souci", "", 3), Block("Carrière", "Oui.", 2))) == [
        Part("Emploi", 3, ()),
        Part("", 0, (Piece(("Sans souci",), False),)),
        Part("Carrière", 3, (Piece(("Oui.",), False),)),
    ]


def test_diplomas_under_a_step_of_studies_are_a_list() -> None:
    text = "Un seul diplôme.\nAprès la 3e\nCAP boulanger\nBP boulanger\nSelon les écoles.\nNiveau bac + 2\nBTS"
    assert outline((Block("", text),)) == [
        Part("", 0, (Piece(("Un seul diplôme.",), False),)),
        Part("Après la 3e", 3, (Piece(("CAP boulanger", "BP boulanger"), True), Piece(("Selon les écoles.",), False))),
        Part("Niveau bac + 2", 3, (Piece(("BTS",), True),)),
    ]


def test_lines_with_a_dash_are_a_list_and_a_sentence_about_a_level_is_none() -> None:
    assert outline((Block("", "Il faut :\n- du soin\n- du calme\nNiveau bac demandé dans la plupart des cas."),)) == [
        Part(
            "",
            0,
            (
                Piece(("Il faut :",), False),
                Piece(("du soin", "du calme"), True),
                Piece(("Niveau bac demandé dans la plupart des cas.",), False),
            ),
        )
    ]


def test_no_heading_of_the_sheets_stands_over_nothing(corpus_engine: Engine, client: FlaskClient) -> None:
    empty = []
    for id, _ in corpus_engine.all():
        fiche = corpus_engine.get(id)
        for name in ("nature_travail", "competences", "conditions_travail", "vie_professionnelle", "acces_metier"):
            parts = outline(fiche.section(name))
            # What has no title of its own is text under the one before.
            after = [part.level or DEEPEST + 1 for part in parts][1:] + [0] * bool(parts)
            empty += [
                (id, part.title)
                for part, next_level in zip(parts, after, strict=True)
                if part.title and not part.pieces and next_level <= part.level
            ]
    assert empty == []
    html = client.get("/metiers/MET.17").text
    assert re.search(r"<h3>Après la 3e</h3>\s*<ul><li>CAP boulanger</li>", html)
