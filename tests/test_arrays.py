"""Arrays and words kept as files: what is read back is what was written, and a cut file is refused."""

from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from shares import examples

from search import arrays


@dataclass(frozen=True, slots=True)
class Sample:
    words: tuple[str, ...]
    numbers: NDArray[np.int32]
    pairs: NDArray[np.float32]


def sample(words: tuple[str, ...] = ("pêche", "", "bac + 5", "œuf")) -> Sample:
    return Sample(words, np.arange(5, dtype=np.int32), np.ones((3, 2), dtype=np.float32))


def test_a_table_comes_back_as_it_was(tmp_path: Path) -> None:
    arrays.save(tmp_path, "sample", sample())
    found = arrays.load(tmp_path, "sample", Sample)
    assert found.words == sample().words
    for name in ("numbers", "pairs"):
        read, made = getattr(found, name), getattr(sample(), name)
        assert (read.dtype, read.shape) == (made.dtype, made.shape)
        assert (read == made).all()


def test_each_field_is_a_file_of_its_own_that_pickles_nothing(tmp_path: Path) -> None:
    arrays.save(tmp_path, "sample", sample())
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"sample.words.txt", "sample.numbers.npy", "sample.pairs.npy"}
    for path in tmp_path.glob("*.npy"):
        np.load(path, allow_pickle=False)


def test_arrays_read_back_cannot_be_written_to(tmp_path: Path) -> None:
    arrays.save(tmp_path, "sample", sample())
    found = arrays.load(tmp_path, "sample", Sample)
    assert type(found.numbers) is np.ndarray
    with pytest.raises(ValueError, match="read-only"):
        found.numbers[0] = 9


def test_an_array_of_objects_is_neither_written_nor_read(tmp_path: Path) -> None:
    odd = np.array([{"a": 1}], dtype=object)
    with pytest.raises(ValueError, match="pickle"):
        arrays.save(tmp_path, "sample", Sample((), odd, odd))
    np.save(tmp_path / "sample.numbers.npy", odd, allow_pickle=True)
    with pytest.raises(ValueError, match="Python objects"):
        arrays.open_array(tmp_path / "sample.numbers.npy")


@pytest.mark.parametrize("name", ["sample.numbers.npy", "sample.pairs.npy", "sample.words.txt"])
def test_a_missing_file_is_an_error(name: str, tmp_path: Path) -> None:
    arrays.save(tmp_path, "sample", sample())
    (tmp_path / name).unlink()
    with pytest.raises(OSError, match="sample"):
        arrays.load(tmp_path, "sample", Sample)


@pytest.mark.parametrize("kept", [0, 5, 60, 130])
def test_a_cut_array_is_an_error(kept: int, tmp_path: Path) -> None:
    arrays.save(tmp_path, "sample", sample())
    path = tmp_path / "sample.numbers.npy"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises((OSError, ValueError)):
        arrays.load(tmp_path, "sample", Sample)


@pytest.mark.parametrize("break_", ["\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_odd_line_breaks_inside_a_word_part_no_word(break_: str, tmp_path: Path) -> None:
    words = (f"un{break_}deux", "trois")
    arrays.save(tmp_path, "sample", sample(words))
    assert arrays.load(tmp_path, "sample", Sample).words == words


def test_a_line_feed_inside_a_word_becomes_a_blank(tmp_path: Path) -> None:
    arrays.save(tmp_path, "sample", sample(("un\ndeux", "\n", "trois")))
    assert arrays.load(tmp_path, "sample", Sample).words == ("un deux", " ", "trois")


def test_what_cannot_be_written_in_utf_8_is_replaced(tmp_path: Path) -> None:
    arrays.save(tmp_path, "sample", sample(("a\ud800b", "c")))
    assert arrays.load(tmp_path, "sample", Sample).words == ("a?b", "c")


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=("Cs",)), max_size=8), max_size=6))
def test_any_words_come_back(tmp_path_factory: pytest.TempPathFactory, words: list[str]) -> None:
    folder = tmp_path_factory.mktemp("words")
    arrays.save(folder, "sample", sample(tuple(words)))
    assert arrays.load(folder, "sample", Sample).words == tuple(words)


@pytest.mark.parametrize(("columns", "shape"), [(0, (7,)), (3, (7, 3))])
def test_an_array_may_be_written_a_piece_at_a_time(columns: int, shape: tuple[int, ...], tmp_path: Path) -> None:
    whole: NDArray[Any] = np.arange(np.prod(shape)).reshape(shape).astype(np.int32)
    with arrays.growing(tmp_path / "grown.npy", np.int32, columns) as grown:
        for low, high in ((0, 3), (3, 3), (3, 7)):
            assert grown.rows == low
            grown.append(whole[low:high])
    read = arrays.open_array(tmp_path / "grown.npy")
    assert (read.dtype, read.shape) == (whole.dtype, whole.shape)
    assert (read == whole).all()


def test_an_array_of_no_piece_is_empty(tmp_path: Path) -> None:
    with arrays.growing(tmp_path / "grown.npy", np.float32):
        pass
    assert arrays.open_array(tmp_path / "grown.npy").shape == (0,)


def test_an_array_whose_writing_failed_is_not_read_as_whole(tmp_path: Path) -> None:
    with suppress(RuntimeError), arrays.growing(tmp_path / "grown.npy", np.int32) as grown:
        grown.append(np.arange(1000, dtype=np.int32))
        raise RuntimeError
    assert arrays.open_array(tmp_path / "grown.npy").shape == (0,)


@settings(max_examples=examples(80), deadline=None)
@given(st.lists(st.lists(st.sampled_from([0, 1, 255, 256, 65_535, 65_536, 2**31 - 1, 2**31, 2**62]), max_size=4)))
def test_whole_numbers_come_back_from_the_smallest_type_that_holds_all_of_them(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[list[int]]
) -> None:
    path = tmp_path_factory.mktemp("grown") / "grown.npy"
    with arrays.growing(path) as grown:
        for piece in pieces:
            grown.append(np.array(piece, dtype=np.int64))
    read, whole = arrays.open_array(path), [number for piece in pieces for number in piece]
    assert read.tolist() == whole
    bits = max(whole, default=0).bit_length()
    assert read.dtype == (np.uint8 if bits <= 8 else np.uint16 if bits <= 16 else np.int32 if bits <= 31 else np.int64)
    assert [each.name for each in path.parent.iterdir()] == ["grown.npy"]
    assert arrays.fitted(np.array(whole, dtype=np.int64)).dtype == read.dtype


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.lists(st.sampled_from([0, 1, 2, 300, 70_000, 2**31]), max_size=40), max_size=6))
def test_beginnings_written_by_blocks_are_those_of_the_rows(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[list[int]]
) -> None:
    folder = tmp_path_factory.mktemp("starts")
    whole = arrays.starts([size for piece in pieces for size in piece])
    ends = np.cumsum([0, *map(len, pieces)])
    with arrays.growing(folder / "block.npy", least=np.int32) as block, arrays.growing(folder / "ahead.npy") as ahead:
        grown = arrays.GrowingStarts(block, ahead)
        for low, high in pairwise(ends.tolist()):
            grown.append(whole[low:high].astype(np.int64))
        grown.append(whole[-1:].astype(np.int64))
    read = [arrays.open_array(folder / name) for name in ("block.npy", "ahead.npy")]
    assert arrays.blocked_starts(*read, np.arange(len(whole))).tolist() == whole.tolist()
    assert len(read[0]) == -(-len(whole) // arrays.BLOCK)


def test_an_array_longer_than_what_is_widened_at_once_is_widened_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "ROWS_AT_ONCE", 7)
    with arrays.growing(tmp_path / "grown.npy", columns=2) as grown:
        grown.append(np.arange(40).reshape(20, 2))
        grown.append(np.array([[70_000, 3]]))
    assert arrays.open_array(tmp_path / "grown.npy").tolist() == [
        *np.arange(40).reshape(20, 2).tolist(), [70_000, 3],
    ]  # fmt: skip


def test_a_number_below_zero_is_refused_rather_than_turned_over(tmp_path: Path) -> None:
    numbers = np.array([5, -1])
    with pytest.raises(ValueError, match="-1 is below 0"):
        arrays.fitted(numbers)
    with pytest.raises(ValueError, match="-1 is below 0"), arrays.growing(tmp_path / "grown.npy") as grown:
        grown.append(numbers)


def test_numbers_that_a_type_would_cut_are_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="int64 may not fit in int32"),
        arrays.growing(tmp_path / "grown.npy", np.int32) as grown,
    ):
        grown.append(np.array([2**31]))


@pytest.mark.parametrize(("last", "dtype"), [(2**31 - 2, np.int32), (2**31 - 1, np.int64)])
def test_beginnings_of_rows_take_64_bits_if_they_have_to(last: int, dtype: type) -> None:
    begins = arrays.starts([1, last])
    assert begins.tolist() == [0, 1, 1 + last]
    assert begins.dtype == dtype


@settings(max_examples=examples(80), deadline=None)
@given(st.lists(st.integers(0, 9), max_size=12), st.lists(st.integers(0, 9), min_size=1, max_size=12))
def test_numbers_are_told_apart_counted_and_looked_for_as_numpy_does(numbers: list[int], others: list[int]) -> None:
    given = np.array(numbers, dtype=np.int32)
    found, counts = arrays.distinct(given)
    expected, expected_counts = np.unique(given, return_counts=True)
    assert (found.tolist(), counts.tolist()) == (expected.tolist(), expected_counts.tolist())
    increasing = np.unique(np.array(others, dtype=np.int32))
    assert arrays.among(given, increasing).tolist() == np.isin(given, increasing).tolist()
