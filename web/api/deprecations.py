"""The addresses of the API that will be removed, declared once. Out: headers, Deprecation (RFC 9745), Sunset (RFC
8594).

Version 1 only grows: an address that is replaced stays, is declared here, and is removed in version 2 (docs/api.md).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import Final


@dataclass(frozen=True, slots=True)
class Deprecated:
    """An address as the description of the API writes it, since when it is better not used, when it may go, and the
    page that tells what to use."""

    path: str
    since: date
    sunset: date
    told_at: str

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What each answer of the address says."""
        return (
            ("Deprecation", f"@{int(_midnight(self.since).timestamp())}"),
            ("Sunset", format_datetime(_midnight(self.sunset), usegmt=True)),
            ("Link", f'<{self.told_at}>; rel="deprecation"; type="text/html"'),
        )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


DEPRECATED: Final[tuple[Deprecated, ...]] = (
)  # fmt: skip
"""Nothing so far. One entry is all that a new one needs."""

DEPRECATED_HEADERS: Final = {each.path: each.headers for each in DEPRECATED}
