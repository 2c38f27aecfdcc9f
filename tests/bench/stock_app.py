"""What one writes in an afternoon: Flask over stock Whoosh, served like ours. In: an index, workers, a port.

    python tests/bench/stock_app.py FOLDER WORKERS PORT

`/search?q=` answers ten titles, four facets and three snippets a hit in JSON. One searcher a thread, as Whoosh asks.
"""

import sys
from functools import partial
from pathlib import Path
from threading import local

from flask import Flask, Response, jsonify, request
from granian_server import serve
from peers import PAGE, Whoosh
from queries import Asked


def create_app(folder: Path) -> Flask:
    """The application over an index of `peers.build_whoosh`."""
    app = Flask("stock")
    kept = local()

    @app.get("/search")
    def search() -> Response:
        if not hasattr(kept, "whoosh"):
            kept.whoosh = Whoosh(folder, True)
        # Read by Whoosh's own parser: phrases, word* and word~ as they come.
        found = kept.whoosh.ask(Asked("as typed", (request.args["q"],)), PAGE)
        return jsonify(titles=found.titles, facets=found.counts, snippets=found.snippets)

    return app


if __name__ == "__main__":
    place, workers, port = sys.argv[1:]
    serve(partial(create_app, Path(place)), int(workers), int(port))
