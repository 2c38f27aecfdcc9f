"""Files as nobody would write them: Markdown, the official feed, Idéo-Métiers, ROME, ESCO, ZIPs of them.

    PYTHONPATH=. python tests/fuzz/sources.py seeds 2000

Each file is a good one with a few changes, chosen by its number. Prints each fault with it, then the peak of memory
in kilobytes. What must hold: a good sheet beside it is read; of the file comes a refusal, a note or a sheet, and no
word of it vanishes without one of them; what was read can be indexed and read back.
"""

import io
import json
import re
import sys
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from html import unescape
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from search.backends import open_engine
from search.errors import SourceError
from search.fiche import Fiche
from search.index.fiche_json import fiche_from_json, fiche_to_json
from search.settings import Settings
from search.sources import esco, files, ideo, rome
from search.sources.files import Reading

GOOD = "# témoin\n**ID:** MET.999999999\n\n## Présentation\n\nToujours là.\n"

JOB = """<metier><identifiant>MET.{0}</identifiant><nom_metier>boulanger/ère</nom_metier>
<libelle_feminin>boulangère</libelle_feminin><libelle_masculin>boulanger</libelle_masculin>
<synonymes><synonyme><nom_metier>fournier/ère</nom_metier></synonyme></synonymes>
<romesV3><romeV3>D1102</romeV3></romesV3>
<accroche_metier><![CDATA[<p>Il fait du pain, 30 € l'heure – c’est l’été.</p>]]>
</accroche_metier>
<formats_courts><format_court><descriptif>
&lt;h3&gt;Durée des études&lt;/h3&gt;&lt;p&gt;deux ans</descriptif>
</format_court></formats_courts><vie_professionnelle><![CDATA[<h3>Salaire</h3><h5>Salaire du débutant</h5><p>A partir de
1801 euros brut par mois</p><table><tr><td>un</td><td>deux</td></tr></table>]]></vie_professionnelle>
<niveau_acces_min><id>REF.1</id><libelle>Bac + 2</libelle></niveau_acces_min><statuts><statut id="1" libelle="artisan"/>
</statuts><metiers_associes><metier_associe><id>MET.2</id><libelle>meunier</libelle></metier_associe></metiers_associes>
</metier>"""
FEED = f"<?xml version='1.0' encoding='UTF-8'?>\n<metiers>{''.join(map(JOB.format, (1, 3, 4)))}</metiers>"
ROW = {
    "libelle_metier": "boulanger",
    "lien_site_onisepfr": "https://www.onisep.fr/MET.17",
    "code_rome": "D1102 | D1104",
    "libelle_rome": "Boulangerie | Pâtisserie",
    "domainesous-domaine": "commerce, alimentation/boulangerie| artisanat/bouche",
}
IDEO_JSON = json.dumps([ROW, ROW], ensure_ascii=False)
CELLS = "".join(f"<{name}>{value}</{name}>" for name, value in ROW.items())
IDEO_XML = f"<root><item>{CELLS}</item><item>{CELLS}</item></root>"

ROME_NAMES = 'libelle_appellation_long,code_rome\n"Boulanger / Boulangère, de nuit",D1102\nPâtissier,D1104\n'
ROME_CODES = "code_rome,libelle_rome,code_grand_domaine,libelle_grand_domaine\nD1102,Boulangerie,D,Commerce\n"
ESCO = 'preferredLabel,altLabels\nboulanger/boulangère,"fournier\npanetier | mitron"\n'

TOKENS = (
    "# ", "## ", "##", "###", "\n# autre\n**ID:** MET.5\n", "**ID:** MET.6", "**Codes ROME:**", "## Présentation",
    "===", "---", "```", "~~~", "- ", "* ", "• ", "1. ", "    ", "\t", "\u00a0", "\ufeff", "\x0b", "\x0c", "\r",
    "\r\n", "\u2028", "<!--", "-->", "<style>", "</style>", "<script>x</script>", "<b", "<p>", "<td>x</td>",
    "<https://a.fr>", "&#146;", "&#99999999999;", "&eacute;", "&", "<", ">", "]]>", "<![CDATA[", "<!DOCTYPE a>",
    "<?x y?>", "<metier>", "</metier>", "<metiers xmlns='x'>", "<o:metier>", "<nouveau>mot</nouveau>", "<statut/>",
    " a='b'", "\x00", "\x1b[31m", "\x85", "\u0092", "e\u0301", "\ud83d\ude00", "İ", "ﷺ", "{", "[", '"', ",", "null",
    "1e999", "|", "/", "MET.0", "99999999999999",
)  # fmt: skip
ENCODINGS = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-be",
    "utf-32",
    "cp1252",
    "iso-8859-15",
    "mac-roman",
    "cp037",
    "utf-7",
)

Change = Callable[[bytes, Random], bytes]


def flipped(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 3, 20))):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def cut_out(data: bytes, random: Random) -> bytes:
    start, end = sorted(random.randrange(len(data) + 1) for _ in range(2))
    return data[:start] + data[end:]


def cut_short(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def repeated(data: bytes, random: Random) -> bytes:
    start = random.randrange(len(data))
    end = min(start + random.choice((1, 5, 50, 500)), len(data))
    times = random.choice((2, 10, 1_000, 50_000))
    return data[:start] + data[start:end] * min(times, 3_000_000 // (end - start)) + data[end:]


def inserted(data: bytes, random: Random) -> bytes:
    for _ in range(random.choice((1, 2, 6))):
        place = random.randrange(len(data) + 1)
        if random.random() < 0.6:
            place = data.rfind(b"\n", 0, place) + 1
        token = random.choice(TOKENS).encode("utf-8", "surrogatepass")
        data = data[:place] + token * random.choice((1, 1, 1, 2_000)) + data[place:]
    return data


def shuffled(data: bytes, random: Random) -> bytes:
    lines = data.split(b"\n")
    for _ in range(3):
        one, two = random.randrange(len(lines)), random.randrange(len(lines))
        lines[one], lines[two] = lines[two], lines[one]
    return random.choice((b"\n", b"\r\n", b"\r", b"\n\n")).join(lines)


def encoded(data: bytes, random: Random) -> bytes:
    return data.decode("utf-8", "replace").encode(random.choice(ENCODINGS), "replace")


CHANGES: tuple[Change, ...] = (flipped, cut_out, cut_short, repeated, inserted, inserted, shuffled, encoded)
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def changed(data: bytes, random: Random) -> bytes:
    for _ in range(random.choice((1, 1, 2, 3))):
        data = random.choice(CHANGES)(data, random) if data else data
    return data


def zipped(members: Sequence[tuple[str, bytes]], random: Random) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", random.choice(METHODS)) as archive:
        for name, data in members:
            archive.writestr(random.choice((name, f"d/{name}", f"../{name}", f"\x1b{name}", f"é{name}")), data)
    return file.getvalue()


def made(number: int, seeds: Sequence[bytes]) -> bytes:
    """The file of this number."""
    random = Random(number)
    plain = (*seeds, *seeds, FEED.encode(), FEED.encode(), IDEO_JSON.encode(), IDEO_XML.encode())
    if random.random() < 0.3:
        inside = [random.choice(plain) for _ in range(random.choice((1, 2, 3)))]
        if random.random() < 0.3:
            inside = [changed(each, random) for each in inside]
        return changed(zipped([(f"{place}.xml", each) for place, each in enumerate(inside)], random), random)
    return changed(random.choice(plain), random)


def list_of(number: int) -> bytes:
    """The list of names of this number: a CSV, or a ZIP of some."""
    random = Random(number)
    plain = (ROME_NAMES.encode(), ROME_CODES.encode(), ESCO.encode())
    if random.random() < 0.5:
        names = ("appellation_v460_utf8.csv", "code_rome_v460_utf8.csv", "cr_gd_dp_v460.csv")
        inside = [(name, random.choice(plain)) for name in names]
        return changed(zipped(inside, random), random)
    return changed(random.choice(plain), random)


FRAME = frozenset(
    re.findall(
        r"\w+",
        "appellations féminin masculin codes présentation nature travail compétences requises conditions "
        "professionnelle accès métier niveau minimum formations recommandées statuts possibles centres intérêt autres "
        "durée études equiv",
    )
)
"""The words of headings and labels."""


def words(text: str) -> set[str]:
    plain = unicodedata.normalize("NFC", text).replace("\u00ad", "").lower()
    return set(re.findall(r"[^\W\d_]{5,}", plain)) - FRAME


def lost(data: bytes, reading: Reading) -> set[str]:
    """The words of a file that are on no sheet, where nothing was told of the file."""
    kept = repr(reading.fiches).replace("\\n", "\n").replace("\\'", "'")
    with suppress(ElementTree.ParseError, LookupError, ValueError):
        root = ElementTree.fromstring(data)
        jobs = [each for each in root.iter() if each.tag.rpartition("}")[2] == "metier"]
        text = " ".join(text for job in jobs for text in job.itertext())
        return words(
            re.sub(r"<style>.*?</style>|<script>.*?</script>|<!--.*?-->|<[^>]*>", " ", unescape(text))
        ) - words(kept)
    with suppress(UnicodeDecodeError):
        text = data.decode("utf-8")
        if not any(each in text for each in "<&\u200b\x00") and not re.search("[\x7f-\x9f\u0300-\u036f\ufeff]", text):
            return words(re.sub("[\x01-\x08\x0e-\x1f]", "", text)) - words(kept)
    return set()


def faults_of(data: bytes, folder: Path, sheets: list[Fiche]) -> Iterator[str]:
    """What does not hold of this file; the sheets that it gives are added."""
    path = folder / "fuzzed"
    path.write_bytes(data)
    reading = files.read([folder], lambda what, done, total: None)
    if "MET.999999999" not in {fiche.id for fiche in reading.fiches}:
        yield "the good sheet is gone"
    others = [fiche for fiche in reading.fiches if fiche.id != "MET.999999999"]
    told = [*map(str, reading.refused), *(note for note in reading.notes if "in two sources" not in note)]
    if not (others or told or reading.ideo):
        yield "nothing came of it, and nothing is told"
    if not all(line.isprintable() and str(path) in line for line in told):
        yield f"told badly: {told[:3]}"
    if others and not told and not reading.ideo and (gone := lost(data, reading)):
        yield f"words lost: {sorted(gone)[:5]}"
    for each in reading.ideo:
        with suppress(SourceError):
            official = ideo.read(each)
            others = [ideo.enrich(fiche, official) for fiche in others]
    for fiche in others:
        if fiche_from_json(json.loads(json.dumps(fiche_to_json(fiche)))) != fiche:
            yield f"{fiche.id} is not read back as it was"
    sheets += others


def faults_of_list(data: bytes, folder: Path) -> Iterator[str]:
    """What does not hold of a list of names: it is read, or refused by name."""
    path = folder / "appellation_v460.csv"
    path.write_bytes(data)
    rome.is_archive(path)
    for read in (rome.read, esco.read):
        try:
            read(path)
        except SourceError as error:
            if str(path) not in str(error):
                yield f"told badly: {error}"
    path.unlink()


def run(seeds: Path, count: int) -> Iterator[str]:
    """The faults of as many files; of 1 sheet in 10 that they gave, whether they can be indexed."""
    originals = [path.read_bytes() for path in sorted(seeds.iterdir())]
    sheets: list[Fiche] = []
    with TemporaryDirectory() as name:
        folder = Path(name, "sources")
        folder.mkdir()
        (folder / "good.md").write_text(GOOD, encoding="utf-8")
        for number in range(count):
            try:
                yield from (f"{number}: {fault}" for fault in faults_of(made(number, originals), folder, sheets))
                yield from (f"list {number}: {fault}" for fault in faults_of_list(list_of(number), Path(name)))
            except Exception as error:
                yield f"{number}: {type(error).__name__}: {error}"
        kept = [replace(fiche, id=f"MET.{place}") for place, fiche in enumerate(sheets[::10], 1)]
        with closing(open_engine(Settings(index=Path(name, "index")))) as engine:
            info = engine.rebuild(kept, ("fuzzed",), lambda what, done, total: None, "")
            if info.documents != len(kept):
                yield f"{info.documents} of {len(kept)} sheets indexed"


if __name__ == "__main__":
    for fault in run(Path(sys.argv[1]), int(sys.argv[2])):
        print(fault)
    # Not ru_maxrss: that begins with what the process held that started this one.
    print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0], file=sys.stderr)
