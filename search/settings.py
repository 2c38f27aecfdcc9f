"""Every setting in one table: name, default, help. Read once from the environment, then passed.

In: METIERS_* variables. Out: one frozen Settings. Nothing else reads the environment.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from dataclasses import field as setting
from pathlib import Path
from typing import Any

from search.errors import MetiersError


def _of(default: Any, help: str) -> Any:
    return setting(default=default, metadata={"help": help})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings; each is also the variable METIERS_<NAME>."""

    index: Path = _of(Path("index"), "folder that holds the index, one subfolder a generation")
    host: str = _of("127.0.0.1", "address to listen on")
    port: int = _of(8000, "port to listen on")
    workers: int = _of(2, "server processes")
    engine: str = _of("embedded", "search engine: embedded, or opensearch")
    base_url: str = _of("", "public address of the service, e.g. https://metiers.example.org, for absolute links")
    data_dir: Path = _of(Path("data"), "where `metiers fetch` puts the official data")
    fiches_url: str = _of(
        "https://api.opendata.onisep.fr/downloads/5fe0808a2da6f/5fe0808a2da6f.zip",
        "official address of Idéo-fiches métiers (XML in a ZIP)",
    )
    ideo_url: str = _of(
        "https://api.opendata.onisep.fr/downloads/5fa5949243f97/5fa5949243f97.json",
        "official address of Idéo-Métiers (JSON or XML)",
    )
    cache_entries: int = _of(1024, "answers kept in memory per process; 0 keeps none")
    log_queries: bool = _of(False, "write the words searched in the logs")
    metrics_port: int = _of(0, "port of the Prometheus metrics, on the loopback only; 0: none")
    rate_limit: int = _of(0, "requests a minute per client and per worker process; 0: no limit, left to the proxy")
    opensearch_url: str = _of("", "address of the OpenSearch cluster")


def from_environment(environ: Mapping[str, str] = os.environ, **given: Any) -> Settings:
    """Defaults, then METIERS_* variables, then what is given (None means not given).

    Raises MetiersError naming a variable whose value does not fit.
    """
    settings = Settings()
    changes: dict[str, Any] = {}
    for each in fields(Settings):
        variable = f"METIERS_{each.name.upper()}"
        if variable in environ:
            changes[each.name] = _convert(variable, environ[variable], type(getattr(settings, each.name)))
    changes.update({name: value for name, value in given.items() if value is not None})
    return replace(settings, **changes)


def _convert(variable: str, text: str, kind: type) -> Any:
    if kind is bool:
        if text.lower() in {"1", "true", "yes", "oui"}:
            return True
        if text.lower() in {"", "0", "false", "no", "non"}:
            return False
        raise MetiersError(f"{variable}={text!r}: expected true or false.")
    try:
        return kind(text)
    except ValueError as error:
        raise MetiersError(f"{variable}={text!r}: expected {kind.__name__}.") from error
