"""Where a ROME code stands in the referential. In: a Rome. Out: its grand domaine, domaine and itself."""

from functools import cache
from importlib.resources import files

from search.fiche import Rome

Node = tuple[str, str, str | None]
"""Code, name, code of the parent (None at the top)."""


def ancestry(rome: Rome) -> tuple[Node, ...]:
    """The nodes from the grand domaine ("H") over the domaine ("H12") to the code ("H1203").

    The name of a code without one is the code. A malformed code, or one of an unknown domaine, gives (): it stays on
    the sheet as text, and has no place in the tree.
    """
    if not is_code(rome.code):
        return ()
    grand, domaine = rome.code[0], rome.code[:3]
    return (
        (grand, names()[grand], None),
        (domaine, names()[domaine], grand),
        (rome.code, rome.label or rome.code, domaine),
    )


def is_code(code: str) -> bool:
    """Whether this is a letter and four digits, in a domaine that the referential knows."""
    return len(code) == 5 and code.isascii() and code[1:].isdecimal() and code[:3] in names()


@cache
def names() -> dict[str, str]:
    """The names of the 14 grands domaines and the 110 domaines, by code."""
    found: dict[str, str] = {}
    for name in ("rome_grands_domaines.tsv", "rome_domaines.tsv"):
        for line in files("search").joinpath("data", name).read_text(encoding="utf-8").splitlines():
            code, label = line.split("\t")
            found[code] = label
    return found
