"""Texts that nobody thinks of, thrown at the parser, the analysis, the parameters and the whole application.

5,000 of each in the long run, 300 otherwise; and the served OpenAPI document against the service it describes.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter, sleep
from urllib.parse import quote

import pytest
from asking import SOAK, Answered, ask, at_most, connect
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from search.backends import open_engine
from search.catalogue import Catalogue
from search.engine import Engine
from search.errors import Fault, QueryError, SheetError
from search.fiche import Fiche
from search.folding import fold
from search.french.tokens import tokens
from search.settings import Settings
from search.sources.markdown import parse
from web.allowed_values import allowed_values
from web.api.downloads import DOWNLOADS
from web.app import create_app
from web.params import SearchParameters, read

EXAMPLES = 5_000 if SOAK else 300
REPEATED = hypothesis_settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=not SOAK,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

ODD = st.sampled_from(
    ("\x00", "\ud800", "\udfff", "\u202e", "\u200d", "e\u0301", "\u0301" * 30, "👩🏽", "ﬃ", "İ", "ß", "\u2028", '"',
     "-", "*", "+", "&", "%", "bac + 2", "BTS", "l'", "aujourd'hui", "porte-à-porte", "C++", "n°", "œ", "MET.17")
)  # fmt: skip
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=220),
    st.lists(ODD | st.text(max_size=8), max_size=40).map("".join),
    st.text(st.sampled_from("abcé '\"-()[]*?~^:+&|!\\/ \t\n"), max_size=220),
)
NAMES = st.sampled_from(
    ("q", "niveau", "niveau_max", "domaine", "interet", "statut", "rome", "dans", "page", "per_page", "sort", "facets",
     "typo", "explain", "format", "salaire_min")
) | st.text(max_size=12)  # fmt: skip


@pytest.mark.soak
@REPEATED
@given(TEXTS)
@example("\ud800")
def test_any_text_can_be_cut_into_words(text: str) -> None:
    fold(text)
    for token in tokens(text):
        assert token.term
        assert 0 <= token.start < token.end <= len(text)


@pytest.mark.soak
@REPEATED
@given(pairs=st.lists(st.tuples(NAMES, TEXTS), max_size=8))
def test_any_parameters_are_read_or_named(seeds_engine: Engine, pairs: list[tuple[str, str]]) -> None:
    known = allowed_values(Catalogue(seeds_engine))
    faults: tuple[Fault, ...] | None = None
    try:
        read(SearchParameters, pairs, known).query()
    except QueryError as error:
        faults = error.faults
    assert faults is None or (faults and all(fault.code and fault.detail for fault in faults))


LINES = st.one_of(
    st.sampled_from(
        ("# boulanger/ère", "## Nature du travail", "- **ID** : MET.17", "**Niveau** : bac + 2", "---", "", "- ", "* a",
         "##", "### Compétences requises", "| a | b |", "<b>", "\x00", "\ufeff", "> x", "1 802 €", "[a](b)")
    ),
    st.text(max_size=60),
)  # fmt: skip


@pytest.mark.soak
@REPEATED
@given(st.lists(LINES, max_size=30), st.sampled_from(("\n", "\r\n", "\r", "\x0b", "\u2028")))
def test_any_file_is_a_sheet_or_refused_with_a_reason(lines: list[str], end: str) -> None:
    try:
        read_or_refused: Fiche | str = parse(end.join(lines), "fuzzed.txt")
    except SheetError as error:
        read_or_refused = str(error)
    assert isinstance(read_or_refused, Fiche) or "fuzzed.txt" in read_or_refused


@pytest.fixture(scope="module")
def service(largest_index: Path) -> Iterator[FlaskClient]:
    """A client of the application over the largest index."""
    settings = Settings(index=largest_index)
    with closing(open_engine(settings)) as engine:
        yield create_app(settings, engine).test_client()


@pytest.fixture(scope="module")
def warm(service: FlaskClient) -> FlaskClient:
    """The service, once it has read what the first request of each kind reads."""
    for path in (
        "/?q=boulanger",
        "/?page=0",
        "/api/v1/search?q=boulanger",
        "/api/v1/search?page=0",
        "/api/v1/suggest?q=a",
    ):
        service.get(path)
    return service


@pytest.mark.soak
@REPEATED
@given(text=TEXTS, name=NAMES)
def test_s2_any_text_in_any_parameter_is_answered(warm: FlaskClient, text: str, name: str) -> None:
    encoded = quote(text.encode("utf-8", "surrogatepass"))
    named = quote(name.encode("utf-8", "surrogatepass"))
    for path in (f"/?{named}={encoded}", f"/api/v1/search?{named}={encoded}", f"/api/v1/suggest?q={encoded}"):
        started = perf_counter()
        assert warm.get(path).status_code in {200, 400, 404, 414}, path
        assert perf_counter() - started < at_most(0.5), path


def patiently(server: str, path: str, method: str = "GET") -> Answered:
    """One request, on a connection of its own, for as long as a busy machine may take to make a file."""
    with closing(connect(server, 120)) as connection:
        return ask(connection, path, method)


def make_all_files(server: str) -> None:
    """Wait until each process of the server has made the files of its edition, which it does when one is asked for."""
    for each in DOWNLOADS:
        path = patiently(server, f"/api/v1/{each.name}").headers["Location"]
        made = 0
        for _ in range(1_000):
            made = made + 1 if patiently(server, path, "HEAD").status == 200 else 0
            if made == 6:
                break
            sleep(0 if made else 0.2)
        assert made == 6, each.name


@pytest.mark.soak
def test_a3_the_service_is_what_its_description_says(live_server: str, root: Path, tmp_path: Path) -> None:
    pytest.importorskip("schemathesis")
    make_all_files(live_server)
    command = (Path(sys.executable).parent / "schemathesis", "run", f"{live_server}/api/v1/openapi.json")
    number = "200" if SOAK else "8"
    options = (
        "--checks",
        "all",
        "--phases",
        "examples,coverage,fuzzing",
        "--max-examples",
        number,
        "--no-color",
        "--request-timeout",
        "10",
    )
    paths = (str(root), str(root / "tests" / "fuzz"))
    # Words within their bound may still make an address too long for a server: 414 refuses them as well as 400. A name
    # that is written nearly right ("niveau.") is answered by the way to the right one.
    refused = "[301, 400, 401, 403, 404, 405, 406, 409, 410, 414, 415, 422, 428, 429, '5xx']"
    (tmp_path / "schemathesis.toml").write_text(f"[checks.negative_data_rejection]\nexpected-statuses = {refused}\n")
    done = subprocess.run(
        [*command, *options, "--generation-deterministic"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "SCHEMATHESIS_HOOKS": "described"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr


@pytest.mark.soak
def test_r9_whatever_a_file_holds_it_is_read_or_refused_by_name(root: Path) -> None:
    command = [sys.executable, "tests/fuzz/sources.py", "seeds", "2000" if SOAK else "200"]
    done = subprocess.run(command, cwd=root, env=os.environ | {"PYTHONPATH": "."}, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("", 0), done.stdout[:6_000] + done.stderr
    assert int(done.stderr.split()[-1]) < 300_000  # kilobytes
