"""The welcome for whoever does not know yet: families of wishes, jobs by how many are shared, a job at random."""

import re

from flask.testing import FlaskClient

from search.engine import Engine
from web import texts

WISHES = "interet=j-aime-la-nature&interet=j-aimerais-travailler-dehors&interet=j-aime-bouger"


def test_every_interest_of_the_sheets_stands_in_one_family(corpus_engine: Engine) -> None:
    named = [value for _, _, members in texts.FAMILIES for value in members]
    assert len(named) == len(set(named))
    assert set(named) == {each.value for each in corpus_engine.facet_values("interet")}
    assert 6 <= len(texts.FAMILIES) <= 8


def test_jobs_are_ranked_by_the_wishes_that_they_share_and_say_which(
    client: FlaskClient, corpus_engine: Engine
) -> None:
    html = client.get(f"/envies?{WISHES}&niveau_max=bac-2&per_page=100").text
    ids = re.findall(r'class="hit" data-id="(MET\.\d+)"', html)
    wished = {"j'aime la nature", "j'aimerais travailler dehors", "j'aime bouger"}
    shared = [len(wished & set(corpus_engine.get(id).interets)) for id in ids]
    assert shared == sorted(shared, reverse=True)
    assert shared[0] == 3
    assert shared[-1] >= 1
    assert [int(told) for told in re.findall(r'class="shared">(\d) sur 3', html)] == shared
    assert {corpus_engine.get(id).niveau for id in ids}.isdisjoint({"bac + 3", "bac + 5", "bac + 8"})
    total = re.search(r'<h2 id="trouves"[^>]*>(\d+) métiers', html)
    assert total
    assert int(total[1]) == client.get(f"/api/v1/search?{WISHES}&niveau_max=bac-2").json["total_results"]


def test_pages_of_wishes_follow_one_another_and_an_empty_one_says_what_to_do(client: FlaskClient) -> None:
    first, second = (client.get(f"/envies?{WISHES}&page={page}").text for page in (1, 2))
    assert not set(re.findall(r'data-id="(MET\.\d+)"', first)) & set(re.findall(r'data-id="(MET\.\d+)"', second))
    assert 'rel="next"' in first
    assert 'rel="prev"' in second
    assert "Aucun métier n'a ces envies" in client.get("/envies?interet=j-aime-la-nature&niveau_max=sans-diplome").text
    assert "métiers</h2>" not in client.get("/envies").text
    assert "Cochez au moins une envie" in client.get("/envies?niveau_max=bac-2").text


def test_a_job_at_random_is_one_of_the_sheets_and_never_kept_in_memory(client: FlaskClient) -> None:
    answers = [client.get("/hasard") for _ in range(5)]
    assert len({answer.headers["Location"] for answer in answers}) > 1
    assert all(answer.status_code == 302 and answer.headers["Cache-Control"] == "no-store" for answer in answers)
    assert client.get(answers[0].headers["Location"]).status_code == 200
