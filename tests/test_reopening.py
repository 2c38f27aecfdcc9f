"""The index that is served while the next one cannot be opened: both engines follow by this."""

import logging
from dataclasses import dataclass, field
from threading import Barrier, Thread

import pytest

from search.errors import EngineUnavailable, IndexDamaged
from search.reopening import LONGEST_PAUSE_SECONDS, PAUSE_SECONDS, Follower


@dataclass
class Disk:
    """What is pointed to, whether it can be opened, how often that was tried; and a clock that a test moves."""

    pointed: str | None = "first"
    error: Exception | None = None
    now: float = 1_000.0
    tried: list[str | None] = field(default_factory=list)

    def open(self) -> str:
        self.tried.append(self.pointed)
        if self.error:
            raise self.error
        return f"opened {self.pointed}"


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def follower(disk: Disk) -> Follower[str]:
    return Follower(lambda: disk.now)


def served(follower: Follower[str], disk: Disk) -> str:
    return follower.current(disk.pointed, disk.open)


def test_an_index_is_opened_once_until_another_is_pointed_to(follower: Follower[str], disk: Disk) -> None:
    assert [served(follower, disk) for _ in range(3)] == ["opened first"] * 3
    disk.pointed = "second"
    assert served(follower, disk) == served(follower, disk) == "opened second"
    assert disk.tried == ["first", "second"]
    disk.pointed = None  # what points cannot be seen for a moment
    assert served(follower, disk) == "opened second"


def test_r10_an_index_that_cannot_be_opened_is_tried_again_after_longer_and_longer_pauses(
    follower: Follower[str], disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    served(follower, disk)
    disk.pointed, disk.error = "second", IndexDamaged("second: a file is cut")
    pause = PAUSE_SECONDS
    for attempt in range(1, 9):
        for _ in range(3):
            assert served(follower, disk) == "opened first"
        assert disk.tried == ["first", *["second"] * attempt]
        assert follower.passed_over() == "second: a file is cut"
        disk.now += pause - 0.01
        served(follower, disk)
        assert len(disk.tried) == attempt + 1
        disk.now += 0.01
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
    assert [(record.levelno, "a file is cut" in record.message) for record in caplog.records] == [(logging.ERROR, True)]
    disk.error = None
    assert served(follower, disk) == "opened second"
    assert follower.passed_over() is None
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.WARNING]


def test_r10_another_index_is_tried_at_once(follower: Follower[str], disk: Disk) -> None:
    served(follower, disk)
    disk.pointed, disk.error = "second", ValueError("no table")
    served(follower, disk)
    disk.pointed, disk.error = "third", None
    assert served(follower, disk) == "opened third"
    assert follower.passed_over() is None


def test_without_an_index_that_serves_the_reason_is_raised_and_not_looked_for_again(
    follower: Follower[str], disk: Disk
) -> None:
    disk.error = IndexDamaged("first: a file is cut")
    for _ in range(3):
        with pytest.raises(IndexDamaged, match="a file is cut"):
            served(follower, disk)
    assert disk.tried == ["first"]
    assert follower.passed_over() is None
    disk.error = None
    disk.now += PAUSE_SECONDS
    assert served(follower, disk) == "opened first"


def test_an_engine_that_is_away_is_asked_again_at_once(follower: Follower[str], disk: Disk) -> None:
    disk.error = EngineUnavailable("no answer")
    for _ in range(2):
        with pytest.raises(EngineUnavailable):
            served(follower, disk)
    disk.error = None
    assert served(follower, disk) == "opened first"


def test_while_one_thread_opens_the_next_index_the_others_answer_from_the_one_before(
    follower: Follower[str], disk: Disk
) -> None:
    served(follower, disk)
    opening = Barrier(2, timeout=20)

    def slowly() -> str:
        opening.wait()
        opening.wait()
        return "opened second"

    thread = Thread(target=follower.current, args=("second", slowly))
    thread.start()
    opening.wait()
    assert follower.current("second", disk.open) == "opened first"
    opening.wait()
    thread.join(20)
    assert follower.current("second", disk.open) == "opened second"
    assert disk.tried == ["first"]
