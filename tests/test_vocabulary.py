"""The words of the sheets: how they are written, how they begin, what goes with them."""

from dataclasses import replace
from pathlib import Path

import pytest
from engines import opened, rebuilt
from made_up import fiche

from search.embedded.engine import EmbeddedEngine
from search.folding import fold
from search.french.vocabulary import MAX_EXPANSIONS, Vocabulary

FICHES = (
    fiche(1, "mécanicien", presentation="Le mécanicien répare. Pêche et pêche, jamais péché.", formations=["CAP auto"]),
    fiche(2, "e-sportif", presentation="Mécanique, mécanisme, méca."),
    fiche(3, "agent de sécurité", presentation="On y écrit, on y pêche."),
    *(fiche(100 + number, f"x{chr(97 + number // 26)}{chr(97 + number % 26)}") for number in range(60)),
)  # fmt: skip


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    folder: Path = tmp_path_factory.mktemp("words") / "index"
    rebuilt(EmbeddedEngine(folder), FICHES)
    return opened(folder).vocabulary


def test_a_word_has_the_number_of_its_term_in_any_gender_and_number(vocabulary: Vocabulary) -> None:
    assert vocabulary.number("mecaniciennes") == vocabulary.number("mecanicien") is not None
    assert vocabulary.number("plombier") is None


def test_words_are_shown_as_the_sheets_write_them_most(vocabulary: Vocabulary) -> None:
    assert vocabulary.shown["mecanique"] == "mécanique"
    assert vocabulary.shown["peche"] == "pêche"


def test_words_of_titles_complete_before_all_others(vocabulary: Vocabulary) -> None:
    assert vocabulary.completions("meca") == ("mecanicien",)
    assert vocabulary.completions("mecani") == ("mecanicien",)
    assert vocabulary.completions("mecaniq") == ("mecanique",)


def test_two_letters_are_not_completed(vocabulary: Vocabulary) -> None:
    assert vocabulary.completions("me") == ()


def test_completions_are_bounded(vocabulary: Vocabulary) -> None:
    words = tuple(f"abc{number:03}" for number in range(80))
    many = replace(vocabulary, title_words=words, words=())
    assert many.completions("abc") == words[:MAX_EXPANSIONS]


def test_codes_are_not_completed(vocabulary: Vocabulary) -> None:
    assert not any(word.startswith("met.") for word in (*vocabulary.words, *vocabulary.title_words))


def test_hyphenated_words_of_titles_are_known_by_their_glued_form(vocabulary: Vocabulary) -> None:
    assert vocabulary.compounds["esportif"] == ("e", "sportif")


def test_a_word_fits_those_that_a_title_or_diploma_holds_with_it(vocabulary: Vocabulary) -> None:
    assert vocabulary.fit("securite", {"agent"}) > 0 == vocabulary.fit("ecrit", {"agent"})
    assert vocabulary.fit("auto", {"cap"}) > 0
    assert vocabulary.fit("plombier", {"agent"}) == vocabulary.fit("securite", set()) == 0


def test_every_word_of_the_corpus_is_shown_in_a_form_of_its_own(corpus_index: Path) -> None:
    words = opened(corpus_index).vocabulary
    assert len(words.words) > 20_000
    assert all(fold(words.shown[word]) == word for word in words.words)
