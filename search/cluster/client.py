"""The cluster as plain requests. In: settings, then (method, path, body). Out: answers as dicts, errors as ours.

The only module that imports opensearchpy. Every request that the project makes can be sent twice without harm (reads,
documents under ids of their own, absolute states), so a lost connection and the statuses of RETRIED are tried again on
another node; a time-out is not, since the cluster may be drowning. Credentials come from the settings, go into
headers, and appear in no message.
"""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import orjson
from opensearchpy import OpenSearch
from opensearchpy.exceptions import ConnectionError as Unreachable
from opensearchpy.exceptions import ImproperlyConfigured, NotFoundError, SerializationError, TransportError
from opensearchpy.serializer import Serializer

from search.errors import EngineUnavailable, MetiersError
from search.settings import Settings

RETRIED: Final = (429, 502, 503, 504)
"""What a node answers when it cannot for now."""

RETRIES: Final = 3
CONNECTIONS: Final = 32
BULK_TIMEOUT: Final = 120.0

Json = dict[str, Any]


class Missing(Exception):
    """The index or document asked for is not there."""


class Conflict(Exception):
    """Another has written the document in between."""


class _Orjson(Serializer):
    """JSON by orjson, several times quicker on the bodies of pages."""

    mimetype = "application/json"

    def dumps(self, data: Any) -> Any:
        """Bodies; those already written are left as they are."""
        return data if isinstance(data, (str, bytes)) else orjson.dumps(data)

    def loads(self, data: Any) -> Any:
        """Answers. Raises SerializationError for what is no JSON, such as the page of a proxy."""
        try:
            return orjson.loads(data)
        except ValueError as error:
            raise SerializationError(str(data)[:80], error) from error


class Cluster:
    """A connection to all the nodes named; safe to share between threads. Nothing is asked before the first call."""

    def __init__(self, settings: Settings) -> None:
        urls = [url.strip() for url in settings.opensearch_url.split(",") if url.strip()]
        if not urls:
            raise MetiersError("METIERS_OPENSEARCH_URL is not set: give the address of the cluster.")
        self.name = ", ".join(map(_bare, urls))
        self._timeout = settings.opensearch_timeout
        options: Json = {}
        if settings.opensearch_user:
            options["http_auth"] = (settings.opensearch_user, settings.opensearch_password)
        if settings.opensearch_ca:
            if not Path(settings.opensearch_ca).is_file():
                raise MetiersError(f"METIERS_OPENSEARCH_CA={settings.opensearch_ca!r}: there is no such file.")
            options["ca_certs"] = settings.opensearch_ca
        # What goes wrong is told by errors; the client would also warn of every absent sheet.
        logging.getLogger("opensearch").setLevel(logging.ERROR)
        try:
            self._transport = OpenSearch(
                urls,
                timeout=settings.opensearch_timeout,
                max_retries=RETRIES,
                retry_on_status=RETRIED,
                pool_maxsize=CONNECTIONS,
                serializer=_Orjson(),
                **options,
            ).transport
        except (ImproperlyConfigured, ValueError, OSError) as error:
            raise MetiersError(f"METIERS_OPENSEARCH_URL cannot be used ({type(error).__name__}).") from None

    def call(
        self, method: str, path: str, body: Any = None, params: Mapping[str, Any] | None = None, slow: bool = False
    ) -> Json:
        """One request. `slow` gives it the time of a bulk.

        Raises EngineUnavailable when no node answers or none can for now, Missing, Conflict, and MetiersError for a
        request that the cluster refuses.
        """
        given = {**(params or {}), "request_timeout": BULK_TIMEOUT if slow else self._timeout}
        try:
            answer: Json = self._transport.perform_request(method, path, params=given, body=body)
        except Unreachable as error:
            raise EngineUnavailable(f"OpenSearch ({self.name}) does not answer: {_reason(error)}") from error
        except NotFoundError as error:
            raise Missing(path) from error
        except TransportError as error:
            if error.status_code == 409:
                raise Conflict(path) from error
            if error.status_code in RETRIED:
                raise EngineUnavailable(f"OpenSearch ({self.name}) cannot answer: {_reason(error)}") from error
            if error.status_code in (401, 403):
                raise MetiersError(
                    f"OpenSearch ({self.name}) refuses {method} {path}: check METIERS_OPENSEARCH_USER, "
                    "METIERS_OPENSEARCH_PASSWORD and the rights of that account (docs/opensearch.md)."
                ) from error
            raise MetiersError(f"OpenSearch ({self.name}) refuses {method} {path}: {_reason(error)}") from error
        except SerializationError as error:
            raise EngineUnavailable(f"{self.name} does not answer as OpenSearch does.") from error
        return answer

    def lines(self, path: str, lines: Iterable[Any], slow: bool = False) -> Json:
        """One request whose body is a JSON value a line (`_bulk`, `_msearch`)."""
        body = b"".join(line if isinstance(line, bytes) else orjson.dumps(line) + b"\n" for line in lines)
        return self.call("POST", path, body, slow=slow)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()


def _bare(url: str) -> str:
    """An address without the credentials it may hold."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _reason(error: TransportError) -> str:
    """What went wrong, in the cluster's words; never a header."""
    status = error.status_code
    told = error.info if isinstance(error.info, dict) else {}
    cause = told.get("error", {})
    root = (cause.get("root_cause") or [cause])[0] if isinstance(cause, dict) else {}
    reason = root.get("reason") or root.get("type") or type(error).__name__
    return f"{status} {reason}"[:300] if isinstance(status, int) else type(error).__name__
