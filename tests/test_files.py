"""What a path, a folder, a glob or a ZIP holds, told by content."""

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from search.errors import SheetError, SourceError
from search.fiche import ID_FORM
from search.sources import esco, files, ideo, rome
from search.sources.files import Reading
from search.sources.kinds import Kind, kind_of


def sheet(number: int, title: str = "boulanger/ère") -> str:
    return f"# {title}\n**ID:** MET.{number}\n\n## Présentation\n\nDu pain.\n"


def feed(*jobs: tuple[int, str]) -> str:
    metiers = "".join(
        f"<metier>\n<identifiant>MET.{number}</identifiant><nom_metier>{title}</nom_metier></metier>\n"
        for number, title in jobs
    )
    return f"<?xml version='1.0' encoding='UTF-8'?>\n<metiers>\n{metiers}</metiers>"


IDEO = "<root><item><lien_site_onisepfr>https://www.onisep.fr/MET.17</lien_site_onisepfr></item></root>"


def put(folder: Path, **files: str) -> Path:
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content, encoding="utf-8")
    return folder


def packed(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name.replace("__", "."), (2025, 10, 15, 0, 0, 0)), content)
    return path


def read(*paths: Path | str) -> Reading:
    return files.read(paths, lambda what, done, total: None)


def ids(reading: Reading) -> list[str]:
    return [fiche.id for fiche in reading.fiches]


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"# boulanger\n", Kind.SHEET),
        (b"", Kind.SHEET),
        (b"PK\x03\x04rest", Kind.ZIP),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- <item> -->\n<metiers>", Kind.FEED),
        (b"<root><item><lien_site_onisepfr>", Kind.IDEO),
        (b'[{"lien_site_onisepfr": "x"}]', Kind.IDEO),
        (b'{"a": 1}', Kind.OTHER_JSON),
        (b"<rss><channel>", Kind.OTHER_XML),
        (b"<!DOCTYPE html><html><metiers>", Kind.WEB_PAGE),
        (b"%PDF-1.7\n%\xe2\xe3", Kind.PDF),
        (rb"{\rtf1\ansi", Kind.RICH_TEXT),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", Kind.OFFICE),
        (b"\x1f\x8b\x08", Kind.PACKED),
        (b"7z\xbc\xaf\x27\x1c", Kind.PACKED),
        (b"\x89PNG\r\n", Kind.PICTURE),
    ],
)
def test_a_file_is_known_by_its_content(head: bytes, kind: Kind) -> None:
    assert kind_of(head) is kind


def test_files_are_told_apart_whatever_their_names(tmp_path: Path) -> None:
    put(tmp_path, a__xml=sheet(1), b__md=feed((2, "b")), c__txt=IDEO)
    packed(tmp_path / "d.json", e__zip=sheet(3), f=feed((4, "d")))
    reading = read(tmp_path)
    assert ids(reading) == ["MET.1", "MET.2", "MET.3", "MET.4"]
    assert (reading.refused, reading.ideo) == ((), (tmp_path / "c.txt",))


def test_files_globs_and_folders_to_their_depth_are_read_once(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    put(tmp_path / "deep" / "er", a__md=sheet(1))
    put(tmp_path, b__md=sheet(2), c__txt=sheet(3))
    assert ids(read(tmp_path / "b.md", tmp_path / "deep")) == ["MET.1", "MET.2"]
    assert ids(read(tmp_path / "*.md")) == ["MET.2"]
    assert ids(read(tmp_path / "**" / "*.md", tmp_path / "b.md")) == ["MET.1", "MET.2"]


def test_a_file_named_in_two_ways_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, a__md=sheet(1))
    monkeypatch.chdir(tmp_path)
    assert read("a.md", tmp_path).refused == ()


def test_what_is_no_file_is_left_out(tmp_path: Path) -> None:
    put(tmp_path, a__md=sheet(1))
    os.mkfifo(tmp_path / "b.md")
    (tmp_path / "c.md").symlink_to(tmp_path / "absent")
    reading = read(tmp_path)
    assert reading.refused == ()
    assert [note.partition(": ")[0] for note in reading.notes] == [str(tmp_path / "b.md"), str(tmp_path / "c.md")]


@pytest.mark.parametrize("pattern", ["b.md", "b.*"])
def test_a_pipe_that_is_named_is_refused_and_never_waited_for(tmp_path: Path, pattern: str) -> None:
    put(tmp_path, a__md=sheet(1))
    os.mkfifo(tmp_path / "b.md")
    (error,) = read(tmp_path / "a.md", tmp_path / pattern).refused
    assert (error.path, "not a regular file" in error.reason) == (str(tmp_path / "b.md"), True)
    for reads in (ideo.read, rome.read, esco.read):
        with pytest.raises(SourceError, match="not a regular file"):
            reads(tmp_path / "b.md")


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of root, for whom no folder is closed."""
    own = os.geteuid()
    if own == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(own)


def test_a_folder_that_cannot_be_read_is_told() -> None:
    with TemporaryDirectory() as name:  # not in the tests' own folder, which is closed to others
        folder = Path(name)
        put(folder, a__md=sheet(1))
        (folder / "closed").mkdir()
        put(folder / "closed", b__md=sheet(2))
        folder.chmod(0o755)
        (folder / "closed").chmod(0)
        with as_nobody():
            reading = read(folder)
            with pytest.raises(SourceError, match="the folder cannot be read"):
                read(folder / "closed")
        (folder / "closed").chmod(0o755)
    assert ids(reading) == ["MET.1"]
    assert [str(error) for error in reading.refused] == [
        f"{folder / 'closed'}: the folder cannot be read (Permission denied)"
    ]


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"<!-- note -->\n# boulanger\n", Kind.SHEET),
        (b"<!-- " + b"long " * 2_000 + b"-->\n# boulanger\n", Kind.SHEET),
        (b"<a name='x'></a>\n# boulanger\n**ID:** MET.1", Kind.SHEET),
        (b"[sommaire](#x)\n\n# boulanger\n", Kind.SHEET),
        (b"---\ntitle: x\n---\n# boulanger\n", Kind.SHEET),
        ("<?xml version='1.0' encoding='UTF-16'?><metiers>".encode("utf-16"), Kind.FEED),
        ("<metiers>".encode("utf-16-be"), Kind.FEED),
        ("\ufeff<metiers>".encode("utf-32"), Kind.FEED),
        (b"<o:metiers xmlns:o='x'>", Kind.FEED),
        (b"<?xml-stylesheet href='a.xsl'?><!-- <html> --><metiers>", Kind.FEED),
        ('[{"lien_site_onisepfr": "x"}]'.encode("utf-16"), Kind.IDEO),
    ],
)
def test_a_file_is_known_behind_comments_and_in_any_encoding(head: bytes, kind: Kind) -> None:
    assert kind_of(head) is kind


def test_what_lands_nowhere_is_told_with_file_and_line(tmp_path: Path) -> None:
    put(tmp_path, a__md="mot\n" + sheet(1), b__xml=feed((2, "b"), (3, "c")).replace("<nom", "<x>y</x><nom"))
    assert read(tmp_path).notes == (
        f"{tmp_path / 'a.md'}:1: 1 line before the title left out: « mot » has no place on a sheet",
        f"{tmp_path / 'b.xml'}:3: <x> is not known: its text is left out (and so in 1 more)",
    )


def test_two_sheets_of_one_file_are_told_apart_by_their_lines(tmp_path: Path) -> None:
    put(tmp_path, a__md=sheet(1) + sheet(2) + sheet(1))
    reading = read(tmp_path)
    assert ids(reading) == ["MET.1", "MET.2"]
    assert [(error.line, "again" in error.reason) for error in reading.refused] == [(14, True)]


def test_hidden_files_are_left_out(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    put(tmp_path / ".git", a__md="no sheet")
    put(tmp_path, b__md=sheet(2))
    (tmp_path / ".part").write_bytes(b"\0")
    assert read(tmp_path).refused == ()


def test_r6_one_bad_sheet_never_stops_the_others(tmp_path: Path) -> None:
    put(tmp_path, a__md=sheet(1), b__md="# sans ID\n", c__md="", d__html="<html></html>", e__md=sheet(5))
    (tmp_path / "f.md").write_bytes(sheet(6).encode("utf-16"))
    (tmp_path / "g.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    reading = read(tmp_path)
    assert ids(reading) == ["MET.1", "MET.5"]
    assert [Path(error.path).name for error in reading.refused] == ["b.md", "c.md", "d.html", "f.md", "g.png"]


def test_r6_the_same_sheet_twice_in_markdown_is_refused_with_file_and_line(tmp_path: Path) -> None:
    put(tmp_path, a__md=sheet(1), b__md="\n" + sheet(1, "autre"))
    reading = read(tmp_path)
    assert [fiche.title for fiche in reading.fiches] == ["boulanger/ère"]
    (error,) = reading.refused
    assert (error.path, error.line) == (str(tmp_path / "b.md"), 3)
    assert str(tmp_path / "a.md") in error.reason


def test_the_same_job_twice_in_one_feed_is_refused_with_its_line(tmp_path: Path) -> None:
    (error,) = read(put(tmp_path, a__xml=feed((1, "un"), (1, "deux")))).refused
    assert error.line == 5


def test_the_newest_feed_wins_and_it_is_said(tmp_path: Path) -> None:
    put(tmp_path, metiers_01022024__xml=feed((1, "vieux"), (2, "retiré")))
    put(tmp_path, metiers_15102025__xml=feed((1, "neuf")), b__md=sheet(1, "écrit"))
    reading = read(tmp_path)
    assert [fiche.title for fiche in reading.fiches] == ["neuf", "retiré"]
    assert reading.data_date == "2025-10-15"
    assert reading.refused == ()
    assert len(reading.notes) == 2
    assert any("metiers_15102025.xml (2025-10-15), not from metiers_01022024.xml" in note for note in reading.notes)


def test_a_feed_cut_short_is_refused_whole(tmp_path: Path) -> None:
    put(tmp_path, a__xml=feed((1, "un"), (2, "deux"))[:-20], b__md=sheet(3))
    reading = read(tmp_path)
    assert ids(reading) == ["MET.3"]
    assert "broken XML" in str(reading.refused[0])


def test_a_feed_in_a_zip_is_dated_by_its_name_or_by_the_zip(tmp_path: Path) -> None:
    dated = packed(tmp_path / "a.zip", Onisep_Ideo_Fiches_Metiers_01092025__xml=feed((1, "un")))
    assert read(dated).data_date == "2025-09-01"
    assert read(packed(tmp_path / "b.zip", metiers__xml=feed((1, "un")))).data_date == "2025-10-15"


def test_members_that_leave_the_zip_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("../a.md", "/etc/b.md", "c/../../d.md", "C:\\e.md", "..\\f.md"):
            archive.writestr(name, sheet(1))
        archive.writestr("g.md", sheet(7))
        archive.writestr("__MACOSX/g.md", "\0")
    reading = read(path)
    assert ids(reading) == ["MET.7"]
    assert len(reading.refused) == 5
    assert list(tmp_path.iterdir()) == [path]


def test_what_leaves_a_zip_is_not_taken_for_hidden(tmp_path: Path) -> None:
    packed(tmp_path / "a.zip", **{"..\\a__md": sheet(1)})
    (tmp_path / "b.md").write_text(sheet(2), encoding="utf-8")
    (refused,) = read(tmp_path).refused
    assert "leaves the ZIP" in str(refused)


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", a__md=sheet(1))
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(SourceError, match="encrypted"):
        read(path)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(101):
            archive.writestr(f"{number}.md", b"\n" * 1_000_000)
    with pytest.raises(SourceError, match="unpacks to 101 MB"):
        read(tmp_path / "a.zip")


def test_a_zip_of_too_many_files_is_refused(tmp_path: Path) -> None:
    packed(tmp_path / "a.zip", **{f"{number}.md": "" for number in range(10_001)})
    with pytest.raises(SourceError, match="10,001 files"):
        read(tmp_path / "a.zip")


def test_a_zip_that_lies_about_its_sizes_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", a__md=sheet(1) + "x" * 50_000)
    data = path.read_bytes().replace((50_000 + len(sheet(1).encode())).to_bytes(4, "little"), b"\x0a\0\0\0")
    path.write_bytes(data)
    with pytest.raises(SourceError, match=r"damaged|no ID|no title"):
        read(path)


def damaged(path: Path, **changes: tuple[int, bytes]) -> Path:
    """A ZIP of two sheets with bytes changed at an offset from the start of its first header or of its directory."""
    packed(path, a__md=sheet(1), b__md=sheet(2))
    data = bytearray(path.read_bytes())
    for where, (offset, content) in changes.items():
        start = 0 if where == "header" else data.index(b"PK\x01\x02")
        data[start + offset : start + offset + len(content)] = content
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "changes",
    [
        {"header": (40, b"\xff" * 20)},  # what deflate reads
        {"directory": (10, b"\x0e\0"), "header": (8, b"\x0e\0")},  # LZMA, which it is not
        {"directory": (10, b"\x0c\0"), "header": (8, b"\x0c\0")},  # bzip2, which it is not
        {"directory": (10, b"\x63\0"), "header": (8, b"\x63\0")},  # AES
        {"directory": (8, b"\x00\x08"), "header": (6, b"\x00\x08"), "b": (46, b"\xff")},  # a name that is no UTF-8
        {"directory": (42, b"\xff\xff\xff\x7f")},  # a header far away
        {"directory": (24, b"\xff\xff\xff\xff")},  # a size of ZIP64 without one
        {"directory": (28, b"\xff\xff")},  # a name longer than the file
        {"directory": (12, b"\xff\xff\xff\xff")},  # a day that is none
        {"header": (26, b"\x02\0")},  # two names
    ],
)
def test_a_zip_damaged_anywhere_is_refused_by_name_and_costs_nothing_else(
    tmp_path: Path, changes: dict[str, tuple[int, bytes]]
) -> None:
    put(tmp_path, z__md=sheet(9))
    path = damaged(tmp_path / "a.zip", **changes)
    reading = read(tmp_path)
    assert "MET.9" in ids(reading)
    assert len(reading.fiches) == 3 or all(error.path.startswith(str(path)) for error in reading.refused)
    assert len(reading.fiches) + len(reading.refused) >= 2


@pytest.mark.parametrize("name", ["a\x1b[31m.md", "a\r\nb.md", "a\u202eb.md", "a\x00b.md"])
def test_a_member_is_named_without_control_characters(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("x.md")
        info.filename = name
        archive.writestr(info, "no sheet")
    put(tmp_path, z__md=sheet(9))
    (error,) = read(tmp_path).refused
    assert str(error).isprintable()


def test_a_file_is_named_without_control_characters_nor_bytes_that_are_no_text(tmp_path: Path) -> None:
    put(tmp_path, z__md=sheet(9))
    for name in (b"a\x1b]0;x\x07.md", b"d\xe9veloppeur.md", b"e\n.md"):
        Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name))).write_text("no sheet")
    reading = read(tmp_path, tmp_path / "d*.md")
    assert [str(error).isprintable() for error in reading.refused] == [True] * 3
    assert all(source.isprintable() for source in reading.sources)


def test_a_zip_in_a_zip_and_an_empty_one_are_refused_by_name(tmp_path: Path) -> None:
    inner = packed(tmp_path / "inner.zip", a__md=sheet(1))
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.write(inner, "inner.zip")
        archive.writestr("b.md", sheet(2))
    with zipfile.ZipFile(tmp_path / "none.zip", "w") as archive:
        archive.writestr(".hidden/b.md", sheet(3))
    reading = read(tmp_path / "outer.zip", tmp_path / "none.zip")
    assert ids(reading) == ["MET.2"]
    assert [error.reason for error in reading.refused] == [
        "this is a ZIP; unpack it first",
        "a ZIP without a file, hidden ones aside",
    ]


def test_a_damaged_zip_is_told(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", **{f"{number}.md": sheet(number) for number in range(1, 9)})
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    (tmp_path / "b.zip").write_bytes(data)
    (tmp_path / "c.zip").write_bytes(data[: len(data) // 2])
    reading = read(tmp_path / "b.zip")
    assert len(reading.fiches) == 7
    assert "damaged in the ZIP" in str(reading.refused[0])
    with pytest.raises(SourceError, match="damaged ZIP"):
        read(tmp_path / "c.zip")


@pytest.mark.parametrize("name", ["absent", "absent/*.md"])
def test_a_path_that_leads_nowhere_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match="no such file or folder"):
        read(tmp_path / name)


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="an empty folder"):
        read(tmp_path)


def test_no_good_sheet_at_all_is_an_error_that_tells_why(tmp_path: Path) -> None:
    put(tmp_path, a__md="", b__md="# sans ID")
    with pytest.raises(SourceError, match=r"(?s)no good sheet in 2 file.*a\.md: empty file.*b\.md: no ID"):
        read(tmp_path)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that fails when it is read")
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    put(tmp_path, a__md=sheet(1))
    (tmp_path / "b.md").symlink_to("/proc/self/mem")
    (tmp_path / "ideo-metiers.xml").symlink_to("/proc/self/mem")
    reading = read(tmp_path / "*.md")
    assert [(Path(error.path).name, "cannot be read" in error.reason) for error in reading.refused] == [("b.md", True)]
    assert reading.ideo == ()


def test_sources_are_named_without_the_folders_of_the_machine(tmp_path: Path) -> None:
    put(tmp_path, a__md=sheet(1))
    assert read(tmp_path / "a.md", tmp_path).sources == ("a.md", tmp_path.name)


@pytest.mark.parametrize("name", ["ideo-metiers_onisep.xml", "Ideo_metiers.json", "idéo-métiers.xml"])
def test_ideo_metiers_is_found_beside_the_sheets_or_above_them(tmp_path: Path, name: str) -> None:
    (tmp_path / "metiers").mkdir()
    put(tmp_path / "metiers", a__md=sheet(1))
    (tmp_path / name).write_text(IDEO)
    (tmp_path / "ideo-metiers.txt").write_text("not it")
    assert read(tmp_path / "metiers").ideo == (tmp_path / name,)
    assert read(tmp_path / "metiers" / "a.md").ideo == (tmp_path / name,)


def test_the_whole_corpus_is_read_with_its_progress(corpus_dir: Path, ideo_file: Path) -> None:
    told: list[tuple[str, int, int]] = []
    reading = files.read([corpus_dir], lambda what, done, total: told.append((what, done, total)))
    assert (len(reading.fiches), reading.refused, reading.notes) == (1043, (), ())
    assert reading.ideo == (ideo_file.resolve(),)
    assert told[-1] == ("reading files", 1043, 1043)
    assert [fiche.number for fiche in reading.fiches] == sorted(fiche.number for fiche in reading.fiches)


def test_refusals_are_errors_with_a_path_and_a_line(tmp_path: Path) -> None:
    put(tmp_path, a__md=sheet(1), b__md="# b\n**ID:** MET.x\n")
    (error,) = read(tmp_path).refused
    assert isinstance(error, SheetError)
    told = f"impossible ID 'MET.x': a sheet holds a line **ID:** {ID_FORM}"
    assert str(error) == f"{tmp_path / 'b.md'}:2: {told}"
