"""Whether two states of the code give the same answers to the byte. In: an index. Out: a hash for each of 500 requests.

Run it in two checkouts over an index that each made of the same sheets, then compare the two files:

    python tests/bench/same_answers.py --index INDEX --out answers.txt

Dates, generations and times taken are left out of the comparison; nothing else is.
"""

import argparse
import hashlib
import re
import sys
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from search.backends import open_engine  # noqa: E402
from search.settings import Settings  # noqa: E402
from web.app import create_app  # noqa: E402

QUERIES = ROOT.parent / "shared" / "relevance" / "queries.tsv"
STATES = 500

OPTIONS = (
    {},
    {"explain": "true"},
    {"niveau": "cap-ou-equivalent"},
    {"niveau_max": "bac-2", "sort": "salaire"},
    {"niveau_min": "bac-3", "sort": "niveau", "facets": "niveau,domaine"},
    {"salaire_min": "2000", "salaire_max": "2600", "page": "2", "per_page": "5"},
    {"dans": "competences", "per_page": "50"},
    {"typo": "off", "facets": "none"},
    {"statut": "salarie", "sort": "nom"},
    {"format": "csv", "per_page": "10"},
    {"format": "ndjson", "per_page": "10"},
)
CHANGING = re.compile(
    rb'"(?:took_ms|generation|built_at|date|edition|request_id|instance)":(?:"[^"]*"|[0-9.e-]+)|\d{8}T\d{12}-[0-9a-f]{4}|'
    rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^\"]*"
)


def addresses(ids: list[str]) -> list[str]:
    """The requests: searches of every kind, completions, sheets, neighbours, choices."""
    words = [line.split("\t")[1] for line in QUERIES.read_text(encoding="utf-8").splitlines()[1::7]]
    searches = [
        "/api/v1/search?" + urlencode({"q": text, **options})
        for text, options in zip(words, cycle(OPTIONS), strict=False)
    ]
    lists = ["/api/v1/search?" + urlencode(options) for options in OPTIONS]
    typed = ["/api/v1/suggest?" + urlencode({"q": text[:5]}) for text in islice(words, 0, None, 6)]
    sheets = [f"/api/v1/metiers/{id}" for id in ids[::30]] + [f"/api/v1/metiers/{id}/similaires" for id in ids[::60]]
    rest = ["/api/v1/facets/niveau", "/api/v1/facets/rome", "/api/v1/facets/domaine?q=com", "/api/v1/search?q=a&x=1"]
    return [*rest, *lists, *sheets, *typed, *searches][:STATES]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    settings = Settings(index=given.index, cache_entries=0)
    engine = open_engine(settings)
    client = create_app(settings, engine).test_client()
    lines = []
    for address in addresses([id for id, _ in engine.all()]):
        answer = client.get(address)
        body = CHANGING.sub(b"", answer.data)
        lines.append(f"{hashlib.sha256(body).hexdigest()[:24]} {answer.status_code} {len(body)} {address}\n")
    given.out.write_text("".join(lines), encoding="utf-8")
    print(f"{len(lines)} answers, {sum(' 200 ' in line for line in lines)} of them 200")


if __name__ == "__main__":
    main()
