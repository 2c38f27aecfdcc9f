"""What the service is for, over real HTTP on the whole corpus: the lines that a newcomer would try first."""

from collections.abc import Iterator
from html import unescape
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from asking import SOAK, ask, connect
from conftest import Indexing

LEVELS = {
    "sans diplôme": 4,
    "diplôme national du brevet": 4,
    "3E": 6,
    "CAP ou équivalent": 196,
    "CAP ou équivalent + 1 an": 1,
    "bac ou équivalent": 132,
    "bac + 1": 4,
    "bac + 2": 178,
    "bac + 3": 131,
    "bac + 4": 9,
    "bac + 5": 313,
    "bac + 6": 7,
    "bac + 7": 12,
    "bac + 8": 23,
    "bac + 9 et plus": 15,
    "autre formation": 8,
}
"""The sheets of each level, counted in the corpus."""

STATES = 500 if SOAK else 60

TEXTS = (
    "", "", "", "mécanique", "bois", "technicienne", "ingénieur production", '"bac + 2"', "-travail",
    "animaux sauvages", "boulanger -pain", "mecanicein", "aider les autres", "C++", "l'eau", "travailler dehors",
    "droit", "sport", "mer",
)  # fmt: skip
ORPHANS = (
    "zzzzqqq", "boulanger -pain -boulanger", '"pain de fer"', "xylophone astronaute", "-métier", '"qqq zzz"',
    "bois -bois",
)  # fmt: skip
"""Words that few sheets or none hold."""


@pytest.fixture(scope="module")
def service(live_server: str, corpus_dir: Path) -> Iterator[HTTPConnection]:
    """A connection to the service over the whole corpus."""
    connection = connect(live_server, timeout=30)
    yield connection
    connection.close()


def search(service: HTTPConnection, *pairs: tuple[str, Any]) -> Any:
    """The answer to a search."""
    return got(service, f"/api/v1/search?{urlencode(pairs)}")


def got(service: HTTPConnection, path: str) -> Any:
    """What is at an address that answers."""
    answer = ask(service, path)
    assert answer.status == 200, (path, answer.body[:500])
    return answer.json()


def ids(answer: Any) -> list[str]:
    return [result["id"] for result in answer["results"]]


def counts(answer: Any) -> dict[str, dict[str, int]]:
    """The count of each value, by facet."""
    return {facet["name"]: {each["value"]: each["count"] for each in facet["values"]} for facet in answer["facets"]}


def test_the_whole_corpus_is_indexed_within_a_minute(corpus_indexing: Indexing) -> None:
    assert corpus_indexing.done.returncode == 0, corpus_indexing.done.stderr
    assert "indexed 1043 of 1043 sheets" in corpus_indexing.done.stdout
    # On a busy machine the wall clock tells of its neighbours.
    assert min(corpus_indexing.clock, corpus_indexing.processor) < 60


def test_no_words_give_all_the_1043_sheets(service: HTTPConnection) -> None:
    answer = search(service)
    assert answer["total_results"] == answer["index"]["documents"] == 1043
    pages = [search(service, ("page", page), ("per_page", 100)) for page in range(1, 12)]
    assert len({id for page in pages for id in ids(page)}) == 1043


def test_the_levels_hold_the_sheets_counted_in_the_corpus_and_add_up(service: HTTPConnection) -> None:
    (niveau,) = (facet for facet in search(service)["facets"] if facet["name"] == "niveau")
    assert {value["label"]: value["count"] for value in niveau["values"]} == LEVELS
    assert sum(value["count"] for value in niveau["values"]) == 1043
    for value in niveau["values"]:
        assert got(service, value["toggle"])["total_results"] == value["count"]


def test_accents_and_capitals_give_the_same_list(service: HTTPConnection) -> None:
    lists = [
        ids(search(service, ("q", text), ("per_page", 100)))
        for text in ("mécanique", "MECANIQUE", "Mécanique", "mecanique", "me\u0301canique")
    ]
    assert len(lists[0]) > 10
    assert all(each == lists[0] for each in lists)


def test_a_feminine_title_finds_its_sheet_first(service: HTTPConnection) -> None:
    assert ids(search(service, ("q", "ingénieure production en mécanique")))[0] == "MET.242"


def test_inclusive_writing_without_accents_finds_its_sheet_among_five(service: HTTPConnection) -> None:
    assert "MET.528" in ids(search(service, ("q", "technicien·ne mecanique")))[:5]


def states(service: HTTPConnection, texts: tuple[str, ...], random: Random) -> Iterator[list[tuple[str, Any]]]:
    """Searches as addresses hold them: words or none, choices or none, sometimes a range."""
    values = {name: list(held) for name, held in counts(search(service)).items() if held}
    for _ in range(STATES):
        chosen = {random.choice(list(values)) for _ in range(random.choice((0, 1, 1, 2, 3)))}
        pairs: list[tuple[str, Any]] = [("q", random.choice(texts))]
        for name in sorted(chosen):
            held = values[name]
            pairs += [(name, value) for value in random.sample(held, min(len(held), random.choice((1, 1, 2))))]
        if random.random() < 0.2:
            pairs.append((random.choice(("niveau_min", "niveau_max")), random.choice(values["niveau"][:-1])))
        if random.random() < 0.2:
            pairs.append((random.choice(("salaire_min", "salaire_max")), random.randrange(1500, 3500)))
        if random.random() < 0.2:
            pairs.append(("dans", random.choice(("appellations", "competences", "nature_travail"))))
        yield pairs


@pytest.mark.soak
def test_f1_each_count_is_the_total_after_that_toggle(service: HTTPConnection) -> None:
    random = Random(1043)
    tried = 0
    for pairs in states(service, TEXTS, random):
        answer = search(service, *pairs, ("per_page", 1))
        for facet in answer["facets"]:
            name = facet["name"]
            own = [pair for pair in pairs if pair[0] == name]
            full = [value for value in facet["values"] if value["count"]]
            some = random.sample(facet["values"], min(2, len(facet["values"]))) + full[:1]
            for value in some:
                # Instead of the facet's own choices, which are set aside in its counts.
                instead = [pair for pair in pairs if pair[0] != name] + [(name, value["value"])]
                found = search(service, *instead, ("facets", "none"), ("per_page", 1))
                assert found["total_results"] == value["count"], (pairs, name, value)
                if not own and value["toggle"]:
                    assert got(service, value["toggle"])["total_results"] == value["count"], value["toggle"]
                tried += 1
    assert tried > STATES * 10


@pytest.mark.soak
def test_f2_a_page_with_no_result_offers_a_link_that_has_results(service: HTTPConnection) -> None:
    empty = 0
    for pairs in states(service, (*ORPHANS, *TEXTS), Random(2)):
        for typo in ((), (("typo", "off"),)):
            answer = search(service, *pairs, *typo)
            if answer["total_results"]:
                continue
            empty += 1
            ways = answer["relaxations"]
            totals = [got(service, way["href"])["total_results"] for way in ways]
            assert totals == [way["count"] for way in ways]
            assert any(totals), pairs
    assert empty > STATES / 10


def texts(value: Any) -> list[str]:
    """All the texts of a JSON document."""
    if isinstance(value, dict):
        return texts(list(value.values()))
    return [text for each in value for text in texts(each)] if isinstance(value, list) else [str(value)]


def words(text: str) -> str:
    """A text with one blank between its words."""
    return " ".join(text.split())


@pytest.mark.soak
def test_f3_marks_are_ranges_of_the_text_of_the_sheet(service: HTTPConnection) -> None:
    sheets: dict[str, str] = {}
    shown = 0
    for text in TEXTS if SOAK else TEXTS[3:12]:
        for result in search(service, ("q", text), ("per_page", 100 if SOAK else 20))["results"]:
            if result["id"] not in sheets:
                sheets[result["id"]] = words(" ".join(texts(got(service, result["links"]["self"]))))
            for snippet in result["highlight"]["snippets"]:
                bare = snippet["html"].replace("<mark>", "").replace("</mark>", "")
                assert "<" not in bare
                assert snippet["html"].count("<mark>") == len(snippet["ranges"])
                assert unescape(bare).strip("… ") == snippet["text"].strip("… ")
                assert words(snippet["text"].strip("… ")) in sheets[result["id"]]
                shown += 1
    assert shown > 200


def test_f5_a_sheet_is_never_lost_while_a_word_of_its_title_is_typed(service: HTTPConnection) -> None:
    lost = []
    for number in (17, 242, 528):
        sheet = got(service, f"/api/v1/metiers/MET.{number}")
        typed = sheet["masculin"]
        seen = False
        for length in range(2, len(typed) + 1):
            answer = got(service, f"/api/v1/suggest?q={quote(typed[:length])}&limit=20")
            now = sheet["id"] in [each["id"] for each in answer["suggestions"]]
            if seen and not now:
                lost.append((sheet["id"], typed[:length]))
            seen |= now
        assert seen
    for length in range(len("frigori"), len("frigorifique") + 1):
        answer = got(service, f"/api/v1/search?q={'frigorifique'[:length]}&per_page=100")
        assert answer["total_results"] > 0, length
    assert lost == []
