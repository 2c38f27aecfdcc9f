"""Answers kept ready: bounded in number and bytes, safe under threads; packing and tags."""

from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from web.answer import PACKERS, is_known, tag
from web.serving.answer_cache import AnswerCache, SentAnswer


def sent(text: str) -> SentAnswer:
    return SentAnswer("", "200 OK", (), (), text.encode(), "/")


def body(cache: AnswerCache, key: str) -> bytes | None:
    kept = cache.get((key,))
    return kept and kept.body


def test_an_answer_is_found_again_until_it_is_replaced() -> None:
    cache = AnswerCache(2)
    assert body(cache, "a") is None
    cache.keep(("a",), sent("first"))
    assert body(cache, "a") == b"first"
    cache.keep(("a",), sent("second"))
    assert body(cache, "a") == b"second"
    assert len(cache) == 1


def test_the_answer_unused_for_longest_leaves_first() -> None:
    cache = AnswerCache(2)
    cache.keep(("a",), sent("a"))
    cache.keep(("b",), sent("b"))
    cache.get(("a",))
    cache.keep(("c",), sent("c"))
    assert (body(cache, "a"), body(cache, "b"), body(cache, "c")) == (b"a", None, b"c")


def test_zero_entries_keep_nothing() -> None:
    cache = AnswerCache(0)
    cache.keep(("a",), sent("first"))
    assert body(cache, "a") is None
    assert not cache.keeps


def test_the_bytes_kept_are_bounded_with_headers_and_addresses() -> None:
    each = sent("x" * 10_000)
    cache = AnswerCache(1000, most_bytes=20 * each.size)
    for number in range(50):
        cache.keep((f"{number:04}",), each)
    assert len(cache) == 19  # the address of each counts too
    cache.keep(("huge",), sent("x" * 40_000))
    assert len(cache) == 19
    cache.keep(("y" * 5 * each.size,), sent(""))
    assert len(cache) == 19
    for number in range(50):
        cache.keep(("the same",), sent("x" * 1_000 * (number % 7)))
    assert len(cache) >= 19


def test_threads_get_the_answer_of_their_own_question() -> None:
    cache = AnswerCache(50)

    def ask(seed: int) -> bool:
        random = Random(seed)
        found = []
        for _ in range(2_000):
            key = str(random.randrange(200))
            found.append(body(cache, key) in {None, key.encode()})
            cache.keep((key,), sent(key))
        return all(found)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(8)))
    assert len(cache) == 50


def test_tags_tell_questions_apart_and_compare_weakly() -> None:
    assert tag("a", "b") != tag("ab", "") != tag("a", "c")
    mine = tag("a")
    assert is_known(mine, mine)
    assert is_known(mine, f'"x", {mine.removeprefix("W/")}')
    assert is_known(mine, "*")
    assert not is_known(mine, None)
    assert not is_known(mine, '"x"')


@pytest.mark.parametrize("coding", PACKERS)
def test_packing_is_the_same_every_time(coding: str) -> None:
    assert PACKERS[coding](b"a" * 5000) == PACKERS[coding](b"a" * 5000)
