"""Excerpts and marks: ranges are exact, texts are the sheet's own, and what is marked is what was asked."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from engines import opened
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import VILLAGE, fiche, section
from shares import examples

from search.embedded import excerpts
from search.embedded.excerpts import QUOTED, WIDTH, Quotes, field_text
from search.embedded.snapshot import Snapshot
from search.engine import Engine, Excerpt, Hit
from search.fiche import Fiche
from search.fields import FIELD_BY_NAME, FIELDS, block_text
from search.french.name_matching import SECTION, SPOKEN
from search.french.plan import Plan
from search.french.tokens import broad, tokens
from search.french.understanding import read
from search.query import Query
from search.settings import Settings

PAIRS = 5_000
PRESENTATION = next(place for place, field in enumerate(FIELDS) if field.name == "presentation")
NATURE = next(place for place, field in enumerate(FIELDS) if field.name == "nature_travail")


def block_of(excerpt: Excerpt, fiche: Fiche) -> str:
    return block_text(FIELD_BY_NAME[excerpt.section].blocks(fiche)[excerpt.block])


def marked(text: str, ranges: Sequence[tuple[int, int]]) -> list[str]:
    return [text[start:end] for start, end in ranges]


def faults_of(excerpt: Excerpt, fiche: Fiche) -> list[str]:
    """What is wrong with the text and the ranges of an excerpt."""
    block = block_of(excerpt, fiche)
    ends = [0, *(end for _, end in excerpt.ranges)]
    wrong = {
        "not the text of the block": excerpt.text not in block,
        "says what is before wrongly": excerpt.before == block.startswith(excerpt.text),
        "says what is after wrongly": excerpt.after == block.endswith(excerpt.text),
        "nothing marked": not excerpt.ranges,
        "ranges overlap": any(start < end for (start, _), end in zip(excerpt.ranges, ends, strict=False)),
        "a range is empty": any(start >= end for start, end in excerpt.ranges),
        "a range runs out": ends[-1] > len(excerpt.text),
    }
    return [fault for fault, there in wrong.items() if there]


# --- The highlights of real queries -------------------------------------------------------------------


@pytest.fixture(scope="module")
def snapshot(corpus_settings: Settings) -> Snapshot:
    return opened(corpus_settings.index)


@pytest.fixture(scope="module")
def pairs(corpus_engine: Engine, snapshot: Snapshot, relevance_dir: Path) -> list[tuple[Plan, Hit]]:
    """Real queries of all families, each with its ten best sheets."""
    lines = (relevance_dir / "queries.tsv").read_text(encoding="utf-8").splitlines()
    texts = [line.split("\t")[2] for line in lines]
    found: list[tuple[Plan, Hit]] = []
    # One query in five, then those next to them, so that any number of pairs is drawn from all families.
    for text in (text for shift in range(5) for text in texts[shift::5]):
        plan = read(text, snapshot.vocabulary)
        hits = corpus_engine.search(Query(text=text, per_page=10, facets=frozenset())).hits
        found += [(plan, hit) for hit in hits]
        if len(found) >= PAIRS:
            return found[:PAIRS]
    return found


def terms_of(plan: Plan, snapshot: Snapshot) -> set[str]:
    """The terms that are to be marked: stop words only where there is nothing else."""
    words = [word for word in plan.words if not word.stop] or list(plan.words)
    return {snapshot.columns.postings.terms[number] for word in words for number in word.terms}


def test_f3_text_without_its_marks_is_the_text_of_the_sheet(pairs: list[tuple[Plan, Hit]]) -> None:
    assert len(pairs) == PAIRS
    shown = [(excerpt, hit.fiche) for _, hit in pairs for excerpt in hit.excerpts]
    assert len(shown) > PAIRS
    assert [(excerpt, faults) for excerpt, fiche in shown if (faults := faults_of(excerpt, fiche))] == []


def test_f3_marked_words_are_words_of_the_query(pairs: list[tuple[Plan, Hit]], snapshot: Snapshot) -> None:
    wrong = []
    for plan, hit in pairs:
        wanted = terms_of(plan, snapshot)
        shown = [(excerpt.text, excerpt.ranges) for excerpt in hit.excerpts]
        for text, ranges in (*shown, (hit.fiche.title, hit.title_ranges)):
            for word in marked(text, ranges):
                # A long form ("fabrication assistée par ordinateur") is marked whole for its short one.
                said = snapshot.vocabulary.equivalents.added(tokens(word))
                # A sheet found by the family of a word alone shows what stands for it.
                kin = {broad(token.term) for token in said} & {broad(term) for term in wanted}
                if not wanted & {token.term for token in said} and not kin:
                    wrong.append((plan.text, word))
    assert wrong == []


def test_every_word_of_the_query_that_an_excerpt_shows_is_marked(
    pairs: list[tuple[Plan, Hit]], snapshot: Snapshot
) -> None:
    wrong = []
    for plan, hit in pairs[:1000]:
        wanted = terms_of(plan, snapshot)
        for excerpt in hit.excerpts:
            block = block_of(excerpt, hit.fiche)
            offset = block.find(excerpt.text)
            if block.find(excerpt.text, offset + 1) >= 0:
                continue
            for token in tokens(block):
                start, end = token.start - offset, token.end - offset
                shown = token.term in wanted and start >= 0 and end <= len(excerpt.text)
                if shown and not any(first <= start and end <= last for first, last in excerpt.ranges):
                    wrong.append((plan.text, excerpt.text, excerpt.text[start:end]))
    assert wrong == []


def test_excerpts_are_at_most_one_a_section_in_the_order_of_the_sheet(pairs: list[tuple[Plan, Hit]]) -> None:
    order = [field.name for field in FIELDS]
    for _, hit in pairs:
        places = [order.index(excerpt.section) for excerpt in hit.excerpts]
        assert places == sorted(set(places))
        assert len(places) <= 3
        assert set(places) <= QUOTED
        assert {excerpt.section for excerpt in hit.excerpts} <= set(hit.matched_in)
        held = [order.index(name) for name in hit.matched_in if name not in (SECTION, SPOKEN)]
        assert held == sorted(set(held))


def test_excerpts_are_short_and_cut_between_words(pairs: list[tuple[Plan, Hit]]) -> None:
    for _, hit in pairs:
        for excerpt in hit.excerpts:
            assert len(excerpt.text) <= 2 * WIDTH
            block = block_of(excerpt, hit.fiche)
            if block.count(excerpt.text) == 1:
                start = block.index(excerpt.text)
                end = start + len(excerpt.text)
                assert start == 0 or not (block[start - 1].isalnum() and block[start].isalnum())
                assert end == len(block) or not (block[end - 1].isalnum() and block[end].isalnum())


def test_title_ranges_mark_the_words_of_the_title(pairs: list[tuple[Plan, Hit]], snapshot: Snapshot) -> None:
    for plan, hit in pairs:
        wanted = terms_of(plan, snapshot)
        held = [token for token in tokens(hit.fiche.title) if token.term in wanted]
        covered = [any(start <= token.start and token.end <= end for start, end in hit.title_ranges) for token in held]
        assert all(covered)
        assert bool(hit.title_ranges) >= bool(held)


# --- One sheet at a time ------------------------------------------------------------------------------

Occurrence = tuple[int, int, int, int]
"""Field, start, length, word."""


def quotes(fiche: Fiche, found: Sequence[Occurrence], idf: Sequence[float]) -> Quotes:
    """What is shown of a sheet that stands alone on its page."""
    [quoted] = excerpts.quotes([partial(field_text, fiche)], excerpts.placed((0, *each) for each in found), idf)
    return quoted


def found_in(fiche: Fiche, words: Sequence[str]) -> list[Occurrence]:
    """Where words stand in a sheet, by field, then place: the naive way."""
    terms = [tokens(word)[0].term for word in words]
    found = []
    for number, field in enumerate(FIELDS):
        offset = 0
        for block in field.blocks(fiche):
            text = block_text(block)
            found += [
                (number, offset + token.start, token.end - token.start, terms.index(token.term))
                for token in tokens(text)
                if token.term in terms
            ]
            offset += len(text) + 1
    return found


def quoted(fiche: Fiche, *words: str) -> list[str]:
    """The excerpts of a sheet for some words, each as rare as the others, with its marks in brackets."""
    shown = []
    for excerpt in quotes(fiche, found_in(fiche, words), [1.0] * len(words)).excerpts:
        assert faults_of(excerpt, fiche) == []
        text = excerpt.text
        for start, end in reversed(excerpt.ranges):
            text = f"{text[:start]}[{text[start:end]}]{text[end:]}"
        shown.append(("…" if excerpt.before else "") + text + ("…" if excerpt.after else ""))
    return shown


LONG = "mot " * 100


def test_a_short_block_is_quoted_whole() -> None:
    assert quoted(fiche(1, "x", presentation="Il pétrit le pain."), "pain") == ["Il pétrit le [pain]."]


def test_a_long_block_is_cut_on_both_sides() -> None:
    [text] = quoted(fiche(1, "x", presentation=f"{LONG}le pain cuit {LONG}"), "pain")
    assert text.startswith("…mot ")
    assert "le [pain] cuit" in text
    assert text.endswith(" mot…")
    assert len(text) < WIDTH + 10


def test_an_excerpt_begins_with_its_sentence_where_that_is_near() -> None:
    [text] = quoted(fiche(1, "x", presentation=f"{LONG}fin. Le boulanger vend son pain. {LONG}"), "pain")
    assert text.startswith("…Le boulanger vend son [pain].")


def test_an_excerpt_shows_as_many_different_words_as_it_can() -> None:
    [text] = quoted(fiche(1, "x", presentation=f"pain pain pain {LONG} farine et pain {LONG}"), "pain", "farine")
    assert "[farine] et [pain]" in text


def test_the_rarest_word_is_shown_where_they_stand_apart() -> None:
    sheet = fiche(1, "x", presentation=f"le pain {LONG} la farine {LONG}")
    words = ["pain", "farine"]
    [excerpt] = quotes(sheet, found_in(sheet, words), [1.0, 5.0]).excerpts
    assert marked(excerpt.text, excerpt.ranges) == ["farine"]


def test_an_excerpt_stays_inside_one_block() -> None:
    sheet = fiche(1, "x", nature_travail=[("Le pain", "le pain"), ("La farine", "farine et sel")])
    assert quoted(sheet, "pain", "farine", "sel") in (
        ["Le [pain]\nle [pain]"],
        ["La [farine]\n[farine] et [sel]"],
    )
    [excerpt] = quotes(sheet, found_in(sheet, ["sel"]), [1.0]).excerpts
    assert excerpt.block == 1


def test_empty_blocks_take_no_place() -> None:
    blocks = (*section([("", ""), ("Titre", ""), ("", "le pain")]),)
    sheet = fiche(1, "x", nature_travail=[(block.title, block.text) for block in blocks])
    [excerpt] = quotes(sheet, found_in(sheet, ["pain"]), [1.0]).excerpts
    assert (excerpt.block, excerpt.text, excerpt.ranges) == (2, "le pain", ((3, 7),))


def test_the_best_sections_are_chosen_and_shown_in_the_order_of_the_sheet() -> None:
    sheet = fiche(
        1, "x", presentation="rien", en_bref="le pain", nature_travail="pain", competences="pain et farine",
        conditions_travail="pain, farine", acces_metier="pain",
    )  # fmt: skip
    assert quoted(sheet, "pain", "farine") == ["le [pain]", "[pain] et [farine]", "[pain], [farine]"]


def test_overlapping_occurrences_make_one_mark() -> None:
    sheet = fiche(1, "x", presentation="La fabrication assistée par ordinateur avance.")
    found = [(PRESENTATION, 3, 35, 0), (PRESENTATION, 3, 11, 1), (PRESENTATION, 28, 10, 2)]
    [excerpt] = quotes(sheet, found, [1.0, 1.0, 1.0]).excerpts
    assert marked(excerpt.text, excerpt.ranges) == ["fabrication assistée par ordinateur"]


def test_a_long_occurrence_is_never_cut() -> None:
    long_form = "l'aménagement " * 12
    sheet = fiche(1, "x", presentation=f"{'mot ' * 30}{long_form}{LONG}")
    found = [(PRESENTATION, 120, len(long_form) - 1, 0), (PRESENTATION, 122, 11, 1)]
    [excerpt] = quotes(sheet, found, [1.0, 1.0]).excerpts
    assert faults_of(excerpt, sheet) == []
    assert marked(excerpt.text, excerpt.ranges) == [long_form.strip()]


def test_a_word_without_any_blank_is_quoted_whole() -> None:
    text = "a" * 500
    sheet = fiche(1, "x", presentation=text)
    [excerpt] = quotes(sheet, [(PRESENTATION, 0, 500, 0)], [1.0]).excerpts
    assert (excerpt.text, excerpt.ranges) == (text, ((0, 500),))


def test_a_title_is_marked_apart_and_other_titles_are_not_quoted() -> None:
    sheet = fiche(1, "boulanger/ère", autres=("tourier/ère",))
    found = quotes(sheet, found_in(sheet, ["boulanger", "tourière"]), [1.0, 1.0])
    assert marked(sheet.title, found.title) == ["boulanger/ère"]
    assert found.excerpts == ()
    assert found.sections == ("titre", "appellations")


def test_nothing_found_is_nothing_quoted() -> None:
    found = quotes(VILLAGE[0], [], [])
    assert (found.title, found.excerpts, found.sections) == ((), (), ())


ODD = st.text(alphabet=st.sampled_from("ab pain œ\u0301\u00a0.!?'’\n\U0001f35e-/"), max_size=60)
PIECES = st.lists(st.sampled_from(("pain", "Pains", "œuf", "l'œuf", "vente. ", "le ", "! ", "\n")) | ODD, max_size=40)
BLOCKS = st.lists(st.tuples(ODD, PIECES.map(" ".join)), max_size=3)


@pytest.mark.parametrize("place", [4, 10, 400])
def test_a_place_that_no_block_holds_is_refused(place: int) -> None:
    sheet = fiche(1, "boulanger/ère", presentation=[("", "pain"), ("", "vente")])
    with pytest.raises(ValueError, match=f"no block holds place {place}"):
        quotes(sheet, [(PRESENTATION, place, 4, 0)], [1.0])


@settings(max_examples=examples(150), deadline=None)
@given(BLOCKS, BLOCKS, st.lists(st.floats(0.01, 9), min_size=3, max_size=3))
def test_whatever_the_text_ranges_are_exact(
    presentation: list[tuple[str, str]], nature: list[tuple[str, str]], idf: list[float]
) -> None:
    sheet = fiche(1, "pain/ne", presentation=presentation, nature_travail=nature)
    words = ["pain", "œuf", "vente"]
    found = found_in(sheet, words)
    shown = quotes(sheet, found, idf)
    assert {excerpt.section for excerpt in shown.excerpts} == {
        FIELDS[field].name for field in (PRESENTATION, NATURE) if any(each[0] == field for each in found)
    }
    for excerpt in shown.excerpts:
        assert faults_of(excerpt, sheet) == []
        for word in marked(excerpt.text, excerpt.ranges):
            assert {token.term for token in tokens(word)} & {tokens(each)[0].term for each in words}


@given(st.lists(st.tuples(BLOCKS, BLOCKS), min_size=2, max_size=4))
def test_a_sheet_is_quoted_alike_alone_and_among_others(pages: list[tuple[list[tuple[str, str]], ...]]) -> None:
    fiches = [
        fiche(number, "pain/ne", presentation=presentation, nature_travail=nature)
        for number, (presentation, nature) in enumerate(pages, 1)
    ]
    words, idf = ["pain", "œuf", "vente"], [1.0, 2.0, 3.0]
    found = [found_in(fiche, words) for fiche in fiches]
    together = excerpts.placed((sheet, *each) for sheet, rows in enumerate(found) for each in rows)
    alone = [quotes(fiche, rows, idf) for fiche, rows in zip(fiches, found, strict=True)]
    assert excerpts.quotes([partial(field_text, fiche) for fiche in fiches], together, idf) == alone
