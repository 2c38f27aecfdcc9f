"""Idéo-fiches métiers, the official XML feed of ONISEP. In: a binary file. Out: a Fiche for each <metier>.

Both shapes are read: ids and labels as child elements (old exports) or as attributes (new ones), synonyms as
text or with both genders, one or several formats courts.
"""

import re
from collections.abc import Iterator
from typing import IO

from search.errors import SheetError
from search.fiche import (
    AUTRE_FORMATION,
    NIVEAUX,
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
from search.sources import cleaning, html_blocks, xml_stream
from search.sources.sections import salaire_debutant, split_duree
from search.sources.xml_stream import Element

_DATE = re.compile(r"(\d{2})(\d{2})(20\d{2})(?=\D*$)")
_ID = re.compile(r"MET\.[1-9]\d{0,8}", re.ASCII)


def read(file: IO[bytes], path: str) -> Iterator[tuple[int, Fiche | SheetError]]:
    """Each job with the line where it begins: its Fiche, or why it is refused.

    Raises SheetError for a file that is not whole: sheets must not vanish because a download was cut short.
    """
    for element in xml_stream.records(file, "metier", path):
        try:
            yield element.line, _fiche(element, path)
        except SheetError as error:
            yield element.line, error


def date_of(name: str) -> str:
    """The date in a feed's name, "Onisep_Ideo_Fiches_Metiers_15102025.xml" -> "2025-10-15"; "" without one."""
    found = _DATE.search(name)
    return f"{found[3]}-{found[2]}-{found[1]}" if found and found[1] <= "31" and found[2] <= "12" else ""


def _fiche(metier: Element, path: str) -> Fiche:
    id = cleaning.line(metier.value("identifiant"))
    title = cleaning.line(metier.value("nom_metier"))
    if not _ID.fullmatch(id):
        raise SheetError(path, metier.line, f"impossible <identifiant> {id[:40]!r}: expected MET.<number>")
    if not title:
        raise SheetError(path, metier.line, f"{id} has no <nom_metier>")
    sections = {field.name: html_blocks.blocks(metier.value(field.element)) for field in WRITTEN}
    sections["en_bref"], duree_etudes = _en_bref(metier)
    return Fiche(
        id=id,
        title=title,
        feminin=cleaning.line(metier.value("libelle_feminin")) or title,
        masculin=cleaning.line(metier.value("libelle_masculin")) or title,
        niveau=_niveau(metier),
        sections={name: section for name, section in sections.items() if section},
        duree_etudes=duree_etudes,
        autres_appellations=tuple(_appellations(metier)),
        rome=tuple(Rome(code) for each in metier.all("romesV3", "romeV3") if (code := cleaning.value(each.text))),
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
            if _ID.fullmatch(id)
        ),
        sources=tuple(_sources(metier)),
        publications=tuple(_publications(metier)),
    )


def _en_bref(metier: Element) -> tuple[Section, Section]:
    """The format court that tells the length of studies; else the last one with a text."""
    old = [html_blocks.blocks(each.text) for each in metier.all("format_court")]
    new = [html_blocks.blocks(each.value("descriptif")) for each in metier.all("formats_courts", "format_court")]
    texts = [blocks for blocks in old + new if blocks]
    told = [split for split in map(split_duree, texts) if split[1]]
    if told:
        return told[-1]
    return (texts[-1], ()) if texts else ((), ())


def _niveau(metier: Element) -> str:
    """The level as the sheets spell it ("Bac + 3" -> "bac + 3"); other labels as they are."""
    labels = [cleaning.value(each.value("libelle")) for each in metier.all("niveau_acces_min")]
    label = next((label for label in labels if label), "")
    known = {niveau.casefold(): niveau for niveau in (*NIVEAUX, AUTRE_FORMATION)}
    return known.get(label.casefold(), label)


def _appellations(metier: Element) -> Iterator[Appellation]:
    """Old exports give the title alone, which then stands for both genders."""
    for synonyme in metier.all("synonymes", "synonyme"):
        title = cleaning.line(synonyme.value("nom_metier") or synonyme.text)
        if title:
            feminin = cleaning.line(synonyme.value("libelle_feminin")) or title
            yield Appellation(title, feminin, cleaning.line(synonyme.value("libelle_masculin")) or title)


def _labelled(metier: Element, container: str, name: str) -> Iterator[tuple[str, str]]:
    """(id, label) of each thing in a container; those without a label are nothing."""
    for each in metier.all(container, name):
        if label := cleaning.value(each.value("libelle")):
            yield cleaning.line(each.value("id")), label


def _sources(metier: Element) -> Iterator[Source]:
    """Links to the web only: what else stands there ("javascript:", "ftp:") is not for readers to follow."""
    for each in metier.all("sources_numeriques", "source"):
        url = cleaning.line(each.value("valeur"))
        if url.lower().startswith(("http://", "https://")) and " " not in url:
            yield Source(url, cleaning.line(each.value("commentaire")) or url)


def _publications(metier: Element) -> Iterator[Publication]:
    for each in metier.all("publications", "publication"):
        if title := cleaning.line(each.value("titre_publication")):
            yield Publication(
                title,
                collection=cleaning.line(each.value("collection")),
                annee=cleaning.line(each.value("annee")),
                gencod=cleaning.line(each.value("code_librairie")),
            )
