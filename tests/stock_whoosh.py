"""The same documents written by the codec that comes with Whoosh, and what both segments say, side by side.

In: sheets. Out: a searcher over files that none of our code wrote or reads.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
from whoosh import index, query, scoring
from whoosh.codec import default_codec
from whoosh.searching import Searcher
from whoosh.util.numeric import byte_to_length, length_to_byte

from search.embedded.writing import by_title
from search.fiche import Fiche
from search.fields import FIELDS
from search.french import equivalents
from search.index import codec
from search.index.fiche_json import fiche_to_json
from search.index.parallel import NoHelper, analysed

WEIGHTING = scoring.TF_IDF()
"""A scoring that looks at frequencies and idf: the stock codec rounds the lengths of fields to 256 steps."""


def stock_searcher(folder: Path, fiches: Sequence[Fiche]) -> Searcher:
    """Whoosh as it comes over these sheets, numbered as the engine numbers them."""
    folder.mkdir()
    written = index.create_in(str(folder), codec.schema())
    ordered = sorted(fiches, key=by_title)
    known = equivalents.read(equivalents.mine(ordered))
    with written.writer(codec=default_codec()) as writer:
        for fiche, (document, _) in analysed(ordered, known, NoHelper()):
            writer.add_document(**codec.values(document, orjson.dumps(fiche_to_json(fiche))))
    return written.searcher(weighting=WEIGHTING)


def hits(searcher: Searcher, wanted: query.Query) -> list[tuple[int, float]]:
    """The documents that a query finds, in their order, with their scores."""
    return [(hit.docnum, hit.score) for hit in searcher.search(wanted, limit=None)]


def facts(searcher: Searcher) -> dict[str, Any]:
    """What a segment says of its documents and its fields."""
    reader = searcher.reader()
    documents = range(reader.doc_count_all())
    lengths = [
        [byte_to_length(length_to_byte(reader.doc_field_length(doc, each.name) or 0)) for doc in documents]
        for each in FIELDS
    ]
    return {
        "documents": (reader.doc_count(), list(reader.all_doc_ids()), reader.has_deletions()),
        "stored": [reader.stored_fields(doc) for doc in documents],
        "lengths": lengths,
        "words": [reader.field_length(each.name) for each in FIELDS],
        "fields": sorted(reader.indexed_field_names()),
        "terms": list(reader.all_terms()),
    }


def postings(searcher: Searcher, terms: Sequence[tuple[str, bytes]]) -> Iterator[tuple[Any, ...]]:
    """What a segment says of each term: its figures, then each document with its weight and its positions."""
    reader = searcher.reader()
    for name, text in terms:
        info = reader.term_info(name, text)
        matcher = reader.postings(name, text)
        found = []
        while matcher.is_active():
            positions = matcher.value_as("positions") if matcher.supports("positions") else ()
            found.append((matcher.id(), matcher.weight(), list(positions)))
            matcher.next()
        figures = info.weight(), info.doc_frequency(), info.max_weight(), info.min_id(), info.max_id()
        yield name, text, figures, found
