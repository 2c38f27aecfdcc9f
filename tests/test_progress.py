"""Progress, on a terminal and elsewhere."""

from io import StringIO

from web.cli.progress import shown_on


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_file_gets_a_plain_line_for_each_tenth() -> None:
    stream = StringIO()
    with shown_on(stream) as progress:
        for done in range(1, 1044):
            progress("indexing", done, 1043)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "indexing: 1/1,043"
    assert lines[-1] == "indexing: 1,043/1,043"
    assert len(lines) == 11
    assert "\x1b" not in stream.getvalue()


def test_each_step_says_its_name() -> None:
    stream = StringIO()
    with shown_on(stream) as progress:
        progress("reading", 3, 3)
        progress("indexing", 3, 3)
    assert stream.getvalue() == "reading: 3/3\nindexing: 3/3\n"


def test_an_unknown_total_is_counted_all_the_same() -> None:
    stream = StringIO()
    with shown_on(stream) as progress:
        progress("reading", 12, 0)
    assert stream.getvalue() == "reading: 12\n"


def test_a_terminal_gets_one_line_that_is_redrawn_and_cleared() -> None:
    stream = Terminal()
    with shown_on(stream) as progress:
        for done in range(1, 1001):
            progress("indexing", done, 1000)
    assert "\n" not in stream.getvalue()
    assert "[##############################] 1,000/1,000" in stream.getvalue()
    assert stream.getvalue().count("\r") < 100
    assert stream.getvalue().endswith("\r\x1b[K")


def test_the_line_is_cleared_when_the_work_fails() -> None:
    stream = Terminal()
    try:
        with shown_on(stream) as progress:
            progress("indexing", 1, 2)
            raise OSError
    except OSError:
        assert stream.getvalue().endswith("\r\x1b[K")
