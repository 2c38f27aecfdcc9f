"""Which sheets match a plan, and how well. In: a Plan and the Columns. Out: Matches: documents and named scores.

Every array made here belongs to one search and is seen by one thread; those of Columns are only read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search import arrays
from search.arrays import Floats, Ints, row
from search.fields import FIELDS
from search.french.plan import Plan, Word
from search.french.senses import Senses, likeness_to
from search.index.columns import (
    FIELD_B,
    FIELD_WEIGHTS,
    Columns,
    KinTable,
    LabelWords,
    MatchTable,
    mask_of,
)
from search.index.postings import occurrence_counts, occurrence_rows
from search.ranking import Weights, contributions, led_and_beside, saturate

Mask = NDArray[np.bool_]
Scores = NDArray[np.float64]
Rows = tuple[Ints, Floats]
"""Documents, increasing, and what a term brings each."""

ALL_FIELDS = tuple(range(len(FIELDS)))
TITLE_FIELDS = frozenset(place for place, field in enumerate(FIELDS) if field.name in ("titre", "appellations"))
LABEL_FIELDS = frozenset(place for place, field in enumerate(FIELDS) if field.name in ("formations", "reperes"))


NEARLY_ALL: Final = 0.999
"""The share of the weight of all words from which a document holds them all: sums of floats are not exact."""

LEAST_COVERAGE: Final = 1e-6
"""What a document must cover at least: if none covers anything, the threshold is 0, which all documents would reach."""


@dataclass(frozen=True, slots=True)
class Matches:
    """What a plan finds: H documents.

    docs: int32 (H,), increasing. scores: float64 (H,), in the same order.
    parts: the scores by the names of `ranking.PARTS`, each of shape (H,); they add up to `scores`.
    partial: no document holds all the words.
    """

    docs: Ints
    scores: Scores
    parts: dict[str, NDArray[Any]]
    partial: bool


@dataclass(frozen=True, slots=True)
class _Brought:
    """What each of W words brings the documents that hold one of its terms, then one of their families.

    sizes: 2W, the documents of each. docs and impact: (n,), theirs one after the other; the first `own` are of terms.
    """

    sizes: Sequence[int]
    docs: Ints
    impact: NDArray[Any]
    own: int


def match(plan: Plan, columns: Columns, sense: Senses, fields: Sequence[int], weights: Weights) -> Matches:
    """The documents that match a plan with at least one word or phrase, over some of the fields (places in FIELDS)."""
    brought = _brought(plan.words, columns, fields, weights)
    weight = np.array([word.idf * (weights.stop if word.stop else 1.0) for word in plan.words])
    coverage = _coverage(brought, weight, columns.documents, weights)
    best = float(coverage.max(initial=0.0))
    mask = coverage >= max(_threshold(coverage, best, weights) * best, LEAST_COVERAGE)
    mask[list(plan.whole)] = True
    mask[plan.leads.docs] = True
    docs = _kept(mask, plan, columns, fields).nonzero()[0].astype(np.int32)
    # Added up in this order: floats that are added in another order are not the same to the bit.
    parts = _of_words(brought, docs, columns.documents, weights)
    parts |= _of_names(plan, docs, columns, fields, weights)
    if len(fields) == len(FIELDS) and plan.close:
        like = likeness_to(sense, [word.terms for word in plan.words if not word.stop])
        closeness = weights.sense if len(plan.words) > 1 else weights.sense_alone
        parts["sens"] = like[docs] * np.float32(closeness * _asked(plan))
    parts["forme"] = _forms(plan.words, columns, weights.form)[docs]
    alone: Scores = reduce(np.add, parts.values())
    parts["parente"] = weights.kin * _kin(docs, alone, columns.kin)
    return Matches(
        docs=docs, scores=alone + parts["parente"], parts=parts, partial=best < float(weight.sum()) * NEARLY_ALL
    )


def _asked(plan: Plan) -> float:
    """What all the words of a query weigh together."""
    return plan.asked or sum(word.idf for word in plan.words)


def _brought(words: Sequence[Word], columns: Columns, fields: Sequence[int], weights: Weights) -> _Brought:
    if len(fields) == len(FIELDS):
        rows_of_term, rows_of_family = _stored(columns.matches), _stored(columns.family_matches)
    else:
        rows_of_term = _of_fields(columns, fields, weights)
        rows_of_family = _families_of_fields(columns, fields, weights)
    documents = columns.documents
    found = [_best(word.terms, rows_of_term, documents) for word in words]
    found += [_best(_families(word.terms, columns), rows_of_family, documents) for word in words]
    sizes = [len(docs) for docs, _ in found]
    docs = np.concatenate([docs for docs, _ in found]) if found else np.zeros(0, np.int32)
    impact = np.concatenate([impact for _, impact in found]) if found else np.zeros(0)
    return _Brought(sizes=sizes, docs=docs, impact=impact, own=sum(sizes[: len(words)]))


def _coverage(brought: _Brought, weight: NDArray[np.float64], documents: int, weights: Weights) -> Scores:
    """What each document holds of the words by their weight, a family alone counting in part: float64 (N,)."""
    share = np.concatenate((weight * (1.0 - weights.family_cover), weight * weights.family_cover))
    return np.bincount(brought.docs, share.repeat(brought.sizes), documents).astype(np.float64, copy=False)


def _kept(mask: Mask, plan: Plan, columns: Columns, fields: Sequence[int]) -> Mask:
    """Those of the documents that hold every phrase, and nothing that is excluded."""
    for phrase in plan.phrases:
        mask &= _holding(phrase, columns, fields)
    if plan.excluded or plan.unwanted:
        mask &= excluding(plan, columns, fields)
    if plan.impossible:
        mask[:] = False
    return mask


def _of_words(brought: _Brought, docs: Ints, documents: int, weights: Weights) -> dict[str, NDArray[Any]]:
    """The parts of the words in the text and of their families, by the names of `ranking.PARTS`."""
    held, impact, own = brought.docs, brought.impact, brought.own
    words = np.bincount(held[:own], impact[:own], documents)
    families = np.bincount(held[own:], impact[own:], documents)
    return {"mots": words[docs], "familles": weights.family * families[docs]}


def _of_names(
    plan: Plan, docs: Ints, columns: Columns, fields: Sequence[int], weights: Weights
) -> dict[str, NDArray[Any]]:
    """The parts of titles, of other labels and of the names that people use, of those that are searched."""
    asked = _asked(plan)
    titles, labels = _best_names(plan.words, columns, asked, weights)
    parts: dict[str, NDArray[Any]] = {}
    if TITLE_FIELDS.intersection(fields):
        parts["titre"] = titles[docs]
    if LABEL_FIELDS.intersection(fields):
        parts["repere"] = labels[docs]
    if plan.whole or len(plan.leads.docs):
        best_label = float(parts["repere"].max(initial=0.0)) if "repere" in parts else 0.0
        brought = _brought_by_names(plan, weights, asked, best_label, columns.documents)[docs]
        parts["nom"] = np.maximum(brought - parts["titre"], 0.0) if "titre" in parts else brought
    return parts


def _threshold(coverage: Scores, best: float, weights: Weights) -> float:
    """The share of the best coverage that a document must reach: the strict one if enough documents reach it."""
    held = np.count_nonzero(coverage >= weights.strict * best)
    return weights.strict if held >= weights.enough else weights.gate


def excluding(plan: Plan, columns: Columns, fields: Sequence[int]) -> Mask:
    """The documents that hold nothing excluded, and nothing unwanted in a title: bool (N,)."""
    mask = np.ones(columns.documents, dtype=np.bool_)
    for phrase in plan.excluded:
        mask &= ~_holding(phrase, columns, fields)
    for phrase in plan.unwanted:
        mask &= ~_holding(phrase, columns, tuple(TITLE_FIELDS))
    return mask


def _stored(table: MatchTable) -> Callable[[int], Rows]:
    def rows(number: int) -> Rows:
        held = row(table.start, number)
        return table.doc[held], table.impact[held]

    return rows


def _of_fields(columns: Columns, fields: Sequence[int], weights: Weights) -> Callable[[int], Rows]:
    """What a term brings through some fields alone: the same formula, from the postings."""

    def rows(number: int) -> Rows:
        docs, frequency = _frequency(number, columns, fields)
        return docs, saturate(frequency, columns.matches.idf[number], weights.k1)

    return rows


def _families_of_fields(columns: Columns, fields: Sequence[int], weights: Weights) -> Callable[[int], Rows]:
    def rows(family: int) -> Rows:
        members = columns.families.member[row(columns.families.start, family)]
        found = [_frequency(int(member), columns, fields) for member in members]
        docs, inverse = np.unique(np.concatenate([docs for docs, _ in found]), return_inverse=True)
        brought = np.concatenate([each for _, each in found])
        frequency = np.bincount(inverse, weights=brought, minlength=len(docs)).astype(np.float64)
        return docs, saturate(frequency, columns.family_matches.idf[family], weights.k1)

    return rows


def _frequency(number: int, columns: Columns, fields: Sequence[int]) -> tuple[Ints, NDArray[np.float64]]:
    """The frequency of a term over some fields, as BM25F weighs it (see `ranking.contributions`).

    Returns the documents, increasing, and float64 of the same shape.
    """
    postings = columns.postings
    held = row(postings.start, number)
    kept = np.isin(postings.field[held], fields).nonzero()[0] + held.start
    docs, field = postings.doc[kept], postings.field[kept]
    weighted = contributions(
        occurrence_counts(postings, kept),
        columns.lengths.length[field, docs],
        columns.mean_length[field],
        FIELD_WEIGHTS[field],
        FIELD_B[field],
    )
    if not len(docs):
        return docs, weighted
    first = arrays.beginnings(docs)
    return docs[first], np.add.reduceat(weighted, first)


def _families(terms: tuple[int, ...], columns: Columns) -> tuple[int, ...]:
    return tuple(dict.fromkeys(int(columns.families.of_term[term]) for term in terms))


def members(terms: tuple[int, ...], columns: Columns) -> tuple[int, ...]:
    """The terms of the families of these terms."""
    families = columns.families
    rows = [families.member[row(families.start, each)] for each in _families(terms, columns)]
    return tuple(np.concatenate(rows).tolist()) if rows else ()


def _best(numbers: tuple[int, ...], rows: Callable[[int], Rows], documents: int) -> Rows:
    """The best that any of these terms brings each document."""
    if len(numbers) == 1:
        return rows(numbers[0])
    found = np.zeros(documents, dtype=np.float32)
    for number in numbers:
        docs, impact = rows(number)
        found[docs] = np.maximum(found[docs], impact)
    docs = (found > 0).nonzero()[0].astype(np.int32)
    return docs, found[docs]


def likeness(
    words: Sequence[Word], labels: LabelWords, idf: Floats, asked: float, power: float
) -> tuple[NDArray[np.int64], Floats]:
    """Labels that hold a word of the query, increasing, and their likeness to it raised to a power."""
    touched, alike = _alike(words, labels, idf, asked)
    return touched, alike ** np.float32(power)


def _alike(words: Sequence[Word], labels: LabelWords, idf: Floats, asked: float) -> tuple[NDArray[np.int64], Floats]:
    """Labels that hold a word of the query, increasing, and their likeness to it."""
    together = np.zeros(len(labels.weight), dtype=np.float32)
    for word in words:
        for term in word.terms[1:]:
            held = labels.label[row(labels.start, term)]
            together[held] = np.maximum(together[held], idf[term])
        term = word.terms[0]
        together[labels.label[row(labels.start, term)]] += idf[term]
    touched = (together > 0).nonzero()[0]
    shared = together[touched]
    cosine = shared * shared / (labels.weight[touched] * np.float32(asked or 1.0))
    return touched, np.minimum(cosine, np.float32(1.0))


def _best_names(words: Sequence[Word], columns: Columns, asked: float, weights: Weights) -> tuple[Floats, Floats]:
    """What the best title and the best label of each document bring it: float32 (N,) each."""
    named, documents = columns.named, columns.documents
    touched, alike = _alike(words, named, columns.matches.idf, asked)
    titles = touched.searchsorted(named.titles)
    powers = alike[:titles] ** np.float32(weights.title_power), alike[titles:] ** np.float32(weights.label_power)
    held, counts = arrays.rows(named.doc_start, touched, len(named.place))
    title = weights.title * asked
    share = np.array((title, title * weights.other_title, weights.label * asked), dtype=np.float32)
    best = np.zeros(2 * documents, dtype=np.float32)
    np.maximum.at(best, named.place[held], np.concatenate(powers).repeat(counts) * share[named.kind[held]])
    return best[:documents], best[documents:]


def _brought_by_names(plan: Plan, weights: Weights, asked: float, best_label: float, documents: int) -> Floats:
    """What names bring each document: float32 (N,). See `ranking.led_and_beside`."""
    led, beside = led_and_beside(weights, asked, best_label)
    titled = np.array([*plan.whole.values()], np.float32) * weights.name + beside
    brought = np.zeros(documents, dtype=np.float32)
    brought[plan.leads.docs] = plan.leads.share * np.float32(led)
    brought[list(plan.whole)] = np.maximum(brought[list(plan.whole)], titled * np.float32(asked))
    return brought


def _forms(words: Sequence[Word], columns: Columns, weight: float) -> Floats:
    """The share of the words whose accented form stands in each document: float32 (N,)."""
    best = np.zeros(columns.documents, dtype=np.float32)
    for word in words:
        number = columns.form_numbers.get(word.surface)
        if number is not None:
            best[columns.forms.doc[row(columns.forms.start, number)]] += weight / len(words)
    return best


def _kin(docs: Ints, scores: Scores, kin: KinTable) -> Scores:
    """The best score among each document found and those found that share a ROME code with it: float64 (H,)."""
    codes = kin.code[:, docs]
    # The last place is that of no code, which -1 names.
    of_code = np.zeros(len(kin.code_start))
    for code in codes:
        np.maximum.at(of_code, code, scores)
    of_code[-1] = 0.0
    best = scores
    for code in codes:
        best = np.maximum(best, of_code[code])
    return best


def _holding(phrase: tuple[int, ...], columns: Columns, fields: Sequence[int]) -> Mask:
    """The documents that hold these terms side by side, in this order, in one of the fields: bool (N,)."""
    mask = np.ones(columns.documents, dtype=np.bool_)
    held = [_stored(columns.matches)(term)[0] for term in phrase]
    for docs in held:
        mask &= mask_of(docs, columns.documents)
    starts: NDArray[np.int64] | None = None
    # A term that the phrase holds twice is read once. The mask only shrinks, so what was read holds all that is needed.
    positions: dict[int, NDArray[np.int64]] = {}
    # The rarest first: each term is looked for only where the phrase may still stand.
    for place in sorted(range(len(phrase)), key=lambda place: len(held[place])):
        term = phrase[place]
        if term not in positions:
            positions[term] = _positions(term, columns, fields, mask)
        here = positions[term] - place
        starts = here if starts is None else _common(starts, here)
        mask = mask_of(starts >> 32, columns.documents)
    return mask


def _common(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers that both hold; each is increasing, and so is what they share."""
    few, many = sorted((one, other), key=len)
    place = np.minimum(many.searchsorted(few), len(many) - 1)
    common: NDArray[np.int64] = few[many[place] == few]
    return common


def _positions(term: int, columns: Columns, fields: Sequence[int], documents: Mask) -> NDArray[np.int64]:
    """Every place where a term stands in some documents, as document << 32 | field << 24 | position, increasing.

    As one number, so that a phrase is found by adding and comparing. A position fits 24 bits: see `MOST_POSITIONS`.
    """
    postings = columns.postings
    held = row(postings.start, term)
    kept = np.flatnonzero(documents[postings.doc[held]]) + held.start
    if len(fields) < len(FIELDS):
        kept = kept[np.isin(postings.field[kept], fields)]
    places, counts = occurrence_rows(postings, kept)
    position = postings.position[places].astype(np.int64)
    where = (postings.doc[kept].astype(np.int64) << 32) | (postings.field[kept].astype(np.int64) << 24)
    keys: NDArray[np.int64] = np.repeat(where, counts) + position
    return keys
