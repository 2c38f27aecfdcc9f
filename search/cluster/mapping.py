"""What the cluster holds of each sheet. In: an embedded Snapshot. Out: the body of an index, a document a sheet.

The numbers are those of the embedded engine, made first in a folder of its own: impacts, families, labels and nearness
are computed once, so that both engines find the same sheets in the same order.

    mots              "term¦family|n" words, n being the tf~ of BM25F over all fields times SCALE, which the cluster
                      keeps as the frequency of the term and, in mots.familles, of its family
    t_<field>         the words of a field in their order; their number is the frequency of BM25F
    n_<field>         what one word of a field counts for: its weight over its length, as in BM25F
    titres            the titles of the sheet as whole numbers (see `packed_titles`); titre_mots: their words
    reperes           the numbers of its diplomas, interests and domains; repere_mots: their words
    sheet             all that a page shows, as `stored_sheet` writes it; its terms are those of t_<field>

Documents are kept whole: of one whose source is cut the cluster keeps a second, whole copy for its own recovery.
"""

from collections.abc import Iterator, Mapping
from itertools import chain, pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.arrays import Floats, Ints, Starts
from search.cluster.client import Json
from search.cluster.stored_sheet import Places, stored
from search.embedded.snapshot import Snapshot
from search.fields import BOUNDS, FACETS, FIELDS, RANGES
from search.french.tokens import broad
from search.index.columns import FIELD_B, FIELD_WEIGHTS, Columns, LabelTable, MatchTable
from search.index.postings import occurrence_rows
from search.ranking import WEIGHTS, contributions
from search.settings import Settings

FORMAT: Final = 9
"""Raised when the mapping or the tables change in a way that the rest of the fingerprint does not show."""

SCALE: Final = 65_536
"""The cluster keeps frequencies as whole numbers: tf~ is multiplied by this, for an error below 1/100,000."""

MOST: Final = 2_000_000_000
"""What the frequencies of a field may add up to in one sheet: the cluster counts them in 32 bits."""

SATURATION: Final = 0.9999
"""The share of its greatest impact above which terms count as equal, which a tf~ of some thousands reaches."""

BATCH: Final = 2_000
"""Sheets whose postings are put in the order of documents together: memory stays bounded."""

FAMILY_MARK: Final = "\u00a6"
"""Between a term and the name of its family, left out if they are the same."""

SAME_PLACE: Final = "|"
"""Between terms that stand at the same place: an acronym and the first of its words."""

TITLE_BIT, WORD_BIT, OTHER_BIT = 40, 39, 33
"""Places of the parts of a number of `titres`: which title; whether it is one of its words; another appellation."""

SATURATED: Final = (
    f"double frequency = doc.freq / {SCALE}.0;"
    f"return query.boost * {WEIGHTS.k1 + 1.0} * frequency / ({WEIGHTS.k1} + frequency);"
)
"""The impact of a term, its idf being the boost of the query."""


# Long: one literal, which reads best whole, beside the cluster's own documentation.
def settings_and_mapping(settings: Settings) -> Json:
    """The body that creates an index of sheets."""
    frequencies = {
        "type": "text", "search_analyzer": "whitespace", "similarity": "saturated", "index_options": "freqs",
        "norms": False,
    }  # fmt: skip
    families = {"familles": {**frequencies, "analyzer": "families"}}
    words = {
        "type": "text", "analyzer": "words", "search_analyzer": "whitespace", "similarity": "frequency",
        "index_options": "positions", "norms": False,
    }  # fmt: skip
    set_of_words = {"type": "keyword", "doc_values": False}
    properties: Json = {
        "mots": {**frequencies, "analyzer": "terms", "fields": families},
        "titres": _column("long"),
        "titre_mots": set_of_words,
        "reperes": _column("integer"),
        "repere_mots": set_of_words,
        "formes": set_of_words,
        "codes": {"type": "keyword"},
        "ordre": {"type": "integer"},
        "numero": _column("integer"),
        "norme": _column("float"),
        "sheet": {"type": "object", "enabled": False},
    }
    for field in FIELDS:
        properties[f"t_{field.name}"] = words
        properties[f"n_{field.name}"] = _column("float")
    properties |= {name: {"type": "integer"} for name in BOUNDS}
    properties |= {f"f_{facet.name}": {"type": "keyword"} for facet in FACETS}
    return {
        "settings": {
            "number_of_shards": settings.opensearch_shards,
            "number_of_replicas": settings.opensearch_replicas,
            "refresh_interval": "-1",
            # Sheets are read once by each process, so that a slower reading costs nothing.
            "codec": "best_compression",
            "analysis": {
                "filter": {
                    "frequency": {"type": "delimited_term_freq"},
                    "same_place": {"type": "pattern_capture", "preserve_original": False, "patterns": ["([^|]+)"]},
                    "term": {"type": "pattern_replace", "pattern": f"{FAMILY_MARK}.*", "replacement": ""},
                    "family": {"type": "pattern_replace", "pattern": f"^.*{FAMILY_MARK}", "replacement": ""},
                },
                "analyzer": {
                    "terms": {"type": "custom", "tokenizer": "whitespace", "filter": ["frequency", "term"]},
                    "families": {"type": "custom", "tokenizer": "whitespace", "filter": ["frequency", "family"]},
                    "words": {"type": "custom", "tokenizer": "whitespace", "filter": ["same_place"]},
                },
            },
            "similarity": {
                "saturated": {"type": "scripted", "script": {"source": SATURATED}},
                "frequency": {"type": "scripted", "script": {"source": "return query.boost * doc.freq"}},
            },
        },
        "mappings": {"dynamic": "strict", "properties": properties},
    }


def _column(kind: str) -> Json:
    return {"type": kind, "index": False}


# --- sheets -----------------------------------------------------------------------------------------


def documents(snapshot: Snapshot) -> Iterator[tuple[str, Json]]:
    """(id, document) of every sheet, by title."""
    columns = snapshot.columns
    terms = np.array(columns.postings.terms, dtype=object)
    tokens = np.array(_tokens(columns), dtype=object)
    facts = _facts(snapshot)
    codes = code_names(columns.kin.code)
    for low in range(0, columns.documents, BATCH):
        high = min(low + BATCH, columns.documents)
        held = _MatchesByDocument(columns.matches, low, high)
        postings = _PostingsByDocument(columns, low, high)
        for doc in range(low, high):
            fiche, similar = snapshot.fiche(doc), snapshot.similar
            places, positions = postings.of(doc)
            known = similar.weight[doc] > 0
            made: Json = {
                "mots": _frequencies(*held.of(doc), columns.matches.idf, tokens),
                "codes": codes[doc],
                "ordre": doc,
                "numero": fiche.number,
                "norme": float(similar.norm[doc]),
                "sheet": stored(fiche, similar.family[doc][known], similar.weight[doc][known], places),
            }
            made |= facts[doc] | _bounds_of(snapshot, doc) | _texts(columns, doc, places, positions, terms)
            yield fiche.id, made


def family_names(terms: tuple[str, ...], of_term: Ints) -> list[str]:
    """The stem that names each family, by its number."""
    names = [""] * (int(of_term.max()) + 1 if len(of_term) else 0)
    for term, family in zip(terms, of_term.tolist(), strict=True):
        names[family] = broad(term)
    return names


def code_names(code: Starts) -> tuple[tuple[str, ...], ...]:
    """How `codes` writes the ROME codes of each sheet: by their places. code: as in KinTable."""
    return tuple(tuple(str(place) for place in held if place >= 0) for held in code.T.tolist())


def _tokens(columns: Columns) -> list[str]:
    """How `mots` writes each term."""
    terms, families = columns.postings.terms, family_names(columns.postings.terms, columns.families.of_term)
    named = zip(terms, (families[family] for family in columns.families.of_term.tolist()), strict=True)
    return [term if term == family else f"{term}{FAMILY_MARK}{family}" for term, family in named]


def _facts(snapshot: Snapshot) -> list[Json]:
    """Of each document its labels, its accented forms, and the slugs of its facets."""
    columns = snapshot.columns
    terms = columns.postings.terms
    titles = _labels_by_document(columns.titles, columns.documents)
    labels = _labels_by_document(columns.labels, columns.documents)
    words_of_title, words_of_label = _words_of_labels(columns.titles), _words_of_labels(columns.labels)
    forms = _by_document(columns.forms.doc, columns.forms.start, columns.documents)
    made: list[Json] = []
    for doc in range(columns.documents):
        told = [(words_of_title[label], float(columns.titles.weight[label]), other) for label, other in titles[doc]]
        made.append(
            {
                "titres": packed_titles(told),
                "titre_mots": [terms[term] for term in sorted(set(chain.from_iterable(held for held, *_ in told)))],
                "reperes": [label for label, _ in labels[doc]],
                "repere_mots": [
                    terms[term]
                    for term in sorted(set(chain.from_iterable(words_of_label[label] for label, _ in labels[doc])))
                ],
                "formes": [columns.forms.forms[form] for form in forms[doc]],
            }
        )
    table = columns.facets
    names = [f"f_{facet.name}" for facet in FACETS for _ in snapshot.facets[facet.name].values]
    for document, (low, high) in zip(made, pairwise(table.held_start.tolist()), strict=True):
        for place in table.held[low:high].tolist():
            document.setdefault(names[place], []).append(table.values[place])
    return made


def packed_titles(titles: list[tuple[list[int], float, int]]) -> list[int]:
    """The titles of a sheet, each (terms, weight, 1 if it is another appellation), as whole numbers.

    The cluster keeps numbers sorted. Each title begins with the bits of its weight as a float32 (and OTHER_BIT), below
    the numbers of its terms (with WORD_BIT); the bits from TITLE_BIT on tell titles apart.
    """
    found: list[int] = []
    for number, (terms, weight, other) in enumerate(titles):
        title = number << TITLE_BIT
        found.append(title | other << OTHER_BIT | int(np.float32(weight).view(np.uint32)))
        found += [title | 1 << WORD_BIT | term for term in terms]
    return found


def _bounds_of(snapshot: Snapshot, doc: int) -> Json:
    """The span of each range; what a sheet does not say is left out."""
    table = snapshot.documents
    made: Json = {}
    for each, low, high in zip(RANGES, table.lowest[:, doc].tolist(), table.highest[:, doc].tolist(), strict=True):
        if low >= 0:
            made |= {f"{each.name}_min": low, f"{each.name}_max": high}
    return made


def _texts(columns: Columns, doc: int, places: Places, positions: Ints, terms: NDArray[Any]) -> Json:
    """The t_ and n_ of each field that the sheet fills. positions: int32, in the order of `places`."""
    made: Json = {}
    lengths = columns.lengths
    for field in np.unique(places.field).tolist():
        name, inside = FIELDS[field].name, places.field == field
        made[f"t_{name}"] = _runs(positions[inside], terms[places.term[inside]])
        one = np.ones(1, dtype=np.int32)
        at = np.array([field])
        counted = contributions(one, lengths.length[at, doc], columns.mean_length[at], FIELD_WEIGHTS[at], FIELD_B[at])
        made[f"n_{name}"] = float(counted[0])
    return made


def _frequencies(numbers: Ints, impacts: Floats, idf: Floats, tokens: NDArray[Any]) -> str:
    """The text of `mots`: tf~ from impacts by the inverse of `ranking.saturate`. A term of the least counts as held."""
    share = np.minimum(impacts / (idf[numbers].astype(np.float64) * (WEIGHTS.k1 + 1.0)), SATURATION)
    frequency = WEIGHTS.k1 * share / (1.0 - share)
    scaled = np.maximum(np.rint(frequency * SCALE), 1).astype(np.int64)
    if scaled.sum() > MOST:
        scaled = np.minimum(scaled, MOST // len(scaled))
    return " ".join(f"{token}|{n}" for token, n in zip(tokens[numbers].tolist(), scaled.tolist(), strict=True))


class _MatchesByDocument:
    """The rows of a MatchTable for some documents, by document."""

    def __init__(self, table: MatchTable, low: int, high: int) -> None:
        rows = np.flatnonzero((table.doc >= low) & (table.doc < high))
        number = (np.searchsorted(table.start, rows, side="right") - 1).astype(np.int32)
        order = np.argsort(table.doc[rows], kind="stable")
        self._number, self._impact = number[order], table.impact[rows][order]
        self._start = np.searchsorted(table.doc[rows][order], np.arange(low, high + 1))
        self._low = low

    def of(self, doc: int) -> tuple[Ints, Floats]:
        """The numbers of the terms of a document, and their impacts."""
        low, high = self._start[doc - self._low : doc - self._low + 2].tolist()
        return self._number[low:high], self._impact[low:high]


class _PostingsByDocument:
    """The postings of some documents, by document, then field."""

    def __init__(self, columns: Columns, low: int, high: int) -> None:
        self._postings, self._low = columns.postings, low
        rows = np.flatnonzero((self._postings.doc >= low) & (self._postings.doc < high))
        self._rows = rows[np.lexsort((self._postings.field[rows], self._postings.doc[rows]))]
        self._start = np.searchsorted(self._postings.doc[self._rows], np.arange(low, high + 1))

    def of(self, doc: int) -> tuple[Places, Ints]:
        """Where the words of a document stand, field after field as they follow, and their positions: int32."""
        postings = self._postings
        low, high = self._start[doc - self._low : doc - self._low + 2].tolist()
        rows = self._rows[low:high]
        number = (np.searchsorted(postings.start, rows, side="right") - 1).astype(np.int32)
        rows_of_place, count = occurrence_rows(postings, rows)
        position, field = postings.position[rows_of_place].astype(np.int32), postings.field[rows].repeat(count)
        order = np.lexsort((position, field))
        rows_of_place = rows_of_place[order]
        places = Places(
            term=number.repeat(count)[order],
            field=field[order].astype(np.int64),
            start=postings.text_start[rows_of_place].astype(np.int64),
            length=postings.length[rows_of_place].astype(np.int64),
        )
        return places, position[order]


def terms_of(document: Mapping[str, Any], numbers: Mapping[str, int]) -> list[int]:
    """The terms of the texts of a document, field after field: those of the places in its `sheet`.

    numbers: the number of each term. Raises KeyError for a term that has none.
    """
    runs = chain.from_iterable(document.get(f"t_{field.name}", ()) for field in FIELDS)
    return [numbers[term] for run in runs for places in run.split(" ") for term in places.split(SAME_PLACE)]


def _runs(positions: Ints, terms: NDArray[Any]) -> list[str]:
    """The words of a field, cut where positions are skipped, so that no phrase runs across. positions: increasing."""
    step = np.diff(positions)
    between = np.where(step == 0, SAME_PLACE, np.where(step == 1, " ", "\n")).tolist()
    pieces = zip(terms.tolist(), [*between, ""], strict=True)
    return "".join(chain.from_iterable(pieces)).split("\n")


def _labels_by_document(table: LabelTable, documents: int) -> list[list[tuple[int, int]]]:
    """(label, 1 if it is another appellation) of each document."""
    found: list[list[tuple[int, int]]] = [[] for _ in range(documents)]
    for label, (low, high) in enumerate(pairwise(table.doc_start.tolist())):
        for doc, other in zip(table.doc[low:high].tolist(), table.other[low:high].tolist(), strict=True):
            found[doc].append((label, other))
    return found


def _words_of_labels(table: LabelTable) -> list[list[int]]:
    """The terms of each label."""
    held: list[list[int]] = [[] for _ in table.weight]
    for number, (low, high) in enumerate(pairwise(table.start.tolist())):
        for label in table.label[low:high].tolist():
            held[label].append(number)
    return held


def _by_document(docs: Ints, start: Starts, documents: int) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(documents)]
    for number, (low, high) in enumerate(pairwise(start.tolist())):
        for doc in docs[low:high].tolist():
            found[doc].append(number)
    return found
