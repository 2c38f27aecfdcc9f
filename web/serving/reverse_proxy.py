"""The service behind trusted reverse proxies and under a path of its own. In: a WSGI application. Out: one around
it."""

import re
from collections.abc import Iterable
from typing import Any, Final

from werkzeug.middleware.proxy_fix import ProxyFix

from search.settings import Settings
from web.serving.overload import Application, Environ

_LINK: Final = re.compile("<(?=/)")


def behind_proxies(inner: Application, settings: Settings) -> Application:
    """The application under the path of `base_url`; the last `settings.proxies` proxies say who the client is."""
    mounted = Mounted(inner, settings.prefix) if settings.prefix else inner
    trusted = settings.proxies
    return ProxyFix(mounted, x_for=trusted, x_proto=trusted, x_host=trusted) if trusted else mounted


class Mounted:
    """An application under a prefix, which it does not see. A request outside the prefix has an empty SCRIPT_NAME."""

    def __init__(self, inner: Application, prefix: str) -> None:
        self._inner = inner
        self._prefix = prefix

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == self._prefix or path.startswith(f"{self._prefix}/"):
            environ = environ | {"SCRIPT_NAME": self._prefix, "PATH_INFO": path.removeprefix(self._prefix) or "/"}

        def begin(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            return start_response(status, [(name, self._led(name, value)) for name, value in headers], *error)

        return self._inner(environ, begin)

    def _led(self, name: str, value: str) -> str:
        """The value of a header, its links under the prefix."""
        match name.lower():
            case "location" if value.startswith("/"):
                return self._prefix + value
            case "link":
                return _LINK.sub(f"<{self._prefix}", value)
            case _:
                return value
