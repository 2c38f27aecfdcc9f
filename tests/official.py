"""The official data on a server of its own, few sheets of it. In: sheets. Out: the settings that lead there.

`python tests/official.py FOLDER SHEET…` prints these settings and serves until it is ended.
"""

import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Final

SHEET: Final = "<metier><identifiant>MET.1</identifiant><nom_metier>boulanger/ère</nom_metier></metier>"
REFUSED: Final = "<metier><identifiant>MET.2</identifiant></metier>"
"""A sheet without a name."""

DOMAINS: Final = '[{"lien_site_onisepfr": "https://www.onisep.fr/MET.1", "domainesous-domaine": "sciences/chimie"}]'


@contextmanager
def official_data(folder: Path, *sheets: str) -> Iterator[dict[str, str]]:
    """Sheets in a ZIP and their domains, written into a new folder and served while the context lasts; no ROME."""
    folder.mkdir()
    with zipfile.ZipFile(folder / "fiches.zip", "w") as archive:
        archive.writestr("Onisep_Ideo_Fiches_Metiers_15102026.xml", f"<metiers>{''.join(sheets)}</metiers>")
    (folder / "ideo.json").write_text(DOMAINS, encoding="utf-8")
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        yield {
            "METIERS_FICHES_URL": f"{address}/fiches.zip",
            "METIERS_IDEO_URL": f"{address}/ideo.json",
            "METIERS_ROME_URL": "",
        }
        server.shutdown()


if __name__ == "__main__":
    with official_data(Path(sys.argv[1]), *sys.argv[2:]) as told:
        print("\n".join(f"{name}={value}" for name, value in told.items()), "", sep="\n", flush=True)
        Event().wait()
