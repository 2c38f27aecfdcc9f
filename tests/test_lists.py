"""Lists of sheets in their addresses: named, shared, compared, made into paper, framed by other sites."""

import re
from html import unescape
from urllib.parse import parse_qs, quote_plus, urlsplit

import pytest
import qr_reading
import segno
from flask.testing import FlaskClient
from made_up import fiche

from search.query import Query
from web import texts
from web.exports import COLUMNS
from web.pages.class_pack import CHARACTERS, LONGEST_FACT, paper, shortened
from web.pages.comparison import rows
from web.pages.list_links import keep_href, list_query, selection_href
from web.pages.qr_code import qr_code
from web.params import MAX_KEPT, MAX_NAME

ODD = 'Élèves de 3e B & <b>"moi"</b> ; #1'
TWO = "id=MET.17&id=MET.242"


def named(path: str, name: str = ODD) -> str:
    return f"{path}?{TWO}&nom={quote_plus(name)}"


def links(html: str) -> list[str]:
    return [unescape(each) for each in re.findall(r'<a [^>]*href="([^"]+)"', html)]


@pytest.mark.parametrize("path", ["/selection", "/classe", "/integrer"])
def test_the_name_of_a_list_stands_in_title_and_heading_and_is_never_code(client: FlaskClient, path: str) -> None:
    html = client.get(named(path)).text
    assert "<b>" not in html
    for tag in ("title", "h1"):
        found = re.search(rf"<{tag}[^>]*>(.*?)</{tag}>", html, re.DOTALL)
        assert found
        assert ODD in unescape(found.group(1)).replace("\u00a0", " ")


@pytest.mark.parametrize("path", ["/selection", "/comparer", "/classe"])
def test_every_link_of_a_list_takes_it_along_with_its_name(client: FlaskClient, path: str) -> None:
    own = [each for each in links(client.get(named(path)).text) if each.startswith("/") and "atom" not in each]
    assert {"/", "/carte", "/selection", "/metiers/MET.17"} <= {urlsplit(each).path for each in own}
    for each in own:
        asked = parse_qs(urlsplit(each).query)
        if urlsplit(each)[2:4] != ("/selection", ""):  # the one that empties it
            assert (asked.get("id") or asked["garde"])[0].startswith("MET.")
            assert asked["nom"] == [ODD]


def test_a_name_that_is_too_long_is_refused_with_its_bound(client: FlaskClient) -> None:
    assert client.get(named("/selection", "é" * MAX_NAME)).status_code == 200
    answer = client.get(named("/selection", "é" * (MAX_NAME + 1)))
    assert answer.status_code == 400
    assert f"ne doit pas dépasser {MAX_NAME} caractères" in answer.text


def test_whoever_has_no_scripts_takes_the_name_along_from_page_to_page(client: FlaskClient) -> None:
    carried = list_query(("MET.17",), "3e B")
    assert carried == "?garde=MET.17&nom=3e+B"
    page = client.get(f"/{carried}&q=bois").text
    kept = [each for each in links(page) if "garde=" in each]
    assert len(kept) > 10
    assert all("nom=3e+B" in each for each in kept)
    assert 'name="nom" value="3e B"' in page
    assert "/selection?id=MET.17&nom=3e+B" in links(page)
    full = Query(kept=tuple(f"MET.{number}" for number in range(1, MAX_KEPT + 1)), kept_name="3e B")
    assert keep_href("/", full, "MET.99").endswith("&nom=3e+B")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/metiers/MET.999999?garde=MET.17&garde=MET.242&nom=3e+B", 404),
        ("/?page=0&garde=MET.17&garde=quoi&garde=MET.242&garde=MET.17&nom=3e+B", 400),
        ("/selection?id=MET.17&id=MET.242&id=quoi&nom=3e+B", 400),
        ("/comparer?id=MET.17&id=quoi&parmi=MET.17&parmi=MET.242&nom=3e+B", 400),
    ],
)
def test_the_page_of_an_error_takes_the_list_along(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    own = [each for each in links(answer.text) if each.startswith("/")]
    assert len(own) > 9
    for each in own:
        asked = parse_qs(urlsplit(each).query)
        assert (asked.get("id") or asked["garde"]) == ["MET.17", "MET.242"], each
        assert asked["nom"] == ["3e B"], each
    assert answer.text.count('name="garde" value="MET.242"') == 1


def test_a_list_that_cannot_be_read_is_left_out_of_the_page_of_an_error(client: FlaskClient) -> None:
    many = "&".join(f"garde=MET.{number}" for number in range(1, 10 * MAX_KEPT))
    page = client.get(f"/?{many}&garde=%00%ff&nom={'é' * (MAX_NAME + 1)}")
    assert page.status_code == 400
    assert page.text.count('type="hidden" name="garde"') == MAX_KEPT
    assert "nom=" not in "".join(links(page.text))


def test_the_code_of_a_list_is_that_of_the_very_address_shown_beside_it(client: FlaskClient) -> None:
    html = client.get(named("/selection")).text
    found = re.search(r'<p class="address"><a [^>]*>([^<]+)</a>', html)
    assert found
    address = unescape(found.group(1))
    assert urlsplit(address).path + "?" + urlsplit(address).query == selection_href(("MET.17", "MET.242"), ODD)
    drawn = re.search(r'<svg [^>]*class="qr".*?</svg>', html)
    assert drawn
    assert drawn[0] == qr_code(address) != qr_code(address + "1")
    assert dark_modules(drawn[0]) == {
        (row, column)
        for row, modules in enumerate(segno.make_qr(address, error="l", mask=3).matrix, 4)
        for column, module in enumerate(modules, 4)
        if module
    }


def dark_modules(svg: str) -> set[tuple[int, int]]:
    """The rows and columns that the path of a code makes dark, its frame counted."""
    rows = re.findall(r"M(\d+) (\d+)\.5((?:h1|m1 0)+)", svg)
    return {
        (int(row), column)
        for start, row, moves in rows
        for column, move in enumerate(re.findall("h1|m1 0", moves), int(start))
        if move == "h1"
    }


def test_the_longest_list_still_has_a_code_that_a_telephone_reads() -> None:
    ids = [f"MET.{number}" for number in range(99_000, 99_000 + MAX_KEPT)]
    drawn = qr_code("https://metiers.example.org" + selection_href(ids, "é" * MAX_NAME))
    size = re.search(r'viewBox="0 0 (\d+) ', drawn)
    assert size
    assert int(size.group(1)) <= 120


def test_only_a_list_made_for_it_is_framed_and_runs_no_script(client: FlaskClient) -> None:
    answer = client.get(named("/integrer"))
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors *" in policy
    assert "script" not in policy
    assert "X-Frame-Options" not in answer.headers
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "<script" not in answer.text
    assert all('target="_blank" rel="noopener"' in each for each in re.findall(r"<a [^>]+>", answer.text))
    unchanged = client.get(named("/integrer"), headers={"If-None-Match": answer.headers["ETag"]})
    assert (unchanged.status_code, unchanged.headers["Content-Security-Policy"]) == (304, policy)
    for path in (named("/selection"), named("/classe"), "/integrer?id=x", "/integrer?nom=" + "a" * 99, "/", "/carte"):
        headers = client.get(path).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path
        assert headers["X-Frame-Options"] == "DENY", path


def test_a_list_names_the_sheets_that_are_gone_on_paper_and_in_a_frame(client: FlaskClient) -> None:
    for path in ("/classe", "/integrer", "/comparer"):
        assert "MET.999999" in client.get(f"{path}?{TWO}&id=MET.999999").text


def test_a_paper_tells_facts_and_one_paragraph_of_each_section_and_where_the_rest_is() -> None:
    long = "Il pétrit la pâte. " * 200
    sheet = fiche(
        7, "boulanger", presentation=long, en_bref="Il fait du pain.\nIl le vend.", nature_travail=long,
        competences=long, conditions_travail=long, acces_metier=long,
        formations=[f"CAP {'x' * length}" for length in range(1, 40)], salaire=(1801, None), interets=["la nature"],
        vie_professionnelle=[("Salaire", "A partir de 1801 euros brut par mois"), ("Emploi", "Il en manque.")],
    )  # fmt: skip
    made = paper(sheet, "https://metiers.example.org/metiers/MET.7")
    told = dict(made.facts)
    assert told["Diplômes recommandés"].startswith("CAP x, CAP xx, ")
    assert re.search(r" et \d+ de plus\Z", told["Diplômes recommandés"])
    assert max(map(len, told.values())) <= LONGEST_FACT
    assert [station.level for station in made.way] == ["fin du collège (3e)", "CAP", "bac", "bac + 2"]
    paragraphs = dict(made.paragraphs)
    assert paragraphs["En bref"] == "Il fait du pain."
    assert paragraphs["Vie professionnelle"] == "Il en manque."
    assert paragraphs["Présentation"].endswith("pâte.")
    assert sum(map(len, paragraphs.values())) <= CHARACTERS


def test_a_text_is_shortened_at_the_end_of_a_sentence_or_of_a_word() -> None:
    assert shortened("Un. Deux. Trois.", 9) == "Un. Deux."
    assert shortened("Un mot de trop.", 8) == "Un mot" + texts.CUT
    assert shortened("Court.", 100) == "Court."


def test_a_comparison_says_what_is_shared_and_who_is_at_the_ends() -> None:
    baker = fiche(
        1, "boulanger", niveau="CAP ou équivalent", statuts=["artisan", "salarié"], salaire=(1800, None),
        competences=[("La main à la pâte", "Il pétrit. Il cuit.")],
    )  # fmt: skip
    cook = fiche(2, "cuisinier", niveau="bac + 2", statuts=["salarié"], salaire=(1800, None), formations=["BTS"])
    told = {row.heading: row for row in rows([baker, cook])}
    assert [cell.mark for cell in told["Niveau d'études minimum"].cells] == list(texts.EXTREMES["niveau"])
    assert told["Salaire au début"].is_same
    assert [cell.mark for cell in told["Salaire au début"].cells] == ["", ""]
    statuts = told["Statuts possibles"].cells
    assert [[(line.text, line.is_shared) for line in cell.lines] for cell in statuts] == [
        [("salarié", True), ("artisan", False)],
        [("salarié", True)],
    ]
    skill = told["Compétences requises"].cells[0].lines[0]
    assert (skill.title, skill.text) == ("La main à la pâte", "Il pétrit. Il cuit.")


def test_every_column_of_the_table_that_has_no_declared_label_is_named_in_french() -> None:
    headings = {name: column.heading for name, column in texts.COLUMNS.items() if column.heading}
    assert set(headings) <= set(COLUMNS)
    assert len(set(headings.values())) == len(headings)


@pytest.mark.parametrize(
    "address",
    [
        "http://a.fr",
        "https://metiers.example.org/metiers/MET.17",
        "https://metiers.example.org/selection?id=MET.17&id=MET.242&nom=3e+B",
        "https://metiers.example.org" + selection_href([f"MET.{number}" for number in range(100, 107)], "3e B"),
    ],
)
def test_a_telephone_reads_the_address_from_its_code(address: str) -> None:
    assert qr_reading.read(qr_code(address)) == address


def test_a_code_with_two_modules_in_the_wrong_order_is_not_read(client: FlaskClient) -> None:
    drawn = re.search(r'<svg [^>]*class="qr".*?</svg>', client.get("/selection?id=MET.17").text)
    assert drawn
    assert qr_reading.read(drawn[0]).endswith("/selection?id=MET.17")
    row = re.findall(r"M\d+ 2\d\.5(?:h1|m1 0)+", drawn[0])[-2]
    before, dark_then_light, after = row.rpartition("h1m1 0")
    assert dark_then_light
    with pytest.raises(AssertionError):
        qr_reading.read(drawn[0].replace(row, f"{before}m1 0h1{after}"))
