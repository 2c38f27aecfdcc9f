"""The least that Flask can answer, served like ours: what an answer of ours is compared with. In: workers, a port.

    python tests/bench/bare_app.py WORKERS PORT

Its answer is a word that is ready: what is left is Flask, the server and the network.
"""

import sys

from flask import Flask, Response
from granian_server import serve

ANSWER = b"bonjour"


def create_app() -> Flask:
    """An application of one address, whose answer is ready."""
    app = Flask("bare")

    @app.get("/")
    def bare() -> Response:
        return Response(ANSWER, mimetype="text/plain")

    return app


if __name__ == "__main__":
    workers, port = sys.argv[1:]
    serve(create_app, int(workers), int(port))
