"""The layout of the map: sheets alike stand near one another. In: who is near whom, and domains. Out: places.

Force-directed placement (Fruchterman & Reingold, "Graph drawing by force-directed placement", 1991): sheets begin
around the place of their domain on a circle, those that are alike attract each other, all repel each other, and
moves shrink until they stop. The same sheets give the same map.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

MOST: Final = 3_000
"""Sheets beyond which no map is drawn: the work grows with their square, and so does the crowd."""

NEIGHBOURS: Final = 6
"""The nearest sheets that attract each sheet."""

STEPS: Final = 60
"""Moves of all sheets."""

ROWS: Final = 64
"""Sheets pushed away together: their distances to all others stay in the cache of a core, which halves the time."""


@dataclass(frozen=True, slots=True)
class MapTable:
    """place: float32 (N, 2), x and y in 0..1; no rows if there are too many sheets."""

    place: NDArray[np.float32]


def table(neighbours: Sequence[Sequence[int]], groups: Sequence[str]) -> MapTable:
    """neighbours[d]: the documents nearest to d. groups[d]: its domain, "" for none."""
    count = len(groups)
    if not 0 < count <= MOST:
        return MapTable(np.zeros((0, 2), dtype=np.float32))
    pairs = sorted({(min(a, b), max(a, b)) for a, near in enumerate(neighbours) for b in near if a != b})
    place = _beginning(groups)
    ends = np.array(pairs, dtype=np.int32).reshape(-1, 2)
    # The distance at which both forces balance: that of so many points spread over a square of side 1, times .7.
    spread = np.float32(0.7 / np.sqrt(count))
    for step in range(STEPS):
        force = _apart(place, spread) + _together(place, ends, spread)
        length = np.maximum(np.linalg.norm(force, axis=1, keepdims=True), 1e-9)
        # The longest move, which shrinks to nothing, so that the sheets come to rest.
        reach = np.float32(0.08) * (np.float32(1) - np.float32(step / STEPS)) ** 2
        place = place + force / length * np.minimum(length, reach)
    low, high = place.min(axis=0), place.max(axis=0)
    return MapTable(((place - low) / np.maximum(high - low, 1e-9)).astype(np.float32))


def _beginning(groups: Sequence[str]) -> NDArray[np.float32]:
    """Each group around its own place on a circle, along a spiral of its own."""
    names = sorted(set(groups))
    angle = np.array([names.index(group) for group in groups]) * (2 * np.pi / len(names))
    order = np.zeros(len(groups))
    seen: dict[str, int] = {}
    for document, group in enumerate(groups):
        order[document] = seen[group] = seen.get(group, -1) + 1
    # The golden angle fills a disc evenly: no two sheets of a group begin at one place.
    turn = order * (np.pi * (3 - np.sqrt(5)))
    radius = 0.02 * np.sqrt(order)
    x = 0.5 * np.cos(angle) + radius * np.cos(turn)
    y = 0.5 * np.sin(angle) + radius * np.sin(turn)
    return np.stack([x, y], axis=1).astype(np.float32)


def _apart(place: NDArray[np.float32], spread: np.float32) -> NDArray[np.float32]:
    """Every sheet away from every other, by spread² / distance."""
    force = np.empty_like(place)
    for low in range(0, len(place), ROWS):
        some = place[low : low + ROWS]
        across = some[:, :1] - place[:, 0]
        down = some[:, 1:] - place[:, 1]
        push = across * across
        push += down * down
        # Sheets at one place, and a sheet and itself, would divide by 0.
        np.maximum(push, np.float32(1e-5), out=push)
        np.divide(spread * spread, push, out=push)
        force[low : low + ROWS, 0] = (across * push).sum(axis=1)
        force[low : low + ROWS, 1] = (down * push).sum(axis=1)
    return force


def _together(place: NDArray[np.float32], ends: NDArray[np.int32], spread: np.float32) -> NDArray[np.float32]:
    """Every pair of like sheets towards one another, by distance² / spread."""
    between = place[ends[:, 1]] - place[ends[:, 0]]
    pull = between * np.linalg.norm(between, axis=1, keepdims=True) / spread
    force = np.zeros_like(place)
    np.add.at(force, ends[:, 0], pull)
    np.add.at(force, ends[:, 1], -pull)
    return force
