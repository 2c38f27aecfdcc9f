"""A plan as queries of the cluster: the formula of `ranking`, said in its language. In: a Plan, a Query. Out: bodies.

    coverage      how much of the words a sheet holds: the score of a cheap first request, then the gate
    own           mots + familles + titre + repere + forme, one clause a part
    with_kin      own + parente, from the best score of each ROME code
    page_body     filters, one page in order, all facet counts: one request

Nothing here speaks to the cluster. Every script has a constant text, so that it is compiled once.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from search.cluster.mapping import Served, place_key
from search.embedded.matching import ALL_FIELDS, MARK_FIELDS, TITLE_FIELDS
from search.engine import FacetCounts
from search.fields import FACET_BY_NAME, FACETS, FIELDS, fields_of_sections
from search.french.understanding import Plan, Word
from search.query import Query
from search.ranking import WEIGHTS

Json = dict[str, Any]

NOTHING: Final[Json] = {"match_none": {}}

SATURATE: Final = "params.idf * (params.k1 + 1.0) * _score / (params.k1 + _score)"
LIKENESS: Final = (
    "double like = Math.min(1.0, _score * _score / (doc[params.label].value * params.asked));"
    "return Math.pow(like, params.power) * params.weight;"
)
TITLE_LIKENESS: Final = (
    "double like = Math.min(1.0, _score * _score / (doc['titres.weight'].value * params.asked));"
    "double share = doc['titres.other'].value > 0 ? params.other : 1.0;"
    "return Math.pow(like, params.power) * params.weight * share;"
)
KIN: Final = (
    "double best = _score;"
    "for (code in doc['codes']) { def other = params.best.get(code); if (other != null && other > best) best = other; }"
    "return _score + params.kin * best;"
)
NEARNESS: Final = "_score / Math.max(doc['norme'].value, 1e-6)"


class Words:
    """The clauses of one plan over some fields (places in FIELDS)."""

    def __init__(self, plan: Plan, served: Served, dans: Iterable[str]) -> None:
        names = fields_of_sections(dans)
        self.plan = plan
        self.served = served
        self.fields = tuple(place for place, field in enumerate(FIELDS) if field.name in names)
        self._names = [FIELDS[place].name for place in self.fields]
        self._everywhere = self.fields == ALL_FIELDS

    @property
    def told(self) -> bool:
        """Whether anything is asked beside exclusions."""
        plan = self.plan
        return bool(plan.words or plan.phrases or plan.impossible or plan.ignored)

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
        if not self.told:
            return {"bool": {"filter": [{"match_all": {}}], "must_not": self._excluded()}}
        if self.plan.impossible or not self.plan.words or threshold <= 0:
            return NOTHING
        gate = {"function_score": {"query": self.coverage(), "min_score": threshold}}
        phrases = [self._phrase(phrase) for phrase in self.plan.phrases]
        return {"bool": {"filter": [gate, *phrases], "must_not": self._excluded()}}

    def parts(self) -> dict[str, Json]:
        """A query for each part of the score but the kinship, by the names of `ranking.PARTS`, in their order."""
        words = self.plan.words
        asked = sum(word.idf for word in words)
        parts = {
            "mots": _any([_best([self._impact(term) for term in word.terms]) for word in words]),
            "familles": _any([_best(self._family_impacts(word)) for word in words]),
        }
        if TITLE_FIELDS.intersection(self.fields):
            given = {"power": WEIGHTS.title_power, "weight": WEIGHTS.title * asked, "other": WEIGHTS.other_title}
            parts["titre"] = self._likeness("titres", TITLE_LIKENESS, asked, given)
        if MARK_FIELDS.intersection(self.fields):
            given = {"power": WEIGHTS.mark_power, "weight": WEIGHTS.mark * asked}
            parts["repere"] = self._likeness("reperes", LIKENESS, asked, given)
        share = WEIGHTS.form / max(len(words), 1)
        parts["forme"] = _any([_constant({"term": {"formes": word.surface}}, share) for word in words if word.surface])
        return parts

    def own(self, threshold: float) -> Json:
        """The sheets found, scored by all parts but the kinship."""
        found = self.found(threshold)
        if "bool" not in found:
            return found
        return {"bool": {**found["bool"], "should": list(self.parts().values())}}

    def places(self) -> list[str]:
        """The names in `places` of all that may be marked or read."""
        return sorted({place_key(self.served.terms[term]) for word in self.plan.words for term in word.terms})

    def _held(self, word: Word) -> Json:
        return self._in_fields("mots", "t", [self.served.terms[term] for term in word.terms])

    def _family_held(self, word: Word) -> Json:
        return self._in_fields("familles", "cf", list(dict.fromkeys(self.served.family[term] for term in word.terms)))

    def _in_fields(self, whole: str, prefix: str, terms: list[str]) -> Json:
        if self._everywhere:
            return {"terms": {whole: terms}}
        return _any([{"terms": {f"{prefix}_{name}": terms}} for name in self._names])

    def _impact(self, term: int) -> Json:
        return self._weighed("mots", "c", self.served.terms[term], float(self.served.vocabulary.idf[term]))

    def _family_impacts(self, word: Word) -> list[Json]:
        families = {self.served.family[term]: float(self.served.family_idf[term]) for term in word.terms}
        return [self._weighed("familles", "cf", name, idf, WEIGHTS.family) for name, idf in families.items()]

    def _weighed(self, whole: str, prefix: str, term: str, idf: float, boost: float = 1.0) -> Json:
        """What a term brings: kept ready for all fields together, else made from its share of some of them."""
        if self._everywhere:
            return {"term": {whole: {"value": term, "boost": boost}}}
        shares = _any([{"term": {f"{prefix}_{name}": {"value": term}}} for name in self._names])
        return _scripted(shares, SATURATE, {"idf": idf, "k1": WEIGHTS.k1}, boost)

    def _likeness(self, path: str, script: str, asked: float, given: Json) -> Json:
        """The best label of each sheet. Guesses of one word add up with no other: the best of them counts."""
        clauses: list[Json] = []
        for word in self.plan.words:
            first, *others = [
                _constant({"term": {f"{path}.terms": self.served.terms[term]}}, float(self.served.vocabulary.idf[term]))
                for term in word.terms
            ]
            if others:
                clauses = [_best([*([_any(clauses)] if clauses else []), *others])]
            clauses.append(first)
        params = {"asked": asked or 1.0, "label": f"{path}.weight", **given}
        return {"nested": {"path": path, "score_mode": "max", "query": _scripted(_any(clauses), script, params)}}

    def _phrase(self, phrase: Sequence[int]) -> Json:
        text = " ".join(self.served.terms[term] for term in phrase)
        asked = {"query": text, "analyzer": "whitespace"}
        return _any([{"match_phrase": {f"t_{name}": asked}} for name in self._names])

    def _excluded(self) -> list[Json]:
        return [self._phrase(phrase) for phrase in self.plan.excluded]


def with_kin(own: Json, best: Mapping[str, float]) -> Json:
    """The scores of `own` and the kinship: best[code] is the best of them among the sheets of a ROME code."""
    return _scripted(own, KIN, {"best": dict(best), "kin": WEIGHTS.kin})


def coverage_body(words: Words) -> Json:
    """The best coverages, as many as decide of the threshold."""
    return {"query": words.coverage(), "size": WEIGHTS.enough, "_source": False, "track_total_hits": False}


def threshold(scores: Sequence[float]) -> float:
    """The least coverage, from the best ones, greatest first."""
    best = scores[0] if scores else 0.0
    held = sum(score >= WEIGHTS.strict * best for score in scores)
    return max((WEIGHTS.strict if held >= WEIGHTS.enough else WEIGHTS.gate) * best, 1e-6)


def codes_body(own: Json) -> Json:
    """The best score of each ROME code among the sheets found, whatever the filters."""
    best = {"best": {"max": {"script": "_score"}}}
    codes = {"terms": {"field": "codes", "size": 65_535}, "aggs": best}
    return {"query": own, "size": 0, "track_total_hits": False, "aggs": {"codes": codes}}


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


def page_body(scored: Json, query: Query, served: Served, words: Words) -> Json:
    """One page of the sheets in `scored`, and all counts. A facet is counted without its own filter."""
    filters = chosen(query)
    limits = ranges(query)
    body: Json = {
        "query": {"bool": {"must": [scored], "filter": limits}} if limits else scored,
        "from": (query.page - 1) * query.per_page,
        "size": query.per_page,
        "track_total_hits": True,
        "track_scores": words.told,
        "sort": order(query, words.told),
        "_source": ["fiche", *(f"places.{name}" for name in words.places())],
    }
    if filters:
        body["post_filter"] = {"bool": {"filter": list(filters.values())}}
    counted = [each.name for each in FACETS if served.directory.facets[each.name] and _asked(query, each.name)]
    if counted:
        body["aggs"] = _facets(counted, filters, served)
    return body


def _facets(names: Sequence[str], filters: Mapping[str, Json], served: Served) -> Json:
    def counts(name: str) -> Json:
        size = len(served.directory.facets[name])
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


def facet_counts(aggregations: Json, query: Query, served: Served) -> dict[str, FacetCounts]:
    """What an answer counts, by the name of the facet."""
    facets = served.directory.facets
    told = {name: each for group in aggregations.values() for name, each in group.items() if name in facets}
    found: dict[str, FacetCounts] = {}
    for facet in FACETS:
        if facet.name in told:
            held = {bucket["key"]: bucket["doc_count"] for bucket in told[facet.name]["buckets"]}
            values = facets[facet.name]
            found[facet.name] = FacetCounts(values, tuple(held.get(each.value, 0) for each in values))
    return found


def order(query: Query, told: bool) -> list[Json]:
    """The sort of a page; ties go by the number of the sheet."""
    if query.sort == "pertinence" and told:
        return [{"_score": "desc"}, {"numero": "asc"}]
    if query.sort in ("pertinence", "nom", "-nom"):
        return [{"ordre": "desc" if query.sort == "-nom" else "asc"}]
    column = f"{query.sort.removeprefix('-')}_min"
    direction = "desc" if query.sort.startswith("-") else "asc"
    return [{column: {"order": direction, "missing": "_last"}}, {"numero": "asc"}]


def similar_body(id: str, signature: Iterable[Sequence[Any]], codes: Sequence[str], kin: float, limit: int) -> Json:
    """The sheets nearest to one: what they share of its signature, and `kin` for a ROME code in common."""
    families = _any([{"term": {"familles": {"value": name, "boost": weight}}} for name, weight in signature])
    near = [_scripted(families, NEARNESS, {})]
    if codes:
        near.append(_constant({"terms": {"codes": list(codes)}}, kin))
    return {
        "query": {"bool": {"should": near, "must_not": [{"ids": {"values": [id]}}], "minimum_should_match": 1}},
        "size": limit,
        "sort": [{"_score": "desc"}, {"ordre": "asc"}],
        "_source": ["fiche"],
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
