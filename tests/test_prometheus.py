"""What Prometheus is given, tried by Prometheus: each alert on figures made for it, each curve over a real service."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final
from urllib.parse import quote
from urllib.request import urlopen

import pytest
import yaml
from asking import ask
from conftest import RunningServer, free_port
from made_up import VILLAGE
from test_clients import installed, run

from search.embedded.engine import EmbeddedEngine


@dataclass(frozen=True, slots=True)
class Trouble:
    """An alert, when it must ring, and figures, one a minute, of a service that it is for and of one that is well."""

    alert: str
    after: str
    bad: Mapping[str, str]
    well: Mapping[str, str]


def request_times(within_half_a_second: int) -> dict[str, str]:
    """The histogram of 100 requests a minute, all answered within a second."""
    counts = {"0.5": within_half_a_second, "1.0": 100, "+Inf": 100}
    return {f'metiers_request_seconds_bucket{{le="{bound}"}}': f"0+{count}x20" for bound, count in counts.items()}


TROUBLES: Final = [
    Trouble("MetiersDown", "3m", {'up{job="metiers"}': "0x10"}, {'up{job="metiers"}': "1x10"}),
    Trouble("MetiersWithoutIndex", "6m", {"metiers_documents": "0x10"}, {"metiers_documents": "1043x10"}),
    Trouble("MetiersIndexRefused", "6m", {"metiers_index_passed_over": "1x10"}, {"metiers_index_passed_over": "0x10"}),
    Trouble(
        "MetiersEditionsDiffer",
        "62m",
        {'metiers_workers{job="metiers",edition="a"}': "1x70", 'metiers_workers{job="metiers",edition="b"}': "1x70"},
        {'metiers_workers{job="metiers",edition="a"}': "2x70", 'metiers_workers{job="metiers",edition="b"}': "0x70"},
    ),
    Trouble(
        "MetiersErrors",
        "12m",
        {'metiers_requests_total{status="200"}': "0+90x15", 'metiers_requests_total{status="503"}': "0+10x15"},
        {'metiers_requests_total{status="200"}': "0+9990x15", 'metiers_requests_total{status="503"}': "0+10x15"},
    ),
    Trouble(
        "MetiersSlow",
        "17m",
        request_times(within_half_a_second=90),
        request_times(within_half_a_second=100),
    ),
    Trouble(
        "MetiersDataOld",
        "25h",
        {"metiers_data_age_seconds": f"{61 * 86_400}x1500"},
        {"metiers_data_age_seconds": f"{59 * 86_400}x1500"},
    ),
    Trouble(
        "MetiersNothingFound",
        "90m",
        {"metiers_searches_empty_total": "0+4x100", "metiers_searches_total": "0+10x100"},
        {"metiers_searches_empty_total": "0+1x100", "metiers_searches_total": "0+10x100"},
    ),
]  # fmt: skip

GRAFANA: Final = ("@grafana/schema@13.2.3", "typescript@5.9.3")
"""What Grafana publishes of the files that it reads, and what compares them: installed in a folder of the test."""

BOARD_TS: Final = """
import type {{ Dashboard }} from "@grafana/schema";
import type {{ Options }} from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
// A file writes the name of a value, of which the program has an enumeration.
type Written<T> = T extends string ? `${{T}}` : T extends object ? {{ [K in keyof T]: Written<T[K]> }} : T;
export const board: Dashboard = {board};
export const stats: Written<Partial<Options>>[] = {stats};
"""
"""The dashboard, and the options of its panels of one figure, as values of Grafana's own types."""


def rules(root: Path) -> dict[str, dict[str, dict[str, str]]]:
    """The alert rules by name."""
    groups = yaml.safe_load((root / "deploy/alerts.yml").read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def test_each_alert_rings_for_its_trouble_and_is_silent_while_all_is_well(
    promtool: str, root: Path, tmp_path: Path
) -> None:
    written = rules(root)
    assert [each.alert for each in TROUBLES] == list(written)
    tests = [
        {
            "interval": "1m",
            "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "alert_rule_test": [
                {
                    "eval_time": each.after,
                    "alertname": each.alert,
                    "exp_alerts": [
                        {
                            "exp_labels": written[each.alert]["labels"]
                            | ({"job": "metiers"} if "by (job)" in str(written[each.alert]["expr"]) else {}),
                            "exp_annotations": written[each.alert]["annotations"],
                        }
                    ]
                    if rings
                    else [],
                }
            ],
        }
        for each in TROUBLES
        for series, rings in ((each.bad, True), (each.well, False))
    ]
    path = tmp_path / "tests.yml"
    path.write_text(json.dumps({"rule_files": [str(root / "deploy/alerts.yml")], "tests": tests}), encoding="utf-8")
    told = subprocess.run([promtool, "test", "rules", str(path)], capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr


@contextmanager
def watching(program: str, root: Path, folder: Path, metrics: int) -> Iterator[str]:
    """The address of a Prometheus that runs with the files of deploy, every second instead of every fifteen."""
    for name, copied in (("prometheus.yml", "prometheus.yml"), ("alerts.yml", "metiers-alerts.yml")):
        text = (root / "deploy" / name).read_text(encoding="utf-8")
        placed = text.replace("15s", "1s").replace("127.0.0.1:18000", f"127.0.0.1:{metrics}")
        (folder / copied).write_text(placed, encoding="utf-8")
    port = free_port()
    options = (f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, f"--config.file={folder}/prometheus.yml", *options], stdout=log, stderr=log
        )  # fmt: skip
    try:
        RunningServer(f"http://127.0.0.1:{port}", process, folder / "log").wait_for("/-/ready")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def asked(address: str, path: str) -> Any:
    """What Prometheus answers."""
    with urlopen(f"{address}/api/v1/{path}") as answer:
        return json.load(answer)["data"]


def is_drawn(address: str, curve: str) -> bool:
    """Whether an expression of the dashboard has a value; 0/0, before anything was counted, is none."""
    found = asked(address, f"query?query={quote(curve.replace('$__rate_interval', '30s'))}")["result"]
    return any(each["value"][1] != "NaN" for each in found)


@pytest.fixture
def dated_index(tmp_path: Path) -> Path:
    """The folder of an index whose data has a date."""
    engine = EmbeddedEngine(tmp_path / "index")
    engine.rebuild(VILLAGE, ("made up",), lambda what, done, total: None, "2026-11-01")
    engine.close()
    return tmp_path / "index"


def test_every_curve_of_the_dashboard_has_figures_once_the_service_is_used(
    prometheus: str,
    root: Path,
    dated_index: Path,
    start_server: Callable[..., RunningServer],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    board = json.loads((root / "deploy/grafana.json").read_text(encoding="utf-8"))
    curves = {target["expr"] for panel in board["panels"] for target in panel["targets"]}
    metrics = free_port()
    monkeypatch.setenv("METIERS_METRICS_PORT", str(metrics))
    server = start_server(dated_index)
    with watching(prometheus, root, tmp_path, metrics) as address:
        limit = monotonic() + 60
        while curves and monotonic() < limit:
            for path in ("/", "/?q=mecanique", "/?q=zzzzzz", "/api/v1/search?q=pain"):
                assert ask(server.url, path).status == 200
            sleep(0.5)
            curves = {curve for curve in curves if not is_drawn(address, curve)}
        loaded = {rule["name"]: rule["health"] for each in asked(address, "rules")["groups"] for rule in each["rules"]}
    assert curves == set()
    assert loaded.keys() == rules(root).keys()
    assert "err" not in loaded.values()


def test_grafana_would_read_the_dashboard(root: Path, tmp_path: Path, packages: None) -> None:
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", tmp_path, *GRAFANA]
    installed(npm, tmp_path)
    board = json.loads((root / "deploy/grafana.json").read_text(encoding="utf-8"))
    assert {panel["type"] for panel in board["panels"]} == {"stat", "timeseries"}
    stats = [panel.get("options", {}) for panel in board["panels"] if panel["type"] == "stat"]
    assert not any("options" in panel for panel in board["panels"] if panel["type"] != "stat")
    text = BOARD_TS.format(board=json.dumps(board), stats=json.dumps(stats))
    (tmp_path / "board.ts").write_text(text, encoding="utf-8")
    options = ["--strict", "--noEmit", "--module", "nodenext", "--skipLibCheck"]
    run([tmp_path / "node_modules/.bin/tsc", *options, "board.ts"], tmp_path)
