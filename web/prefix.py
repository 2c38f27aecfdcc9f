"""Links of a service that is reached under a path (https://example.org/orientation). In: pages, JSON. Out: the same.

All other modules write addresses without this prefix. It is put before each address in a finished page or answer.
"""

import re
from typing import Any, Final

from jinja2 import Template

LINKS: Final = (
    "href", "toggle", "exact", "type", "self", "html", "first", "prev", "next", "csv", "ndjson", "similaires",
)  # fmt: skip
"""The members of JSON answers that hold links."""

# In HTML and in JSON the quotation marks of texts are escaped, so that no text is taken for a link.
_IN_PAGE: Final = re.compile(r'(?<=\s)(href|src|action)="(?=/(?!/))')
_IN_JSON: Final = re.compile(rf'"({"|".join(LINKS)})":"(?=/)'.encode())


def in_page(prefix: str, page: str) -> str:
    """The page with its links under the prefix."""
    return _IN_PAGE.sub(rf'\1="{prefix}', page) if prefix else page


def in_json(prefix: str, body: bytes) -> bytes:
    """JSON as orjson writes it, with its links under the prefix."""
    return _IN_JSON.sub(rb'"\1":"' + prefix.encode(), body) if prefix else body


def template_class(prefix: str) -> type[Template]:
    """Templates whose pages have their links under the prefix."""

    class Prefixed(Template):
        def render(self, *args: Any, **kwargs: Any) -> str:
            return in_page(prefix, super().render(*args, **kwargs))

    return Prefixed
