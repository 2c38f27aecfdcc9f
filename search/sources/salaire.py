"""A beginner's salary. In: the words of a sheet. Out: a Salaire, with gross euros a month if they say so."""

import re

from search.fiche import Salaire

# "A partir de 2667 euros brut par mois", "Entre 1900 et 2300 euros brut par mois", "De 800 à 1700 …", "1532 …".
_MONTHLY = re.compile(
    r"(?P<open>[aà] partir de )?(?:entre |de )?(?P<low>\d[\d ]{2,7})(?: (?:et|à) (?P<high>\d[\d ]{2,7}))? "
    r"(?:euros?|€) bruts? par mois",
    re.IGNORECASE,
)


def read(text: str) -> Salaire:
    """The lowest and the highest amount of all the lines that begin with one in gross euros a month.

    Amounts further on in a line are something else (end of a career, a branch, a fee), and so are those
    by the week, day or piece. `max` is None if a line is open ("à partir de").
    """
    ranges: list[tuple[int, int | None]] = []
    for line in text.split("\n"):
        if found := _MONTHLY.match(line):
            low = _number(found["low"])
            high = _number(found["high"]) if found["high"] else None if found["open"] else low
            # A few sheets give the higher amount first.
            ranges.append((min(low, high), max(low, high)) if high is not None else (low, None))
    highs = [high for _, high in ranges if high is not None]
    return Salaire(
        text,
        min=min((low for low, _ in ranges), default=None),
        max=max(highs) if highs and len(highs) == len(ranges) else None,
    )


def _number(digits: str) -> int:
    return int(digits.replace(" ", ""))
