"""Jobs open after a CAP, page by page of one edition; then the whole file. Run: python metiers.py http://127.0.0.1:8000"""

import csv
import io
import json
import sys
from urllib.request import urlopen

base = sys.argv[1]


def get(path: str) -> bytes:
    with urlopen(base + path) as answer:
        return answer.read()


page = "/api/v1/search?niveau_max=cap-ou-equivalent&sort=nom&per_page=100&facets=none"
while page:
    found = json.loads(get(page))
    for fiche in found["results"]:
        print(fiche["id"], fiche["title"], sep="\t")
    page = found["links"]["next"]  # names the edition: 410 if another one is served by now, then start again

table = csv.DictReader(io.StringIO(get("/api/v1/metiers.csv").decode("utf-8-sig"), newline=""), delimiter=";")
print(sum(1 for _ in table), "fiches")
