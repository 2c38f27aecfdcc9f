"""Steps instead of seconds: how much work a text is, the same on any machine however busy.

`of_pattern` runs a regular expression as the standard library does, going back on its steps, and counts them;
`of_function` counts the lines of Python that a call runs; `grows_evenly` compares a text with a longer one.
"""

import re
import sys
from collections.abc import Callable
from functools import cache
from re import _compiler, _parser  # type: ignore[attr-defined]
from typing import Any, Final, NamedTuple

LENGTHS: Final = (40, 160)
"""Characters of the two texts that are compared."""

BOUNDED: Final = (800, 3_200)
"""The same for what is gone back upon within a bound ({0,400}), and evenly beyond it."""

ENOUGH = 500_000
"""Steps after which a text is taken to have no end."""


_Groups = tuple[tuple[int, int], ...]
"""Where each group begins (by its number) and ends (by its number, negative), where each loop was last."""


class _Program(NamedTuple):
    """Instructions: name, argument, other argument."""

    code: list[tuple[str, Any, Any]]


def grows_evenly(steps: Callable[[str], int], piece: str, before: str = "", lengths: tuple[int, int] = LENGTHS) -> bool:
    """Whether four times as many pieces take five times the steps at most: 16 times, if they are gone back upon."""
    short, long = (before + piece * max(length // len(piece), 1) for length in lengths)
    most = steps(long)
    return most < ENOUGH and most <= 5 * steps(short) + 500


def of_function(function: Callable[[str], object], text: str) -> int:
    """Lines of Python run by function(text)."""
    count = 0

    def trace(frame: Any, event: str, arg: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function(text)
    finally:
        sys.settrace(before)
    return count


def of_pattern(pattern: "re.Pattern[str]", text: str) -> int:
    """Steps to find all that a pattern matches in a text."""
    return found(pattern, text)[1]


def of_match(pattern: "re.Pattern[str]", text: str) -> int:
    """Steps to match a pattern at the beginning of a text."""
    machine = _Machine(pattern, text)
    machine.run(machine.program, 0)
    return machine.steps


def of_fullmatch(pattern: "re.Pattern[str]", text: str) -> int:
    """Steps to match a pattern with a whole text: what is left over at the end is gone back upon."""
    return of_match(re.compile(rf"(?:{pattern.pattern})\Z", pattern.flags), text)


def least(pattern: "re.Pattern[str]") -> str:
    """A short text that begins as a pattern wants it, as far as its letters and repetitions say."""
    return _least(_parser.parse(pattern.pattern, pattern.flags))


def _least(parts: Any) -> str:
    return "".join(_least_of(str(name), value) for name, value in parts)


def _least_of(name: str, value: Any) -> str:
    match name:
        case "LITERAL":
            return chr(value)
        case "NOT_LITERAL" | "ANY" | "CATEGORY":
            return "1" if "DIGIT" in str(value) else " " if "SPACE" in str(value) else "a"
        case "IN":
            return "a" if str(value[0][0]) == "NEGATE" else _least_of(*(str(value[0][0]), value[0][1]))
        case "RANGE":
            return chr(value[0])
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return _least(value[2]) * value[0]
        case "SUBPATTERN":
            return _least(value[3])
        case "ATOMIC_GROUP":
            return _least(value)
        case "BRANCH":
            return _least(value[1][0])
        case _:
            return ""


def found(pattern: "re.Pattern[str]", text: str) -> tuple[list[tuple[int, int]], int]:
    """What `finditer` finds, as spans, and the steps it took."""
    machine = _Machine(pattern, text)
    spans: list[tuple[int, int]] = []
    start = 0
    while start <= len(text) and machine.steps < ENOUGH:
        end = machine.run(machine.program, start)
        if end is None:
            start += 1
            continue
        spans.append((start, end))
        start = end + (end == start)
    return spans, machine.steps


class _Machine:
    """Runs a program over a text: a stack of places to go back to, the last one first."""

    def __init__(self, pattern: "re.Pattern[str]", text: str) -> None:
        self.text = text
        self.steps = 0
        self.program = _compiled(pattern)

    def run(self, program: _Program, start: int, groups: _Groups = ()) -> int | None:
        """Where a match that begins at a place ends, None for none."""
        stack = [(0, start, groups)]
        while stack and self.steps < ENOUGH:
            place, at, groups = stack.pop()
            while place < len(program.code):
                self.steps += 1
                name, one, two = program.code[place]
                place += 1
                if name == "split":
                    stack.append((two, at, groups))
                    place = one
                elif name == "jump":
                    place = one
                elif name == "mark":
                    groups = _marked(groups, one, at)
                elif (end := self._passed(name, one, two, at, groups)) is None:
                    break
                else:
                    at = end
                    groups = _marked(groups, one, at) if name == "moved" else groups
            else:
                return at
        return None

    def _passed(self, name: str, one: Any, two: Any, at: int, groups: _Groups) -> int | None:
        """Where an instruction leads to, None if the text does not allow it."""
        if name == "one":
            return at + 1 if at < len(self.text) and one(self.text[at]) else None
        if name == "moved":  # a loop that matches nothing ends
            return None if dict(groups).get(one) == at else at
        if name == "atomic":
            return self.run(one, at, groups)
        if name == "again":
            known = dict(groups)
            same = self.text[known[one] : known[-one]] if -one in known else "\0"
            return at + len(same) if self.text.startswith(same, at) else None
        if name == "look":
            wanted, before = two
            there = at >= before and self.run(one, at - before, groups) is not None
            return at if there == wanted else None
        return at if one.match(self.text, at) else None  # a place: ^ $ \b


@cache
def _compiled(pattern: "re.Pattern[str]") -> _Program:
    tree = _parser.parse(pattern.pattern, pattern.flags)
    return _Compiler(tree.state).compile(tree, pattern.flags)


def _marked(groups: _Groups, name: int, at: int) -> _Groups:
    return (*(each for each in groups if each[0] != name), (name, at))


class _Compiler:
    """The tree of a regular expression, as the standard library parses it, into a program."""

    def __init__(self, state: Any) -> None:
        self._state = state
        self._loops = 1_000

    def compile(self, tree: Any, flags: int) -> _Program:
        code: list[tuple[str, Any, Any]] = []
        for node in tree:
            self._add(code, node, flags)
        return _Program(code)

    def _add(self, code: list[tuple[str, Any, Any]], node: Any, flags: int) -> None:
        kind, value = str(node[0]), node[1]
        if kind == "BRANCH":
            self._branch(code, value[1], flags)
        elif kind == "SUBPATTERN":
            group, plus, minus, tree = value
            code += [("mark", group, None)] if group else []
            code += self._moved(tree, (flags | plus) & ~minus, len(code))
            code += [("mark", -group, None)] if group else []
        elif kind in ("MAX_REPEAT", "MIN_REPEAT"):
            self._repeat(code, *value, flags, lazy=kind == "MIN_REPEAT")
        elif kind == "POSSESSIVE_REPEAT":
            inner: list[tuple[str, Any, Any]] = []
            self._repeat(inner, *value, flags, lazy=False)
            code.append(("atomic", _Program(inner), None))
        elif kind == "ATOMIC_GROUP":
            code.append(("atomic", self.compile(value, flags), None))
        elif kind in ("ASSERT", "ASSERT_NOT"):
            direction, tree = value
            before = tree.getwidth()[0] if direction < 0 else 0
            code.append(("look", self.compile(tree, flags), (kind == "ASSERT", before)))
        elif kind == "GROUPREF":
            code.append(("again", value, None))
        elif kind == "AT":
            code.append(("place", self._small(node, flags), None))
        else:
            code.append(("one", _remembered(self._small(node, flags)), None))

    def _small(self, node: Any, flags: int) -> "re.Pattern[str]":
        compiled: re.Pattern[str] = _compiler.compile(_parser.SubPattern(self._state, [node]), flags)
        return compiled

    def _moved(self, tree: Any, flags: int, by: int) -> list[tuple[str, Any, Any]]:
        """The program of a tree, its places counted from another beginning."""
        return [
            (name, one + by if name in ("split", "jump") else one, two + by if name == "split" else two)
            for name, one, two in self.compile(tree, flags).code
        ]

    def _branch(self, code: list[tuple[str, Any, Any]], trees: list[Any], flags: int) -> None:
        jumps = []
        for tree in trees[:-1]:
            split = len(code)
            code.append(("split", 0, 0))
            code += self._moved(tree, flags, len(code))
            jumps.append(len(code))
            code.append(("jump", 0, None))
            code[split] = ("split", split + 1, len(code))
        code += self._moved(trees[-1], flags, len(code))
        for place in jumps:
            code[place] = ("jump", len(code), None)

    def _repeat(
        self, code: list[tuple[str, Any, Any]], least: int, most: Any, tree: Any, flags: int, *, lazy: bool
    ) -> None:
        for _ in range(least):
            code += self._moved(tree, flags, len(code))
        endless = most is _parser.MAXREPEAT
        splits = []
        for _ in range(1 if endless else most - least):
            splits.append(len(code))
            code.append(("split", 0, 0))
            if endless:
                self._loops += 1
                code.append(("moved", self._loops, None))
            code += self._moved(tree, flags, len(code))
        if endless:
            code.append(("jump", splits[0], None))
        for place in splits:
            code[place] = ("split", len(code), place + 1) if lazy else ("split", place + 1, len(code))


def _remembered(pattern: "re.Pattern[str]") -> Callable[[str], bool]:
    known: dict[str, bool] = {}

    def fits(letter: str) -> bool:
        if letter not in known:
            known[letter] = pattern.match(letter) is not None
        return known[letter]

    return fits
