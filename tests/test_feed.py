"""The official XML feed: the same sheets as in Markdown, in both of its shapes."""

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from steps import grows_evenly, of_function, of_pattern

from search.errors import SheetError
from search.fiche import Appellation, Block, Fiche, Formation, MetierAssocie, Publication, Rome, Salaire, Source
from search.sources import feed as feeds
from search.sources import html_blocks
from search.sources import markdown as sheets

ELEMENTS = {
    "Présentation": "accroche_metier",
    "En bref": "format_court",
    "Nature du travail": "nature_travail",
    "Compétences requises": "competences",
    "Conditions de travail": "condition_travail",
    "Vie professionnelle": "vie_professionnelle",
    "Accès au métier": "acces_metier",
}


def parts_of(markdown: str) -> dict[str, list[str]]:
    """The lines under each heading and label of a sheet, cut anew, without the parser that is tested."""
    parts: dict[str, list[str]] = {"": []}
    name = ""
    for line in markdown.split("\n"):
        label = re.match(r"\*\*([\w ']+):\*\*(.*)", line)
        if label:
            name = label[1]
            parts[name] = [label[2]]
        elif line.startswith("## ") and line[3:].strip() in (*ELEMENTS, *LISTS):
            name = line[3:].strip()
            parts[name] = []
        else:
            parts[name].append(line)
    return parts


LISTS = ("Autres appellations", "Formations recommandées", "Centres d'intérêt")


def html_of(lines: list[str], new: bool) -> str:
    """Paragraphs and headings as ONISEP writes them; what was left of HTML stays."""
    found = []
    for line in lines:
        text = re.sub(r"&lt;(/?p|br/)&gt;", r"<\1>", escape(line.strip(" "), quote=False))
        text = text.replace("\u00a0", "&nbsp;" if new else "\u00a0").replace("é", "&eacute;" if new else "é")
        heading = re.match(r"(#+) (.*)", text)
        if heading:
            level = {"##": 3, "###": 5}[heading[1]]
            found.append(f"<h{level}>{heading[2]}</h{level}>")
        elif text in ("<p>", "</p>"):
            found.append(text)
        elif text:
            found.append(f"<p>{text}</p>")
    return "\n            ".join(found)


def bullets(lines: list[str]) -> list[str]:
    return [line[2:] for line in lines if line.startswith("- ")]


def metier_of(markdown: str, new: bool) -> str:
    """One <metier>, in the new shape of the feed or in the old one."""
    parts = parts_of(markdown)
    xml = [f"<identifiant>{parts['ID'][0].strip()}</identifiant>"]
    genders = [line.partition(": ")[2] for line in bullets(parts["Appellations"])]
    xml += names(parts[""][0].removeprefix("# "), genders)
    synonymes: list[list[str]] = []
    for line in parts.get("Autres appellations", []):
        if line.startswith("### "):
            synonymes.append([line[4:]])
        elif line.startswith("- "):
            synonymes[-1].append(line.partition(": ")[2])
    xml.append("<synonymes>")
    for title, *forms in synonymes:
        xml.append(f"<synonyme>{''.join(names(title, forms)) if new else escape(title)}</synonyme>")
    xml.append("</synonymes>")
    xml.append("<romesV3>" + "".join(f"<romeV3>{each}</romeV3>" for each in bullets(parts.get("Codes ROME", []))))
    xml.append("</romesV3>")
    for name, element in ELEMENTS.items():
        html = f"<![CDATA[\n{html_of(parts.get(name, []), new)}]]>" if name in parts else ""
        if element != "format_court" or not new:
            xml.append(f"<{element}>{html}</{element}>")
        else:
            xml.append(
                "<formats_courts><format_court><type>Fiche metier (Documentation)</type><libelle>x</libelle>"
                "<descriptif><![CDATA[<p>Un autre texte.</p>]]></descriptif></format_court>"
                f"<format_court><type>Dico des métiers</type><libelle>x</libelle><descriptif>{html}</descriptif>"
                "</format_court></formats_courts>"
                if "Durée des études" in "".join(parts[name])
                else f"<formats_courts><format_court><descriptif>{html}</descriptif></format_court></formats_courts>"
            )
    niveau = parts["Niveau d'accès minimum"][0].strip()
    xml.append(labelled("niveau_acces_min", "REF.1", niveau.capitalize() if "bac" in niveau and new else niveau, False))
    xml.append("<formations_min_requise>")
    for line in bullets(parts.get("Formations recommandées", [])):
        label, _, id = line.removesuffix(")").rpartition(" (ID: ")
        xml.append(labelled("formation_min_requise", id, label, False))
    xml.append("</formations_min_requise><statuts>")
    xml += [labelled("statut", "T-ITM.9", label, False) for label in bullets(parts.get("Statuts possibles", []))]
    xml.append("</statuts><centres_interet>")
    xml += [
        labelled("centre_interet", "T-IDEO2.1", label, new) for label in bullets(parts.get("Centres d'intérêt", []))
    ]
    xml.append("</centres_interet>")
    return f"<metier>\n    {''.join(xml)}\n</metier>"


def names(title: str, genders: list[str]) -> list[str]:
    feminin, masculin = genders
    return [
        f"<nom_metier>{escape(title)}</nom_metier>",
        f"<libelle_feminin>{escape(feminin)}</libelle_feminin>",
        f"<libelle_masculin>{escape(masculin)}</libelle_masculin>",
    ]


def labelled(name: str, id: str, label: str, as_attributes: bool) -> str:
    if as_attributes:
        return f'<{name} id="{id}" libelle="{escape(label)}"/>'
    return f"<{name}>\n        <id>{id}</id>\n        <libelle>{escape(label)}</libelle>\n    </{name}>"


def feed_of(metiers: list[str]) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<metiers>\n{"".join(metiers)}</metiers>\n'.encode()


def read(data: bytes) -> list[Fiche | SheetError]:
    return [job for _, job in feeds.read(io.BytesIO(data), "feed.xml")]


def read_one(inside: str, id: str = "MET.17") -> Any:
    head = f"<identifiant>{id}</identifiant><nom_metier>boulanger/ère</nom_metier>"
    (job,) = read(feed_of([f"<metier>{head}{inside}</metier>"]))
    return job


@pytest.fixture(scope="module")
def markdown(corpus_dir: Path) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted(corpus_dir.iterdir())]


@pytest.fixture(scope="module")
def parsed(markdown: list[str]) -> list[Fiche]:
    return [sheets.parse(text) for text in markdown]


def differences(feed: list[Fiche | SheetError], parsed: list[Fiche]) -> Iterator[tuple[str, str, Any, Any]]:
    for job, fiche in zip(feed, parsed, strict=True):
        for name in Fiche.__slots__:
            if getattr(job, name) != getattr(fiche, name):
                yield fiche.id, name, getattr(job, name), getattr(fiche, name)


def test_the_new_shape_gives_the_very_sheets_of_the_markdown(markdown: list[str], parsed: list[Fiche]) -> None:
    feed = read(feed_of([metier_of(text, new=True) for text in markdown]))
    assert list(differences(feed, parsed)) == []


def test_the_old_shape_gives_the_same_sheets_but_for_the_genders_of_synonyms(
    markdown: list[str], parsed: list[Fiche]
) -> None:
    feed = read(feed_of([metier_of(text, new=False) for text in markdown]))
    ungendered = [
        replace(
            fiche,
            autres_appellations=tuple(
                Appellation(each.title, each.title, each.title) for each in fiche.autres_appellations
            ),
        )
        for fiche in parsed
    ]
    assert list(differences(feed, ungendered)) == []


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc")
def test_a_feed_of_13_mb_is_read_in_less_than_100_mb_of_memory(markdown: list[str], tmp_path: Path) -> None:
    more = [text.replace("**ID:** MET.", "**ID:** MET.99") for text in markdown[:300]]
    data = feed_of([metier_of(text, new=True) for text in markdown + more])
    assert len(data) > 13_000_000
    (tmp_path / "feed.xml").write_bytes(data)
    code = (
        "import sys; from pathlib import Path; from search.sources import files;"
        "reading = files.read(sys.argv[1:], lambda what, done, total: None);"
        "print(len(reading.fiches), Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    told = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True).stdout
    fiches, kilobytes = map(int, told.split())
    assert fiches == len(markdown) + 300
    assert kilobytes < 100_000


def test_what_only_the_feed_holds_is_read() -> None:
    fiche = read_one(
        "<secteurs_activite><metier_transverse>non</metier_transverse>"
        '<secteur_activite id="T-IDEO2.1" libelle="Agroalimentaire"/></secteurs_activite>'
        "<metiers_associes><metier_associe><id>MET.152</id><libelle>pâtissier/ère</libelle></metier_associe>"
        "<metier_associe><id>../x</id><libelle>mauvais</libelle></metier_associe></metiers_associes>"
        "<sources_numeriques><source><valeur>https://example.org/a</valeur><commentaire>Le site</commentaire></source>"
        "<source><valeur>http://example.org</valeur><commentaire/></source>"
        "<source><valeur>javascript:alert(1)</valeur><commentaire>mauvais</commentaire></source></sources_numeriques>"
        "<publications><publication><code_librairie>9782273016506</code_librairie>"
        "<titre_publication>Les métiers de bouche</titre_publication><editeur>Onisep</editeur><annee>2023</annee>"
        "<collection>Parcours</collection></publication></publications>"
    )
    assert fiche.secteurs == ("Agroalimentaire",)
    assert fiche.associes == (MetierAssocie("MET.152", "pâtissier/ère"),)
    assert fiche.sources == (
        Source("https://example.org/a", "Le site"),
        Source("http://example.org", "http://example.org"),
    )
    assert fiche.publications == (Publication("Les métiers de bouche", "Parcours", "2023", "9782273016506"),)


def test_html_becomes_blocks() -> None:
    fiche = read_one(
        "<vie_professionnelle><![CDATA[\n  <h3>Salaire</h3>\n <h5>Salaire du\ndébutant</h5>\n"
        "<p>A partir de 1&#160;801&nbsp;euros\n brut par mois</p><h3>Intégrer le <em>marché</em></h3>"
        "<p>Du <b>pain</b> &amp; du vin<br/>ici</p><!-- non --><ul><li>un</li><li>deux</li></ul>"
        "]]></vie_professionnelle>"
    )
    assert fiche.section("vie_professionnelle") == (
        Block("Salaire", ""),
        Block("Salaire du débutant", "A partir de 1 801 euros brut par mois"),
        Block("Intégrer le marché", "Du pain & du vin\nici\n- un\n- deux"),
    )
    assert fiche.salaire_debutant == Salaire("A partir de 1 801 euros brut par mois", 1801, None)


def test_subtitles_have_the_levels_of_the_markdown(markdown: list[str], parsed: list[Fiche]) -> None:
    def levels(fiche: Fiche) -> list[tuple[str, int]]:
        return [(block.title, block.level) for section in fiche.sections.values() for block in section]

    feed = read(feed_of([metier_of(text, new=True) for text in markdown[:100]]))
    assert [levels(job) for job in feed if isinstance(job, Fiche)] == [levels(fiche) for fiche in parsed[:100]]


def test_containers_may_hold_one_child_or_none() -> None:
    fiche = read_one(
        "<synonymes/><romesV3><romeV3>D1102</romeV3></romesV3><formations_min_requise/>"
        "<formations_min_requise><formation_min_requise><id>FOR.1</id><libelle>CAP boulanger</libelle>"
        "</formation_min_requise></formations_min_requise><statuts></statuts><centres_interet>\n</centres_interet>"
        "<formats_courts/><nature_travail/>"
        "<niveau_acces_min><id/><libelle>CAP OU ÉQUIVALENT</libelle></niveau_acces_min>"
    )
    assert (fiche.rome, fiche.formations) == ((Rome("D1102"),), (Formation("CAP boulanger", "FOR.1"),))
    assert (fiche.statuts, fiche.sections) == ((), {})
    assert fiche.niveau == "CAP ou équivalent"


def test_a_bare_job_is_a_sheet() -> None:
    assert read_one("") == Fiche("MET.17", "boulanger/ère", "boulanger/ère", "boulanger/ère", "")


@pytest.mark.parametrize("id", ["", "17", "MET.", "MET.0", "MET.1x", "../MET.1"])
def test_a_job_with_a_bad_id_is_refused_with_its_line(id: str) -> None:
    good = "<metier><identifiant>MET.1</identifiant><nom_metier>a</nom_metier></metier>"
    bad = f"\n<metier><identifiant>{id}</identifiant><nom_metier>b</nom_metier></metier>"
    first, refused = read(feed_of([good, bad]))
    assert isinstance(first, Fiche)
    assert isinstance(refused, SheetError)
    assert refused.line == 4


def test_a_job_without_a_name_is_refused() -> None:
    (refused,) = read(feed_of(["<metier><identifiant>MET.1</identifiant><nom_metier> </nom_metier></metier>"]))
    assert "MET.1 has no <nom_metier>" in str(refused)


BOMB = """<?xml version="1.0"?><!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<metiers><metier><identifiant>&b;</identifiant></metier></metiers>"""

OUTSIDE = """<?xml version="1.0"?><!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<metiers><metier><identifiant>&x;</identifiant></metier></metiers>"""


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (BOMB.encode(), "forbidden XML"),
        (OUTSIDE.encode(), "forbidden XML"),
        (b'<!DOCTYPE metiers SYSTEM "http://127.0.0.1/x.dtd"><metiers/>', "forbidden XML"),
        (b"<metiers><metier><identifiant>MET.1</identifiant>", "feed.xml:1: broken XML"),
        (b"<metiers>\n<metier>\n</metiers>", "feed.xml:3: broken XML"),
        (b"<metiers><metier>" + b"x" * 1_100_000 + b"</metier></metiers>", "over 1,000,000 characters"),
        (b"<metiers><metier>" + b"<a>" * 600_000, "over 1,000,000 characters"),
    ],
)
def test_a_dangerous_or_broken_file_is_refused_whole(data: bytes, reason: str) -> None:
    with pytest.raises(SheetError, match=re.escape(reason)):
        read(data)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=200))
def test_any_html_is_blocks_without_tags_or_odd_blanks(html: str) -> None:
    for block in html_blocks.blocks(f"<h5>{html}</h5><p>{html}</p>"):
        assert block.title == " ".join(block.title.split())
        assert all(line == " ".join(line.split()) for line in block.text.split("\n"))


@pytest.mark.parametrize("piece", ["<", "<a", "<!--", "</", "</h5", "&", "<p ", "<br", "<h1>", "<h5", "-", "<!---"])
def test_hostile_html_takes_no_more_steps_than_its_length_says(piece: str) -> None:
    def steps(text: str) -> int:
        patterns = (html_blocks._HEADING, html_blocks._END)
        return of_function(html_blocks.blocks, text) + sum(of_pattern(each, text) for each in patterns)

    assert grows_evenly(steps, piece)
    assert grows_evenly(steps, piece, before="<!--")


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("Onisep_Ideo_Fiches_Metiers_15102025.xml", "2025-10-15"),
        ("5fe0808a2da6f.zip", ""),
        ("metiers_99992025.xml", ""),
        ("metiers.xml", ""),
    ],
)
def test_the_date_of_a_feed_is_in_its_name(name: str, date: str) -> None:
    assert feeds.date_of(name) == date


# --- XML as others write it ------------------------------------------------------------------------------

TITLE = "chef de chœur – l’été…"
CHOEUR = f"<metiers><metier><identifiant>MET.1</identifiant><nom_metier>{TITLE}</nom_metier></metier></metiers>"


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("UTF-8", "utf-8"),
        ("UTF-8", "utf-8-sig"),
        ("UTF-16", "utf-16"),
        ("windows-1252", "cp1252"),
        ("ISO-8859-1", "cp1252"),
        ("iso-8859-1", "cp1252"),
        ("cp1252", "cp1252"),
        ("ISO-8859-15", "iso-8859-15"),
        ("macintosh", "mac-roman"),
        ("UTF8", "utf-8"),
        ("utf_8", "utf-8"),
        ("U8", "utf-8-sig"),
        ("UTF-16LE", "utf-16-le"),
        ("IBM858", "cp858"),
        ("ISO-8859-1", "utf-8"),
        ("windows-1252", "utf-8"),
        ("ISO-8859-15", "utf-8"),
        ("US-ASCII", "utf-8"),
        ("US-ASCII", "cp1252"),
        ("utf-8-sig", "utf-8-sig"),
    ],
)
def test_each_letter_of_each_encoding_is_read(declared: str, encoding: str) -> None:
    title = {"iso-8859-15": "chef de chœur, l'été", "cp858": "chef, l'été, 30 €"}.get(encoding, TITLE)
    text = CHOEUR.replace(TITLE, title)
    (job,) = read(f'<?xml version="1.0" encoding="{declared}"?>{text}'.encode(encoding))
    assert isinstance(job, Fiche)
    assert job.title == title


@pytest.mark.parametrize("before", ["\n", "\r\n \t\n"])
def test_empty_lines_before_the_declaration_change_nothing_but_the_numbers_of_lines(before: str) -> None:
    text = f'{before}<?xml version="1.0" encoding="ISO-8859-1"?>\n{CHOEUR}'
    (job,) = read(text.encode("cp1252"))
    assert isinstance(job, Fiche)
    assert job.title == TITLE
    with pytest.raises(SheetError) as caught:
        read(text.replace("</metiers>", "").encode("cp1252"))
    assert caught.value.line == 2 + before.count("\n")


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("klingon", "utf-8"),
        ("Shift_JIS", "utf-8"),
        ("UTF-7", "utf-8"),
        ("rot13", "utf-8"),
        ("base64", "utf-8"),
        ("idna", "utf-8"),
        ("UTF-32", "utf-32"),
        ("UTF-16", "utf-8"),
        ("UTF-8", "cp1252"),
        ("UTF8", "cp1252"),
        ("UTF-16", "cp1252"),
        ("UTF-32-BE", "utf-8"),
        ("ISO-10646-UCS-4", "utf-8"),
        ("punycode", "utf-8"),
        ("undefined", "utf-8"),
        ("gb18030", "gb18030"),
        ("utf 8", "utf-8"),
        ("", "utf-8"),
        ("a" * 10_000, "utf-8"),
    ],
)
def test_what_cannot_be_decoded_is_refused_by_name(declared: str, encoding: str) -> None:
    with pytest.raises(SheetError, match=r"feed\.xml"):
        read(f'<?xml version="1.0" encoding="{declared}"?>{CHOEUR}'.encode(encoding))


@pytest.mark.parametrize("before", ["<a b='", "<!--", "<?x ", "<aaaa"])
def test_a_tag_without_an_end_is_refused_before_it_is_read_again_and_again(before: str) -> None:
    class Counted(io.BytesIO):
        pieces = 0

        def read(self, size: int | None = -1) -> bytes:
            self.pieces += 1
            return super().read(size)

    file = Counted(f"<metiers><metier>{before}".encode() + b"x" * 5_000_000)
    with pytest.raises(SheetError, match="1,000,000 characters"):
        list(feeds.read(file, "feed.xml"))
    assert file.pieces < 30


def test_a_record_is_bounded_whatever_it_is_made_of() -> None:
    names = "".join(f"<a{'b' * 1_000}{number}/>" for number in range(1_000))
    attributes = "<a " + " ".join(f"b{number}='c'" for number in range(20_000)) + "/>"
    for inside in (names, attributes, "<a/>" * 20_000, f"<a b='{'c' * 900_000}'/>" * 2):
        with pytest.raises(SheetError, match="a record is over 1,000,000 characters"):
            read(feed_of([f"<metier>{inside}</metier>"]))


def test_a_feed_of_too_many_jobs_is_refused_whole() -> None:
    jobs = feed_of([f"<metier><identifiant>x{number}</identifiant></metier>" for number in range(feeds.MAX_JOBS + 1)])
    with pytest.raises(SheetError, match="over 50,000 jobs"):
        read(jobs)


def test_prefixes_and_pieces_of_cdata_change_nothing() -> None:
    data = (
        b'<o:metiers xmlns:o="x"><o:metier><o:identifiant>MET.1</o:identifiant>'
        b"<o:nom_metier>a<![CDATA[b]]>c<![CDATA[ & d]]></o:nom_metier></o:metier></o:metiers>"
    )
    (job,) = read(data)
    assert isinstance(job, Fiche)
    assert job.title == "abc & d"


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        ("<p>Du <b>bon</b> pain.</p><p>Frais.</p>", "Du bon pain.\nFrais."),
        ("Du <EM>bon</EM> pain.", "Du bon pain."),
        ("<div><ul><li>un</li><li>deux</li></ul></div>", "- un\n- deux"),
        ("<![CDATA[<p>Du]]> <texte>bon <b>pain</b></texte>.", "Du bon pain ."),
        ("<h:p xmlns:h='x'>Du pain.</h:p>", "Du pain."),
        ("a &lt; b <br/>&amp;eacute;", "a < b\né"),
    ],
)
def test_html_that_is_not_quoted_is_read_too(inside: str, text: str) -> None:
    fiche = read_one(f"<accroche_metier>{inside}</accroche_metier>")
    assert fiche.section("presentation") == (Block("", text),)
    assert left_out(f"<accroche_metier>{inside}</accroche_metier>") == []


def test_names_may_hold_html_too() -> None:
    fiche = read_one("<statuts><statut><libelle>salarié <i>du privé</i></libelle></statut></statuts>")
    assert fiche.statuts == ("salarié du privé",)
    (job,) = read(
        feed_of(["<metier><identifiant>MET.1</identifiant><nom_metier><b>boulanger</b></nom_metier></metier>"])
    )
    assert isinstance(job, Fiche)
    assert job.title == "boulanger"


def left_out(inside: str) -> list[tuple[int, str]]:
    told: list[tuple[int, str]] = []
    head = "<identifiant>MET.17</identifiant><nom_metier>b</nom_metier>"
    file = io.BytesIO(feed_of([f"<metier>{head}{inside}</metier>"]))
    list(feeds.read(file, "feed.xml", lambda line, what: told.append((line, what))))
    return told


@pytest.mark.parametrize(
    ("inside", "what"),
    [
        ("<nouveau>mot</nouveau>", "<nouveau> is not known"),
        ("<nouveau><a><b c='mot'/></a></nouveau>", "<nouveau> is not known"),
        ("mot", "text outside of any element"),
        ("<format_court>un</format_court><format_court>deux</format_court>", "of several <format_court> one is shown"),
        ("<sources_numeriques><source><valeur>ftp://a</valeur></source></sources_numeriques>", "'ftp://a' is no web"),
        ("<accroche_metier>a</accroche_metier><accroche_metier>b</accroche_metier>", "<accroche_metier> again"),
        (
            "<niveau_acces_min>3E</niveau_acces_min><niveau_acces_min>bac + 2</niveau_acces_min>",
            "<niveau_acces_min> again",
        ),
        ("<competences titre='x'>a</competences>", 'the attribute titre="…" of <competences> is not known'),
        ("<statuts><statut note='x'>a</statut></statuts>", 'the attribute note="…" of <statut> is not known'),
        ("<nom_metier>meunier</nom_metier>", "<nom_metier> again"),
        (
            "<niveau_acces_min><libelle>BTS</libelle></niveau_acces_min>",
            "level « BTS » is not on the scale (sans diplôme, …, bac + 9 et plus)",
        ),
        ("<statuts><statut><libelle>a</libelle><note>b</note></statut></statuts>", "<note> in <statut> is not known"),
        ("<statuts><etat>libre</etat></statuts>", "<etat> in <statuts> is not known"),
        ("<synonymes>meunier</synonymes>", "text in <synonymes> outside of any element"),
        ("<romesV3><rome code='D1102'/></romesV3>", "<rome> in <romesV3> is not known"),
        (
            "<metiers_associes><metier_associe><id>1</id><libelle>x</libelle></metier_associe></metiers_associes>",
            "« x »",
        ),
    ],
)
def test_what_lands_nowhere_is_told_with_its_line(inside: str, what: str) -> None:
    ((line, told),) = left_out(inside)
    assert line == 3
    assert what in told


@pytest.mark.parametrize(
    ("inside", "codes"),
    [
        ("<romeV3>D1102 - Boulangerie</romeV3>", (Rome("D1102", "Boulangerie"),)),
        ("<romeV3>d1102;D1104</romeV3>", (Rome("D1102"), Rome("D1104"))),
        ("<romeV3><code>D1102</code><libelle>Boulangerie</libelle></romeV3>", (Rome("D1102", "Boulangerie"),)),
        ('<romeV3 code="D1102" libelle="Boulangerie"/>', (Rome("D1102", "Boulangerie"),)),
    ],
)
def test_codes_of_the_rome_are_read_however_they_are_written(inside: str, codes: tuple[Rome, ...]) -> None:
    assert read_one(f"<romesV3>{inside}</romesV3>").rome == codes


@pytest.mark.parametrize(
    "subtitle",
    [
        "<h4>Salaire du débutant :</h4>",
        "<p><strong>Salaire du d&eacute;butant</strong></p>",
        "<H5>SALAIRE DU DEBUTANT</H5>",
    ],
)
def test_the_salary_is_read_however_its_subtitle_is_written(subtitle: str) -> None:
    html = f"<![CDATA[{subtitle}<p>A partir de 1802 euros brut par mois</p>]]>"
    salaire = read_one(f"<vie_professionnelle>{html}</vie_professionnelle>").salaire_debutant
    assert salaire == Salaire("A partir de 1802 euros brut par mois", 1802, None)


def test_what_is_read_is_not_told() -> None:
    assert (
        left_out("<nouveau> </nouveau><statuts><statut>salarié</statut></statuts><format_court>un</format_court>") == []
    )
    assert read_one("<statuts><statut>salarié</statut></statuts>").statuts == ("salarié",)


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ("<libelle_feminin>" + "a" * 1_000 + "</libelle_feminin>", "1,000 characters for a name in feminin"),
        ("<statuts>" + "<statut><libelle>a</libelle></statut>" * 400 + "</statuts>", "400 items in statuts"),
        ("<nature_travail>" + "&lt;p&gt;mots" * 50_000 + "</nature_travail>", "characters of text"),
    ],
)
def test_a_job_beyond_the_bounds_is_refused_with_its_line(inside: str, reason: str) -> None:
    refused = read_one(inside)
    assert isinstance(refused, SheetError)
    assert refused.line == 3
    assert reason in refused.reason
