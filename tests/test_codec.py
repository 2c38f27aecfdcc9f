"""The codec beside the one that comes with Whoosh: the same documents give the same terms, postings and hits."""

import shutil
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from engines import ENGINES, opened, rebuilt, served_folder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up import VILLAGE, WORDS, corpora, fiche
from shares import examples
from stock_whoosh import WEIGHTING, facts, hits, postings, stock_searcher
from whoosh import query as whoosh
from whoosh.searching import Searcher

from search import arrays
from search.errors import MetiersError
from search.fiche import Fiche
from search.fields import FACETS, FIELDS
from search.french.tokens import tokens
from search.index import codec
from search.index.occurrences import Document
from search.index.postings import MOST_POSITIONS, PostingTable

Both = tuple[Searcher, Searcher]
TERMS = sorted({token.term for word in WORDS for token in tokens(word)})
NAMES = [each.name for each in FIELDS]


def both(fiches: tuple[Fiche, ...], folder: Path) -> Both:
    """Searchers of Whoosh over the arrays of the engine, and over what the stock codec wrote of the same sheets."""
    engine = ENGINES["embedded"](folder / "index")
    rebuilt(engine, fiches)
    engine.close()
    ours = codec.searcher(served_folder(folder / "index") / "columns")
    ours.weighting = WEIGHTING
    return ours, stock_searcher(folder / "stock", fiches)


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    ours, stock = both(VILLAGE, tmp_path_factory.mktemp("village"))
    yield ours, stock
    ours.close()
    stock.close()


terms = st.builds(whoosh.Term, st.sampled_from(NAMES), st.sampled_from(TERMS))
phrases = st.builds(
    whoosh.Phrase, st.sampled_from(NAMES), st.lists(st.sampled_from(TERMS), min_size=2, max_size=3), st.integers(1, 3)
)
prefixes = st.builds(whoosh.Prefix, st.sampled_from(NAMES), st.sampled_from(TERMS).map(lambda term: term[:3]))
fuzzy = st.builds(
    whoosh.FuzzyTerm, st.sampled_from(NAMES), st.sampled_from(TERMS).map(lambda term: term[:-1] + "x"),
    maxdist=st.integers(1, 2),
)  # fmt: skip
choices = st.builds(
    whoosh.Term, st.sampled_from([codec.facet_field(each.name) for each in FACETS]),
    st.sampled_from(("artisan", "salarie", "mer", "mecanique", "bac-2", "nowhere")),
)  # fmt: skip
simple = st.one_of(terms, phrases, prefixes, fuzzy, choices)
several = st.lists(simple, min_size=2, max_size=4)
without = st.builds(lambda one, other: whoosh.And([one, whoosh.Not(other)]), simple, simple)
queries = st.one_of(simple, several.map(whoosh.Or), several.map(whoosh.And), without)


def test_a_segment_says_what_whooshs_own_says(village: Both) -> None:
    ours, stock = village
    assert facts(ours) == facts(stock)
    every = list(stock.reader().all_terms())
    assert len(every) > 300
    assert list(postings(ours, every)) == list(postings(stock, every))


@settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(queries)
def test_a_query_finds_what_it_finds_in_whooshs_own_segment(village: Both, wanted: whoosh.Query) -> None:
    ours, stock = village
    assert hits(ours, wanted) == hits(stock, wanted)


def test_queries_of_each_kind_find_something(village: Both) -> None:
    ours, _ = village
    asked = [
        whoosh.Term("titre", "boulanger"),
        whoosh.Phrase("presentation", ["pain"]),
        whoosh.Prefix("titre", "boul"),
        whoosh.FuzzyTerm("titre", "boulangex"),
        whoosh.Term("facet_statut", "artisan"),
        whoosh.And([whoosh.Every(), whoosh.Not(whoosh.Term("titre", "boulanger"))]),
    ]
    assert [str(each) for each in asked if not hits(ours, each)] == []


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(corpora(most=6), st.lists(queries, min_size=8, max_size=8))
def test_random_sheets_give_the_same_segment_and_the_same_hits(
    tmp_path_factory: pytest.TempPathFactory, fiches: tuple[Fiche, ...], asked: list[whoosh.Query]
) -> None:
    folder = tmp_path_factory.mktemp("random")
    ours, stock = both(fiches, folder)
    every = list(stock.reader().all_terms())
    assert facts(ours) == facts(stock)
    assert list(postings(ours, every)) == list(postings(stock, every))
    assert [hits(ours, each) for each in asked] == [hits(stock, each) for each in asked]
    ours.close()
    stock.close()
    shutil.rmtree(folder)


def placed(*positions: int) -> bytes:
    return b"".join(struct.pack("=3i", position, 7 * position, 4) for position in positions)


def segment(folder: Path, *documents: dict[str, bytes], limit_mb: int = 256) -> PostingTable:
    """The postings of documents of one field, in its first one."""
    folder.mkdir()
    with codec.writing(folder, limit_mb) as add:
        for number, places in enumerate(documents):
            add(Document(f"MET.{number}", {NAMES[0]: places}, {}), b"{}")
    return arrays.load(folder, "postings", PostingTable)


@pytest.mark.parametrize("most", [255, 256, 65_535, 65_536, MOST_POSITIONS - 1])
def test_positions_are_kept_whole_in_the_smallest_type_that_holds_them(most: int, tmp_path: Path) -> None:
    table = segment(tmp_path / "index", {"a": placed(1, most), "b": placed(2)})
    assert table.position.tolist() == [1, most, 2]
    assert table.text_start.tolist() == [7, 7 * most, 14]
    assert table.position.dtype == (np.uint8 if most < 256 else np.uint16 if most < 65_536 else np.int32)


def test_documents_beyond_a_type_get_the_next_one(tmp_path: Path) -> None:
    table = segment(tmp_path / "index", *({"a": placed(1)} for _ in range(257)))
    assert table.doc.dtype == np.uint16
    assert table.doc.tolist() == list(range(257))


def test_a_section_too_long_to_be_compared_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MetiersError, match="section of more than 16,777,216 words"):
        segment(tmp_path / "index", {"a": placed(MOST_POSITIONS)})


def test_postings_that_outgrow_the_memory_give_the_same_files(tmp_path: Path) -> None:
    documents = [{term: placed(*range(40)) for term in ("pain", "four", f"t{number}")} for number in range(3_000)]
    segment(tmp_path / "kept", *documents)
    segment(tmp_path / "put aside", *documents, limit_mb=1)
    names = sorted(path.name for path in (tmp_path / "kept").glob("*.npy"))
    assert len(names) > 10
    for name in (*names, "postings.terms.txt"):
        assert (tmp_path / "kept" / name).read_bytes() == (tmp_path / "put aside" / name).read_bytes(), name


def test_terms_written_in_several_runs_are_those_written_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [{f"t{number % 7}": placed(1, 5), f"u{number % 3}": placed(2)} for number in range(50)]
    segment(tmp_path / "at once", *documents)
    monkeypatch.setattr(codec, "OCCURRENCES_AT_ONCE", 10)
    segment(tmp_path / "in runs", *documents)
    for path in (tmp_path / "at once").glob("postings.*"):
        assert path.read_bytes() == (tmp_path / "in runs" / path.name).read_bytes(), path.name


def test_what_whoosh_stores_is_the_sheet_that_the_engine_shows(tmp_path: Path) -> None:
    engine = ENGINES["embedded"](tmp_path)
    rebuilt(engine, [fiche(7, "luthier/ère", presentation="Le bois des violons.")])
    engine.close()
    whole = codec.searcher(served_folder(tmp_path) / "columns")
    [stored] = whole.reader().all_stored_fields()
    assert b"luthier" in stored[codec.SHEET]
    assert opened(tmp_path).fiche(0).title == "luthier/ère"
    whole.close()
