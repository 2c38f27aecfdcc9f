"""Every setting in one table: name, default, help. Read once from the environment, then passed.

In: METIERS_* variables. Out: one frozen Settings. Nothing else reads the environment.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from dataclasses import field as setting
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from search.errors import MetiersError, printable

_PREFIX: Final = re.compile(r"(/[A-Za-z0-9_-]+)*")


_UNFIT: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters, and bytes that are no UTF-8 as Python keeps them."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings; each is also the variable METIERS_<NAME>."""

    index: Path = setting(
        default=Path("index"), metadata={"help": "folder that holds the index, one subfolder a generation"}
    )
    host: str = setting(default="127.0.0.1", metadata={"help": "address to listen on"})
    port: int = setting(default=8000, metadata={"range": (1, 65_535), "help": "port to listen on"})
    workers: int = setting(default=2, metadata={"range": (1, 256), "help": "server processes"})
    engine: str = setting(
        default="embedded",
        metadata={"choices": ("embedded", "opensearch"), "help": "search engine: embedded, or opensearch"},
    )
    base_url: str = setting(
        default="",
        metadata={
            "help": "public address of the service, e.g. https://metiers.example.org, for absolute links; if it has a "
            "path, the service is reached under it"
        },
    )
    proxies: int = setting(
        default=0,
        metadata={
            "range": (0, 10),
            "help": "reverse proxies in front, trusted for the client's address, scheme and host (X-Forwarded-*)",
        },
    )
    contact: str = setting(
        default="", metadata={"help": "e-mail or https address that pages give to whoever meets a problem"}
    )
    publisher: str = setting(
        default="",
        metadata={"help": "who publishes the service: name, legal form, address, telephone; told by /mentions-legales"},
    )
    director: str = setting(default="", metadata={"help": "name of whoever is legally the director of the publication"})
    hosting: str = setting(
        default="", metadata={"help": "who hosts the server: name, address, telephone; told by /mentions-legales"}
    )
    accessibility_contact: str = setting(
        default="", metadata={"help": "e-mail or https address for barriers met on pages, if it is not METIERS_CONTACT"}
    )
    data_dir: Path = setting(default=Path("data"), metadata={"help": "where `metiers fetch` puts the official data"})
    fiches_url: str = setting(
        default="https://api.opendata.onisep.fr/downloads/5fe0808a2da6f/5fe0808a2da6f.zip",
        metadata={"help": "official address of Idéo-fiches métiers (XML in a ZIP)"},
    )
    rome_url: str = setting(
        default="https://api.francetravail.fr/api-nomenclatureemploi/v1/open-data/csv",
        metadata={"help": "official address of the ROME (ZIP); empty leaves it out"},
    )
    ideo_url: str = setting(
        default="https://api.opendata.onisep.fr/downloads/5fa5949243f97/5fa5949243f97.json",
        metadata={"help": "official address of Idéo-Métiers (JSON or XML)"},
    )
    cache_entries: int = setting(
        default=1024, metadata={"range": (0, 1_000_000), "help": "answers kept in memory per process; 0 keeps none"}
    )
    log_queries: bool = setting(default=False, metadata={"help": "write the words searched in the logs"})
    metrics_port: int = setting(
        default=0,
        metadata={"range": (0, 65_535), "help": "port of the Prometheus metrics, on the loopback only; 0: none"},
    )
    rate_limit: int = setting(
        default=0,
        metadata={
            "range": (0, 1_000_000),
            "help": "requests a minute per client and per worker process; 0: no limit, left to the proxy",
        },
    )
    opensearch_url: str = setting(
        default="", repr=False, metadata={"help": "addresses of the OpenSearch nodes, with commas between them"}
    )
    opensearch_index: str = setting(
        default="metiers", metadata={"help": "alias of the index being served; the names of all indices begin so"}
    )
    opensearch_user: str = setting(default="", metadata={"help": "account on the cluster"})
    opensearch_password: str = setting(default="", repr=False, metadata={"help": "its password"})
    opensearch_ca: str = setting(
        default="", metadata={"help": "file of the authority that signed the certificate of the nodes"}
    )
    opensearch_shards: int = setting(default=1, metadata={"range": (1, 1_024), "help": "shards of a new index"})
    opensearch_replicas: int = setting(
        default=1, metadata={"range": (0, 100), "help": "copies of each shard on other nodes"}
    )
    opensearch_timeout: float = setting(
        default=5.0, metadata={"range": (0.1, 3_600.0), "help": "seconds given to the cluster for an answer"}
    )

    @property
    def untold(self) -> tuple[str, ...]:
        """The variables without which /mentions-legales lacks what French law asks of a public service."""
        asked = ("publisher", "director", "hosting", "contact")
        return tuple(f"METIERS_{name.upper()}" for name in asked if not getattr(self, name))

    @property
    def is_https(self) -> bool:
        """Whether the public address is one of https."""
        return self.base_url.startswith("https://")

    @property
    def prefix(self) -> str:
        """The path of base_url without a final slash: "" if the service is reached at the root of its address."""
        return urlsplit(self.base_url).path.rstrip("/")


def from_environment(environ: Mapping[str, str] = os.environ, **given: Any) -> Settings:
    """Defaults, then METIERS_* variables, then what is given (None means not given).

    A variable that is there and empty counts as not given, unless an empty text means something. Raises MetiersError
    naming a variable whose value does not fit, and what would.
    """
    settings = Settings()
    changes: dict[str, Any] = {}
    for each in fields(Settings):
        variable = f"METIERS_{each.name.upper()}"
        kind = type(getattr(settings, each.name))
        if environ.get(variable, "").strip() or (variable in environ and kind is str):
            changes[each.name] = _convert(variable, environ[variable].strip(), kind)
    changes.update({name: value for name, value in given.items() if value is not None})
    made = replace(settings, **changes)
    _check(made)
    return made


def unknown_variables(environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The variables that look like settings and are none: misspelt, or of another version."""
    known = {f"METIERS_{each.name.upper()}" for each in fields(Settings)}
    return tuple(sorted(name for name in environ if name.startswith("METIERS_") and name not in known))


def _check(settings: Settings) -> None:
    for each in fields(Settings):
        value = getattr(settings, each.name)
        said = printable(f"METIERS_{each.name.upper()}={value}")
        if isinstance(value, str) and _UNFIT.search(value):
            raise MetiersError(f"{said}: expected one line of text in UTF-8.")
        least, most = each.metadata.get("range", (value, value))
        if not least <= value <= most:
            raise MetiersError(f"{said}: expected a number from {least} to {most}.")
        if value not in each.metadata.get("choices", (value,)):
            raise MetiersError(f"{said}: expected {' or '.join(each.metadata['choices'])}.")
    if not settings.host:
        raise MetiersError("METIERS_HOST is empty: expected an address of this machine; 0.0.0.0 is all of them.")
    _check_base_url(settings.base_url)
    if settings.metrics_port == settings.port:
        raise MetiersError(f"METIERS_METRICS_PORT={settings.port}: expected another port than METIERS_PORT.")


def _check_base_url(address: str) -> None:
    if not address:
        return
    said = f"METIERS_BASE_URL={address}"
    if not address.startswith(("http://", "https://")):
        raise MetiersError(f"{said}: expected an address that begins with http:// or https://.")
    try:
        parts = urlsplit(address)
        name, port = parts.hostname or "", parts.port
    except ValueError as error:  # a port beyond 65,535, half an IPv6 address
        raise MetiersError(f"{said}: {error}.") from error
    if not name or port == 0 or "@" in parts.netloc or " " in parts.netloc:
        raise MetiersError(f"{said}: expected the name of a server, and neither an account nor a blank.")
    if not _PREFIX.fullmatch(parts.path.rstrip("/")) or set(address) & set("?#"):
        raise MetiersError(f"{said}: expected a path of letters, digits, - and _, and nothing after it.")


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
