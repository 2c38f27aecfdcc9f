"""Facts read from the text of a sheet in any form: level, salary, length of studies, ROME codes.

In: a Section, a label. Out: its parts, values.
"""

import re
from typing import Final

from search.fiche import AUTRE_FORMATION, NIVEAUX, Block, Rome, Salaire, Section
from search.folding import fold
from search.sources import salaire

DUREE_ETUDES: Final = "Durée des études"
SALAIRE_DEBUTANT: Final = "Salaire du débutant"


_WORDS = re.compile(r"[^\W_ʼ]+")
_ROME = re.compile(r"\b[A-Za-z]\d{4}\b")
_LONGEST_SUBTITLE: Final = 40


def key(name: str) -> str:
    """One spelling for the names of parts: no accents, capitals, plural, nor any sign."""
    return " ".join(fold(word).removesuffix("s") for word in _WORDS.findall(name))


_SUBTITLES: Final = frozenset(map(key, (DUREE_ETUDES, SALAIRE_DEBUTANT)))


def with_subtitles(section: Section) -> Section:
    """The section with the two subtitles that are looked for as such also if they stand as lines of its text."""
    return tuple(each for block in section for each in _parted(block))


def _parted(block: Block) -> list[Block]:
    found: list[tuple[Block, list[str]]] = [(block, [])]
    for line in block.text.split("\n"):
        title, _, rest = line.partition(":")
        if len(title) <= _LONGEST_SUBTITLE and key(title) in _SUBTITLES:
            found.append((Block(title.strip(), "", 3), [rest.strip()] if rest.strip() else []))
        else:
            found[-1][1].append(line)
    if len(found) == 1:
        return [block]
    made = [Block(each.title, "\n".join(lines), each.level) for each, lines in found]
    return [each for each in made if each.title or each.text]


def split_duree(en_bref: Section) -> tuple[Section, Section]:
    """What stands before the heading "Durée des études", and what follows it (its own text untitled)."""
    for place, block in enumerate(en_bref):
        if key(block.title) == key(DUREE_ETUDES):
            own = (Block("", block.text),) if block.text else ()
            return en_bref[:place], own + en_bref[place + 1 :]
    return en_bref, ()


def salaire_debutant(vie_professionnelle: Section) -> Salaire | None:
    """The salary told by the block "Salaire du débutant", if there is one."""
    wanted = key(SALAIRE_DEBUTANT)
    texts = (block.text for block in vie_professionnelle if block.text and key(block.title) == wanted)
    text = next(texts, None)
    return salaire.read(text) if text else None


def rome_codes(written: str) -> tuple[Rome, ...]:
    """The codes of the ROME in an item of a list, with the name that follows one alone; the item itself without any."""
    codes = [code.upper() for code in _ROME.findall(written)]
    if len(codes) != 1:
        return tuple(map(Rome, codes or [written]))
    before, after = _ROME.split(written, maxsplit=1)
    named = not before.strip() and after[:1].isspace() and any(map(str.isalpha, after))
    return (Rome(codes[0], after.strip(" -–—:()") if named else ""),)


def _letters(label: str) -> str:
    """Letters, digits and "+" alone, accents and capitals aside; "plus" before a number is "+"."""
    written = re.sub(r"plus(?=\s*\d)", "+", fold(label).strip().removeprefix("niveau "))
    return "".join(each for each in written if each.isalnum() or each == "+")


_KNOWN_NIVEAUX: Final = {_letters(label): label for label in (*NIVEAUX, AUTRE_FORMATION)}


def known_niveau(label: str) -> str:
    """A level as the sheets spell it ("Bac + 3", "bac+3." and "bac plus 3" are "bac + 3"); another label as it is."""
    return _KNOWN_NIVEAUX.get(_letters(label), label)


def off_scale(niveau: str) -> str:
    """What to tell of a level that searches for "at least" and "at most" cannot place; "" for none."""
    if not niveau or niveau in NIVEAUX or niveau == AUTRE_FORMATION:
        return ""
    return f"level « {niveau[:60]} » is not on the scale ({NIVEAUX[0]}, …, {NIVEAUX[-1]}): kept as it is written"
