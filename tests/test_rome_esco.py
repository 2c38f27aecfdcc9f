"""The readers of ROME and ESCO: small files of the published forms."""

import io
import zipfile
from pathlib import Path

import pytest
from engines import quiet
from made_up import fiche

from search.backends import open_engine
from search.errors import SourceError
from search.fiche import Rome
from search.indexer import index
from search.nomenclature import NameGroup
from search.settings import Settings
from search.sources import csv_table, esco, files, rome

NAMES_V4 = (
    '"code_ogr","libelle_appellation_long","libelle_appellation_court","code_rome","classification","code_rome_parent"\n'
    '"1","Matelassier / Matelassière","Matelassier / Matelassière","B1807","PRINCIPALE","B1806"\n'
    '"2","Garnisseur / Garnisseuse en sièges","Garnisseur / Garnisseuse","B1807","SYNONYME","B1806"\n'
)
NAMES_V3 = (
    '"code_ogr","libelle_appellation_long","libelle_appellation_court","code_rome","statut"\n'
    '"3","Ouvrier / Ouvrière d\'\'entretien","Ouvrier d\'\'entretien","K2204","1"\n'
)


def test_names_of_a_code_are_a_group_filed_under_its_parent(tmp_path: Path) -> None:
    path = tmp_path / "unix_referentiel_appellation_v460_utf8.csv"
    path.write_text(NAMES_V4, encoding="utf-8")
    read = rome.read(path)
    assert read.source == "ROME 4.60"
    assert read.groups == (NameGroup(("Matelassier / Matelassière", "Garnisseur / Garnisseuse en sièges"), "B1806"),)


def test_the_columns_of_version_3_are_read_and_its_double_apostrophes_are_one(tmp_path: Path) -> None:
    path = tmp_path / "unix_referentiel_appellation_v347_utf8.csv"
    path.write_text(NAMES_V3, encoding="utf-8")
    read = rome.read(path)
    assert (read.source, read.groups) == ("ROME 3.47", (NameGroup(("Ouvrier / Ouvrière d'entretien",), "K2204"),))


def test_no_name_of_a_member_moves_the_cursor_of_a_terminal(tmp_path: Path) -> None:
    archive = tmp_path / "rome.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("\x1b[2J/unix_referentiel_appellation_v460_utf8.csv", NAMES_V4 + "one cell\n")
    [note] = rome.read(archive).notes
    assert "1 cells instead of 6" in note
    assert "\x1b" not in note


def test_a_folder_and_a_zip_say_the_same_and_the_newest_version_counts(tmp_path: Path) -> None:
    folder = tmp_path / "rome"
    folder.mkdir()
    (folder / "unix_referentiel_appellation_v347_utf8.csv").write_text(NAMES_V3, encoding="utf-8")
    (folder / "unix_referentiel_appellation_v461_utf8.csv").write_text(NAMES_V4, encoding="utf-8")
    (folder / "unix_referentiel_code_rome_v461_utf8.csv").write_text(
        '"code_rome","libelle_rome"\n"B1806","Tapissier / Tapissière"\n', encoding="utf-8"
    )
    (folder / "unix_cr_gd_dp_v461_utf8.csv").write_text(
        '"code_rome","code_grand_domaine","libelle_grand_domaine","code_domaine_professionel",'
        '"libelle_domaine_professionel"\n"B1806","B","Arts","B18","Tissu et cuirs"\n',
        encoding="utf-8",
    )
    archive = tmp_path / "RefRomeCsv.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for each in folder.iterdir():
            packed.write(each, each.name)
    assert rome.read(folder) == rome.read(archive)
    read = rome.read(archive)
    assert read.source == "ROME 4.61"
    assert read.codes == {"B1806": "Tapissier / Tapissière"}
    assert read.domaines == {"B": "Arts", "B18": "Tissu et cuirs"}


def test_a_code_without_a_name_has_that_of_the_rome_and_another_keeps_its_own() -> None:
    bare = fiche(1, "tapissier/ère", rome=("B1806", "B1807 Sièges", "Z9999"))
    named = rome.labelled(bare, {"B1806": "Tapissier / Tapissière", "B1807": "Matelassier / Matelassière"})
    assert named.rome == (Rome("B1806", "Tapissier / Tapissière"), Rome("B1807", "Sièges"), Rome("Z9999"))


def test_the_index_of_sheets_without_names_for_their_codes_has_those_of_the_rome(
    seeds_dir: Path, tmp_path: Path
) -> None:
    with_codes = tmp_path / "rome"
    with_codes.mkdir()
    (with_codes / "unix_referentiel_appellation_v461_utf8.csv").write_text(NAMES_V4, encoding="utf-8")
    codes = sorted({each.code for sheet in files.read([seeds_dir], quiet).fiches for each in sheet.rome})
    rows = "".join(f'"{code}","Nom de {code}"\n' for code in codes)
    (with_codes / "unix_referentiel_code_rome_v461_utf8.csv").write_text(
        f'"code_rome","libelle_rome"\n{rows}', encoding="utf-8"
    )
    engine = open_engine(Settings(index=tmp_path / "index"))
    index([seeds_dir], engine, quiet, rome_path=with_codes)
    found = {each.code: each.label for id, _ in engine.all() for each in engine.get(id).rome}
    engine.close()
    assert found == {code: f"Nom de {code}" for code in codes}


def test_a_damaged_line_is_told_with_its_number_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "unix_referentiel_appellation_v460_utf8.csv"
    path.write_text(NAMES_V4 + '"4","Sans code"\n"5","Code faux","x","Z99","","Z99"\n', encoding="utf-8")
    read = rome.read(path)
    assert len(read.groups) == 1
    assert [note.split(": ", 1)[0] for note in read.notes] == [f"{path}:4", f"{path}:5"]


NAMES = "unix_referentiel_appellation_v460_utf8.csv"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (NAMES, b"", "no column"),
        (NAMES, b"libelle_appellation_long,code_rome\nMa\xe7on", ":2: not UTF-8"),
        ("RefRomeCsv.zip", b"PK\x03\x04 cut", "no column"),
    ],
)  # fmt: skip
def test_what_is_no_list_of_names_is_refused_with_what_and_where(
    name: str, content: bytes, said: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceError, match=str(path)) as refusal:
        rome.read(path)
    assert said in str(refusal.value)


@pytest.mark.parametrize("between", ["|", "\n"])
def test_an_occupation_of_esco_is_a_group_of_names_however_they_are_parted(between: str, tmp_path: Path) -> None:
    path = tmp_path / "occupations_fr.csv"
    others = between.join(("odontologiste", "chirurgienne-dentiste"))
    path.write_text(
        f'conceptUri,preferredLabel,altLabels\nhttp://x,dentiste/dentiste,"{others}"\n'
        "http://y,chauffeur/chauffeuse de taxi,\n",
        encoding="utf-8",
    )
    read = esco.read(path)
    assert read.source == "ESCO"
    assert read.groups[0].labels == ("dentiste", "odontologiste", "chirurgienne-dentiste")
    assert read.groups[1].labels == ("chauffeur/chauffeuse de taxi",)


def test_esco_is_found_in_a_folder_and_in_a_zip_among_its_other_files(tmp_path: Path) -> None:
    folder = tmp_path / "ESCO dataset - v1.2.0 - fr"
    folder.mkdir()
    head = "conceptType,preferredLabel,altLabels\n"
    (folder / "occupations_fr.csv").write_text(f"{head}Occupation,matelassier,garnisseur\n", encoding="utf-8")
    (folder / "aptitudes_fr.csv").write_text(f"{head}Skill,coudre,piquer\n", encoding="utf-8")
    archive = tmp_path / f"{folder.name}.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for each in folder.iterdir():
            packed.write(each, each.name)
    read = esco.read(folder)
    assert read == esco.read(archive)
    assert (read.source, read.groups) == ("ESCO 1.2.0", (NameGroup(("matelassier", "garnisseur")),))


ROME_HEAD = "libelle_appellation_long,code_rome\n"
ESCO_HEAD = "preferredLabel,altLabels\n"


class Counted(io.BytesIO):
    """A file that counts what is read of it, and gives no more than asked for."""

    read_bytes = 0

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None
        assert 0 < size <= 1 << 16
        data = super().read(size)
        self.read_bytes += len(data)
        return data


@pytest.mark.parametrize(
    ("piece", "times", "said"),
    [
        ("Boulanger,D1102\n", csv_table.MAX_ROWS + 1, "over 200,000 rows"),
        ("Boulanger de nuit" * 5_000 + ",D1102\n", 2_000, "over 50 MB"),
        ("Boulanger ", 4_000_000, "a line of over 1,000,000 characters"),
        ('"Boulanger\n', 5_000_000, "over 200,000 rows"),
    ],
)
def test_a_list_beyond_the_bounds_is_refused_before_it_is_read_whole(piece: str, times: int, said: str) -> None:
    file = Counted((ROME_HEAD + piece * times).encode())
    with pytest.raises(SourceError, match=rf"a\.csv.*{said}"):
        for _ in csv_table.rows(file, "a.csv", ("code_rome",)):
            pass
    assert file.read_bytes <= csv_table.MAX_BYTES + (1 << 16)


def test_a_quote_that_is_never_closed_costs_its_own_lines_and_is_told() -> None:
    file = io.BytesIO((ROME_HEAD + '"Boulanger,D1102\n' + "Meunier,A1416\n" * 20_000).encode())
    read = list(csv_table.rows(file, "a.csv", ("code_rome",)))
    assert "field larger than field limit" in str(read[0][1])
    assert {"libelle_appellation_long": "Meunier", "code_rome": "A1416"} in [row for _, row in read]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("letters", [1, 2, 3, 4])
def test_rows_and_letters_are_whole_wherever_a_piece_ends(end: str, letters: int) -> None:
    name = "é" * letters + "œ€🩺"
    text = end.join(["\ufeff" + ROME_HEAD.strip(), *[f"{name}{number},D1102" for number in range(9_000)]])
    read = list(csv_table.rows(io.BytesIO(text.encode()), "a.csv", ("code_rome",)))
    assert [row["libelle_appellation_long"] for _, row in read if isinstance(row, dict)] == [
        f"{name}{number}" for number in range(9_000)
    ]


@pytest.mark.parametrize("line", [2, 3, 4_000, 9_000])
def test_what_is_not_utf8_is_told_with_its_line(line: int) -> None:
    lines = [ROME_HEAD.strip().encode(), *[b"Boulanger,D1102"] * 9_000]
    lines[line - 1] = b"Ma\xe7on,F1703"
    with pytest.raises(SourceError, match=rf"a\.csv:{line}: not UTF-8"):
        list(csv_table.rows(io.BytesIO(b"\n".join(lines)), "a.csv", ("code_rome",)))


def test_a_name_that_is_too_long_is_left_out_and_told(tmp_path: Path) -> None:
    path = tmp_path / NAMES
    path.write_text(f"{ROME_HEAD}{'x' * 401},D1102\nMeunier,A1416\n", encoding="utf-8")
    read = rome.read(path)
    assert [group.labels for group in read.groups] == [("Meunier",)]
    assert read.notes == (f"{path}:2: 401 characters for a name: 400 at most; left out",)
    path = tmp_path / "occupations_fr.csv"
    crowd = "|".join(f"nom {number}" for number in range(501))
    path.write_text(f"{ESCO_HEAD}dentiste,{'y' * 500}\nboulanger,{crowd}\nmeunier,\n" + "x\n" * 9, encoding="utf-8")
    outside = esco.read(path)
    assert [group.labels for group in outside.groups] == [("meunier",)]
    assert "500 characters for a name" in outside.notes[0]
    assert "502 names of one occupation: 500 at most" in outside.notes[1]
    assert outside.notes[-1] == "ESCO: 6 more left out"
