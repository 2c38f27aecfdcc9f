"""A reader of QR codes that shares nothing with what draws them: ISO/IEC 18004, versions 1 to 6, letters as bytes."""

import re
from collections.abc import Callable, Iterator
from functools import reduce

Modules = list[list[bool]]

LEVELS = {0b01: "L", 0b00: "M", 0b11: "Q", 0b10: "H"}
BLOCKS = {
    1: {"L": [19], "M": [16], "Q": [13], "H": [9]},
    2: {"L": [34], "M": [28], "Q": [22], "H": [16]},
    3: {"L": [55], "M": [44], "Q": [17] * 2, "H": [13] * 2},
    4: {"L": [80], "M": [32] * 2, "Q": [24] * 2, "H": [9] * 4},
    5: {"L": [108], "M": [43] * 2, "Q": [15, 15, 16, 16], "H": [11, 11, 12, 12]},
    6: {"L": [68] * 2, "M": [27] * 4, "Q": [19] * 4, "H": [15] * 4},
}
"""Codewords of data in each block, by version and level."""

MASKS: tuple[Callable[[int, int], int], ...] = (
    lambda i, j: (i + j) % 2,
    lambda i, j: i % 2,
    lambda i, j: j % 3,
    lambda i, j: (i + j) % 3,
    lambda i, j: (i // 2 + j // 3) % 2,
    lambda i, j: i * j % 2 + i * j % 3,
    lambda i, j: (i * j % 2 + i * j % 3) % 2,
    lambda i, j: ((i + j) % 2 + i * j % 3) % 2,
)


def read(svg: str) -> str:
    """The text of a code that is drawn by strokes of one unit; AssertionError if a reader would make no sense of it."""
    modules = _modules(svg)
    size = len(modules)
    level, mask = _format(modules)
    words = _words(modules, mask)
    lengths = BLOCKS[(size - 17) // 4][level]
    blocks = _blocks(words, lengths)
    for block, length in zip(blocks, lengths, strict=True):
        assert all(_syndrome(block, power) == 0 for power in range(len(block) - length))
    data = b"".join(bytes(block[:length]) for block, length in zip(blocks, lengths, strict=True))
    bits = "".join(f"{each:08b}" for each in data)
    assert bits[:4] == "0100", "not bytes"
    count = int(bits[4:12], 2)
    return bytes(int(bits[at : at + 8], 2) for at in range(12, 12 + 8 * count, 8)).decode("latin-1")


def _modules(svg: str) -> Modules:
    """True is dark. The frame of four light modules is checked, and taken off."""
    view = re.search(r'viewBox="0 0 (\d+) (\d+)"', svg)
    assert view
    whole = int(view[1])
    dark = [[False] * whole for _ in range(whole)]
    for x, y, moves in re.findall(r"M(\d+) (\d+)\.5((?:h1|m1 0)+)", svg):
        for column, move in enumerate(re.findall("h1|m1 0", moves), int(x)):
            dark[int(y)][column] = move == "h1"
    assert not any(any(row[:4] + row[-4:]) for row in dark)
    assert not any(map(any, dark[:4] + dark[-4:]))
    return [row[4:-4] for row in dark[4:-4]]


def _format(modules: Modules) -> tuple[str, int]:
    places = [*((8, j) for j in (0, 1, 2, 3, 4, 5, 7, 8)), *((i, 8) for i in (7, 5, 4, 3, 2, 1, 0))]
    bits = reduce(lambda read, place: read * 2 + modules[place[0]][place[1]], places, 0) ^ 0b101010000010010
    return LEVELS[bits >> 13], bits >> 10 & 7


def _is_pattern(i: int, j: int, size: int) -> bool:
    corners = (i < 9 and j < 9) or (i < 9 and j >= size - 8) or (i >= size - 8 and j < 9)
    aligned = size > 21 and abs(i - size + 7) < 3 and abs(j - size + 7) < 3
    return corners or aligned or 6 in (i, j)


def _path(size: int) -> Iterator[tuple[int, int]]:
    """From the lower right corner, two columns at a time, up and down in turns; the sixth column is skipped."""
    rights = [*range(size - 1, 6, -2), 5, 3, 1]
    for turn, right in enumerate(rights):
        for step in range(size):
            i = step if turn % 2 else size - 1 - step
            yield from ((i, j) for j in (right, right - 1) if not _is_pattern(i, j, size))


def _words(modules: Modules, mask: int) -> list[int]:
    bits = [modules[i][j] ^ (MASKS[mask](i, j) == 0) for i, j in _path(len(modules))]
    return [reduce(lambda word, bit: word * 2 + bit, bits[at : at + 8], 0) for at in range(0, len(bits) - 7, 8)]


def _blocks(words: list[int], lengths: list[int]) -> list[list[int]]:
    """Blocks are sent word by word in turns, first their data, then what corrects them."""
    blocks: list[list[int]] = [[] for _ in lengths]
    sent = iter(words)
    for at in range(max(lengths)):
        for block, length in zip(blocks, lengths, strict=True):
            if at < length:
                block.append(next(sent))
    for at, word in enumerate(sent):
        blocks[at % len(blocks)].append(word)
    return blocks


def _syndrome(block: list[int], power: int) -> int:
    """The block as a polynomial over GF(256) at a power of 2: 0 for each that the correction was made with."""
    at = reduce(lambda value, _: _times(value, 2), range(power), 1)
    return reduce(lambda value, word: _times(value, at) ^ word, block, 0)


def _times(one: int, other: int) -> int:
    product = 0
    while other:
        product ^= one if other & 1 else 0
        one = one << 1 ^ (0b100011101 if one & 0x80 else 0)
        other >>= 1
    return product
