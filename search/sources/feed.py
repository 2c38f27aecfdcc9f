"""Idéo-fiches métiers, the official XML feed of ONISEP. In: a binary file. Out: a Fiche for each <metier>.

Both shapes are read: ids and labels as child elements (old exports) or as attributes (new ones), synonyms as
text or with both genders, one or several formats courts.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import IO, Final

from search.errors import SheetError
from search.fiche import (
    ID,
    ID_FORM,
    Appellation,
    Fiche,
    Formation,
    MetierAssocie,
    Publication,
    Rome,
    Section,
    Source,
)
from search.fields import WRITTEN
from search.sources import bounds, cleaning, html_blocks, markup, xml_stream
from search.sources.sheet_facts import known_niveau, off_scale, rome_codes, salaire_debutant, split_duree
from search.sources.xml_stream import Element

_DATE = re.compile(r"(\d{2})(\d{2})(20\d{2})(?=\D*$)")


MAX_JOBS: Final = 50_000
"""Jobs in a feed, good and bad; the official one holds about 1,100."""

Note = Callable[[int, str], None]
"""note(line, what): called for what a job holds that has no place on a sheet, with the line where the job begins."""


def read(file: IO[bytes], path: str, note: Note = lambda line, what: None) -> Iterator[tuple[int, Fiche | SheetError]]:
    """Each job with the line where it begins: its Fiche, or why it is refused.

    Raises SheetError for a file that is not whole: sheets must not vanish because a download was cut short.
    """
    for number, element in enumerate(xml_stream.records(file, "metier", path)):
        if number == MAX_JOBS:
            raise SheetError(path, element.line, f"over {MAX_JOBS:,} jobs: too many for a feed")
        try:
            fiche = _fiche(element, path)
        except SheetError as error:
            yield element.line, error
            continue
        if fault := bounds.fault(fiche):
            yield element.line, SheetError(path, element.line, f"{fiche.id} is too big: {fault}")
            continue
        for what in (*_left_out(element), off_scale(fiche.niveau)):
            if what:
                note(element.line, what)
        yield element.line, fiche


def date_of(name: str) -> str:
    """The date in a feed's name, "Onisep_Ideo_Fiches_Metiers_15102025.xml" -> "2025-10-15"; "" without one."""
    found = _DATE.search(name)
    return f"{found[3]}-{found[2]}-{found[1]}" if found and found[1] <= "31" and found[2] <= "12" else ""


def _fiche(metier: Element, path: str) -> Fiche:
    id = cleaning.line(metier.value("identifiant")).upper()
    title = cleaning.line(metier.value("nom_metier"))
    if not ID.fullmatch(id):
        raise SheetError(path, metier.line, f"impossible <identifiant> {id[:40]!r}: expected {ID_FORM}")
    if not title:
        raise SheetError(path, metier.line, f"{id} has no <nom_metier>")
    sections = {field.name: html_blocks.blocks(metier.value(field.element)) for field in WRITTEN}
    (sections["en_bref"], duree_etudes), _ = _en_bref(metier)
    return Fiche(
        id=id,
        title=title,
        feminin=cleaning.line(metier.value("libelle_feminin")) or title,
        masculin=cleaning.line(metier.value("libelle_masculin")) or title,
        niveau=_niveau(metier),
        sections={name: section for name, section in sections.items() if section},
        duree_etudes=duree_etudes,
        autres_appellations=tuple(_appellations(metier)),
        rome=tuple(_romes(metier)),
        formations=tuple(
            Formation(label, id) for id, label in _labelled(metier, "formations_min_requise", "formation_min_requise")
        ),
        statuts=tuple(label for _, label in _labelled(metier, "statuts", "statut")),
        interets=tuple(label for _, label in _labelled(metier, "centres_interet", "centre_interet")),
        salaire_debutant=salaire_debutant(sections["vie_professionnelle"]),
        secteurs=tuple(label for _, label in _labelled(metier, "secteurs_activite", "secteur_activite")),
        associes=tuple(
            MetierAssocie(id, label)
            for id, label in _labelled(metier, "metiers_associes", "metier_associe")
            if ID.fullmatch(id)
        ),
        sources=tuple(_sources(metier)),
        publications=tuple(_publications(metier)),
    )


def _en_bref(metier: Element) -> tuple[tuple[Section, Section], list[Section]]:
    """The <format_court> that is shown, parted at the length of studies; then the blocks of the others.

    It is the last one that tells the length of studies, or else the last.
    """
    old = [html_blocks.blocks(each.html()) for each in metier.all("format_court")]
    new = [html_blocks.blocks(each.value("descriptif")) for each in metier.all("formats_courts", "format_court")]
    texts = [blocks for blocks in old + new if blocks]
    if not texts:
        return ((), ()), []
    chosen = next((blocks for blocks in reversed(texts) if split_duree(blocks)[1]), texts[-1])
    return split_duree(chosen), [blocks for blocks in texts if blocks != chosen]


def _niveau(metier: Element) -> str:
    labels = [cleaning.value(each.value("libelle") or each.text) for each in metier.all("niveau_acces_min")]
    return known_niveau(next((label for label in labels if label), ""))


def _romes(metier: Element) -> Iterator[Rome]:
    for each in metier.all("romesV3", "romeV3"):
        label = cleaning.value(each.value("libelle"))
        for code in rome_codes(written) if (written := cleaning.value(each.value("code") or each.text)) else ():
            yield replace(code, label=label) if label else code


def _appellations(metier: Element) -> Iterator[Appellation]:
    """Old exports give the title alone, which then stands for both genders."""
    for synonyme in metier.all("synonymes", "synonyme"):
        title = cleaning.line(synonyme.value("nom_metier") or synonyme.text)
        if title:
            feminin = cleaning.line(synonyme.value("libelle_feminin")) or title
            yield Appellation(title, feminin, cleaning.line(synonyme.value("libelle_masculin")) or title)


def _labelled(metier: Element, container: str, name: str) -> Iterator[tuple[str, str]]:
    """(id, label) of each thing in a container, labelled by an element, an attribute or its own text."""
    for each in metier.all(container, name):
        if label := cleaning.value(each.value("libelle") or each.text):
            yield cleaning.line(each.value("id")), label


def _sources(metier: Element) -> Iterator[Source]:
    """Links to the web only: what else stands there ("javascript:", "ftp:") is not for readers to follow."""
    for each in metier.all("sources_numeriques", "source"):
        url = cleaning.line(each.value("valeur"))
        if _is_link(url):
            yield Source(url, cleaning.line(each.value("commentaire")) or url)


def _is_link(url: str) -> bool:
    return url.lower().startswith(("http://", "https://")) and " " not in url


def _publications(metier: Element) -> Iterator[Publication]:
    for each in metier.all("publications", "publication"):
        if title := cleaning.line(each.value("titre_publication")):
            yield Publication(
                title,
                collection=cleaning.line(each.value("collection")),
                annee=cleaning.line(each.value("annee")),
                gencod=cleaning.line(each.value("code_librairie")),
            )


_LISTS: Final = {
    "formats_courts": "format_court", "synonymes": "synonyme", "romesV3": "romeV3", "statuts": "statut",
    "formations_min_requise": "formation_min_requise", "centres_interet": "centre_interet",
    "secteurs_activite": "secteur_activite", "metiers_associes": "metier_associe", "sources_numeriques": "source",
    "publications": "publication",
}  # fmt: skip
"""The elements of a job that hold a list, and what its items are called."""

_ITEM: Final = frozenset(
    ("id", "id_ideo1", "libelle", "nom_metier", "libelle_feminin", "libelle_masculin", "code", "type", "descriptif")
) | {"valeur", "commentaire", "code_librairie", "titre_publication", "editeur", "annee", "collection"}
"""What the items of these lists hold that is read, or need not be shown."""

_READ: Final = {field.element for field in WRITTEN} | {
    "identifiant", "nom_metier", "libelle_feminin", "libelle_masculin", "niveau_acces_min", "format_court", *_LISTS,
}  # fmt: skip
"""The elements of a job that are read."""

_NO_DATA = re.compile(r"xml(?:ns)?\b|.*:|(?:id|lang|class|style)\Z")
"""Attributes that say nothing to readers: namespaces, languages, looks, identifiers."""

_REPEATED: Final = frozenset(("format_court", *_LISTS))
"""Those that may stand there several times, each of which is read."""


def _left_out(metier: Element) -> Iterator[str]:
    """What a job holds that has no place on a sheet, in words."""
    for child in metier.children:
        if child.name not in _READ and _holds_text(child):
            yield f"<{child.name[:40]}> is not known: its text is left out"
        elif child.name in _LISTS:
            yield from _left_out_of_list(child)
    yield from _read_once(metier)
    yield from _unread_attributes(metier)
    if metier.text.strip():
        yield "text outside of any element is left out"
    if _en_bref(metier)[1]:
        yield "of several <format_court> one is shown: the text of the others is left out"
    for each in metier.all("sources_numeriques", "source"):
        if (url := cleaning.line(each.value("valeur"))) and not _is_link(url):
            yield f"{url[:60]!r} is no web address: left out"
    for id, label in _labelled(metier, "metiers_associes", "metier_associe"):
        if not ID.fullmatch(id):
            yield f"the related job « {label[:60]} » has no MET.<number>: left out"


def _read_once(metier: Element) -> Iterator[str]:
    """The elements that stand there again with a text of their own, of which only one is read."""
    met: set[str] = set()
    for child in metier.children:
        if child.name in _READ and child.name not in _REPEATED and child.html().strip():
            if child.name in met:
                yield f"<{child.name}> again: of several one is read, the others are left out"
            met.add(child.name)


def _unread_attributes(metier: Element) -> Iterator[str]:
    """The attributes of a job, of its texts and of the items of its lists that are not read."""
    elements = [
        metier,
        *metier.children,
        *(item for child in metier.children if child.name in _LISTS for item in child.children),
    ]
    for element in elements:
        read = _READ if element is metier else _ITEM
        for name, value in element.attributes.items():
            if name not in read and not _NO_DATA.match(name) and value.strip():
                yield f'the attribute {name[:40]}="…" of <{element.name[:40]}> is not known: left out'


def _left_out_of_list(held: Element) -> Iterator[str]:
    """What a list of a job holds that has no place on a sheet, in words."""
    for item in held.children:
        if item.name != _LISTS[held.name] and _holds_text(item):
            yield f"<{item.name[:40]}> in <{held.name}> is not known: its text is left out"
        elif item.name == _LISTS[held.name]:
            for part in item.children:
                if part.name not in _ITEM and not markup.is_element(part.name) and _holds_text(part):
                    yield f"<{part.name[:40]}> in <{item.name}> is not known: its text is left out"
    if held.text.strip():
        yield f"text in <{held.name}> outside of any element is left out"


def _holds_text(element: Element) -> bool:
    """Whether an element, or one inside it at any depth, has a text or an attribute that is not blank."""
    waiting = [element]
    while waiting:
        each = waiting.pop()
        if each.text.strip() or any(value.strip() for value in each.attributes.values()):
            return True
        waiting += each.children
    return False
