"""An address as a picture that telephones read. In: an address. Out: SVG, black on white in both schemes."""

from functools import lru_cache
from typing import Final

import segno
from markupsafe import Markup

_BORDER: Final = 4
"""The white frame that ISO/IEC 18004 asks for, in modules."""

_MASK: Final = 3
"""One of the eight masks of ISO/IEC 18004. Readers take any; to try all and choose the best costs four times the
rest."""

_KEPT: Final = 2_000
"""Codes that a process keeps: those of all sheets, and of lists."""

_DRAWN: Final = ("m1 0", "h1").__getitem__
"""The SVG path over a light (0) and over a dark module (1). A list is joined, without a call of Python for each module:
a class has thirty codes."""


@lru_cache(_KEPT)
def qr_code(address: str) -> Markup:
    """The SVG of an address, without a size of its own, hidden from screen readers: the address stands beside it."""
    # The weakest correction gives the largest modules; it is raised as long as the picture does not grow.
    code = segno.make_qr(address, error="l", boost_error=True, mask=_MASK)
    size = len(code.matrix) + 2 * _BORDER
    dark = "".join(
        [f"M{_BORDER} {row}.5{''.join(map(_DRAWN, modules))}" for row, modules in enumerate(code.matrix, _BORDER)]
    )
    return Markup(  # noqa: S704 - numbers alone, no text
        f'<svg aria-hidden="true" class="qr" viewBox="0 0 {size} {size}">'
        f'<path fill="#fff" d="M0 0h{size}v{size}h-{size}z"/><path stroke="#000" d="{dark}"/></svg>'
    )
