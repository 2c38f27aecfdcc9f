"""Coverage-guided fuzzing of the parser of sheets and of the analysis, without end: needs atheris, which is optional.

    pip install atheris && python tests/fuzz/sheets.py seeds -max_len=20000

Anything but a Fiche or a SheetError stops it and leaves the input in a file crash-*.
"""

import sys

import atheris

with atheris.instrument_imports():
    from search.errors import SheetError
    from search.french.tokens import tokens
    from search.sources.markdown import parse


def one(data: bytes) -> None:
    """One input, as the bytes of a file."""
    text = data.decode("utf-8", "replace")
    tokens(text[:1_000])
    try:
        parse(text, "fuzzed.txt")
    except SheetError:
        return


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
