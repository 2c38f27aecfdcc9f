"""Files as strangers bring them, all in one index, and what every answer tells of them.

Those of ../shared/cases, and others of each kind written here: how a heading, a label, a list, the end of a line may
be written; HTML and front matter in Markdown; encodings; XML; ZIPs. Each is served whole, or refused by name.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import beside
from flask.testing import FlaskClient

from search.backends import open_engine
from search.indexer import Report, index
from search.settings import Settings
from web.app import create_app

HEAD = "# testeur/euse de cas\n**ID:** {id}\n"
BREAD = "\n## Présentation\n\nDu pain.\n\n## En bref\n\nVite.\n"
PLAIN = {"presentation": "Du pain.", "en_bref": "Vite."}
STATUTS = "**Statuts possibles:**"

MARKDOWN: dict[str, tuple[str, dict[str, str]]] = {
    # the ends of lines
    **{
        f"lines end with {end!r}": ((HEAD + BREAD).replace("\n", end), PLAIN)
        for end in ("\r", "\r\n", "\n\r", "\r\r\n", "\u2028", "\u2029", "\x85", "\v", "\f", "\x1e")
    },
    **{
        f"{end!r} among lines": (f"{HEAD}\n## Présentation{end}Du pain.{end}## En bref{end}Vite.\n", PLAIN)
        for end in ("\u2028", "\u2029", "\v", "\f", "\x1c")
    },
    "an ellipsis of Windows-1252": (HEAD + "## Présentation\nDu pain\x85\n", {"presentation": "Du pain…"}),
    # headings
    "underlined": ("testeur\n=======\n**ID:** {id}\n\nPrésentation\n---\nDu pain.\n\nEn bref\n--\nVite.\n", PLAIN),
    "underlined with one sign": ("testeur\n=\n**ID:** {id}\n" + BREAD, PLAIN),
    "a rule right under the ID": (HEAD + "---\n" + BREAD, PLAIN),
    "closed": (HEAD + "## Présentation ##\nDu pain.\n##\tEn bref\t##\nVite.\n", PLAIN),
    "no-break spaces": (HEAD + "\u00a0##\u00a0Présentation\u00a0\nDu pain.\n##\u202fEn bref\nVite.\n", PLAIN),
    "bold": (HEAD + "**PRÉSENTATION**\nDu pain.\n__En bref :__ Vite.\n", PLAIN),
    "HTML headings": (HEAD + "<h2>Présentation</h2><p>Du pain.</p><h2 id='b'>En bref</h2><p>Vite.</p>\n", PLAIN),
    "HTML in bold": (HEAD + "<p><strong>Présentation</strong></p>\nDu pain.\n<b>En bref :</b> Vite.\n", PLAIN),
    "numbers and marks": (HEAD + "## 1) Présentation\nDu pain.\n## _En bref_ {#b .c}\nVite.\n", PLAIN),
    "entities": (HEAD + "## Pr&#233;sentation\nDu pain.\n## En&nbsp;bref\nVite.\n", PLAIN),
    "one level deeper": (HEAD + BREAD.replace("##", "###"), PLAIN),
    "comments between": (
        f"<!-- x -->\n{HEAD}<!--\n## En bref\ncaché\n-->{BREAD.replace('pain', '<!-- y -->pain')}", PLAIN),
    # whole files of HTML, and what word processors leave
    "HTML alone": ("<h1>testeur</h1>\n<p><strong>ID:</strong> {id}</p>\n<h2>Présentation</h2>\n<p>Du pain.</p>\n", {
        "presentation": "Du pain."}),
    "OpenDocument": (
        HEAD + "## Présentation\n<p class='western' style='a'><font face='Arial'><span>Du pain.</span></font>\n",
        {"presentation": "Du pain."}),
    "Word": (
        HEAD + "## Présentation\n<p class=Mso>Du pain.<o:p></o:p></p><!--[if gte mso 9]><xml>x</xml><![endif]-->\n",
        {"presentation": "Du pain."}),
    "pandoc": (
        "# testeur {#t .x}\n**ID:** {id}\n::: {a='b'}\n## Présentation {.s}\nDu []{#x}pain [b]{.m}\\\n3 \\< 4.\n:::\n",
        {"presentation": "Du pain b\n3 < 4."}),
    "styles and scripts": (HEAD + "## Présentation\n<style>\np{}\n</style><script>x</script>Du pain.\n", {
        "presentation": "Du pain."}),
    "signs that are no HTML": (HEAD + "## Présentation\nSi a<b alors c>d ; <https://a.fr> ; \\<b> ; x<y\n", {
        "presentation": "Si a<b alors c>d ; https://a.fr ; <b> ; x<y"}),
    # lists, tables, footnotes
    "a list of HTML": (HEAD + f"{STATUTS}\n<ul><li>salarié</li><li>artisan</li></ul>\n", {
        "statuts": "salarié artisan"}),
    "a list of HTML over lines": (HEAD + f"{STATUTS}\n<ul>\n<li>salarié</li>\n<li>\nartisan\n</li>\n</ul>\n", {
        "statuts": "salarié artisan"}),
    "line breaks of HTML": (HEAD + f"{STATUTS} salarié<br>artisan<br/>\n", {"statuts": "salarié artisan"}),
    "a nested list": (HEAD + f"{STATUTS}\n- salarié\n  - artisan\n\t* libéral\n", {
        "statuts": "salarié artisan libéral"}),
    "a footnote": (HEAD + "## Présentation\nDu pain[^1].\n\n[^1]: Bis.\n", {"presentation": "Du pain(1).\n(1) Bis."}),
    "a table": (HEAD + "## Présentation\n| pain | prix |\n|:--|--:|\n| bis | 2 |\n", {
        "presentation": "pain prix\nbis 2"}),
    # front matter
    "front matter": ("\ufeff---\r\ntitle: testeur\r\nid: {id}\r\nstatuts: ['l''art', \"salarié\"]\r\n---\r\n" + BREAD, {
        **PLAIN, "statuts": "l'art salarié"}),
    "front matter over lines": ("---\ntitle: >-\n  testeur\n  de cas\nid: {id}\n...\n" + BREAD, PLAIN),
    # letters
    "Windows-1252 taken for Latin-1": (HEAD + "## Présentation\nLe c\x9cur de l\x92hôtel, 30 \x80\n", {
        "presentation": "Le cœur de l’hôtel, 30 €"}),
    "accents apart": (HEAD + "## Pre\u0301sentation\nDu ble\u0301.\n", {"presentation": "Du blé."}),
    "a mark of order inside": (HEAD.replace("**ID", "\ufeff**ID") + BREAD, PLAIN),
    "nine digits": (HEAD.replace("{id}", "MET.900000999") + BREAD, PLAIN),
    "no level": (HEAD + BREAD + "\n**Niveau d'accès minimum:** -\n", PLAIN),
    "a title without a letter": ("# 🚀 ???\n**ID:** {id}\n" + BREAD, PLAIN),
}  # fmt: skip
"""By kind: a sheet, and what of it is served: the text of sections, the items of lists."""

TOLD: dict[str, tuple[str, str]] = {
    "a heading that nobody knows": (HEAD + BREAD + "\n**Codes ROME:**\n- D1102\n## Divers\nPerdu.\n", "« Divers »"),
    "the same ID again": (HEAD + "**ID:** {id}\n" + BREAD, "under « ID » left out: « MET."),
    "a second ID": (HEAD + "**ID:** MET.3\n" + BREAD, "« MET.3 »"),
    "a comment in front matter": ("---\ntitle: testeur\nid: {id} # provisoire\n---\n" + BREAD, "« provisoire »"),
    "the head of a table in a list": (HEAD + BREAD + f"{STATUTS}\n\n| Statut |\n|---|\n| artisan |\n", "« Statut »"),
    "a level off the scale": (HEAD + BREAD + "\n**Niveau d'accès minimum:** BTS\n", "« BTS » is not on the scale"),
}
"""By kind: a sheet that is served, and a note on what is left out of it."""

JOB = (
    "<metier><identifiant>{id}</identifiant><nom_metier>testeur/euse de cas</nom_metier><accroche_metier>"
    "<![CDATA[<p>Du pain.</p>]]></accroche_metier><format_court>Vite.</format_court>{inside}</metier>"
)
XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
FEED = f"{XML_HEAD}<metiers>\n{JOB}\n</metiers>"


def feed(inside: str = "", head: str = XML_HEAD, more: str = "") -> str:
    return FEED.replace("{inside}", inside).replace(XML_HEAD, head) + more


FEEDS: dict[str, bytes] = {
    name: text.encode("utf-8")
    for name, text in {
        "a namespace": feed().replace("<metiers>", "<metiers xmlns='https://a.fr'>"),
        "prefixes": re.sub(r"<(/?)(?=[mainf])", r"<\1o:", feed()).replace("<o:metiers", "<o:metiers xmlns:o='https://a.fr'"),
        "comments and instructions": feed("<!-- x --><?a b?>", more="\n<!-- y -->\n<?c d?>\n").replace(
            "pain", "pa]]><!-- z --><![CDATA[in"),
        "a mark of order and empty lines": feed(head="\ufeff\n\n" + XML_HEAD),
        "no declaration": feed(head=""),
        "empty elements": feed("<competences/><statuts></statuts><niveau_acces_min/><romesV3><romeV3/></romesV3>"),
        "a level without a label": feed("<niveau_acces_min>Bac + 3</niveau_acces_min>"),
        "an identifier on lines of its own": feed().replace("{id}", "\n  {id}\n"),
    }.items()
} | {
    f"letters in {encoding}, told to be {declared}":
    feed(head=f'<?xml version="1.0" encoding="{declared}"?>\n').encode(encoding)
    for declared, encoding in (
        ("UTF-8", "utf-8-sig"), ("UTF-16", "utf-16"), ("windows-1252", "cp1252"), ("ISO-8859-1", "cp1252"),
        ("ISO-8859-15", "iso-8859-15"), ("ISO-8859-1", "utf-8"), ("US-ASCII", "utf-8"), ("US-ASCII", "cp1252"),
        ("utf-8-sig", "utf-8-sig"), ("macintosh", "mac-roman"),
    )
}  # fmt: skip
"""By kind: a feed of one job, which is served."""


def zipped(data: bytes, name: str = "a.md", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr(name, data)
    return file.getvalue()


def patched(data: bytes, offset: int, value: bytes) -> bytes:
    """A ZIP with other bytes in the entry of its directory."""
    place = data.index(b"PK\x01\x02") + offset
    return data[:place] + value + data[place + len(value) :]


GOOD = (HEAD.replace("{id}", "MET.7") + BREAD).encode()
REFUSED: dict[str, tuple[bytes, str]] = {
    "a leading zero": (GOOD.replace(b"MET.7", b"MET.007"), r":2: impossible ID 'MET.007'.*the first of them not 0"),
    "other digits": (GOOD.replace(b"MET.7", "MET.٧".encode()), ":2: impossible ID"),
    "ten digits": (GOOD.replace(b"MET.7", b"MET.1234567890"), ":2: impossible ID.*9 digits at most"),
    "no ID": (b"# a\n" + BREAD.encode(), r"no ID: a sheet holds a line \*\*ID:\*\*"),
    "no title": (b"**ID:** MET.7\n", ":1: no title: a sheet begins with"),
    "Windows-1252": (GOOD.decode().encode("cp1252"), ":4: byte 0xe9 is not UTF-8; save the file as UTF-8"),
    "Windows-1252, lines that end with CR": (
        GOOD.decode().replace("\n", "\r").encode("cp1252"), ":4: byte 0xe9 is not UTF-8; save"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "save the file as UTF-8"),
    "UTF-16 without a mark": (GOOD.decode().encode("utf-16-le"), "save the file as UTF-8"),
    "a title of 100 kB": (GOOD.replace(b"testeur", b"t" * 100_000), ":2: too big: 100.* for a name in title"),
    "99,000 statuses": (GOOD + STATUTS.encode() + b"\n" + b"- a\n" * 99_000, ":2: too big: 99,000 items in statuts"),
    "an attribute of 2 MB": (feed().replace("<metier>", f"<metier a='{'x' * 2_000_000}'>").encode(), "record is over"),
    "a document type": (feed(head=XML_HEAD + "<!DOCTYPE metiers>\n").encode(), ":2: forbidden XML.*take it out"),
    "an entity of HTML": (feed("<competences>a&nbsp;b</competences>").encode(), r":3: broken XML.* its number \(&#160"),
    "a bare &": (feed("<competences>R&D</competences>").encode(), ":3: broken XML.*write & as &amp;"),
    "a control character": (feed("<competences>a&#1;b</competences>").encode(), ":3: broken XML.*take it out"),
    "XML that is cut short": (feed().encode()[:200], ":3: broken XML.*download it again"),
    "two roots": (feed().encode() + b"<metiers/>", ":4: broken XML.*take out what follows it"),
    "no job": (b"<metiers/>", "no <metier> in this feed"),
    "a web page": (b"<!DOCTYPE html><html><h1>a</h1></html>", "a web page, not data"),
    "a ZIP with a false sum": (patched(zipped(GOOD), 16, b"\0\0\0\0"), "a.md: damaged in the ZIP.*download it again"),
    "a ZIP that lies about its size": (patched(zipped(GOOD), 24, b"\xff\xff\xff\xfe"), "over 100 MB"),
    "a ZIP that points outside": (patched(zipped(GOOD), 42, b"\xff\xff\0\0"), "a.md: damaged in the ZIP"),
    "a ZIP packed by other means": (patched(zipped(GOOD), 10, b"\x63\0"), "a.md: .*pack it again with Deflate"),
    "an encrypted member": (patched(zipped(GOOD), 8, b"\x01"), "a.md: encrypted; pack it again"),
    "a member above the ZIP": (zipped(GOOD, "../a.md"), "a path that leaves the ZIP; pack it again"),
    "half a ZIP": (zipped(GOOD)[:100], "damaged ZIP.*download it again"),
    "a ZIP in a ZIP": (zipped(zipped(GOOD), "b.zip"), "b.zip: this is a ZIP; unpack it first"),
    "an empty ZIP": (b"PK\x05\x06" + bytes(18), "a ZIP without a file"),
    "nothing": (b"", "empty file"),
}  # fmt: skip
"""By kind: a file, and the message by which it is refused."""

NUMBERS = {name: 90_500 + place for place, name in enumerate((*MARKDOWN, *TOLD, *FEEDS))}
SERVED = {name: "MET.900000999" if name == "nine digits" else f"MET.{number}" for name, number in NUMBERS.items()}


def file_name(kind: str) -> str:
    """Any name, and any ending: the content says what a file is."""
    return re.sub(r"\W+", "_", kind, flags=re.ASCII) + ".txt"


def put(folder: Path) -> None:
    """All files of this module into a folder, one in a ZIP of each kind too."""
    written = {name: text.encode() for name, (text, _) in (MARKDOWN | TOLD).items()} | FEEDS
    for name, data in written.items():
        wide = b"\0" in data
        id = SERVED[name].encode("utf-16-le" if wide else "ascii")
        (folder / file_name(name)).write_bytes(data.replace("{id}".encode("utf-16-le" if wide else "ascii"), id))
    for name, (data, _) in REFUSED.items():
        (folder / file_name(name)).write_bytes(data)
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        data = (HEAD.replace("{id}", f"MET.{90_400 + method}") + BREAD).encode()
        (folder / f"{method}.zip").write_bytes(zipped(data, method=method))


@dataclass(frozen=True)
class Indexed:
    """A service over the index of some files, and what was told as they were indexed."""

    client: FlaskClient
    report: Report

    def told(self, name: str) -> list[str]:
        """The refusals and the notes that name this file."""
        return [line for line in (*map(str, self.report.refused), *self.report.notes) if name in line]

    def sheet(self, id: str) -> dict[str, str]:
        """The sections of a sheet as the API serves them, and its lists."""
        answer = self.client.get(f"/api/v1/metiers/{id}")
        assert answer.status_code == 200, (id, answer.text)
        body = answer.get_json()
        blocks = {
            each["name"]: "\n".join(
                line for block in each["blocks"] for line in (block["title"], block["text"]) if line
            )
            for each in body["sections"]
        }
        lists = {"statuts": " ".join(each["label"] for each in body["statuts"])}
        return {name: text for name, text in (blocks | lists).items() if text}

    def ids(self) -> list[str]:
        """All sheets, as lines of NDJSON."""
        lines = self.client.get("/api/v1/search?format=ndjson").text.splitlines()
        return [json.loads(line)["id"] for line in lines]


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Indexed]:
    """The files written here."""
    folder = tmp_path_factory.mktemp("cases")
    put(folder)
    with closing(open_engine(Settings(index=folder / ".index", cache_entries=0))) as engine:
        report = index([folder], engine, lambda what, done, total: None)
        yield Indexed(create_app(Settings(index=folder / ".index", cache_entries=0), engine).test_client(), report)


@pytest.mark.parametrize("name", MARKDOWN)
def test_a_sheet_is_served_whole_however_it_is_written(indexed: Indexed, name: str) -> None:
    assert indexed.sheet(SERVED[name]) == MARKDOWN[name][1]
    assert indexed.told(f"/{file_name(name)}") == []


@pytest.mark.parametrize("name", TOLD)
def test_what_has_no_place_on_a_sheet_is_told_and_the_rest_is_served(indexed: Indexed, name: str) -> None:
    assert indexed.sheet(SERVED[name]).items() >= PLAIN.items()
    (note,) = indexed.told(f"/{file_name(name)}")
    assert TOLD[name][1] in note


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_is_served_whole_however_it_is_written(indexed: Indexed, name: str) -> None:
    assert indexed.sheet(SERVED[name]) == PLAIN
    assert indexed.told(f"/{file_name(name)}") == []
    level = indexed.client.get(f"/api/v1/metiers/{SERVED[name]}").get_json()["niveau"]
    assert (level and level["label"]) == ("bac + 3" if name == "a level without a label" else None)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_by_name_with_what_to_do(indexed: Indexed, name: str) -> None:
    (told,) = indexed.told(f"/{file_name(name)}")
    assert re.search(REFUSED[name][1], told)


def test_nothing_else_is_served(indexed: Indexed) -> None:
    assert sorted(indexed.ids()) == sorted([*SERVED.values(), "MET.90400", "MET.90412", "MET.90414"])


def answers_of(client: FlaskClient, id: str) -> Iterator[str]:
    """Whatever tells of one sheet."""
    page = client.get(f"/metiers/{id}?q=pain")
    assert page.status_code == 200, id
    described = re.search(r'ld\+json">(.*?)</script>', page.text)
    assert described
    assert json.loads(described[1])
    for path in (f"/comparer?id={id}", f"/selection?id={id}", f"/selection?id={id}&format=csv", f"/carte?id={id}"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert path.startswith("/carte") or id in re.findall(r"MET\.\d+", answer.text)[:20], path
    for path in (f"/classe?id={id}", f"/integrer?id={id}", f"/api/v1/metiers/{id}/similaires"):
        assert client.get(path).status_code == 200, path
    yield page.text


def every_answer_tells_of_every_sheet(indexed: Indexed) -> None:
    ids = sorted(indexed.ids())
    client = indexed.client
    pages = range(1, len(ids) // 100 + 2)
    found = [client.get(f"/api/v1/search?per_page=100&page={page}").get_json() for page in pages]
    assert sorted(hit["id"] for page in found for hit in page["results"]) == ids
    shown = "".join(client.get(f"/?per_page=100&page={page}").text for page in pages)
    assert sorted(re.findall(r'class="hit" data-id="(MET\.\d+)"', shown)) == ids
    rows = client.get("/api/v1/search?format=csv").text.splitlines()[1:]
    assert sorted(row.split(";")[0] for row in rows) == ids
    for id in ids:
        assert all(answers_of(client, id))
    for facet in found[0]["facets"]:
        assert client.get(f"/api/v1/facets/{facet['name']}").status_code == 200
        assert client.get(f"/filtres/{facet['name']}").status_code == 200
    for path in (
        "/carte",
        "/parcourir",
        "/plan",
        "/sitemap.xml",
        "/nouveautes.atom",
        "/api/v1/suggest?q=test",
        "/diplomes",
    ):
        assert client.get(path).status_code == 200, path


def test_every_answer_tells_of_every_sheet(indexed: Indexed) -> None:
    every_answer_tells_of_every_sheet(indexed)
    proposed = indexed.client.get("/api/v1/suggest?q=testeuses+de+ca&limit=20").get_json()["suggestions"]
    assert len(proposed) == 20


# --- ../shared/cases --------------------------------------------------------------------------------------

CASES = {
    "cases/c1": ("MET.90003", "Le cœur de l’hôtel, 30 € — la sœur…"),
    "cases/closedatx": ("MET.90007", "Il teste."),
    "cases/comment": ("MET.90028", "Il teste."),
    "cases/cr": ("MET.90001", "Il teste."),
    "cases/dup2": ("MET.90022", "Il teste."),
    "cases/lt": ("MET.90019", "Température <b et c> 5 ; si a<b alors c>d ; https://exemple.fr ; 2 < 3 ; x<y"),
    "cases/latin1_declared_cp1252_bytes.xml": ("MET.90101", "L’œil du chœur, 30 € – c’est l’été…"),
    "cases/word_html.xml": ("MET.90119", "texte\nun deux\nfine m2 CO2 unmot"),
    "cases/niveau_tiret.md": ("MET.90202", "Il fait du pain."),
    "cases/imp/lsep": ("MET.90032", "Ligne un.\nLigne deux.\nLigne trois.\nLigne quatre."),
    "cases/imp/md": (
        "MET.90018",
        "Il teste des liens (https://exemple.fr/a?b=1) et code, italique, 1. point, barré, image (x.png).",
    ),
    **{f"cases/imp/{name}": (id, "Il teste.") for name, id in (
        ("nbsp", "MET.90011"), ("tab", "MET.90012"), ("indent", "MET.90013"), ("bold", "MET.90014"),
        ("idspace", "MET.90015"), ("idout", "MET.90016"), ("star", "MET.90017"), ("upper", "MET.90009"),
        ("bomid", "MET.90030"), ("lowerid", "MET.90037"), ("niveau", "MET.90039"), ("bytes", "MET.90025"),
    )},
}  # fmt: skip
"""What README.txt says of each, turned right: the sheet that is served, and its présentation."""

CASES_REFUSED = {
    "imp/cp1252": ":5: byte 0xe9 is not UTF-8; save the file as UTF-8",
    "imp/utf16": "save the file as UTF-8",
    "imp/zeroid": ":2: impossible ID 'MET.090038'",
    "xml/ctrl.xml": ":2: broken XML",
    "xml/doctype.xml": ":2: forbidden XML",
    "xml/nbsp_entity.xml": ":2: broken XML (undefined entity)",
    "xml/truncated.xml": ":2: broken XML (unclosed CDATA section); the file may be cut short",
    "xml/utf8_declared_cp1252_bytes.xml": ":2: broken XML",
}


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Indexed]:
    """All files of ../shared/cases in one index."""
    folder = tmp_path_factory.mktemp("shared") / "index"
    settings = Settings(index=folder, cache_entries=0)
    with closing(open_engine(settings)) as engine:
        report = index([beside("cases", "the cases of strangers")], engine, lambda what, done, total: None)
        yield Indexed(create_app(settings, engine).test_client(), report)


@pytest.mark.parametrize("path", CASES)
def test_a_case_of_strangers_is_served_whole(cases: Indexed, path: str) -> None:
    id, text = CASES[path]
    assert cases.sheet(id)["presentation"] == text
    assert not [told for told in cases.told(path) if " again: already in " not in told]


@pytest.mark.parametrize("path", CASES_REFUSED)
def test_a_case_that_cannot_be_read_is_refused_by_name(cases: Indexed, path: str) -> None:
    (told,) = cases.told(path)
    assert CASES_REFUSED[path] in told


def test_a_case_without_a_level_is_found_with_the_sheet_beside_it(cases: Indexed) -> None:
    found = {
        hit["id"]: hit["niveau"] for hit in cases.client.get("/api/v1/search?q=pain&per_page=100").get_json()["results"]
    }
    assert found["MET.17"] is None
    assert found["MET.152"]["label"] == "CAP ou équivalent"


def test_every_answer_tells_of_every_case(cases: Indexed) -> None:
    every_answer_tells_of_every_sheet(cases)
