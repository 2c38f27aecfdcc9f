"""The headers that tell browsers what pages may do. In: what is answered, to what. Out: its headers.

No script and no style inside pages, nothing from other sites, no cookies. JSON-LD is no script: the policy allows it.
"""

from functools import lru_cache
from typing import Final

from web.answer import Headers

PAGE_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
FRAMED_POLICY: Final = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"
"""Of the one page that other sites may frame: it has links and a style sheet, no button and no form."""

DATA_POLICY: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

_NO_FRAME: Final = ("X-Frame-Options", "DENY")
_EVERYWHERE: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "browsing-topics=(), camera=(), geolocation=(), microphone=()"),
)
_PAGE: Final = (
    *_EVERYWHERE,
    _NO_FRAME,
    ("Content-Security-Policy", PAGE_POLICY),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
_FRAMED: Final = (
    *_EVERYWHERE,
    ("Content-Security-Policy", FRAMED_POLICY),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
    ("X-Robots-Tag", "noindex"),
)
_DATA: Final = (
    *_EVERYWHERE,
    _NO_FRAME,
    ("Content-Security-Policy", DATA_POLICY),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
)
_SHOWN: Final = (
    "Accept-Ranges", "Content-Disposition", "Content-Range", "Deprecation", "ETag", "Link", "Retry-After", "Sunset",
    "X-Request-Id",
)  # fmt: skip
"""What programs of other sites may read of an answer, beside what they always may."""

_OPEN: Final = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", ", ".join(_SHOWN)),
)
_ASKED: Final = (
    "Accept", "Authorization", "Cache-Control", "Content-Type", "If-Modified-Since", "If-None-Match", "If-Range",
    "Pragma", "Range", "X-Request-Id", "X-Requested-With",
)  # fmt: skip
"""What programs of other sites usually send: libraries add some of these by themselves."""

_PREFLIGHT: Final = (
    ("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"),
    ("Access-Control-Allow-Headers", ", ".join(_ASKED)),
    ("Access-Control-Max-Age", "86400"),
)
_TRANSPORT: Final = ("Strict-Transport-Security", "max-age=31536000")


@lru_cache
def headers(mimetype: str, is_api: bool, method: str, is_https: bool, may_be_framed: bool) -> Headers:
    """The headers of an answer.

    is_api: other sites may read the answer. is_https: browsers are asked to use https alone (HSTS). may_be_framed:
    other sites may show it in a frame.
    """
    frame = _FRAMED if may_be_framed else _PAGE if mimetype == "text/html" else _DATA
    opened = (*_OPEN, *(_PREFLIGHT if method == "OPTIONS" else ())) if is_api else ()
    return (*frame, *opened, *((_TRANSPORT,) if is_https else ()))
