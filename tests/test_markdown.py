"""A sheet in Markdown -> a Fiche, and what a whole corpus of them holds."""

import json
import re
import unicodedata
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from steps import grows_evenly, of_fullmatch, of_function, of_match

from search.errors import SheetError
from search.fiche import AUTRE_FORMATION, NIVEAUX, Appellation, Block, Fiche, Formation, Rome, Salaire
from search.fields import WRITTEN
from search.index.fiche_json import fiche_from_json, fiche_to_json
from search.sources import markdown, markdown_lines
from search.sources.sheet_facts import DUREE_ETUDES

MINIMAL = "# boulanger/ère\n**ID:** MET.17\n"


@pytest.fixture(scope="module")
def corpus(corpus_dir: Path) -> list[Fiche]:
    return [markdown.read(path) for path in sorted(corpus_dir.iterdir())]


@pytest.fixture(scope="module")
def production(seeds_dir: Path) -> Fiche:
    """MET.242, one of the seeds."""
    return next(fiche for path in seeds_dir.iterdir() if (fiche := markdown.read(path)).id == "MET.242")


def test_titles_are_read_in_both_genders(production: Fiche) -> None:
    assert (production.title, production.feminin, production.masculin) == (
        "ingénieur/e production en mécanique",
        "ingénieure production en mécanique",
        "ingénieur production en mécanique",
    )
    assert production.autres_appellations == (
        Appellation(
            "ingénieur/e de fabrication mécanique",
            "ingénieure de fabrication mécanique",
            "ingénieur de fabrication mécanique",
        ),
    )


def test_lists_are_read_to_their_end(production: Fiche) -> None:
    assert production.rome == (Rome("H2502"),)
    assert production.niveau == "bac + 5"
    assert production.statuts == ("salarié",)
    assert production.interets == ("j'aime organiser, gérer", "je me passionne pour les nouvelles technologies")
    assert len(production.formations) == 14
    assert production.formations[1] == Formation("master mention gestion de production, logistique, achats", "FOR.4772")


def test_sections_are_subtitled_blocks(production: Fiche) -> None:
    assert [block.title for block in production.section("nature_travail")] == [
        "Responsable de A à Z",
        "Gestionnaire et chef d'équipe",
        "Décisionnaire",
    ]
    assert production.section("acces_metier")[1] == Block(
        "Niveau bac + 5", "Diplôme d'ingénieur généraliste ou spécialité mécanique\nMaster mention mécanique"
    )


def test_the_length_of_studies_is_parted_from_en_bref(production: Fiche) -> None:
    assert [block.title for block in production.section("en_bref")] == [""]
    assert [block.title for block in production.duree_etudes] == ["Après le bac"]
    assert production.duree_etudes[0].text.startswith("Bac + 5: diplôme d'ingénieur")


def test_headings_of_any_level_are_blocks_of_the_section_they_stand_in(production: Fiche) -> None:
    assert [block.title for block in production.section("vie_professionnelle")] == [
        "Salaire",
        "Salaire du débutant",
        "Intégrer le marché du travail",
        "Présent dans de nombreux secteurs",
        "Manager ou commercial",
        "Évolution transversale",
    ]
    assert production.salaire_debutant == Salaire("A partir de 2667 euros brut par mois", 2667, None)


def test_each_subtitle_keeps_its_level(production: Fiche) -> None:
    assert [(block.title, block.level) for block in production.section("vie_professionnelle")] == [
        ("Salaire", 2),
        ("Salaire du débutant", 3),
        ("Intégrer le marché du travail", 2),
        ("Présent dans de nombreux secteurs", 3),
        ("Manager ou commercial", 3),
        ("Évolution transversale", 3),
    ]
    assert [block.level for block in production.section("en_bref")] == [0]


def test_a_label_needs_no_blank_line_before_it() -> None:
    text = MINIMAL + "**Appellations:**\n- Féminin: boulangère\n- Masculin: boulanger\n**Codes ROME:**\n- D1102\n"
    fiche = markdown.parse(text)
    assert (fiche.feminin, fiche.masculin, fiche.rome) == ("boulangère", "boulanger", (Rome("D1102"),))


def test_no_break_spaces_in_headings_are_ordinary_ones() -> None:
    fiche = markdown.parse(MINIMAL + "## En bref\nVite.\n            ## \u00a0Après le bac\n2 ans\u00a0!\n")
    assert fiche.section("en_bref") == (Block("", "Vite."), Block("Après le bac", "2 ans !"))


def test_leftover_html_is_removed() -> None:
    fiche = markdown.parse(MINIMAL + "## Accès au métier\n<p>\n   DE d'alpinisme\n\n</p>\nou<br/>BTS\n")
    assert fiche.section("acces_metier") == (Block("", "DE d'alpinisme\nou\nBTS"),)


def test_a_subtitle_that_names_a_section_stays_a_subtitle() -> None:
    text = MINIMAL + "## Nature du travail\n### Compétences requises\nSavoir.\n            ## Présentation\nDire.\n"
    assert [block.title for block in markdown.parse(text).section("nature_travail")] == [
        "Compétences requises",
        "Présentation",
    ]


def test_a_known_word_in_c_sharp_is_no_heading() -> None:
    assert markdown.parse(MINIMAL + "## Présentation\n#C et C# : des langages\n").section("presentation") == (
        Block("", "#C et C# : des langages"),
    )


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_endings_and_a_byte_order_mark_change_nothing(ending: str) -> None:
    text = MINIMAL + "## Présentation\n\nDu pain.\n"
    assert markdown.from_bytes(b"\xef\xbb\xbf" + text.replace("\n", ending).encode(), "x") == markdown.parse(text)


def test_a_bare_sheet_is_a_sheet() -> None:
    assert markdown.parse(MINIMAL) == Fiche("MET.17", "boulanger/ère", "boulanger/ère", "boulanger/ère", "")


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (b"", 0, "empty"),
        (b" \n\n", 0, "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", 0, "not text"),
        ("# boulanger/ère\n**ID:** MET.17\n## Présentation\nnoté".encode("latin-1"), 1, "UTF-8"),
        (b"# x\n**ID:** MET.17\n\xff\n", 3, "UTF-8"),
        (b"**ID:** MET.17\n", 1, "no title"),
        (b"#  \n**ID:** MET.17\n", 1, "no title"),
        (b"# boulanger\n", 0, "no ID"),
        (b"# boulanger\n\n**ID:** MET.x\n", 3, "MET.x"),
        (b"# boulanger\n\n**ID:** ../../etc/passwd\n", 3, "impossible ID"),
        (b"# boulanger\n**ID:** MET.17\n" + b"x" * 5_000_000, 0, "too big"),
    ],
)
def test_r6_a_bad_file_is_told_with_its_line_and_its_fault(tmp_path: Path, data: bytes, line: int, reason: str) -> None:
    path = tmp_path / "fiche.md"
    path.write_bytes(data)
    with pytest.raises(SheetError, match=re.escape(reason)) as caught:
        markdown.read(path)
    assert (caught.value.path, caught.value.line) == (str(path), line)


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="cannot be read"):
        markdown.read(tmp_path / "absent.md")


@pytest.mark.parametrize(
    "piece",
    [
        "# ",
        "## ",
        "**ID:** ",
        "- ",
        "**a",
        "### x\n",
        "(ID: FOR.1)",
        "- a (ID: FOR",
        "# a\n**ID:** MET.1\n",
        "```\n",
        " ",
        ":",
        "a\n==\n",
        "{",
        "\n",
    ],
)
def test_hostile_text_takes_no_more_steps_than_its_length_says(piece: str) -> None:
    def steps(started: str) -> int:
        text = f"{started}!"  # so that no line ends as an expression wants
        patterns = [each for module in (markdown, markdown_lines) for each in vars(module).values()]
        lines = [(each, line) for each in patterns if isinstance(each, re.Pattern) for line in text.split("\n")]
        matched = sum(of_match(each, line) + of_fullmatch(each, line) for each, line in lines)
        return of_function(markdown.parse, text) + matched

    for heading in (
        "## Formations recommandées\n",
        "## En bref\n",
        "## Autres appellations\n",
        "**Appellations:**\n",
        ":::",
    ):
        assert grows_evenly(steps, piece, before=MINIMAL + heading)


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_a_sheet_or_a_sheet_error(data: bytes) -> None:
    for each in (data, MINIMAL.encode() + b"## En bref\n" + data):
        with suppress(SheetError):
            fiche = markdown.from_bytes(each, "x")
            assert fiche.title
            assert fiche_from_json(json.loads(json.dumps(fiche_to_json(fiche)))) == fiche


def test_the_corpus_is_read_whole(corpus: list[Fiche]) -> None:
    assert len(corpus) == len({fiche.id for fiche in corpus}) == 1043
    assert sum("/" in fiche.title for fiche in corpus) == 774


def test_the_corpus_holds_the_known_levels(corpus: list[Fiche]) -> None:
    assert Counter(fiche.niveau for fiche in corpus) == {
        "bac + 5": 313,
        "CAP ou équivalent": 196,
        "bac + 2": 178,
        "bac ou équivalent": 132,
        "bac + 3": 131,
        "bac + 8": 23,
        "bac + 9 et plus": 15,
        "bac + 7": 12,
        "bac + 4": 9,
        "autre formation": 8,
        "bac + 6": 7,
        "3E": 6,
        "bac + 1": 4,
        "sans diplôme": 4,
        "diplôme national du brevet": 4,
        "CAP ou équivalent + 1 an": 1,
    }
    assert {fiche.niveau for fiche in corpus} == {*NIVEAUX, AUTRE_FORMATION}


def test_the_corpus_holds_the_known_statuses_and_interests(corpus: list[Fiche]) -> None:
    assert Counter(statut for fiche in corpus for statut in fiche.statuts) == {
        "salarié": 881,
        "fonctionnaire": 240,
        "indépendant": 137,
        "artisan": 102,
        "libéral": 47,
        "intermittent du spectacle": 38,
        "saisonnier": 35,
        "militaire": 13,
        "contrat de volontariat": 6,
    }
    assert len({interet for fiche in corpus for interet in fiche.interets}) == 32


def test_the_corpus_holds_the_known_sections(corpus: list[Fiche]) -> None:
    assert {field.name: sum(bool(fiche.section(field.name)) for fiche in corpus) for field in WRITTEN} == {
        "presentation": 1043,
        "en_bref": 1043,
        "nature_travail": 855,
        "competences": 855,
        "conditions_travail": 855,
        "vie_professionnelle": 866,
        "acces_metier": 858,
    }
    names = Fiche.__slots__[6:]
    assert {name: sum(bool(getattr(fiche, name)) for fiche in corpus) for name in names} == {
        "duree_etudes": 1039,
        "autres_appellations": 716,
        "rome": 919,
        "formations": 945,
        "statuts": 1038,
        "interets": 1027,
        "salaire_debutant": 866,
        "domaines": 0,
        "secteurs": 0,
        "associes": 0,
        "sources": 0,
        "publications": 0,
        "gfe": 0,
        "noms": 0,
    }
    sections = ("nature_travail", "competences", "conditions_travail", "vie_professionnelle")
    short = [fiche for fiche in corpus if not any(fiche.section(name) for name in sections[:3])]
    assert len(short) == 188
    # Eleven of the short sheets tell a salary all the same.
    assert sum(not fiche.section("vie_professionnelle") for fiche in short) == 177


def test_the_corpus_holds_the_known_lists(corpus: list[Fiche]) -> None:
    assert Counter(len(fiche.rome) for fiche in corpus).keys() == {0, 1, 2, 3, 4}
    counts = [len(fiche.formations) for fiche in corpus if fiche.formations]
    assert (min(counts), max(counts)) == (1, 32)
    formations = [formation for fiche in corpus for formation in fiche.formations]
    assert all(re.fullmatch(r"FOR\.\d+", formation.id) and formation.label for formation in formations)
    odd = [code.code for fiche in corpus for code in fiche.rome if not re.fullmatch(r"[A-N]\d{4}", code.code)]
    assert sorted(odd) == ["A15", "K15"]


def test_the_corpus_holds_the_known_salaries(corpus: list[Fiche]) -> None:
    salaires = [fiche.salaire_debutant for fiche in corpus if fiche.salaire_debutant]
    amounts = [salaire.min for salaire in salaires if salaire.min is not None]
    assert (len(salaires), len(amounts)) == (866, 760)
    assert (min(amounts), max(amounts)) == (800, 5000)
    assert sum(salaire.max is not None for salaire in salaires) == 126
    assert all(salaire.min <= salaire.max for salaire in salaires if salaire.min and salaire.max)


def test_every_text_of_the_corpus_is_clean(corpus: list[Fiche]) -> None:
    dirty = re.compile(r"[^\S \n]|  |^\s|\s$|\n\n|</?[a-z]|&[a-z#0-9]+;|[\x00-\x09\x7f-\x9f\u00ad\u0300-\u036f]", re.I)
    for fiche in corpus:
        for section in (*fiche.sections.values(), fiche.duree_etudes):
            for block in section:
                assert not dirty.search(block.title), (fiche.id, block.title)
                assert not dirty.search(block.text), (fiche.id, dirty.search(block.text))
                assert "\n" not in block.title


def test_nothing_that_a_sheet_says_is_lost(corpus: list[Fiche], corpus_dir: Path) -> None:
    """Every word of every file is somewhere in its Fiche."""
    frame = set(re.findall(r"\w+", " ".join((*markdown.LABELS, *markdown.HEADINGS, DUREE_ETUDES, "<p> <br/>"))))
    frame |= {"Féminin", "Masculin"}
    for path in corpus_dir.iterdir():
        raw = unicodedata.normalize("NFC", path.read_text(encoding="utf-8")).replace("\u00ad", "")
        kept = repr(markdown.read(path)).replace("\\n", "\n").replace("\\'", "'")
        assert set(re.findall(r"\w+", raw)) - frame <= set(re.findall(r"\w+", kept)), path.name


# --- Markdown as others write it -------------------------------------------------------------------------


def parsed(text: str) -> list[markdown.Parsed]:
    return list(markdown.sheets(text.encode(), "a.md"))


def told(text: str) -> tuple[str, ...]:
    """What landed nowhere."""
    return tuple(note for each in parsed(text) for note in each.notes)


@pytest.mark.parametrize(
    "heading",
    [
        "## Présentation ##",
        "## Présentation ######  ",
        "##\tPrésentation",
        "##\u00a0Présentation\u00a0",
        "##Présentation",
        "  ## Présentation",
        "# Présentation",
        "## PRESENTATION",
        "## présentation :",
        "## Pre\u0301sentation",
        "## **Présentation**",
        "## __Présentation__ {#presentation}",
        "**Présentation**",
        "**Présentation :**",
        "Présentation\n------------",
        "Présentation\n============",
        "## Pr&eacute;sentation",
        "\ufeff## Présentation",
        "<!-- x -->## Présentation",
        "<h2>Présentation</h2>",
        "## 1. Présentation",
        "## [Présentation](#presentation)",
        '  <H2 id="presentation">Présentation</H2>',
        "## ~~Présentation~~",
        "## « Présentation »",
        '## "Présentation" …',
        "## ✨ Présentation ▼",
        "## Présentation\\",
        "## II. Présentation",
        "## a) Présentation",
        "***Présentation***",
        "*Présentation*",
        "_Présentation_",
        "##\u3000Présentation\u200b",
        '## <a name="x"></a><b>Présentation</b><br>',
        "## 1.1 Présentation",
        "## 2 – Présentation",
        "## IV - Présentation",
        "## Présentations",
        "<h2 class='x'>\nPrésentation\n</h2>",
        "> ## Présentation",
    ],
)
def test_a_section_is_known_however_its_heading_is_written(heading: str) -> None:
    fiche = markdown.parse(f"{MINIMAL}\n{heading}\n\nDu pain.\n\n## En bref\nVite.\n")
    assert (fiche.section("presentation"), fiche.section("en_bref")) == (
        (Block("", "Du pain."),),
        (Block("", "Vite."),),
    )
    assert told(f"{MINIMAL}\n{heading}\n\nDu pain.\n") == ()


@pytest.mark.parametrize(
    "label",
    [
        "**ID:** MET.17",
        "**ID**: MET.17",
        "**ID :** met.17",
        "__ID:__ MET.17 \u00a0",
        "- **ID:** MET.17",
        "## ID\n\nMET.17",
        "**ID: MET.17**",
        "**ID:** `MET.17`",
        "**ID:** [MET.17](https://www.onisep.fr/metier/MET.17)",
        "**ID:** MET\\.17",
        "> **ID:** MET.17",
    ],
)
def test_a_label_is_known_however_it_is_written(label: str) -> None:
    assert markdown.parse(f"# boulanger\n{label}\n").id == "MET.17"


@pytest.mark.parametrize(
    "bullet",
    ["- ", "* ", "+ ", "• ", "-\t", "-\u00a0", "1. ", "2) ", "– ", "  * ", "▪ ", "●", "→ ", "✓\t", "- [ ] ", "* [x] "],
)
def test_a_list_is_one_whatever_its_bullets(bullet: str) -> None:
    text = f"{MINIMAL}**Statuts possibles:**\n{bullet}salarié\n\n{bullet}artisan\n  d'art\n"
    assert markdown.parse(text).statuts == ("salarié", "artisan d'art")
    assert told(text) == ()


@pytest.mark.parametrize(
    ("written", "niveau"),
    [
        ("bac+2", "bac + 2"), ("Bac +2.", "bac + 2"), ("BAC\u00a0+\u00a02", "bac + 2"), ("« bac + 2 »", "bac + 2"),
        ("**bac + 2**", "bac + 2"), ("bac plus 2", "bac + 2"), ("niveau bac + 2", "bac + 2"),
        ("CAP OU EQUIVALENT", "CAP ou équivalent"), ("sans diplome", "sans diplôme"), ("BTS", "BTS"),
        ("bac + 5 et plus", "bac + 5 et plus"), ("-", ""), ("—", ""), ("…", ""), ("?", ""), ("", ""), ("N/A", ""),
        ("NC", ""), ("(néant)", ""), ("null", ""), ("Non renseigné", ""), ("non communiquée.", ""),
    ],
)  # fmt: skip
def test_a_level_is_known_however_it_is_written_and_none_is_none(written: str, niveau: str) -> None:
    text = f"{MINIMAL}**Niveau d'accès minimum:** {written}\n"
    assert markdown.parse(text).niveau == niveau
    is_odd = niveau in ("BTS", "bac + 5 et plus")
    assert [f"a.md:3: level « {niveau} » is not on the scale" in note for note in told(text)] == [True] * is_odd


FRONT = """---
# written by a tool
title: "boulanger / boulangère"
id: 'MET.17'
niveau: cap ou équivalent
rome: [D1102, "D1104"]
statuts:
  - salarié

  - artisan
tags: [pain, four]
centres_interet: cuisiner
---
"""


def test_front_matter_is_read_as_the_labels_of_a_sheet() -> None:
    fiche = markdown.parse(FRONT.replace("centres_interet", "interets") + "\n## Présentation\nDu pain.\n")
    assert (fiche.id, fiche.title, fiche.niveau) == ("MET.17", "boulanger / boulangère", "CAP ou équivalent")
    assert (fiche.rome, fiche.statuts) == ((Rome("D1102"), Rome("D1104")), ("salarié", "artisan"))
    assert fiche.interets == ("cuisiner",)
    assert fiche.sections == {"presentation": (Block("", "Du pain."),)}


def test_of_front_matter_what_has_no_place_is_told_and_the_sheet_itself_stands() -> None:
    notes = told(FRONT + "# fournier\n**ID:** MET.18\n")
    assert markdown.parse(FRONT + "# fournier\n**ID:** MET.18\n").id == "MET.18"
    assert markdown.parse(FRONT + "# fournier\n**ID:** MET.18\n").title == "fournier"
    assert "before the title left out: « written by a tool »" in "".join(notes)
    assert "« tags: pain; four »" in "".join(notes)


@pytest.mark.parametrize("text", ["---\n\n" + "{}", "---\nDu pain, sans nom.\n---\n{}", "\n---\na: b\n{}"])
def test_a_rule_begins_no_front_matter(text: str) -> None:
    assert markdown.parse(text.format(MINIMAL)).id == "MET.17"


def test_a_list_may_have_no_bullets() -> None:
    text = (
        f"{MINIMAL}**Statuts possibles:**\nsalarié\nartisan\n\n## Formations recommandées\n\n"
        "CAP boulanger (ID: FOR.1)\n\nBP boulanger (ID: FOR.2)\n\n## Autres appellations\nfournier\n"
    )
    fiche = markdown.parse(text)
    assert fiche.statuts == ("salarié", "artisan")
    assert fiche.formations == (Formation("CAP boulanger", "FOR.1"), Formation("BP boulanger", "FOR.2"))
    assert [each.title for each in fiche.autres_appellations] == ["fournier"]
    assert told(text) == ()


@pytest.mark.parametrize("prose", ["Il n'y en a pas.", "Selon les régions :", "x" * 121])
def test_prose_in_a_list_without_bullets_is_no_item_and_is_told(prose: str) -> None:
    text = f"{MINIMAL}**Statuts possibles:**\nsalarié\n{prose}\n"
    assert markdown.parse(text).statuts == ("salarié",)
    assert "a.md:5: 1 line under « Statuts possibles »" in told(text)[0]


def test_deeper_headings_part_a_sheet_that_has_no_others() -> None:
    fiche = markdown.parse(MINIMAL + "### Présentation\nDu pain.\n\n### En bref\nVite.\n#### Après\nBien.\n")
    assert fiche.sections == {
        "presentation": (Block("", "Du pain."),),
        "en_bref": (Block("", "Vite."), Block("Après", "Bien.")),
    }


def test_subtitles_part_a_list_and_are_told() -> None:
    text = (
        MINIMAL + "## Formations recommandées\n### Niveau CAP\n- CAP (ID: FOR.1)\n\n### Niveau bac\n- BP (ID: FOR.2)\n"
    )
    assert markdown.parse(text).formations == (Formation("CAP", "FOR.1"), Formation("BP", "FOR.2"))
    assert "2 lines under « Formations recommandées » left out: « Niveau CAP »" in told(text)[0]


def test_items_may_follow_the_label_itself() -> None:
    fiche = markdown.parse(MINIMAL + "**Codes ROME:** D1102, D1104 / D1106\n**Statuts possibles:** salarié ; artisan\n")
    assert (fiche.rome, fiche.statuts) == (tuple(map(Rome, ("D1102", "D1104", "D1106"))), ("salarié", "artisan"))


def test_other_appellations_may_be_a_plain_list() -> None:
    text = MINIMAL + "## Autres appellations\n- meunier\n### fournier/ère ###\n* **Féminin :** fournière\n"
    assert [each.feminin for each in markdown.parse(text).autres_appellations] == ["meunier", "fournière"]
    assert told(text) == ()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_file_with_any_line_ends_gives_the_line_of_its_fault(end: str) -> None:
    (each,) = parsed(f"# a{end}{end}**ID:** MET.x{end}")
    assert isinstance(each.sheet, SheetError)
    assert each.sheet.line == 3


def test_code_holds_no_headings() -> None:
    for fence in ("```", "~~~"):
        text = f"{MINIMAL}## Présentation\n{fence}\n## En bref\n# faux\n{fence}\nsuite\n"
        assert markdown.parse(text).sections == {"presentation": (Block("", "## En bref\n# faux\nsuite"),)}
    open_to_the_end = markdown.parse(f"{MINIMAL}## Présentation\n```\nun\n## En bref\ndeux\n")
    assert set(open_to_the_end.sections) == {"presentation", "en_bref"}


@pytest.mark.parametrize(
    ("second", "line"), [("# meunier\n**ID:** MET.18\n", 7), ("meunier\n=======\n\n**ID**: MET.18\n", 9)]
)
def test_each_sheet_of_a_file_is_read_on_its_own(second: str, line: int) -> None:
    one, two = parsed(MINIMAL + "## En bref\nVite.\n\n" + second + "## En bref\nBien.\n")
    assert isinstance(one.sheet, Fiche)
    assert isinstance(two.sheet, Fiche)
    assert (one.sheet.id, one.sheet.section("en_bref")) == ("MET.17", (Block("", "Vite."),))
    assert (two.sheet.id, two.sheet.section("en_bref")) == ("MET.18", (Block("", "Bien."),))
    assert (one.line, two.line) == (2, line)


@pytest.mark.parametrize(
    "second",
    ["# sans ID\n## En bref\nBien.\n", "**ID:** MET.18\n## En bref\nBien.\n", "# x\n**ID:** 18\n## En bref\nBien.\n"],
)
def test_a_second_sheet_that_is_bad_is_refused_and_adds_nothing_to_the_others(second: str) -> None:
    third = "\n# autre\n**ID:** MET.19\n"
    one, two, three = (each.sheet for each in parsed(MINIMAL + "## En bref\nVite.\n" + second + third))
    assert isinstance(two, SheetError)
    assert two.line in (5, 6)
    assert isinstance(one, Fiche)
    assert one.sections == {"en_bref": (Block("", "Vite."),)}
    assert isinstance(three, Fiche)
    assert three.id == "MET.19"


def test_a_further_title_may_stand_inside_a_section() -> None:
    fiche = markdown.parse(MINIMAL + "## En bref\nVite.\n# Et puis\nBien.\n")
    assert fiche.section("en_bref") == (Block("", "Vite."), Block("Et puis", "Bien."))


def test_the_id_may_stand_above_the_title() -> None:
    ids = [
        each.sheet.id
        for each in parsed("**ID:** MET.1\n# un\n**ID:** MET.2\n# deux\n")
        if isinstance(each.sheet, Fiche)
    ]
    assert ids == ["MET.1", "MET.2"]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("Avant-propos\n" + MINIMAL, "a.md:1: 1 line before the title"),
        ("---\ntitle: x\n---\n" + MINIMAL, "a.md:2: 1 line before the title left out: « title: x »"),
        (MINIMAL + "\nUne introduction.\nPuis deux.\n", "a.md:4: 2 lines under « ID »"),
        (MINIMAL + "## Divers\nPerdu.\n", "a.md:3: 2 lines under « ID » left out: « Divers »"),
        (MINIMAL + "**Statuts possibles:**\n- salarié\n\nDu texte.\n", "a.md:6: 1 line under « Statuts possibles »"),
        (MINIMAL + "**Codes ROME:**\n- D1102\n\n## Liens\n- https://a.fr\n", "a.md:6: 2 lines under « Codes ROME »"),
        (MINIMAL + "**Appellations:**\n- Neutre: boulange\n", "a.md:4: 1 line under « Appellations »"),
        (MINIMAL + "## Autres appellations\n### a\nun mot\n", "a.md:5: 1 line under « Autres appellations »"),
        (
            MINIMAL + "**Niveau d'accès minimum:** bac + 2\nou mieux\n",
            "a.md:4: 1 line under « Niveau d'accès minimum »",
        ),
    ],
)
def test_what_lands_nowhere_is_told_with_its_line(text: str, where: str) -> None:
    (note,) = told(text)
    assert note.startswith(where)


def test_a_level_is_spelt_as_on_the_scale() -> None:
    for written in ("Bac + 3", "bac+3", "BAC +3", "bac + 3"):
        assert markdown.parse(f"{MINIMAL}**Niveau d’accès minimum :** {written}\n").niveau == "bac + 3"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("# " + "a" * 100_000 + "\n**ID:** MET.17\n", "100,000 characters for a name in title"),
        (MINIMAL + "**Statuts possibles:**\n" + "- a\n" * 99_000, "99,000 items in statuts"),
        (MINIMAL + "**Codes ROME:**\n- " + "a" * 1_000, "1,000 characters for a name in rome"),
        (MINIMAL + "## Autres appellations\n" + "- a\n" * 400, "400 items in autres_appellations"),
        (MINIMAL + "## En bref\n" + "### a\n" * 1_000, "1,000 items in en_bref"),
        (MINIMAL + "## En bref\n### " + "a" * 600, "600 characters for a name in en_bref"),
        (MINIMAL + "## En bref\n" + "mot " * 60_000, "239,999 characters of text"),
    ],
)
def test_a_sheet_beyond_the_bounds_is_refused_with_its_line(text: str, reason: str) -> None:
    (each,) = parsed(text)
    assert isinstance(each.sheet, SheetError)
    assert each.sheet.line == 2
    assert reason in each.sheet.reason


@pytest.mark.parametrize(
    "heading",
    [
        "## Centres d´intérêt",
        "## Centres dʼintérêt",
        "## Centres d intérêt",
        "## Centre d'intérêt",
        "**Centres d’intérêt**",
    ],
)
def test_a_section_is_known_whatever_its_apostrophe_and_number(heading: str) -> None:
    assert markdown.parse(f"{MINIMAL}{heading}\n- j'aime le pain\n").interets == ("j'aime le pain",)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("Il **pétrit** et *cuit* du `pain`.", "Il pétrit et cuit du pain."),
        ("Voir [le site](https://exemple.fr/a?b=1).", "Voir le site (https://exemple.fr/a?b=1)."),
        ("![pain](pain.png)", "pain (pain.png)"),
        ("3 \\* 4 \\- 1\\. \\[x\\] \\_y\\_", "3 * 4 - 1. [x] _y_"),
        ("3 * 4 * 5, a_b_c", "3 * 4 * 5, a_b_c"),
        ("> Du pain.\n> > Encore.", "Du pain.\nEncore."),
        ("Du pain.\n\n---\n* * *\n___", "Du pain."),
        ("| pain | prix |\n|:--|--:|\n| bis | 2 |", "pain prix\nbis 2"),
        ("\\## Du pain", "## Du pain"),
        ("un <!--> deux <!---> trois <!-- x --!> quatre", "un deux trois quatre"),
        ("<![CDATA[Du pain]]>", "Du pain"),
    ],
)
def test_marks_of_markdown_are_not_shown(written: str, text: str) -> None:
    assert markdown.parse(f"{MINIMAL}## Présentation\n\n{written}\n").section("presentation") == (Block("", text),)


def test_a_title_is_read_without_marks() -> None:
    for written in (
        "**boulanger/ère** {#boulanger}",
        "[boulanger/ère](https://a.fr)",
        "*boulanger*/ère",
        "`boulanger/ère`",
    ):
        assert markdown.parse(f"# {written}\n**ID:** MET.17\n").title == "boulanger/ère"


@pytest.mark.parametrize(
    "subtitle",
    ["### SALAIRE DU DEBUTANT", "### Salaire du débutant :", "**Salaire du débutant**\n", "Salaire du débutant :\n"],
)
def test_the_salary_is_read_however_its_subtitle_is_written(subtitle: str) -> None:
    text = f"{MINIMAL}## Vie professionnelle\n{subtitle}\nA partir de 1802 euros brut par mois\n"
    assert markdown.parse(text).salaire_debutant == Salaire("A partir de 1802 euros brut par mois", 1802, None)
    text = f"{MINIMAL}## Vie professionnelle\nSalaire du débutant : 1802 euros brut par mois\n"
    assert markdown.parse(text).salaire_debutant == Salaire("1802 euros brut par mois", 1802, 1802)


@pytest.mark.parametrize("subtitle", ["### DUREE DES ETUDES", "### Durée des études :", "**Durée des études**\n"])
def test_the_length_of_studies_is_read_however_its_subtitle_is_written(subtitle: str) -> None:
    fiche = markdown.parse(f"{MINIMAL}## En bref\nVite.\n{subtitle}\n2 ans\n")
    assert (fiche.section("en_bref"), fiche.duree_etudes) == ((Block("", "Vite."),), (Block("", "2 ans"),))


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        ("- D1102 - Boulangerie", (Rome("D1102", "Boulangerie"),)),
        ("- ROME d1102", (Rome("D1102"),)),
        ("- https://candidat.francetravail.fr/metierscope/fiche-metier/D1102", (Rome("D1102"),)),
        (" D1102, D1104 et D1106", (Rome("D1102"), Rome("D1104"), Rome("D1106"))),
        ("- boulangerie", (Rome("boulangerie"),)),
    ],
)
def test_a_code_of_the_rome_is_found_in_what_stands_beside_it(written: str, codes: tuple[Rome, ...]) -> None:
    between = "" if written.startswith(" ") else "\n"
    assert markdown.parse(f"{MINIMAL}**Codes ROME:**{between}{written}\n").rome == codes


@pytest.mark.parametrize(
    "written",
    [
        "CAP boulanger (FOR.1)", "CAP boulanger [ID: FOR.1]", "CAP boulanger (id : for.1).",
        "[CAP boulanger](https://www.onisep.fr/formation/slug/FOR.1)", "**CAP boulanger** (ID: FOR.1)",
    ],
)  # fmt: skip
def test_a_diploma_has_its_identifier_however_it_is_written(written: str) -> None:
    fiche = markdown.parse(f"{MINIMAL}## Formations recommandées\n- {written}\n")
    assert fiche.formations == (Formation("CAP boulanger", "FOR.1"),)


def test_an_unknown_bold_label_ends_a_list_and_is_told() -> None:
    text = f"{MINIMAL}**Statuts possibles:** salarié, artisan\n**Débouchés:**\n- fournil\n"
    assert markdown.parse(text).statuts == ("salarié", "artisan")
    assert told(text) == (
        "a.md:4: 2 lines under « Statuts possibles » left out: « Débouchés: » has no place on a sheet",
    )


def test_both_genders_may_stand_on_one_line() -> None:
    fiche = markdown.parse(f"{MINIMAL}**Appellations:**\n- **Féminin :** boulangère / Masculin : boulanger\n")
    assert (fiche.feminin, fiche.masculin) == ("boulangère", "boulanger")


def test_nothing_of_the_corpus_lands_nowhere(corpus_dir: Path) -> None:
    assert [
        note for path in corpus_dir.iterdir() for each in markdown.sheets(path.read_bytes(), "x") for note in each.notes
    ] == []
