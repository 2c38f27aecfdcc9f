"""A plan as queries of the cluster: the formula of `ranking` in its query language. In: a Plan, a Query. Out: bodies.

    coverage      how much of the words a sheet holds: the score of a cheap first request, then the gate
    own           mots + familles + titre + repere + nom + sens + forme, one clause a part
    with_kin      own + parente, from the best score of each ROME code
    page_body     filters, one page in order, all facet counts: one request

Nothing here calls the cluster. Every script has a constant text, so that it is compiled once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final

import numpy as np

from search.cluster.client import Json
from search.cluster.mapping import OTHER_BIT, SCALE, WORD_BIT
from search.cluster.snapshot import ClusterSnapshot
from search.embedded.matching import ALL_FIELDS, LABEL_FIELDS, LEAST_COVERAGE, TITLE_FIELDS, likeness
from search.fields import FACET_BY_NAME, FACETS, FIELDS, fields_of_sections
from search.french.plan import Plan, Word
from search.french.senses import likeness_to
from search.query import Query
from search.ranking import WEIGHTS, led_and_beside

NOTHING: Final[Json] = {"match_none": {}}

SATURATE: Final = "params.idf * (params.k1 + 1.0) * _score / (params.k1 + _score)"
LABEL_LIKENESS: Final = (
    "double best = 0.0;"
    "for (label in doc['reperes']) {"
    "  def likeness = params.likeness.get(Long.toString(label));"
    "  if (likeness != null && likeness > best) best = likeness;"
    "}"
    "return best;"
)
"""The best of the names of a sheet. params.likeness: what each name that holds a word is worth, by its number."""

TITLE_LIKENESS: Final = (
    "double worth(boolean[] held, def params, double weight) {"
    "  double shared = 0.0;"
    "  for (int k = 0; k < held.length; ++k) {"
    "    if (held[k]) {"
    "      double idf = (double) params.idf.get(k);"
    "      shared = params.first.get(k) ? shared + idf : Math.max(shared, idf);"
    "      held[k] = false;"
    "    }"
    "  }"
    "  return shared == 0.0 ? 0.0 : Math.pow(Math.min(1.0, shared * shared / (weight * params.asked)), params.power);"
    "}"
    "boolean[] held = new boolean[params.terms.size()];"
    "double best = 0.0;"
    "double weight = 1.0;"
    "double share = 1.0;"
    "for (long each : doc['titres']) {"
    f"  if ((each >> {WORD_BIT} & 1L) == 0L) {{"
    "    best = Math.max(best, share * worth(held, params, weight));"
    "    weight = Float.intBitsToFloat((int) each);"
    f"    share = (each >> {OTHER_BIT} & 1L) == 0L ? 1.0 : params.other;"
    "  } else {"
    "    int term = (int) each;"
    "    for (int k = 0; k < held.length; ++k) { if (params.terms.get(k) == term) held[k] = true; }"
    "  }"
    "}"
    "return params.weight * Math.max(best, share * worth(held, params, weight));"
)
"""The best title of a sheet, read from the numbers of `mapping.packed_titles`.

params.terms: the terms of all words, word after word, the first term of each word last. params.first: whether a term
is that one: guesses of one word add up with no other, the best of them counts.
"""

KIN: Final = (
    "double best = _score;"
    "for (code in doc['codes']) { def other = params.best.get(code); if (other != null && other > best) best = other; }"
    "return _score + params.kin * best;"
)
SHARE: Final = "_score * doc[params.counts].value"
LED: Final = "return params.worth.get(Long.toString(doc['ordre'].value));"
"""What names bring a sheet. params.worth: by its place in the order of titles."""

SENSE: Final = "return params.weight * params.like.get((int) doc['ordre'].value);"
"""params.like: how like each sheet is to the words in meaning, by its place in the order of titles."""

NEARNESS: Final = "_score / Math.max(doc['norme'].value, 1e-6)"


class Words:
    """The clauses of one plan over some fields (places in FIELDS)."""

    def __init__(self, plan: Plan, snapshot: ClusterSnapshot, dans: Collection[str]) -> None:
        names = fields_of_sections(dans)
        self.plan = plan.inside(dans)
        self.snapshot = snapshot
        self.fields = tuple(place for place, field in enumerate(FIELDS) if field.name in names)
        self._names = [FIELDS[place].name for place in self.fields]
        self._everywhere = self.fields == ALL_FIELDS

    @property
    def asks(self) -> bool:
        """Whether anything is asked beside exclusions."""
        return self.plan.asks

    @property
    def wanted(self) -> float:
        """The coverage of a sheet that holds every word."""
        return sum(map(_weight, self.plan.words))

    def coverage(self) -> Json:
        """Its score is what each sheet covers of the words."""
        clauses = []
        for word in self.plan.words:
            weight = _weight(word)
            clauses.append(_constant(self._family_held(word), weight * WEIGHTS.family_cover))
            clauses.append(_constant(self._held(word), weight * (1.0 - WEIGHTS.family_cover)))
        return _any(clauses)

    def found(self, threshold: float) -> Json:
        """The sheets found: bool clauses without a score. threshold: the least coverage."""
        if not self.asks:
            return {"bool": {"filter": [{"match_all": {}}], "must_not": self._excluded()}}
        found = self.either(threshold)
        if self.plan.impossible or found == NOTHING:
            return NOTHING
        return {"bool": {"filter": [found, *self._phrases()], "must_not": self._excluded()}}

    def either(self, threshold: float) -> Json:
        """The sheets that cover so much of the words, and those to which a name leads whatever they cover."""
        clauses = [self.covering(threshold)] if self.plan.words and threshold > 0 else []
        led = {*self.plan.whole, *self.plan.leads.docs.tolist()}
        if led:
            clauses.append({"terms": {"ordre": sorted(led)}})
        return _any(clauses)

    def covering(self, threshold: float) -> Json:
        """The sheets that cover so much of the words."""
        return {"function_score": {"query": self.coverage(), "min_score": threshold}}

    def exact(self) -> Json:
        """The sheets that hold the phrases and none of what is excluded."""
        return {"bool": {"filter": [{"match_all": {}}, *self._phrases()], "must_not": self._excluded()}}

    @property
    def limited(self) -> bool:
        """Whether `exact` leaves out any sheet."""
        return bool(self.plan.phrases or self.plan.excluded or self.plan.unwanted)

    @cached_property
    def asked(self) -> float:
        """The weight of all words asked."""
        return self.plan.asked or sum(word.idf for word in self.plan.words)

    @cached_property
    def parts(self) -> dict[str, Json]:
        """A query for each part of the score but the kinship, by the names of `ranking.PARTS`, in their order.

        That of the names from outside scores the better of them and of the titles: see `own`.
        """
        words = self.plan.words
        parts = {
            "mots": _any([_best([self._impact(term) for term in word.terms]) for word in words]),
            "familles": _any([_best(self._family_impacts(word)) for word in words]),
        }
        if TITLE_FIELDS.intersection(self.fields):
            parts["titre"] = self._titles()
        if LABEL_FIELDS.intersection(self.fields):
            parts["repere"] = self._label_part()
        if len(self.plan.leads.docs) or self.plan.whole:
            parts["nom"] = _best([self._led(), *([parts["titre"]] if "titre" in parts else [])])
        if self._everywhere and self.plan.close:
            parts["sens"] = self._sense()
        share = WEIGHTS.form / max(len(words), 1)
        parts["forme"] = _any([_constant({"term": {"formes": word.surface}}, share) for word in words if word.surface])
        return parts

    @property
    def scoring(self) -> list[Json]:
        """The clauses that add up to the score but the kinship: the names from outside hold the titles."""
        return [part for name, part in self.parts.items() if name != "titre" or "nom" not in self.parts]

    def own(self, threshold: float) -> Json:
        """The sheets found, scored by all parts but the kinship."""
        found = self.found(threshold)
        if "bool" not in found:
            return found
        return {"bool": {**found["bool"], "should": self.scoring}}

    def _held(self, word: Word) -> Json:
        return self._in_fields("mots", word.terms)

    def _family_held(self, word: Word) -> Json:
        if self._everywhere:
            return {"terms": {"mots.familles": [self.snapshot.families[family] for family in self._families(word)]}}
        return self._in_fields("", self.kin(word))

    def _in_fields(self, whole: str, terms: Sequence[int]) -> Json:
        names = [self.snapshot.terms[term] for term in terms]
        if self._everywhere:
            return {"terms": {whole: names}}
        return _any([{"terms": {f"t_{name}": names}} for name in self._names])

    def _families(self, word: Word) -> list[int]:
        return list(dict.fromkeys(int(self.snapshot.family_of_term[term]) for term in word.terms))

    def kin(self, word: Word) -> list[int]:
        """The terms of the families of a word."""
        return [member for family in self._families(word) for member in self._members(family)]

    def _members(self, family: int) -> list[int]:
        """The terms of a family."""
        members: list[int] = np.flatnonzero(self.snapshot.family_of_term == family).tolist()
        return members

    def _impact(self, term: int) -> Json:
        """What a term brings: kept ready for all fields together, else made from its share of some of them."""
        idf = float(self.snapshot.vocabulary.idf[term])
        if self._everywhere:
            return {"term": {"mots": {"value": self.snapshot.terms[term], "boost": idf}}}
        return self._saturated([term], idf)

    def _family_impacts(self, word: Word) -> list[Json]:
        found = []
        for family in self._families(word):
            idf = float(self.snapshot.family_idf[family])
            if self._everywhere:
                told = {"value": self.snapshot.families[family], "boost": WEIGHTS.family * idf}
                found.append({"term": {"mots.familles": told}})
            else:
                found.append(self._saturated(self._members(family), idf, WEIGHTS.family))
        return found

    def _saturated(self, terms: Sequence[int], idf: float, boost: float = 1.0) -> Json:
        """BM25F of some terms taken as one, over some fields: their number in each, times what one counts for there."""
        shares = []
        for name in self._names:
            counted = _any([{"term": {f"t_{name}": {"value": self.snapshot.terms[term]}}} for term in terms])
            shares.append(_scripted(counted, SHARE, {"counts": f"n_{name}"}))
        return _scripted(_any(shares), SATURATE, {"idf": idf, "k1": WEIGHTS.k1}, boost)

    def _titles(self) -> Json:
        terms = [term for word in self.plan.words for term in (*word.terms[1:], *word.terms[:1])]
        if not terms:
            return NOTHING
        params = {
            "terms": terms,
            "first": [first for word in self.plan.words for first in (*(False for _ in word.terms[1:]), True)],
            "idf": [float(self.snapshot.vocabulary.idf[term]) for term in terms],
            "asked": self.asked or 1.0,
            "power": WEIGHTS.title_power,
            "weight": WEIGHTS.title * self.asked,
            "other": WEIGHTS.other_title,
        }
        return _scripted(self._holding_any("titre_mots"), TITLE_LIKENESS, params)

    @cached_property
    def _worth_of_labels(self) -> dict[str, float]:
        """What the names of diplomas, interests and domains are worth, by number: scored here, once a query."""
        labels, like = likeness(
            self.plan.words, self.snapshot.labels, self.snapshot.vocabulary.idf, self.asked, WEIGHTS.label_power
        )
        worth = (like * (WEIGHTS.label * self.asked)).astype(float).tolist()
        return {str(label): value for label, value in zip(labels.tolist(), worth, strict=True)}

    def _label_part(self) -> Json:
        worth = self._worth_of_labels
        return _scripted(self._holding_any("repere_mots"), LABEL_LIKENESS, {"likeness": worth}) if worth else NOTHING

    def _led(self) -> Json:
        """The sheets to which names lead, with what these bring."""
        leads = self.plan.leads
        # A sheet with such a name holds the words, so that it is found.
        best = max(self._worth_of_labels.values(), default=0.0) if LABEL_FIELDS.intersection(self.fields) else 0.0
        led, beside = led_and_beside(WEIGHTS, self.asked, best)
        worth = {doc: share * led for doc, share in zip(leads.docs.tolist(), leads.share.tolist(), strict=True)}
        for doc, share in self.plan.whole.items():
            worth[doc] = max(worth.get(doc, 0.0), (share * WEIGHTS.name + beside) * self.asked)
        return _scripted({"terms": {"ordre": sorted(worth)}}, LED, {"worth": {str(doc): worth[doc] for doc in worth}})

    def _sense(self) -> Json:
        """How like the sheets are in meaning, worked out here for all of them: as whole numbers, which are short."""
        like = likeness_to(self.snapshot.senses, [word.terms for word in self.plan.words if not word.stop])
        closeness = WEIGHTS.sense if len(self.plan.words) > 1 else WEIGHTS.sense_alone
        whole = np.rint(like * SCALE).astype(np.int64).tolist()
        return _scripted({"match_all": {}}, SENSE, {"like": whole, "weight": closeness * self.asked / SCALE})

    def _holding_any(self, field: str) -> Json:
        return {"terms": {field: [self.snapshot.terms[term] for word in self.plan.words for term in word.terms]}}

    def _phrase(self, phrase: Sequence[int], names: Sequence[str] = ()) -> Json:
        text = " ".join(self.snapshot.terms[term] for term in phrase)
        asked = {"query": text, "analyzer": "whitespace"}
        return _any([{"match_phrase": {f"t_{name}": asked}} for name in names or self._names])

    def _phrases(self) -> list[Json]:
        return [self._phrase(phrase) for phrase in self.plan.phrases]

    def _excluded(self) -> list[Json]:
        titles = [FIELDS[place].name for place in sorted(TITLE_FIELDS)]
        unwanted = [self._phrase(phrase, titles) for phrase in self.plan.unwanted]
        return [*(self._phrase(phrase) for phrase in self.plan.excluded), *unwanted]


def with_kin(own: Json, best: Mapping[str, float]) -> Json:
    """The scores of `own` and the kinship: best[code] is the best of them among the sheets of a ROME code."""
    return _scripted(own, KIN, {"best": dict(best), "kin": WEIGHTS.kin})


def coverage_body(words: Words) -> Json:
    """The best coverages, as many as decide of the threshold."""
    return {"query": words.coverage(), "size": WEIGHTS.enough, "stored_fields": "_none_", "track_total_hits": False}


def threshold(scores: Sequence[float]) -> float:
    """The least coverage, from the best ones, greatest first."""
    best = scores[0] if scores else 0.0
    held = sum(score >= WEIGHTS.strict * best for score in scores)
    return max((WEIGHTS.strict if held >= WEIGHTS.enough else WEIGHTS.gate) * best, LEAST_COVERAGE)


def codes_body(own: Json) -> Json:
    """The best score of each ROME code of several sheets among those found, whatever the filters."""
    return {"query": own, "size": 0, "track_total_hits": False, "aggs": BEST_OF_CODES}


BEST_OF_CODES: Final[Json] = {
    "codes": {
        # A sheet alone with its code has nobody to gain from.
        # All of them: the greatest number of buckets that a cluster allows unless told otherwise.
        "terms": {"field": "codes", "size": 65_535, "min_doc_count": 2},
        "aggs": {"best": {"max": {"script": "_score"}}},
    }
}
"""The best score of each ROME code of several sheets, as an aggregation."""


def ranges(query: Query) -> list[Json]:
    """A filter for each range that the query bounds; a sheet that does not say is outside."""
    found: list[Json] = []
    for limit in query.limits():
        if limit.least is not None:
            found.append({"range": {f"{limit.range.name}_max": {"gte": limit.least}}})
        if limit.most is not None:
            found.append({"range": {f"{limit.range.name}_min": {"lte": limit.most}}})
        if limit.is_empty:
            found.append(NOTHING)
    return found


def chosen(query: Query) -> dict[str, Json]:
    """For each filtered facet, the sheets that have one of the chosen values."""
    names = sorted({name for name, _ in query.filters})
    return {
        name: {"terms": {f"f_{name}": sorted(query.values_of(name))}} if name in FACET_BY_NAME else NOTHING
        for name in names
    }


def total_body(found: Json, query: Query) -> Json:
    """How many sheets a query finds."""
    filters = [found, *ranges(query), *chosen(query).values()]
    return {"query": {"bool": {"filter": filters}}, "size": 0, "track_total_hits": True}


def page_body(scored: Json, query: Query, snapshot: ClusterSnapshot, words: Words) -> Json:
    """One page of the sheets in `scored`, and all counts. A facet is counted without its own filter."""
    filters = chosen(query)
    limits = ranges(query)
    body: Json = {
        "query": {"bool": {"must": [scored], "filter": limits}} if limits else scored,
        "from": (query.page - 1) * query.per_page,
        "size": query.per_page,
        "track_total_hits": True,
        "track_scores": words.asks,
        "sort": order(query, words.asks),
        "stored_fields": "_none_",
    }
    if filters:
        body["post_filter"] = {"bool": {"filter": list(filters.values())}}
    counted = facet_aggregations(query, snapshot)
    if counted:
        body["aggs"] = counted
    return body


def hits_body(scored: Json, query: Query) -> Json:
    """One page of the sheets in `scored`, if all else is known of it."""
    return {
        "query": {"bool": {"must": [scored], "filter": [*ranges(query), *chosen(query).values()]}},
        "from": (query.page - 1) * query.per_page,
        "size": query.per_page,
        "track_total_hits": False,
        "track_scores": True,
        "sort": order(query, True),
        "stored_fields": "_none_",
    }


def facet_aggregations(query: Query, snapshot: ClusterSnapshot) -> Json:
    """The counts of the facets asked for, in the shape that `responses.facet_counts` reads; {} if there are none."""
    names = [each.name for each in FACETS if snapshot.directory.facets[each.name] and _asked(query, each.name)]
    return _facets(names, chosen(query), snapshot)


def _facets(names: Sequence[str], filters: Mapping[str, Json], snapshot: ClusterSnapshot) -> Json:
    def counts(name: str) -> Json:
        size = len(snapshot.directory.facets[name])
        return {"terms": {"field": f"f_{name}", "size": size, "shard_size": size}}

    found: Json = {}
    free = [name for name in names if name not in filters]
    if free:
        kept = {"bool": {"filter": list(filters.values())}} if filters else {"match_all": {}}
        found["free"] = {"filter": kept, "aggs": {name: counts(name) for name in free}}
    for name in names:
        if name in filters:
            others = [each for other, each in filters.items() if other != name]
            found[f"but_{name}"] = {"filter": {"bool": {"filter": others}}, "aggs": {name: counts(name)}}
    return found


def order(query: Query, is_scored: bool) -> list[Json]:
    """The sort of a page; ties go by the number of the sheet. The last key tells which sheet it is."""
    if query.sort == "pertinence" and is_scored:
        return [{"_score": "desc"}, {"numero": "asc"}, {"ordre": "asc"}]
    if query.sort in ("pertinence", "nom", "-nom"):
        return [{"ordre": "desc" if query.sort == "-nom" else "asc"}]
    column = f"{query.sort.removeprefix('-')}_min"
    direction = "desc" if query.sort.startswith("-") else "asc"
    return [{column: {"order": direction, "missing": "_last"}}, {"numero": "asc"}, {"ordre": "asc"}]


def similar_body(
    doc: int, signature: Iterable[tuple[str, float]], codes: Sequence[str], kin: float, limit: int
) -> Json:
    """The sheets nearest to one: what they share of its signature, and `kin` for a ROME code in common.

    signature: names of families, and their weights times their idf.
    """
    families = _any([{"term": {"mots.familles": {"value": name, "boost": weight}}} for name, weight in signature])
    near = [_scripted(families, NEARNESS, {})]
    if codes:
        near.append(_constant({"terms": {"codes": list(codes)}}, kin))
    return {
        "query": {"bool": {"should": near, "must_not": [{"term": {"ordre": doc}}], "minimum_should_match": 1}},
        "size": limit,
        "sort": [{"_score": "desc"}, {"ordre": "asc"}],
        "stored_fields": "_none_",
    }


def sheets_body(docs: Sequence[int]) -> Json:
    """The sheets of these places in the order of titles, as they are stored, and their texts."""
    return {
        "query": {"terms": {"ordre": list(docs)}},
        "size": len(docs),
        "sort": [{"ordre": "asc"}],
        "_source": ["sheet", "t_*"],
    }


def parts_body(part: Json, docs: Sequence[int]) -> Json:
    """What one part of the score brings some sheets."""
    return {
        "query": {"bool": {"filter": [{"terms": {"ordre": list(docs)}}], "should": [part]}},
        "size": len(docs),
        "sort": [{"ordre": "asc"}],
        "track_scores": True,
        "stored_fields": "_none_",
    }


def _asked(query: Query, facet: str) -> bool:
    return query.facets is None or facet in query.facets


def _weight(word: Word) -> float:
    return word.idf * (WEIGHTS.stop if word.stop else 1.0)


def _constant(filter: Json, boost: float) -> Json:
    return {"constant_score": {"filter": filter, "boost": boost}}


def _any(clauses: Sequence[Json]) -> Json:
    if len(clauses) == 1:
        return clauses[0]
    return {"bool": {"should": list(clauses), "minimum_should_match": 1}} if clauses else NOTHING


def _best(queries: Sequence[Json]) -> Json:
    return queries[0] if len(queries) == 1 else {"dis_max": {"queries": list(queries)}}


def _scripted(query: Json, source: str, params: Json, boost: float = 1.0) -> Json:
    return {"script_score": {"query": query, "script": {"source": source, "params": params}, "boost": boost}}
