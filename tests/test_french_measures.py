"""How well French text becomes terms, measured over the words and the titles of the whole corpus."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import pytest
from Stemmer import Stemmer

from search.folding import fold
from search.french.tokens import STOP_WORDS, stem, tokens

# Thousands of questions, on lines that other tests cover: twice as long under the eyes of coverage.
pytestmark = pytest.mark.no_cover


class Title(NamedTuple):
    """A title as the sheet writes it for both, for women and for men."""

    fiche: str
    both: str
    feminine: str
    masculine: str


TITLES = re.compile(r"^#{1,3} +(.+)\n(?:\*\*.*\n|\n)*- Féminin: (.+)\n- Masculin: (.+)", re.MULTILINE)

UNLIKE_PAIRS = {
    # another word for each
    "MET.421 script-boy/girl",
    "MET.534 femme / valet de chambre",
    "MET.535 garçon / serveuse de café",
    "MET.535 garçon / serveuse de comptoir",
    "MET.535 garçon / serveuse de salle",
    "MET.535 garçon / serveuse limonadier/ière",
    "MET.772 hôtesse de l'air (steward)",
    "MET.889 marin soldat/soldate marine",
    # a word more, or less, for one of them
    "MET.289 sculpteur/trice",
    "MET.330 assistant/e dentaire en odonto-stomatologie",
    "MET.371 aérodynamicien/ne",
    "MET.808 éducateur/trice d'activités physiques et sportives pour tous",
    "MET.85 professeur/e de maths ou de physique-chimie",
    # misspelt in the source
    "MET.143 technicien/ne logistique",
    "MET.209 assitant/e de recherche en recrutement",
    "MET.234 technicien/ne d'élevage",
    "MET.284 valoriseur/trice",
    "MET.678 responsable éditorial/e",
    "MET.715 chercher/euse en acoustique musicale",
    "MET.7821 préparateur/trice de vol",
    "MET.789 développeur(esue) front-end",
    "MET.7917 monteur/euse échafaudeur/euse",
    "MET.7931 technicien/ne BIM modeleu/euse",
    "MET.7951 démoliseur/euse-recycleur/euse",
    "MET.881 dépanneur/euse de produits TV et électroménager",
    "MET.881 technicien/ne SAV électroménager",
}
"""The titles whose two genders are not the same words, read one by one."""


@pytest.fixture(scope="module")
def sheets(corpus_dir: Path) -> dict[str, str]:
    """The text of each sheet by its id."""
    return {path.name.split("_")[0]: path.read_text(encoding="utf-8") for path in sorted(corpus_dir.glob("*.md"))}


@pytest.fixture(scope="module")
def surfaces(sheets: dict[str, str]) -> list[str]:
    """The distinct words of the corpus, as written, codes and numbers left out."""
    found = {token.surface for text in sheets.values() for token in tokens(text)}
    return sorted(surface for surface in found if surface.isalpha() and len(surface) > 1)


@pytest.fixture(scope="module")
def titles(sheets: dict[str, str]) -> list[Title]:
    """All the titles that the sheets give in both genders."""
    return [Title(fiche, *map(str.strip, found)) for fiche, text in sheets.items() for found in TITLES.findall(text)]


def meaning(text: str) -> set[str]:
    return {token.term for token in tokens(text) if token.surface not in STOP_WORDS}


def bare(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFD", text) if not unicodedata.combining(each))


def test_a_word_typed_without_its_accents_gives_the_same_term(surfaces: list[str]) -> None:
    parted = [word for word in surfaces if [t.term for t in tokens(word)] != [t.term for t in tokens(bare(word))]]
    assert len(surfaces) > 20_000
    assert parted == []


def test_a_whole_sheet_without_accents_or_in_capitals_gives_the_same_terms(sheets: dict[str, str]) -> None:
    for fiche, text in list(sheets.items())[::20]:
        expected = [token.term for token in tokens(text)]
        assert [token.term for token in tokens(bare(text))] == expected, fiche
        assert [token.term for token in tokens(text.upper())] == expected, fiche


def test_both_genders_of_a_title_and_its_inclusive_form_give_the_same_terms(titles: list[Title]) -> None:
    unlike = {
        f"{title.fiche} {title.both}"
        for title in titles
        if not meaning(title.both) == meaning(title.feminine) == meaning(title.masculine)
    }
    assert len(titles) > 2_800
    assert unlike == UNLIKE_PAIRS


def test_the_sheets_pairs_of_feminine_and_masculine_words_give_one_term(titles: list[Title]) -> None:
    pairs: set[tuple[str, str]] = set()
    for title in titles:
        feminine, masculine = tokens(title.feminine), tokens(title.masculine)
        if len(feminine) == len(masculine):
            pairs |= {(f.surface, m.surface) for f, m in zip(feminine, masculine, strict=True)}
    pairs = {(feminine, masculine) for feminine, masculine in pairs if feminine != masculine}
    merged = [pair for pair in pairs if stem(fold(pair[0])) == stem(fold(pair[1]))]
    assert len(pairs) > 480
    assert len(merged) / len(pairs) >= 0.97  # the rest are misspelt or other words, see UNLIKE_PAIRS


def test_the_singular_and_the_plural_of_the_words_of_titles_give_one_term(titles: list[Title]) -> None:
    texts = [text for title in titles for text in (title.feminine, title.masculine)]
    words = {token.surface for text in texts for token in tokens(text)} - STOP_WORDS
    words = {word for word in words if word.isalpha() and len(word) > 2}
    parted = sorted(word for word in words if stem(fold(word)) != stem(fold(plural(word))))
    assert len(words) > 2_300
    assert len(parted) / len(words) <= 0.005, parted


def plural(word: str) -> str:
    """The plural of a French noun or adjective."""
    if word.endswith(("s", "x", "z")):
        return word
    if word in ("bail", "corail", "émail", "travail", "vantail", "vitrail"):
        return word[:-2] + "ux"
    if word.endswith(("au", "eu")) and word not in ("bleu", "pneu", "landau"):
        return word + "x"
    if word in ("bijou", "caillou", "chou", "genou", "hibou", "joujou", "pou"):
        return word + "x"
    if word.endswith("al") and word not in ("bal", "carnaval", "festival", "final", "naval", "récital"):
        return word[:-1] + "ux"
    return word + "s"


def wrongly_merged(
    words: Iterable[str], lemma: Callable[[str], str], term: Callable[[str], str]
) -> tuple[float, float]:
    """Terms that hold words of two lemmas: as a share of all terms, and of the terms that hold two words or more."""
    held: dict[str, list[str]] = defaultdict(list)
    for word in words:
        held[term(word)].append(lemma(word))
    shared = [lemmas for lemmas in held.values() if len(lemmas) > 1]
    wrong = sum(len(set(lemmas)) > 1 for lemmas in shared)
    return wrong / len(held), wrong / len(shared)


def test_few_terms_hold_words_of_different_lemmas(surfaces: list[str]) -> None:
    """Lemmas are those of simplemma (MIT; French from public lists of forms). A participle counts with its verb:
    the list gives "chargée" to "charger" and "chargées" to "chargé".
    """
    simplemma = pytest.importorskip("simplemma", reason="simplemma, a list of French lemmas, is not installed")
    lemmas = {word: simplemma.lemmatize(word, lang="fr") for word in surfaces if simplemma.is_known(word, lang="fr")}
    known = set(lemmas.values())

    def lemma(word: str) -> str:
        verb = re.sub("ée?$", "er", lemmas[word])
        return verb if verb in known else lemmas[word]

    snowball = Stemmer("french")
    ours = wrongly_merged(lemmas, lemma, lambda word: stem(fold(word)))
    theirs = wrongly_merged(lemmas, lemma, snowball.stemWord)
    assert len(lemmas) > 15_000
    assert ours[0] <= 0.05, ours
    assert ours[1] <= 0.12, ours
    assert ours[1] < theirs[1] / 3, theirs
    # With the list taken at its word.
    assert wrongly_merged(lemmas, lambda word: str(lemmas[word]), lambda word: stem(fold(word)))[1] <= 0.165
