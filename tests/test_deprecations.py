"""One entry in a copy of the code: each answer of the address says that it will go, and so does the description."""

import json
from pathlib import Path

from test_declared_once import Changed

ASK = """
import json
from contextlib import closing
from search.backends import open_engine
from search.settings import from_environment
from web.app import create_app

settings = from_environment()
with closing(open_engine(settings)) as engine:
    client = create_app(settings, engine).test_client()
    for path in ("/api/v1/metiers/MET.9999999", "/api/v1/suggest"):
        print(json.dumps(dict(client.get(path).headers)))
    paths = client.get("/api/v1/openapi.json").json["paths"]
    print(json.dumps([path for path, item in paths.items() if item["get"]["deprecated"]]))
"""
ENTRY = """Deprecated(
        "/api/v1/metiers/{id}", date(2027, 1, 1), date(2028, 6, 1), "https://metiers.example.org/api/docs#metier"
    ),"""


def test_what_will_go_says_so_by_one_entry(seeds_dir: Path, tmp_path: Path) -> None:
    changed = Changed(tmp_path, {})
    changed.add("web/api/deprecations.py", "DEPRECATED", ENTRY)
    changed.index(seeds_dir)
    leaving, staying, described = map(json.loads, changed.run("-c", ASK).splitlines())
    assert leaving["Deprecation"] == "@1798761600"
    assert leaving["Sunset"] == "Thu, 01 Jun 2028 00:00:00 GMT"
    assert '<https://metiers.example.org/api/docs#metier>; rel="deprecation"' in leaving["Link"]
    assert not {"Deprecation", "Sunset"} & staying.keys()
    assert described == ["/api/v1/metiers/{id}"]
