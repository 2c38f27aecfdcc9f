"""The figures for Prometheus: what they count, whose they are, and that what is drawn and watched exists."""

import json
import re
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest
import yaml
from flask.testing import FlaskClient

from search.engine import Engine, IndexInfo
from search.settings import Settings
from web.app import create_app
from web.serving.metrics import Metrics, registry_of

ROUTES = ("/", "/api/v1/search", "/aide", "/health/ready")


def info(edition: str, documents: int = 3, days: int = 0) -> IndexInfo:
    """An index whose data is some days old."""
    date = (datetime.now(UTC) - timedelta(days=days)).date().isoformat()
    return IndexInfo(edition, documents, "2026-11-27T00:00:00Z", "", (), date)


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    """A figure, None if it is not given."""
    return registry_of(metrics).get_sample_value(name, labels)


@pytest.fixture
def counted(seeds_settings: Settings, seeds_engine: Engine) -> tuple[Metrics, FlaskClient]:
    """The figures, and a client of the application that counts with them."""
    metrics = Metrics(ROUTES, 1, "1.2.3")
    return metrics, create_app(seeds_settings, seeds_engine, metrics.recorder()).test_client()


def test_requests_and_their_time_are_counted_by_route(counted: tuple[Metrics, FlaskClient]) -> None:
    metrics, client = counted
    for path in ("/?q=mecanique", "/?q=zzzz", "/api/v1/search?page=0", "/aide", "/nowhere"):
        client.get(path)
    assert value(metrics, "metiers_requests_total", route="/", status="200") == 2
    assert value(metrics, "metiers_requests_total", route="/api/v1/search", status="400") == 1
    assert value(metrics, "metiers_requests_total", route="-", status="404") == 1
    assert value(metrics, "metiers_request_seconds_count", route="/") == 2
    assert value(metrics, "metiers_request_seconds_bucket", route="/", le="+Inf") == 2
    assert (value(metrics, "metiers_request_seconds_sum", route="/") or 0) > 0
    assert value(metrics, "metiers_searches_total") == 2
    assert value(metrics, "metiers_searches_empty_total") == 1


def test_an_answer_is_made_once_then_kept_and_a_browsers_own_copy_is_neither(
    counted: tuple[Metrics, FlaskClient],
) -> None:
    metrics, client = counted
    first = client.get("/?q=pain")
    client.get("/?q=pain")
    client.get("/?q=pain", headers={"If-None-Match": first.headers["ETag"]})
    assert value(metrics, "metiers_cache_misses_total") == 1
    assert value(metrics, "metiers_cache_hits_total") == 1


def test_the_index_the_age_of_its_data_and_the_program_are_told(
    counted: tuple[Metrics, FlaskClient], seeds_engine: Engine
) -> None:
    metrics, client = counted
    assert value(metrics, "metiers_documents") == 0
    client.get("/health/ready")
    assert value(metrics, "metiers_documents") == 3
    assert value(metrics, "metiers_workers", edition=seeds_engine.info().generation) == 1
    assert 'metiers_build_info{python="3.' in metrics.text()
    assert 'version="1.2.3"' in metrics.text()


def test_the_newest_edition_speaks_for_the_index_and_its_data_ages() -> None:
    metrics = Metrics(ROUTES, 1)
    for edition, documents, days in (("20261102T000000000000-0001", 7, 10), ("20261101T000000000000-0001", 5, 90)):
        metrics.recorder().serves(info(edition, documents, days), False)
    assert value(metrics, "metiers_documents") == 7
    age = value(metrics, "metiers_data_age_seconds") or 0
    assert 10 * 86_400 <= age < 11 * 86_400
    assert value(metrics, "metiers_workers", edition="20261101T000000000000-0001") == 1


def test_what_a_worker_counted_outlives_it_and_what_it_served_does_not() -> None:
    metrics = Metrics(ROUTES, 1)

    def work() -> None:
        recorder = metrics.recorder()
        recorder.serves(info("20261102T000000000000-0001"), True)
        recorder.count("/", 200, 0.003)

    worker = get_context("fork").Process(target=work)
    worker.start()
    worker.join()
    assert worker.exitcode == 0
    assert value(metrics, "metiers_requests_total", route="/", status="200") == 1
    assert value(metrics, "metiers_request_seconds_bucket", route="/", le="0.005") == 1
    assert value(metrics, "metiers_request_seconds_bucket", route="/", le="0.002") == 0
    assert value(metrics, "metiers_documents") == 0
    assert value(metrics, "metiers_index_passed_over") == 0


def given() -> set[str]:
    """The names of all figures."""
    metrics = Metrics(ROUTES, 1)
    recorder = metrics.recorder()
    recorder.count("/", 200, 0.003, 1, True)
    recorder.serves(info("20261102T000000000000-0001"), False)
    return {sample.name for family in metrics.collect() for sample in family.samples}


def named(text: str) -> set[str]:
    """The figures that a text names."""
    return set(re.findall(r"\bmetiers_[a-z_]+", text))


def test_every_figure_is_described(root: Path) -> None:
    table = (root / "docs/operations.md").read_text(encoding="utf-8").partition("## Metrics")[2].partition("\n## ")[0]
    suffixes = ("_bucket", "_sum", "_count")
    assert named(table) >= {name for name in given() if not name.endswith(suffixes)} | {"metiers_request_seconds"}
    assert named(table) <= given() | {"metiers_request_seconds"}


def test_the_dashboard_draws_figures_that_exist(root: Path) -> None:
    board = json.loads((root / "deploy/grafana.json").read_text(encoding="utf-8"))
    drawn = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert len(drawn) >= 10
    assert named(" ".join(drawn)) <= given()
    assert named(" ".join(drawn)) >= {"metiers_documents", "metiers_request_seconds_bucket", "metiers_cache_hits_total"}


def test_the_alerts_watch_figures_that_exist_and_say_what_to_do(root: Path) -> None:
    path = root / "deploy/alerts.yml"
    rules = [rule for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]]
    assert named(" ".join(rule["expr"] for rule in rules)) <= given()
    for rule in rules:
        assert set(rule["annotations"]) == {"summary", "description"}
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert {"MetiersDown", "MetiersDataOld", "MetiersIndexRefused"} <= {rule["alert"] for rule in rules}
