"""The folders of an index: whole or refused, never half of one, whatever stops an indexing or touches its files."""

import hashlib
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any

import orjson
import pytest
from asking import SOAK, Answered, ask
from conftest import ROOT
from engines import rebuilt, served_folder
from made_up import VILLAGE
from small_disk import needs_a_disk, on_a_small_disk

from search.embedded.engine import EmbeddedEngine
from search.errors import IndexBusy, IndexDamaged, IndexStale
from search.index import generations
from search.index.fingerprint import FORMAT, fingerprint
from search.query import Query

SHEETS = 40
"""Sheets of the corpus made up: enough for a kill to fall anywhere in their indexing."""


@pytest.fixture
def project() -> Path:
    """The project's folder; `root` is that of an index here."""
    return ROOT


@pytest.fixture
def root(village_index: Path, tmp_path: Path) -> Path:
    """An index of VILLAGE that may be changed."""
    return Path(shutil.copytree(village_index, tmp_path / "index"))


@pytest.fixture(scope="module")
def sheets(seeds_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two folders of sheets made from the seeds: the second holds a sheet less, and each sheet a word more."""
    before, after = (tmp_path_factory.mktemp(name) for name in ("before", "after"))
    seeds = [path.read_text(encoding="utf-8") for path in sorted(seeds_dir.iterdir()) if path.suffix == ".txt"]
    for number in range(SHEETS):
        text = seeds[number % len(seeds)]
        old = next(line for line in text.splitlines() if "MET." in line)
        text = text.replace(old, f"**ID:** MET.{9000 + number}", 1)
        (before / f"{number}.md").write_text(text, encoding="utf-8")
        if number:
            (after / f"{number}.md").write_text(text + "\nmontgolfière\n", encoding="utf-8")
    return before, after


def metiers(*arguments: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """A real command, in a process of its own."""
    command = [sys.executable, "-m", "web.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | environment)


def contents(folder: Path) -> dict[str, bytes]:
    """All the files of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def entries(root: Path) -> set[str]:
    """What lies in an index folder."""
    return {path.name for path in root.iterdir()}


def rewrite(root: Path, **changes: Any) -> None:
    """Change values of the manifest being served."""
    path = served_folder(root) / generations.MANIFEST
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes()) | changes))


# --- The manifest -----------------------------------------------------------------------------------


def test_the_manifest_is_complete_and_read_without_tools(root: Path) -> None:
    folder = served_folder(root)
    text = (folder / generations.MANIFEST).read_text(encoding="utf-8")
    values = orjson.loads(text)
    assert list(values) == [
        "generation", "documents", "built_at", "data_date", "fingerprint", "sources", "counts", "checksums",
    ]  # fmt: skip
    assert '\n  "documents": 12,\n' in text
    assert values["generation"] == folder.name
    assert values["fingerprint"] == fingerprint()
    assert values["sources"] == ["made up"]
    assert values["counts"]["documents"] == 12
    assert all(count > 0 for count in values["counts"].values())
    files = contents(folder)
    del files[generations.MANIFEST]
    assert values["checksums"] == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    assert generations.verify(folder, fingerprint()) == generations.read_manifest(folder)


@pytest.mark.parametrize(
    "written",
    [
        b"", b"{", b"null", b"[]", b'"manifest"', b"{}", b"\xff\xfe", pickle.dumps({"documents": 3}),
        b'{"generation": 1}',
    ],
)  # fmt: skip
def test_r4_a_manifest_that_is_none_is_refused(written: bytes, root: Path) -> None:
    path = served_folder(root) / generations.MANIFEST
    path.write_bytes(written)
    with pytest.raises(IndexDamaged, match=r"manifest\.json: missing or unreadable.*metiers index"):
        EmbeddedEngine(root).info()


@pytest.mark.parametrize(
    "changes",
    [
        {"documents": "12"}, {"documents": -1}, {"documents": True}, {"documents": None}, {"sources": [3]},
        {"counts": {"documents": "many"}}, {"counts": None}, {"checksums": {"columns/x": None}}, {"checksums": []},
        {"built_at": 0}, {"fingerprint": None}, {"data_date": {}}, {"checksums": {}}, {"generation": "elsewhere"},
    ],
    ids=str,
)  # fmt: skip
def test_r4_a_manifest_with_a_wrong_value_is_refused(changes: dict[str, Any], root: Path) -> None:
    rewrite(root, **changes)
    with pytest.raises(IndexDamaged, match="metiers index SOURCE --index "):
        EmbeddedEngine(root).info()


def test_r4_an_index_of_another_version_is_refused_with_the_command_that_rebuilds_it(root: Path) -> None:
    rewrite(root, fingerprint="0123456789abcdef")
    # The version is told first: what another version wrote is not judged by its files.
    shutil.rmtree(served_folder(root) / "columns")
    with pytest.raises(IndexStale, match=f"another version .* metiers index SOURCE --index {root}"):
        EmbeddedEngine(root).info()
    told = metiers("check", "--index", root)
    assert told.returncode == 1
    assert f"metiers index SOURCE --index {root}" in told.stderr
    assert "Traceback" not in told.stderr
    with closing(EmbeddedEngine(root)) as engine:
        rebuilt(engine, VILLAGE[:3])
        assert engine.search(Query()).total == 3


@pytest.mark.parametrize("name", ["", "\n", ".", "..", "../index", "/", "x", "a\x00b", "20261122", "2" * 5_000])
def test_r4_a_pointer_to_no_generation_is_refused(name: str, root: Path) -> None:
    (root / generations.CURRENT).write_text(name)
    with pytest.raises(IndexDamaged, match=r"not the name of a generation.*metiers index"):
        EmbeddedEngine(root).info()


def test_r4_a_pointer_to_a_generation_that_is_gone_is_refused(root: Path) -> None:
    shutil.rmtree(served_folder(root))
    with pytest.raises(IndexDamaged, match=r"missing or unreadable.*metiers index"):
        EmbeddedEngine(root).info()


# --- Files altered or foreign -----------------------------------------------------------------------


class Danger:
    """What a pickle does to whoever opens it."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return os.mkdir, (str(Danger.proof),)

    proof = Path()


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def lengthened(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def pickled(path: Path) -> None:
    path.write_bytes(pickle.dumps(Danger()))


def removed(path: Path) -> None:
    path.unlink()


def linked(path: Path) -> None:
    """The same bytes, but by a way that may lead elsewhere tomorrow."""
    elsewhere = path.parent.parent.parent.parent / path.name
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def led_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("nothing")


def piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def made_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def swapped(path: Path) -> None:
    other = next(each for each in sorted(path.parent.iterdir()) if each != path)
    shutil.copyfile(other, path)


DAMAGES = (
    emptied, cut, lengthened, flipped, pickled, removed, linked, led_nowhere, piped, made_a_folder, swapped,
)  # fmt: skip
KINDS = {"array": "columns/sheets.json.npy", "words": "columns/*.txt", "whoosh": "columns/*.toc"}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_r4_a_damaged_file_is_named_and_none_is_opened(
    damage: Callable[[Path], None], kind: str, root: Path, tmp_path: Path
) -> None:
    Danger.proof = tmp_path / "ran"
    serving = EmbeddedEngine(root)
    before = serving.search(Query(text="vente"))
    path = min(served_folder(root).glob(kind))
    damage(path)
    with pytest.raises(IndexDamaged) as refused:
        EmbeddedEngine(root).info()
    assert str(path) in str(refused.value)
    assert f"metiers index SOURCE --index {root}" in str(refused.value)
    assert not Danger.proof.exists()
    if damage in {removed, linked, led_nowhere, piped, made_a_folder}:
        # Whoever has the file open keeps it: what is served goes on as it was.
        assert serving.search(Query(text="vente")) == before
    serving.close()


def test_r4_a_file_that_nobody_wrote_is_refused(root: Path) -> None:
    added = served_folder(root) / "columns" / "added.npy"
    added.write_bytes(b"x")
    with pytest.raises(IndexDamaged, match=r"added\.npy: is no file of this index"):
        EmbeddedEngine(root).info()


def test_r4_a_folder_linked_from_elsewhere_is_refused(root: Path, tmp_path: Path) -> None:
    columns = served_folder(root) / "columns"
    columns.rename(tmp_path / "columns")
    columns.symlink_to(tmp_path / "columns")
    with pytest.raises(IndexDamaged, match="columns"):
        EmbeddedEngine(root).info()


@pytest.mark.parametrize("name", ["sheets.json.npy", "documents.number.npy", "suggest.entry.npy", "map.place.npy"])
def test_r4_a_pickle_in_place_of_an_array_never_runs_even_with_its_checksum(
    name: str, root: Path, tmp_path: Path
) -> None:
    Danger.proof = tmp_path / "ran"
    folder = served_folder(root)
    path = folder / "columns" / name
    if not path.exists():
        path = next(iter(sorted((folder / "columns").glob(f"{name.partition('.')[0]}.*.npy"))))
    pickled(path)
    checksums = generations.read_manifest(folder).checksums
    rewrite(root, checksums={**checksums, path.relative_to(folder).as_posix(): generations.checksum(path)})
    with pytest.raises(IndexDamaged, match="metiers index"):
        EmbeddedEngine(root).info()
    assert not Danger.proof.exists()
    pickle.loads(path.read_bytes())
    assert Danger.proof.exists()  # it would have


def test_o7_a_hostile_table_of_contents_of_whoosh_is_never_opened_to_serve(root: Path, tmp_path: Path) -> None:
    Danger.proof = tmp_path / "ran"
    folder = served_folder(root)
    [path] = (folder / "columns").glob("*.toc")
    pickled(path)
    checksums = generations.read_manifest(folder).checksums
    rewrite(root, checksums={**checksums, path.relative_to(folder).as_posix(): generations.checksum(path)})
    with closing(EmbeddedEngine(root)) as engine:
        assert engine.search(Query(text="vente")).total > 0
        assert engine.similar("MET.1", 3)
        assert engine.suggest("boul", 3)
        assert rebuilt(engine, VILLAGE).documents == len(VILLAGE)
    assert not Danger.proof.exists()
    pickle.loads(path.read_bytes())
    assert Danger.proof.exists()  # it would have


def test_r4_an_index_of_the_format_before_is_refused_with_the_command_that_rebuilds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before, closing(EmbeddedEngine(tmp_path)) as engine:
        before.setattr("search.index.fingerprint.FORMAT", FORMAT - 1)
        rebuilt(engine, VILLAGE)
        assert engine.search(Query()).total == len(VILLAGE)
    with pytest.raises(IndexStale, match=f"another version .* metiers index SOURCE --index {tmp_path}"):
        EmbeddedEngine(tmp_path).info()


def test_r4_a_damaged_new_generation_leaves_the_one_that_serves(root: Path) -> None:
    reader = EmbeddedEngine(root)
    before = reader.info(), reader.search(Query(text="vente"))
    with closing(EmbeddedEngine(root)) as writer:
        rebuilt(writer, VILLAGE[:3])
    flipped(served_folder(root) / "columns" / "sheets.json.npy")
    assert (reader.info(), reader.search(Query(text="vente"))) == before
    with closing(EmbeddedEngine(root)) as writer:
        rebuilt(writer, VILLAGE[:4])
    assert reader.search(Query()).total == 4


@pytest.mark.parametrize("damage", ["altered", "stale"])
def test_r4_a_service_over_an_index_it_cannot_use_lives_and_says_so(
    damage: str, root: Path, start_server: Callable[..., Any]
) -> None:
    if damage == "altered":
        flipped(served_folder(root) / "columns" / "sheets.json.npy")
    else:
        rewrite(root, fingerprint="0123456789abcdef")
    server = start_server(root, ready=False)
    server.wait_for("/health/live")
    for path in ("/health/ready", "/", "/api/v1/search?q=vente", "/metiers/MET.1"):
        answer = ask(server.url, path)
        assert answer.status == 503, path
        assert int(answer.headers["Retry-After"]) > 0
        assert str(root).encode() not in answer.body
    assert "metiers index" in server.log.read_text()
    with closing(EmbeddedEngine(root)) as writer:
        rebuilt(writer, VILLAGE)
    server.wait_for("/health/ready")


# --- Cleaning, going back ---------------------------------------------------------------------------


def test_r3_what_a_killed_run_left_is_cleaned_by_the_next(root: Path) -> None:
    first = generations.current(root)
    orphan = generations.create(root)
    (orphan / "columns").mkdir()
    (orphan / "columns" / "half.npy").write_bytes(b"x")
    (root / ".current-00ff").write_text(orphan.name)
    assert generations.current(root) == first
    with closing(EmbeddedEngine(root)) as engine:
        second = rebuilt(engine, VILLAGE[:3]).generation
    assert entries(root) == {"current", "lock", first, second}


def test_a_folder_that_is_no_generation_is_never_removed(tmp_path: Path) -> None:
    root = tmp_path / "home"
    (root / "letters").mkdir(parents=True)
    (root / "letters" / "manifest.json").write_text("{}")
    (root / "notes.md").write_text("mine")
    with closing(EmbeddedEngine(root)) as engine:
        for _ in range(3):
            rebuilt(engine, VILLAGE[:2])
        engine.rollback()
    assert (root / "letters" / "manifest.json").read_text() == "{}"
    assert (root / "notes.md").read_text() == "mine"
    assert len(generations.names(root)) == 2


def test_going_back_is_refused_where_the_generation_before_is_not_whole(root: Path) -> None:
    engine = EmbeddedEngine(root)
    first = engine.info().generation
    second = rebuilt(engine, VILLAGE[:3]).generation
    flipped(root / first / "columns" / "sheets.json.npy")
    with pytest.raises(IndexDamaged, match=first):
        engine.rollback()
    assert generations.current(root) == second
    engine.close()


# --- Two at once ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("own_processes")
def test_r5_of_two_indexings_at_once_the_second_stops_and_says_why(sheets: tuple[Path, Path], root: Path) -> None:
    command = [sys.executable, "-m", "web.cli", "index", str(sheets[0]), "--index", str(root)]
    first = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        wait_for_a_generation(root, first)
        first.send_signal(signal.SIGSTOP)  # under way for as long as it takes
        before = contents(root)
        second = metiers("index", sheets[1], "--index", root)
        assert second.returncode == 1
        assert second.stderr.splitlines()[-1] == (
            f"Error: {root}: another indexing is under way here. Wait for it to end, then try again."
        )
        back = metiers("rollback", "--index", root)
        assert back.returncode == 1
        assert "another indexing is under way" in back.stderr
        assert contents(root) == before
    finally:
        first.send_signal(signal.SIGCONT)
        output, _ = first.communicate(timeout=60)
    assert first.returncode == 0, output.decode()
    assert generations.read_manifest(served_folder(root)).info.documents == SHEETS
    assert metiers("index", sheets[1], "--index", root).returncode == 0


def test_r5_a_lock_goes_with_whoever_held_it(root: Path) -> None:
    with generations.indexing(root), pytest.raises(IndexBusy), generations.indexing(root):
        pass
    with generations.indexing(root):
        pass


# --- Killed -----------------------------------------------------------------------------------------


def wait_for_a_generation(root: Path, process: "subprocess.Popen[bytes]") -> None:
    """Return when an indexing has begun to write."""
    known = entries(root)
    limit = monotonic() + 120
    while not any(name.startswith("2") for name in entries(root) - known):
        assert process.poll() is None
        assert monotonic() < limit
        sleep(0.001)


ASKED = ("q=montgolfi%C3%A8re", "q=m%C3%A9canique&per_page=50", "q=ing%C3%A9nieur&niveau=bac-5", "sort=-nom", "q=zzz")


def whole_answer(url: str, path: str) -> Answered:
    """An answer, asked for again while a busy machine leaves parts of it out for want of time, and says so."""
    for _ in range(100):
        answer = ask(url, path)
        if answer.status != 200 or not answer.json()["partial"]:
            break
    return answer


def answered(url: str) -> tuple[str, list[Any]]:
    """(the generation that serves, its answers without its name, which links of their pages hold)."""
    found = [whole_answer(url, f"/api/v1/search?{query}") for query in ASKED]
    assert {each.status for each in found} == {200}
    documents = [each.json() for each in found]
    (generation,) = {each["index"]["generation"] for each in documents}
    for each in documents:
        del each["index"], each["took_ms"]
    return generation, json.loads(json.dumps(documents).replace(generation, ""))


@pytest.mark.soak
def test_r3_an_indexing_killed_at_any_moment_leaves_the_old_index_serving(
    sheets: tuple[Path, Path], project: Path, tmp_path: Path, start_server: Callable[..., Any]
) -> None:
    kills = 30 if SOAK else 10
    corpus = project.parent / "shared" / "corpus" / "metiers"
    many = [corpus] if SOAK and corpus.is_dir() else []
    sources = {name: [*many, folder] for name, folder in zip(("before", "after"), sheets, strict=True)}
    root, temporary = tmp_path / "index", tmp_path / "temporary"
    temporary.mkdir()

    def indexing(name: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "web.cli", "index", *map(str, sources[name]), "--index", str(root)]
        environment = os.environ | {"TMPDIR": str(temporary)}
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)

    assert indexing("after").wait(600) == 0
    server = start_server(root)
    expected = {"after": answered(server.url)[1]}
    whole = indexing("before")
    wait_for_a_generation(root, whole)
    began = monotonic()
    assert whole.wait(600) == 0
    seconds = monotonic() - began
    expected["before"] = answered(server.url)[1]
    assert expected["before"] != expected["after"]

    random = Random(42)
    serves, killed = "before", 0
    while killed < kills:
        generation = generations.current(root)
        other = "after" if serves == "before" else "before"
        process = indexing(other)
        wait_for_a_generation(root, process)
        sleep(seconds * (killed + random.random()) / kills)
        process.kill()
        if process.wait() == -signal.SIGKILL:
            killed += 1
        else:  # a quiet moment made it quicker than the first
            seconds *= 0.9
        if generations.current(root) != generation:
            serves = other
        assert answered(server.url) == (generations.current(root), expected[serves])
    generation = generations.current(root)
    assert indexing(serves).wait(600) == 0
    assert entries(root) == {"current", "lock", generation, generations.current(root)}
    assert answered(server.url) == (generations.current(root), expected[serves])
    assert list(temporary.iterdir()) == []


KILLED_AT_EACH_STEP = """
import os, signal, sys
from contextlib import closing
from pathlib import Path
from engines import rebuilt
from made_up import VILLAGE
from search.index import generations
from search.embedded.engine import EmbeddedEngine
from search.query import Query

root, first, every = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir"}
sources = VILLAGE, VILLAGE[:6]

def answers():
    with closing(EmbeddedEngine(root)) as engine:
        return engine.search(Query(text="vente", per_page=100)), engine.search(Query())

def stopped_at(step, fiches):
    child = os.fork()
    if not child:
        seen = 0
        def watch(event, arguments):
            nonlocal seen
            if event in CHANGES or event == "open" and str(root) in str(arguments[0]):
                seen += 1
                if seen == step:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(watch)
        with closing(EmbeddedEngine(root)) as engine:
            rebuilt(engine, fiches)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

expected = []
for fiches in sources:
    with closing(EmbeddedEngine(root)) as engine:
        rebuilt(engine, fiches)
    expected.append(answers())
serves, step, switched = 1, first, 0
while True:
    generation = generations.current(root)
    code = stopped_at(step, sources[1 - serves])
    if generations.current(root) != generation:
        serves, switched = 1 - serves, switched + 1
    assert answers() == expected[serves], step
    if code == 0:
        break
    assert code == -signal.SIGKILL, code
    step += every
with closing(EmbeddedEngine(root)) as engine:
    rebuilt(engine, sources[serves])
print(step, switched, len(list(root.iterdir())))
"""


@pytest.mark.soak
def test_r3_whatever_file_an_indexing_was_about_to_touch_when_killed_the_index_is_whole(
    tmp_path: Path, project: Path
) -> None:
    every = 1 if SOAK else 29
    tests = str(project / "tests")
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AT_EACH_STEP, str(tmp_path / "index"), str(every), str(every)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(project), tests))},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    steps, switched, left = map(int, done.stdout.split())
    assert steps > 100
    assert switched > 1  # some fell after the switch, in the cleaning
    assert left == 4


# --- Nowhere to write -------------------------------------------------------------------------------

LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
sys.argv[:2] = ["metiers"]
from web.cli.commands import main
main()
"""


@pytest.mark.usefixtures("own_processes")
def test_r4_an_indexing_that_cannot_write_any_further_changes_nothing(sheets: tuple[Path, Path], root: Path) -> None:
    before = contents(root)
    largest = 0
    for largest in (1, 10_000, 50_000, 100_000, 1_000_000):
        command = [sys.executable, "-c", LIMITED, str(largest), "index", str(sheets[0]), "--index", str(root)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode == 0:
            break
        told_and_unchanged(done, root)
        assert contents(root) == before
    assert largest > 10_000
    assert metiers("index", sheets[0], "--index", root).returncode == 0


def told_and_unchanged(done: "subprocess.CompletedProcess[str]", root: Path) -> None:
    """That a failed indexing says so in one clear line, and leaves the old index to be served."""
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    told = done.stderr.splitlines()[-1]
    assert told.startswith(f"Error: {root}")
    assert "the index cannot be written (" in told
    assert "the index that was served before is served still" in told
    assert metiers("search", "boulanger", "--index", root).returncode == 0


FULL = """
import shutil, subprocess, sys
from pathlib import Path
from test_generations import contents, metiers, told_and_unchanged

disk, before, after = map(Path, sys.argv[1:])
root = disk / "index"
assert metiers("index", before, "--index", root).returncode == 0
kept = contents(root)
size = sum(map(len, kept.values()))
for left in (0, size // 4, size * 3 // 4):
    filler = disk / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(disk).free - left))
    told_and_unchanged(metiers("index", after, "--index", root), root)
    assert contents(root) == kept, left
    filler.unlink()
assert metiers("index", after, "--index", root).returncode == 0
kept = contents(root)
subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
told_and_unchanged(metiers("index", before, "--index", root), root)
assert contents(root) == kept
back = metiers("rollback", "--index", root)
assert back.returncode == 1 and "Read-only file system" in back.stderr and "Traceback" not in back.stderr
"""


@pytest.mark.usefixtures("own_processes")
@needs_a_disk
def test_r4_a_full_disk_and_one_that_is_read_only_leave_the_old_index_serving(
    sheets: tuple[Path, Path], tmp_path: Path, project: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(
        [*on_a_small_disk(disk), sys.executable, "-c", FULL, str(disk), *map(str, sheets)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(project), str(project / "tests")))},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_r4_a_folder_that_may_not_be_written_is_told(sheets: tuple[Path, Path], root: Path) -> None:
    root.chmod(0o555)
    try:
        told_and_unchanged(metiers("index", sheets[0], "--index", root), root)
    finally:
        root.chmod(0o755)
