"""Answers kept ready: bounded, by generation, safe under threads."""

from concurrent.futures import ThreadPoolExecutor
from random import Random

from web.cache import Answer, AnswerCache, gzipped, is_known, tag


def answer(text: str) -> Answer:
    return Answer(text.encode(), "text/plain")


def test_an_answer_is_made_once() -> None:
    cache = AnswerCache(2)
    assert cache.get("a", lambda: answer("first")).body == b"first"
    assert cache.get("a", lambda: answer("second")).body == b"first"


def test_the_answer_unused_for_longest_leaves_first() -> None:
    cache = AnswerCache(2)
    for key in ("a", "b", "a", "c"):
        cache.get(key, lambda key=key: answer(key))
    assert cache.get("a", lambda: answer("again")).body == b"a"
    assert cache.get("b", lambda: answer("again")).body == b"again"


def test_zero_entries_keep_nothing() -> None:
    cache = AnswerCache(0)
    cache.get("a", lambda: answer("first"))
    assert cache.get("a", lambda: answer("second")).body == b"second"
    assert len(cache) == 0


def test_the_bytes_kept_are_bounded() -> None:
    cache = AnswerCache(1000, most_bytes=800)
    for key in range(50):
        cache.get(key, lambda: answer("x" * 100))
    assert len(cache) == 8
    cache.get("huge", lambda: answer("x" * 200))
    assert len(cache) == 8


def test_threads_get_the_answer_of_their_own_question() -> None:
    cache = AnswerCache(50)

    def ask(seed: int) -> bool:
        random = Random(seed)
        keys = [random.randrange(200) for _ in range(2000)]
        return all(cache.get(key, lambda key=key: answer(str(key))).body == str(key).encode() for key in keys)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(8)))
    assert len(cache) <= 50


def test_tags_tell_questions_apart_and_compare_weakly() -> None:
    assert tag("a", "b") != tag("ab", "") != tag("a", "c")
    mine = tag("a")
    assert is_known(mine, mine)
    assert is_known(mine, f'"x", {mine.removeprefix("W/")}')
    assert is_known(mine, "*")
    assert not is_known(mine, None)
    assert not is_known(mine, '"x"')


def test_packing_is_the_same_every_time() -> None:
    assert gzipped(b"a" * 5000) == gzipped(b"a" * 5000)
