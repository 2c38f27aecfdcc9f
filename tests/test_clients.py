"""Clients that others generate from the OpenAPI document, run against the served API.

The generators are no dependency: each is installed by its exact version in a folder of the test, and left out where it
cannot be had.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from asking import ask

TYPESCRIPT = ("openapi-typescript@7.13.0", "typescript@5.9.3")
PYTHON = ("datamodel-code-generator==0.56.0", "pydantic>=2.10")
SECONDS = 180


def run(command: list[str | Path], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    return done.stdout


def installed(command: list[str | Path], folder: Path) -> None:
    """Install a generator, or skip the test and say why."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{command[0]} took too long to install the generator")
    if done.returncode:
        pytest.skip(f"the generator cannot be had (no network?): {done.stderr.strip().splitlines()[-1:]}")


def saved_document(live_server: str, folder: Path) -> Path:
    document = folder / "openapi.json"
    document.write_bytes(ask(live_server, "/api/v1/openapi.json").body)
    return document


CLIENT_TS = """
import type { components, paths } from "./api";
type Answer = components["schemas"]["SearchAnswer"];
type Asked = NonNullable<paths["/api/v1/search"]["get"]["parameters"]["query"]>;
const asked: Asked = { q: "boulanger", niveau: ["a-level-of-the-next-edition"], per_page: 3 };
const found = async (base: string): Promise<void> => {
  const address = `${base}/api/v1/search?q=${asked.q}&per_page=${asked.per_page}`;
  const answer = (await (await fetch(address)).json()) as Answer;
  const first = answer.results[0];
  const level: string | null = first.niveau ? first.niveau.label : null;
  const grown: Answer = { ...answer, ...{ added: 1 } };
  console.log(grown.total_results, first.title, level, answer.index.generation);
};
declare const process: { argv: string[] };
void found(process.argv[2]);
"""


def test_a_typescript_client_is_generated_compiled_and_answered(live_server: str, tmp_path: Path) -> None:
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    installed(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", tmp_path, *TYPESCRIPT], tmp_path)
    tools = tmp_path / "node_modules" / ".bin"
    run([tools / "openapi-typescript", saved_document(live_server, tmp_path), "-o", "api.d.ts"], tmp_path)
    (tmp_path / "client.ts").write_text(CLIENT_TS, encoding="utf-8")
    options = ["--strict", "--target", "es2022", "--module", "commonjs", "--lib", "es2022,dom"]
    run([tools / "tsc", *options, "client.ts"], tmp_path)
    total, *_ = run(["node", "client.js", live_server], tmp_path).split()
    assert int(total) == ask(live_server, "/api/v1/search?q=boulanger").json()["total_results"]


CLIENT_PY = """
import json, sys
from urllib.request import urlopen
from generated import FicheAnswer, Problem, SearchAnswer
base = sys.argv[1]
read = json.load(urlopen(f"{base}/api/v1/search?q=boulanger&per_page=3"))
answer = SearchAnswer.model_validate(read)
read["added"], read["query"]["typo"], read["facets"][0]["type"] = 1, "new", "new"
read["results"][0]["niveau"] = {"value": "new", "label": "new", "rank": 1, "added": []}
assert SearchAnswer.model_validate(read).results[0].niveau.value == "new"
FicheAnswer.model_validate(json.load(urlopen(base + answer.results[0].links.self)))
print(answer.total_results)
"""


def test_a_python_client_is_generated_and_reads_answers_that_have_grown(live_server: str, tmp_path: Path) -> None:
    run([sys.executable, "-m", "venv", tmp_path / "venv"], tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    installed([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PYTHON], tmp_path)
    document = saved_document(live_server, tmp_path)
    options = [
        "--input-file-type",
        "openapi",
        "--output-model-type",
        "pydantic_v2.BaseModel",
        "--output",
        "generated.py",
    ]
    run([python, "-m", "datamodel_code_generator", "--input", document, *options], tmp_path)
    (tmp_path / "client.py").write_text(CLIENT_PY, encoding="utf-8")
    total = run([python, "client.py", live_server], tmp_path)
    assert int(total) == ask(live_server, "/api/v1/search?q=boulanger").json()["total_results"]
