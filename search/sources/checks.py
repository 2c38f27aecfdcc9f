"""What whoever owns the data should know. In: sheets. Out: Findings about them, or the Difference between two sets.

Nothing here stops a sheet from being indexed: what stops one is told by `sources.read`.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import chain, islice
from typing import Final

from search import rome_tree
from search.fiche import AUTRE_FORMATION, ID, NIVEAUX, Block, Fiche
from search.fields import WRITTEN, sections
from search.folding import MISREAD
from search.sources import markdown
from search.sources.sheet_facts import DUREE_ETUDES

_LABEL_OF: Final = {name: label for label, name in (markdown.HEADINGS | markdown.LABELS).items()}

OTHERS: Final = {"duree_etudes": DUREE_ETUDES} | {
    name: _LABEL_OF[name] for name in ("rome", "formations", "statuts", "interets")
}
"""What every sheet should tell beside its sections of prose, and the name that the sheets give it."""

_FORMATION_ID = re.compile(r"FOR\.[1-9]\d{0,8}", re.ASCII)
_WORD = re.compile(r"[^\W\d_]{6,}")
_RANGE = re.compile(r"entre (\d{1,9}) et (\d{1,9}) euros brut par mois", re.IGNORECASE)

_FREQUENT: Final = 4
"""A word of at least so many titles is taken for well spelt; a word one letter away is suspected if at least so many
times fewer titles hold it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of fault: what is wrong, and the sheets where it is, each with a detail ("" for none)."""

    what: str
    where: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """From one set of sheets to another: ids with titles.

    changed: also the names of the fields that changed; none if only digests were compared.
    """

    came: tuple[tuple[str, str], ...]
    went: tuple[tuple[str, str], ...]
    changed: tuple[tuple[str, str, tuple[str, ...]], ...]

    def __bool__(self) -> bool:
        return bool(self.came or self.went or self.changed)


def findings(fiches: Sequence[Fiche]) -> tuple[Finding, ...]:
    """Every kind of fault that these sheets hold, those of the data before those of the words."""
    found = (
        *_missing(fiches),
        Finding("unknown level", _each(fiches, _unknown_level)),
        Finding("malformed ROME code", malformed_rome(fiches)),
        Finding("recommended diploma without a FOR id", _each(fiches, _unidentified_formations)),
        Finding("the same FOR id under several names", tuple(_ambiguous_formations(fiches))),
        Finding("dead reference to a sheet", tuple(_dead_references(fiches))),
        Finding("two sheets with the same title", tuple(_same_titles(fiches))),
        Finding("suspicious title", tuple(_suspicious_titles(fiches))),
        Finding("salary with its higher amount first", _each(fiches, _inverted_salary)),
        Finding("letters encoded twice: save the source as UTF-8 once", _each(fiches, _encoded_twice)),
    )
    return tuple(finding for finding in found if finding.where)


def lines(found: Iterable[Finding], examples: int = 10) -> Iterator[str]:
    """The findings as text: a line for each kind, then some of the sheets; `examples` 0 tells all."""
    for finding in found:
        yield f"{finding.what}: {len(finding.where)}"
        shown = finding.where[:examples] if examples else finding.where
        for id, detail in shown:
            yield f"  {id}  {detail}".rstrip()
        if len(finding.where) > len(shown):
            yield f"  … and {len(finding.where) - len(shown)} more"


def malformed_rome(fiches: Iterable[Fiche]) -> tuple[tuple[str, str], ...]:
    """(id of the sheet, code) of each code that is not a letter and four digits of a known domaine."""
    return tuple((fiche.id, each.code) for fiche in fiches for each in fiche.rome if not rome_tree.is_code(each.code))


def difference(before: Iterable[Fiche], after: Iterable[Fiche]) -> Difference:
    """Which sheets came, went and changed, by number; of the changed ones, the names of the fields."""
    old = {fiche.id: fiche for fiche in before}
    new = {fiche.id: fiche for fiche in after}
    return Difference(
        came=_titles(new[id] for id in new.keys() - old.keys()),
        went=_titles(old[id] for id in old.keys() - new.keys()),
        changed=tuple(
            (fiche.id, fiche.title, _changes(old[fiche.id], fiche))
            for fiche in sorted(new.values(), key=lambda fiche: fiche.number)
            if fiche.id in old and old[fiche.id] != fiche
        ),
    )


def difference_lines(found: Difference) -> Iterator[str]:
    """A difference as text: + came, - went, ~ changed, with the fields."""
    yield from (f"+ {id}  {title}" for id, title in found.came)
    yield from (f"- {id}  {title}" for id, title in found.went)
    yield from (f"~ {id}  {title}: {', '.join(names)}" for id, title, names in found.changed)
    yield f"{len(found.came)} came, {len(found.went)} went, {len(found.changed)} changed"


def _titles(fiches: Iterable[Fiche]) -> tuple[tuple[str, str], ...]:
    return tuple((fiche.id, fiche.title) for fiche in sorted(fiches, key=lambda fiche: fiche.number))


def _changes(old: Fiche, new: Fiche) -> tuple[str, ...]:
    names = (field.name for field in fields(Fiche) if getattr(old, field.name) != getattr(new, field.name))
    written = [field.name for field in WRITTEN if old.section(field.name) != new.section(field.name)]
    return tuple(chain.from_iterable(written if name == "sections" else [name] for name in names))


def _missing(fiches: Sequence[Fiche]) -> Iterator[Finding]:
    for field in WRITTEN:
        lacking = tuple((fiche.id, "") for fiche in fiches if not fiche.section(field.name))
        yield Finding(f"without « {field.label} »", lacking)
    for name, label in OTHERS.items():
        yield Finding(f"without « {label} »", tuple((fiche.id, "") for fiche in fiches if not getattr(fiche, name)))


def _each(fiches: Sequence[Fiche], faults: Callable[[Fiche], Iterator[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((fiche.id, detail) for fiche in fiches for detail in faults(fiche))


def _unknown_level(fiche: Fiche) -> Iterator[str]:
    if fiche.niveau not in NIVEAUX and fiche.niveau != AUTRE_FORMATION:
        yield fiche.niveau or "none"


def _unidentified_formations(fiche: Fiche) -> Iterator[str]:
    yield from (each.label for each in fiche.formations if not _FORMATION_ID.fullmatch(each.id))


def _inverted_salary(fiche: Fiche) -> Iterator[str]:
    text = fiche.salaire_debutant.text if fiche.salaire_debutant else ""
    yield from (found[0] for found in _RANGE.finditer(text) if int(found[1]) > int(found[2]))


def _encoded_twice(fiche: Fiche) -> Iterator[str]:
    """The first word of a sheet whose letters were read in another encoding on their way, if there is one."""
    texts = (fiche.title, fiche.feminin, fiche.masculin, *(f"{block.title} {block.text}" for block in _prose(fiche)))
    odd = (word for text in texts if MISREAD.search(text) for word in text.split())
    yield from islice((word[:60] for word in odd if MISREAD.search(word)), 1)


def _ambiguous_formations(fiches: Sequence[Fiche]) -> Iterator[tuple[str, str]]:
    labels: dict[str, dict[str, None]] = defaultdict(dict)
    for fiche in fiches:
        for each in fiche.formations:
            labels[each.id][each.label] = None
    for id, names in labels.items():
        if id and len(names) > 1:
            yield id, " / ".join(names)


def _dead_references(fiches: Sequence[Fiche]) -> Iterator[tuple[str, str]]:
    """Related jobs, and MET.n written in the text, that no sheet bears."""
    ids = {fiche.id for fiche in fiches}
    for fiche in fiches:
        named = [each.id for each in fiche.associes]
        named += [id for block in _prose(fiche) for id in ID.findall(f"{block.title} {block.text}")]
        yield from ((fiche.id, id) for id in dict.fromkeys(named) if id not in ids)


def _same_titles(fiches: Sequence[Fiche]) -> Iterator[tuple[str, str]]:
    ids: dict[str, list[str]] = defaultdict(list)
    for fiche in fiches:
        ids[fiche.title.casefold()].append(fiche.id)
    yield from ((same[0], f"{title} ({', '.join(same[1:])})") for title, same in ids.items() if len(same) > 1)


def _suspicious_titles(fiches: Sequence[Fiche]) -> Iterator[tuple[str, str]]:
    """Titles with a word that no text holds and that is one letter away from a word of many more titles."""
    titles = Counter(word for fiche in fiches for word in set(_title_words(fiche)))
    texts = _words_of_texts(fiches)
    frequent: dict[str, set[str]] = defaultdict(set)
    for word, count in titles.items():
        if count >= _FREQUENT:
            for each in _deletes(word):
                frequent[each].add(word)
    for fiche in fiches:
        for word in dict.fromkeys(_title_words(fiche)):
            if titles[word] < _FREQUENT and word not in texts:
                others = set().union(*(frequent.get(each, ()) for each in _deletes(word)))
                likelier = {other for other in others if titles[other] >= _FREQUENT * titles[word]}
                near = {other for other in likelier if _one_letter_away(word, other)}
                if near:
                    yield fiche.id, f"{word}: {', '.join(sorted(near))}?"


def _title_words(fiche: Fiche) -> Iterator[str]:
    texts = [fiche.title, fiche.feminin, fiche.masculin]
    for each in fiche.autres_appellations:
        texts += (each.title, each.feminin, each.masculin)
    for text in texts:
        yield from _WORD.findall(text.lower())


def _words_of_texts(fiches: Sequence[Fiche]) -> frozenset[str]:
    return frozenset(
        word
        for fiche in fiches
        for block in _prose(fiche)
        for word in _WORD.findall(f"{block.title} {block.text}".lower())
    )


def _prose(fiche: Fiche) -> Iterator[Block]:
    yield from chain.from_iterable(section for _, section in sections(fiche))
    yield from fiche.duree_etudes


def _deletes(word: str) -> set[str]:
    return {word} | {word[:place] + word[place + 1 :] for place in range(len(word))}


def _one_letter_away(word: str, other: str) -> bool:
    """A letter missing, added, changed, or two neighbours exchanged; but not a plural or a feminine."""
    if word == other or word.rstrip("esx") == other.rstrip("esx"):
        return False
    if len(word) == len(other):
        places = [place for place, (one, two) in enumerate(zip(word, other, strict=True)) if one != two]
        swapped = len(places) == 2 and word[places[0]] == other[places[1]] and word[places[1]] == other[places[0]]
        return len(places) == 1 or (swapped and places[1] == places[0] + 1)
    short, long = sorted((word, other), key=len)
    return len(long) == len(short) + 1 and short in _deletes(long)
