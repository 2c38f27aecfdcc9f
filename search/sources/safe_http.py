"""Addresses of the web, opened safely. In: an address. Out: its answer, which ends in time.

A redirect is followed only if every IP address of its host is public. The connection then goes to these very IP
addresses: asked again a moment later, the name might stand for others.
"""

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from threading import Timer
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from search.errors import FetchError, printable

Leads = Callable[[str], tuple[str, ...]]
"""The IP addresses to connect to for a redirect to this address; none if it is not followed.

Raises ValueError for text that is no address, OSError for a host that is not known.
"""

_Checked = dict[tuple[str, int], tuple[str, ...]]
"""By host and port: the IP addresses that were checked."""

_PORTS: Final = {"http": 80, "https": 443}


def is_web(url: str) -> bool:
    """Whether this is an http or https address with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def to_public_https(address: str) -> tuple[str, ...]:
    """The IP addresses of the host of an https address if all of them are public; else none."""
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname:
        return ()
    found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    numeric = tuple(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    return numeric if all(ip_address(each.partition("%")[0]).is_global for each in numeric) else ()


@contextmanager
def opened(
    url: str, headers: Mapping[str, str], silence: float, seconds: float, leads: Leads
) -> Iterator[HTTPResponse]:
    """The answer of an address.

    The connection is cut after `seconds`, or after `silence` seconds without a byte. Raises FetchError for a redirect
    that is not followed, and what `urllib.request` raises.
    """
    request = Request(url, headers=dict(headers))  # noqa: S310 (the scheme is checked by who calls)
    met = _Met([], {})
    opener = build_opener(_SafeRedirects(leads, met.checked), _Http(met), _Https(met))
    # The time limit of a socket holds for one piece: a head that comes letter by letter would never end.
    end = Timer(seconds, _cut, (met.connections,))
    end.daemon = True
    end.start()
    try:
        with opener.open(request, timeout=silence) as response:
            yield response
    finally:
        end.cancel()


class _Met:
    """What one request met: the connections that it opened, and the checked IP addresses of its redirects."""

    def __init__(self, connections: list[HTTPConnection], checked: _Checked) -> None:
        self.connections = connections
        self.checked = checked
        self.tls = ssl.create_default_context()


def _cut(connections: Sequence[HTTPConnection]) -> None:
    """End these connections: whoever waits for data from one gets the end of the stream."""
    for each in connections:
        with suppress(OSError, AttributeError):  # closed, or not open yet
            each.sock.shutdown(socket.SHUT_RDWR)


class _SafeRedirects(HTTPRedirectHandler):
    """Follows redirects only to http and https, never from https to http, and only where `leads` allows."""

    def __init__(self, leads: Leads, checked: _Checked) -> None:
        self._leads = leads
        self._checked = checked

    def redirect_request(self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request | None:
        if not is_web(newurl) or (req.type == "https" and not newurl.startswith("https:")) or not self._lets(newurl):
            fp.close()
            raise FetchError(
                f"{req.full_url}: redirected to {printable(newurl)}, which is not followed: it is less safe."
                " If the data has moved there, give that address in METIERS_FICHES_URL, METIERS_IDEO_URL or"
                " METIERS_ROME_URL."
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)

    def http_error_302(self, req: Request, fp: Any, code: int, msg: str, headers: Any) -> Any:
        try:
            return super().http_error_302(req, fp, code, msg, headers)
        except ValueError:  # a Location that is no address
            fp.close()
            raise

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

    def _lets(self, address: str) -> bool:
        try:
            addresses = self._leads(address)
        except (OSError, ValueError):  # a name that stands for nothing
            return False
        parts = urlsplit(address)
        self._checked[parts.hostname or "", parts.port or _PORTS[parts.scheme]] = addresses
        return bool(addresses)


class _Plain(HTTPConnection):
    """A connection; for the host of a redirect, to the IP addresses that were checked."""

    met: _Met

    def connect(self) -> None:
        plain = _to_checked(self, self.met.checked)
        if plain is None:
            super().connect()
        else:
            self.sock = plain


class _Encrypted(HTTPSConnection):
    """The same through TLS; the certificate must be that of the host's name."""

    met: _Met

    def connect(self) -> None:
        plain = _to_checked(self, self.met.checked)
        if plain is None:
            super().connect()
        else:
            self.sock = self.met.tls.wrap_socket(plain, server_hostname=self.host)


def _to_checked(connection: HTTPConnection, checked: _Checked) -> socket.socket | None:
    """A connection to the first checked IP address that takes one; None if the host was not checked (no redirect).

    Raises OSError if none takes one.
    """
    addresses = checked.get((connection.host.lower(), connection.port))
    if addresses is None:
        return None
    failed: OSError = OSError("no address")
    for address in addresses:
        try:
            return socket.create_connection((address, connection.port), connection.timeout)
        except OSError as error:
            failed = error
    raise failed


class _Http(HTTPHandler):
    """Opens http addresses and notes each connection, so that it can be cut."""

    def __init__(self, met: _Met) -> None:
        super().__init__()
        self._met = met

    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_noting(_Plain, self._met), req)


class _Https(HTTPSHandler):
    """Opens https addresses in the same way."""

    def __init__(self, met: _Met) -> None:
        super().__init__(context=met.tls)
        self._met = met

    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_noting(_Encrypted, self._met), req, context=self._met.tls)


def _noting(kind: type[_Plain] | type[_Encrypted], met: _Met) -> Any:
    """What makes a connection of this kind and notes it in `met`."""

    def made(*arguments: Any, **named: Any) -> HTTPConnection:
        connection = kind(*arguments, **named)
        connection.met = met
        met.connections.append(connection)
        return connection

    return made
