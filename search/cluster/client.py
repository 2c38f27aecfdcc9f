"""The cluster as plain requests. In: settings, then (method, path, body). Out: answers as dicts, errors as ours.

The only module that imports opensearchpy. Every request that the project makes can be sent twice without harm (reads,
documents under ids of their own, absolute states), so a lost connection, the statuses of RETRIED and the causes of
PASSING are tried again on another node; a time-out is not, since the cluster may be drowning. Credentials come from
the settings, go into headers, and appear in no message.
"""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from time import sleep
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import orjson
from opensearchpy import OpenSearch
from opensearchpy.exceptions import ConnectionError as Unreachable
from opensearchpy.exceptions import ImproperlyConfigured, NotFoundError, SerializationError, TransportError
from opensearchpy.serializer import Serializer

from search.errors import EngineUnavailable, MetiersError, TargetMissing, WriteConflict
from search.settings import Settings

RETRIED: Final = (429, 502, 503, 504)
"""The statuses of a node that cannot answer for now."""

PASSING: Final = re.compile(
    "unavailable|not_connected|disconnect|closed|timeout|timed_out|circuit|rejected|no_shard|shard_not_found|"
    "shard_state|shard_not_in_primary|no_longer_primary|not_discovered|not_cluster_manager|not_master|node_not|"
    "connect_|send_request|transport_exception|context_missing|cancelled|cluster_block|shutting_down|eof_"
)
"""Kinds of causes that pass by themselves: a node that dies, starts or is too busy. The cluster often tells them under
the status 500, or 404 (a node that has forgotten the search it was in the middle of)."""

WRAPPERS: Final = frozenset(("search_phase_execution_exception", "remote_transport_exception", "exception"))
"""Kinds that only hold the cause."""

RETRIES: Final = 3
PAUSE: Final = 0.1
"""Seconds before the first new try after a cause that passes, twice as many before the next."""

CONNECTIONS: Final = 32
BULK_TIMEOUT: Final = 120.0

Json = dict[str, Any]


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

        Raises EngineUnavailable when no node answers or none can for now, TargetMissing, WriteConflict, and
        MetiersError for a request that the cluster refuses.
        """
        given = {**(params or {}), "request_timeout": BULK_TIMEOUT if slow else self._timeout}
        for pause in _pauses():
            try:
                answer = self._transport.perform_request(method, path, params=dict(given), body=body)
                return self._expected(answer)
            except Unreachable as error:
                raise EngineUnavailable(f"OpenSearch ({self.name}) does not answer: {_reason(error)}") from error
            except SerializationError as error:
                raise EngineUnavailable(f"{self.name} does not answer as OpenSearch does.") from error
            except TransportError as error:
                # The client has tried again by itself for the statuses of RETRIED.
                if pause is None or error.status_code in RETRIED or not passes(error.info, error.status_code):
                    raise self._refusal(error, method, path) from error
            sleep(pause)
        raise AssertionError("the last pause is None")

    def _expected(self, answer: Any, *names: str) -> Json:
        """An answer that has the shape of OpenSearch's; a proxy may say anything under the status 200."""
        if not isinstance(answer, dict) or not all(name in answer for name in names):
            raise EngineUnavailable(f"{self.name} does not answer as OpenSearch does.")
        return answer

    def _refusal(self, error: TransportError, method: str, path: str) -> MetiersError:
        """What an error of the cluster is to us."""
        status = error.status_code
        if status in RETRIED or passes(error.info, status):
            return EngineUnavailable(f"OpenSearch ({self.name}) cannot answer: {_reason(error)}")
        if isinstance(error, NotFoundError):
            return TargetMissing(path)
        if status == 409:
            return WriteConflict(path)
        if status in (401, 403):
            return MetiersError(
                f"OpenSearch ({self.name}) refuses {method} {path}: check METIERS_OPENSEARCH_USER, "
                "METIERS_OPENSEARCH_PASSWORD and the rights of that account (docs/opensearch.md)."
            )
        return MetiersError(f"OpenSearch ({self.name}) refuses {method} {path}: {_reason(error)}")

    def search(self, index: str, bodies: Sequence[Json]) -> list[Json]:
        """The answers of some searches, in their order, all in one request.

        A shard that is silent for a cause that passes is told in the answer, as the cluster does. Raises as `call`.
        """
        if len(bodies) < 2:
            answers = [self.call("POST", f"/{index}/_search", body) for body in bodies]
        else:
            answers = self._searched_together(index, bodies)
        for answer in answers:
            for failure in self._expected(answer, "_shards", "hits")["_shards"].get("failures", ()):
                if not passes(failure.get("reason")):
                    kinds = ", ".join(dict.fromkeys(causes(failure.get("reason"))))
                    raise MetiersError(f"OpenSearch ({self.name}) refuses a question: {kinds}"[:300])
        return answers

    def _searched_together(self, index: str, bodies: Sequence[Json]) -> list[Json]:
        """Each question may fail alone, under the status 200 of the whole."""
        lines = [line for body in bodies for line in ({"index": index}, body)]
        for pause in _pauses():
            answers: list[Json] = self._expected(self.lines("/_msearch", lines), "responses")["responses"]
            failed = [answer for answer in answers if "error" in answer]
            if not failed:
                break
            passing = [each for each in failed if _passes_later(each)]
            if pause is None or len(passing) < len(failed):
                raise self._refused_question(index, next((e for e in failed if e not in passing), failed[0]))
            sleep(pause)
        return answers

    def _refused_question(self, index: str, answer: Json) -> MetiersError:
        told = ", ".join(dict.fromkeys(causes(answer["error"])))[:300]
        if _passes_later(answer):
            return EngineUnavailable(f"OpenSearch ({self.name}) cannot answer: {told}")
        if answer.get("status") == 404:
            return TargetMissing(index)
        return MetiersError(f"OpenSearch ({self.name}) refuses a question: {told}")

    def lines(self, path: str, lines: Iterable[Any], slow: bool = False) -> Json:
        """One request whose body is a JSON value a line (`_bulk`, `_msearch`)."""
        body = b"".join(line if isinstance(line, bytes) else orjson.dumps(line) + b"\n" for line in lines)
        return self.call("POST", path, body, slow=slow)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()


def causes(told: Any) -> Iterator[str]:
    """The kinds of all causes that an error of the cluster names, however deep, as in "node_closed_exception"."""
    if isinstance(told, Mapping):
        if isinstance(kind := told.get("type"), str):
            yield kind
        for each in told.values():
            yield from causes(each)
    elif isinstance(told, list):
        for each in told:
            yield from causes(each)


def passes(told: Any, status: Any = 500) -> bool:
    """Whether an error passes by itself: one of its causes does, or it names WRAPPERS alone and its status is 5xx."""
    named = [kind for kind in causes(told) if kind not in WRAPPERS]
    if not named:
        wrapped = any(True for _ in causes(told))
        return wrapped and isinstance(status, int) and status >= 500
    return any(map(PASSING.search, named))


def _passes_later(answer: Json) -> bool:
    status = answer.get("status", 500)
    return status in RETRIED or passes(answer["error"], status)


def _pauses() -> Iterator[float | None]:
    """The pauses after each try, None after the last one."""
    yield from (PAUSE * 2**turn for turn in range(RETRIES))
    yield None


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
    kinds = ", ".join(kind for kind in dict.fromkeys(causes(told)) if kind not in WRAPPERS)
    text = f"{status} {reason} ({kinds})" if kinds else f"{status} {reason}"
    return text[:300] if isinstance(status, int) else type(error).__name__
