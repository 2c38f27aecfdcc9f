"""The arrays of an index: of the shapes and types that their tables say, and holding what the sheets hold."""

import re
import struct
from collections import defaultdict
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from engines import ENGINES, opened, rebuilt, served_folder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up import VILLAGE, corpora
from shares import examples

from search import arrays
from search.arrays import fitting, spans
from search.embedded.map_layout import MapTable
from search.embedded.similar import SimilarTable
from search.embedded.snapshot import DocumentTable, Snapshot
from search.fiche import Fiche
from search.fields import FACETS, FIELDS
from search.folding import fold
from search.french import equivalents
from search.french.completion import SuggestTable
from search.french.equivalents import EquivalentTable
from search.french.names import NameTable
from search.french.senses import SenseTable
from search.french.spelling import SpellingTable
from search.french.tokens import broad
from search.french.vocabulary import WordTable
from search.index import columns, generations
from search.index.changes import ChangeTable
from search.index.columns import KINDS, Columns, mask_of, pack, siblings, unpack
from search.index.documents import document, field_text
from search.index.occurrences import OCCURRENCE_BYTES, Occurrences
from search.index.postings import (
    FacetPostings,
    StoredSheets,
    first_occurrences,
    occurrence_counts,
    occurrence_rows,
)
from search.settings import Settings

TYPES = re.compile(r"\b(\w+):\s+(smallest|u?int(?:8|16|32|64)|float(?:16|32|64))\b")

TABLES: dict[str, type] = {
    **KINDS,
    "changes": ChangeTable,
    "documents": DocumentTable,
    "equivalents": EquivalentTable,
    "facet_postings": FacetPostings,
    "map": MapTable,
    "names": NameTable,
    "senses": SenseTable,
    "sheets": StoredSheets,
    "similar": SimilarTable,
    "spellings": SpellingTable,
    "suggest": SuggestTable,
    "words": WordTable,
}
"""The tables of an index by name."""

OF_WHOOSH = {"_MAIN_1.toc", "MAIN_WRITELOCK"}
"""The files that Whoosh needs beside the tables: 2 kB."""


@pytest.fixture(scope="module")
def village(village_index: Path) -> Snapshot:
    return opened(village_index)


@pytest.fixture(scope="module")
def village_tables(village_index: Path) -> Path:
    """The folder of the tables of an index of the village."""
    return served_folder(village_index) / generations.COLUMNS


@pytest.fixture(scope="module")
def corpus(corpus_settings: Settings) -> Snapshot:
    return opened(corpus_settings.index)


def indexed(fiches: tuple[Fiche, ...], folder: Path) -> Snapshot:
    engine = ENGINES["embedded"](folder / "index")
    rebuilt(engine, fiches)
    engine.close()
    return opened(folder / "index")


def documents_of(
    snapshot: Snapshot, fiches: tuple[Fiche, ...]
) -> list[tuple[int, dict[str, Occurrences], frozenset[str]]]:
    """The number of each sheet, the places of its terms by field, its forms: made again from the sheets."""
    known = equivalents.read(equivalents.mine(fiches))
    made = [(snapshot.document[fiche.id], *document(fiche, known)) for fiche in fiches]
    return [(number, each.fields, forms) for number, each, forms in made]


def check(snapshot: Snapshot, fiches: tuple[Fiche, ...]) -> None:
    """Compare the arrays with what the sheets hold, place by place."""
    tables = snapshot.columns
    postings: dict[tuple[str, int, int], list[tuple[int, ...]]] = {}
    forms: dict[str, list[int]] = defaultdict(list)
    for number, placed, held in sorted(documents_of(snapshot, fiches), key=lambda made: made[0]):
        for place, field in enumerate(FIELDS):
            for term, places in placed[field.name].items():
                postings[term, number, place] = list(struct.iter_unpack("=3i", places))
            words = sum(map(len, placed[field.name].values())) // OCCURRENCE_BYTES
            assert tables.lengths.length[place, number] == words
        for form in held:
            forms[form].append(number)
    assert read_postings(tables) == postings
    assert tables.postings.terms == tuple(sorted({term for term, _, _ in postings}))
    ways = defaultdict(set)
    for form in forms:
        ways[fold(form)].add(form)
    several = {form: numbers for form, numbers in forms.items() if len(ways[fold(form)]) > 1}
    rows = pairwise(tables.forms.start.tolist())
    assert {
        form: tables.forms.doc[low:high].tolist() for form, (low, high) in zip(tables.forms.forms, rows, strict=True)
    } == several


def read_postings(tables: Columns) -> dict[tuple[str, int, int], list[tuple[int, ...]]]:
    """(term, document, field) -> places, read from the arrays one by one."""
    table = tables.postings
    found = {}
    for term, (low, high) in zip(table.terms, pairwise(table.start.tolist()), strict=True):
        for row in range(low, high):
            inside = occurrence_rows(table, np.array([row]))[0]
            columns = (column[inside].tolist() for column in (table.position, table.text_start, table.length))
            places = list(zip(*columns, strict=True))
            found[term, int(table.doc[row]), int(table.field[row])] = places
    return found


def test_postings_hold_every_word_of_the_sheets_at_its_place(village: Snapshot) -> None:
    check(village, VILLAGE)


@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(corpora())
def test_postings_of_random_sheets_hold_every_word_at_its_place(
    tmp_path_factory: pytest.TempPathFactory, fiches: tuple[Fiche, ...]
) -> None:
    check(indexed(fiches, tmp_path_factory.mktemp("random")), fiches)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_arrays_have_the_types_that_their_table_says(name: str, village_tables: Path) -> None:
    table = arrays.load(village_tables, name, TABLES[name])
    said = dict(TYPES.findall("\n".join(kind.__doc__ or "" for kind in TABLES[name].__mro__)))
    assert said.keys() == {each.name for each in fields(table) if isinstance(getattr(table, each.name), np.ndarray)}
    for array, dtype in said.items():
        held = getattr(table, array)
        assert held.dtype == (fitting(held) if dtype == "smallest" else dtype), array


def test_an_index_holds_no_file_beside_those_of_its_tables(village_tables: Path) -> None:
    kept = {path.name.rpartition(".")[0] for path in village_tables.iterdir() if path.name not in OF_WHOOSH}
    assert kept == {f"{name}.{each.name}" for name, kind in TABLES.items() for each in fields(kind)}


@pytest.mark.parametrize("name", sorted(KINDS))
def test_arrays_cannot_be_written_to(name: str, village: Snapshot) -> None:
    table = getattr(village.columns, name)
    for each in fields(table):
        array = getattr(table, each.name)
        assert isinstance(array, tuple) or not array.flags.writeable


def test_rows_of_each_table_are_in_order(corpus: Snapshot) -> None:
    tables = corpus.columns
    postings, documents = tables.postings, tables.documents
    assert list(postings.terms) == sorted(set(postings.terms))
    assert len(postings.start) == len(postings.terms) + 1
    assert postings.start[-1] == len(postings.doc) == len(postings.field) == len(postings.occurrence_ahead) - 1
    begins = first_occurrences(postings, np.arange(len(postings.doc) + 1))
    assert begins[-1] == len(postings.position) == len(postings.text_start) == len(postings.length)
    # Inside a term, by document, then field; inside a posting, by place: never twice at the same one.
    keys = (np.repeat(np.arange(len(postings.terms)), np.diff(postings.start)) * documents + postings.doc) * len(FIELDS)
    assert (np.diff(keys + postings.field) > 0).all()
    inside = np.ones(len(postings.position) - 1, dtype=bool)
    inside[begins[1:-1] - 1] = False
    assert (np.diff(postings.position.astype(int))[inside] > 0).all()
    assert (postings.length > 0).all()
    assert (np.diff(begins) > 0).all()
    for table, rows in ((tables.matches, len(postings.terms)), (tables.family_matches, len(tables.families.start) - 1)):
        assert len(table.start) == rows + 1 == len(table.idf) + 1
        assert (np.diff(np.repeat(np.arange(rows), np.diff(table.start)) * documents + table.doc) > 0).all()
        assert (table.impact > 0).all()
        assert (table.idf > 0).all()


def test_every_place_is_a_word_of_the_field_that_holds_it(corpus: Snapshot) -> None:
    table = corpus.columns.postings
    lengths: dict[tuple[int, int], int] = {}
    postings = np.arange(len(table.doc))
    ends = table.text_start.astype(int) + table.length
    last = np.maximum.reduceat(ends, first_occurrences(table, postings))
    for row in range(0, len(table.doc), 97):
        key = int(table.doc[row]), int(table.field[row])
        if key not in lengths:
            lengths[key] = len(field_text(FIELDS[key[1]], corpus.fiche(key[0])))
        assert last[row] <= lengths[key]
    assert occurrence_counts(table, postings).sum() == len(ends)


def test_a_family_is_the_terms_of_one_broader_stem(corpus: Snapshot) -> None:
    terms, families = corpus.columns.postings.terms, corpus.columns.families
    assert sorted(families.member.tolist()) == list(range(len(terms)))
    stems = []
    for low, high in pairwise(families.start.tolist()):
        members = families.member[low:high].tolist()
        [stem] = {broad(terms[member]) for member in members}
        assert set(families.of_term[members].tolist()) == {len(stems)}
        stems.append(stem)
    assert len(set(stems)) == len(stems)


def test_a_family_is_held_where_one_of_its_terms_is(corpus: Snapshot) -> None:
    tables = corpus.columns
    for family in range(0, len(tables.families.start) - 1, 37):
        members = tables.families.member[slice(*tables.families.start[family : family + 2].tolist())].tolist()
        held = {
            doc
            for term in members
            for doc in tables.matches.doc[slice(*tables.matches.start[term : term + 2].tolist())].tolist()
        }
        rows = slice(*tables.family_matches.start[family : family + 2].tolist())
        assert tables.family_matches.doc[rows].tolist() == sorted(held)


def test_facets_hold_the_values_of_the_sheets(village: Snapshot) -> None:
    table = village.columns.facets
    for number, facet in enumerate(FACETS):
        for row in range(*table.start[number : number + 2].tolist()):
            held = {
                village.document[each.id]
                for each in VILLAGE
                if table.values[row] in {v.value for v in facet.values(each)}
            }
            assert set(np.flatnonzero(unpack(table.bits[:, row], len(VILLAGE))).tolist()) == held
            assert table.totals[row] == len(held) > 0


def test_labels_hold_the_terms_of_titles_and_know_their_sheet(village: Snapshot) -> None:
    labels, terms = village.columns.titles, village.columns.postings.terms
    held: dict[int, set[str]] = defaultdict(set)
    for term, (low, high) in zip(terms, pairwise(labels.start.tolist()), strict=True):
        for label in labels.label[low:high].tolist():
            held[label].add(term)
    found = {
        (village.documents.ids[doc], frozenset(held[row]), bool(other))
        for row, (low, high) in enumerate(pairwise(labels.doc_start.tolist()))
        for doc, other in zip(labels.doc[low:high].tolist(), labels.other[low:high].tolist(), strict=True)
    }
    assert ("MET.1", frozenset({"boulanger"}), False) in found
    assert ("MET.1", frozenset({"tourier"}), True) in found
    assert {id for id, _, other in found if not other} == set(village.documents.ids)


def test_sheets_that_share_a_rome_code_are_siblings(village: Snapshot) -> None:
    number = village.document
    assert siblings(village.columns.kin, number["MET.4"]).tolist() == sorted((number["MET.4"], number["MET.5"]))
    assert siblings(village.columns.kin, number["MET.1"]).tolist() == [number["MET.1"]]
    assert siblings(village.columns.kin, number["MET.7"]).tolist() == []


def test_loading_names_the_file_that_is_missing(village: Snapshot, tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"postings\."):
        columns.load(tmp_path)


def test_nothing_of_the_making_is_left_behind(corpus_settings: Settings) -> None:
    kept = {path.name for path in (served_folder(corpus_settings.index) / "columns").iterdir()}
    expected = {f"{name}.{each.name}" for name, kind in KINDS.items() for each in fields(kind)}
    assert expected <= {Path(name).stem for name in kept}
    assert columns.FREQUENCY not in kept


# --- Bits and spans -----------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers(1, 300).flatmap(lambda count: st.tuples(st.just(count), st.sets(st.integers(0, count - 1)))))
def test_masks_packed_in_bits_come_back(case: tuple[int, set[int]]) -> None:
    count, held = case
    mask = mask_of(np.array(sorted(held), dtype=np.int32), count)
    bits = pack(mask)
    assert (bits.dtype, bits.shape) == (np.uint64, ((count + 63) // 64,))
    assert np.flatnonzero(unpack(bits, count)).tolist() == sorted(held)
    assert int(np.bitwise_count(bits).sum()) == len(held)
    assert all(bool(bits[doc // 64] >> np.uint64(doc % 64) & np.uint64(1)) for doc in held)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 9)), max_size=20))
def test_spans_are_ranges_one_after_the_other(ranges: list[tuple[int, int]]) -> None:
    starts = np.array([start for start, _ in ranges], dtype=np.int64)
    counts = np.array([count for _, count in ranges], dtype=np.int64)
    assert spans(starts, counts, 200).tolist() == [
        each for start, count in ranges for each in range(start, start + count)
    ]
