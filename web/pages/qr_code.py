"""An address as a picture that telephones read. In: an address. Out: SVG, black on white in both schemes."""

from typing import Final

import segno
from markupsafe import Markup

_BORDER: Final = 4
"""The white frame that ISO/IEC 18004 asks for, in modules."""


def qr_code(address: str) -> Markup:
    """The SVG of an address, without a size of its own, hidden from screen readers: the address stands beside it."""
    # The weakest correction gives the largest modules; it is raised as long as the picture does not grow.
    code = segno.make_qr(address, error="l", boost_error=True)
    drawn = code.svg_inline(border=_BORDER, omitsize=True, light="#fff", svgclass="qr", lineclass=None)
    return Markup(drawn.replace("<svg ", '<svg aria-hidden="true" ', 1))  # noqa: S704 - paths alone, no text
