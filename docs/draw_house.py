"""Draws the structure of the code as it is now. In: the layers in pyproject.toml, the imports. Out: docs/house.svg.

    make picture

Rows are the layers that import-linter checks; a box is a module or a wing with its modules. An arrow goes from who
imports to who is imported; one that a chain of other arrows already shows is left out (the transitive reduction).
"""

import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

import grimp

ROOT: Final = Path(__file__).parent.parent
PICTURE: Final = ROOT / "docs" / "house.svg"
PACKAGES: Final = ("web", "search")

WIDTH: Final = 1200
MARGIN, GAP, ROW_GAP = 24, 18, 34
LETTER, LINE, PADDING = 7.2, 16, 10


@dataclass(frozen=True, slots=True)
class Box:
    """A module or a wing on the picture: its dotted name, its lines of text, where it stands."""

    name: str
    lines: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float


def rows() -> list[list[str]]:
    """Dotted names of modules and wings, a list for each layer, top layer first."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = {
        contract["containers"][0]: contract["layers"]
        for contract in declared["tool"]["importlinter"]["contracts"]
        if "containers" in contract
    }
    return [
        [f"{package}.{name.strip()}" for name in layer.split("|")] for package in PACKAGES for layer in layers[package]
    ]


def arrows(graph: grimp.ImportGraph, names: Iterable[str]) -> dict[str, set[str]]:
    """Who imports whom among these names, their submodules included."""
    family = {name: {name} | graph.find_descendants(name) for name in names}
    owner = {module: name for name, modules in family.items() for module in modules}
    found: dict[str, set[str]] = {name: set() for name in family}
    for name, modules in family.items():
        for module in modules:
            imported = {owner[each] for each in graph.find_modules_directly_imported_by(module) if each in owner}
            found[name] |= imported - {name}
    return found


def reduced(imports: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The arrows without those that a chain of other arrows shows. The graph has no circle: the layers forbid it."""

    def reach(name: str) -> set[str]:
        return imports[name].union(*map(reach, imports[name]))

    return {
        name: {each for each in direct if not any(each in reach(other) for other in direct if other != each)}
        for name, direct in imports.items()
    }


def place(layers: list[list[str]], graph: grimp.ImportGraph) -> dict[str, Box]:
    """Where each box stands: layers from top to bottom, the boxes of a layer spread over the width."""
    boxes: dict[str, Box] = {}
    y = float(MARGIN)
    for layer in layers:
        texts = [_lines(name, graph) for name in layer]
        widths = [max(map(len, lines)) * LETTER + 2 * PADDING for lines in texts]
        heights = [len(lines) * LINE + 2 * PADDING for lines in texts]
        x = (WIDTH - sum(widths) - GAP * (len(layer) - 1)) / 2
        for name, lines, width, height in zip(layer, texts, widths, heights, strict=True):
            boxes[name] = Box(name, lines, x, y, width, height)
            x += width + GAP
        y += max(heights) + ROW_GAP
    return boxes


def _lines(name: str, graph: grimp.ImportGraph) -> tuple[str, ...]:
    rooms = sorted(child.rpartition(".")[2] for child in graph.find_children(name) if not child.endswith("__main__"))
    lines = [name.replace(".", "/")]
    for room in rooms:
        if len(lines) > 1 and len(f"{lines[-1]} {room}") <= 34:
            lines[-1] += f" {room}"
        else:
            lines.append(room)
    return tuple(lines)


def svg(boxes: Mapping[str, Box], drawn: Mapping[str, set[str]]) -> str:
    """The picture."""
    height = max(box.y + box.height for box in boxes.values()) + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}"',
        ' font-family="monospace" font-size="12">',
        "<title>The modules of the project, by layer; arrows go from who imports to who is imported</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">',
        '<path d="M0 0 8 4 0 8Z" fill="#567"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{height:.0f}" fill="#fff"/>',
    ]
    for name, direct in drawn.items():
        parts += [_arrow(boxes[name], boxes[each]) for each in sorted(direct)]
    parts += [_box(box) for box in boxes.values()]
    return "\n".join([*parts, "</svg>\n"])


def _arrow(start: Box, end: Box) -> str:
    x1, y1 = start.x + start.width / 2, start.y + start.height
    x2, y2 = end.x + end.width / 2, end.y - 1
    bend = (y2 - y1) / 2
    return (
        f'<path d="M{x1:.0f} {y1:.0f}C{x1:.0f} {y1 + bend:.0f} {x2:.0f} {y2 - bend:.0f} {x2:.0f} {y2:.0f}"'
        ' fill="none" stroke="#567" stroke-opacity=".55" marker-end="url(#tip)"/>'
    )


def _box(box: Box) -> str:
    fill = "#e8f1fb" if box.name.startswith("web") else "#eef6e8"
    texts = "".join(
        f'<text x="{box.x + PADDING:.0f}" y="{box.y + PADDING + LINE * (place + 0.75):.0f}"'
        f' font-weight="{400 if place else 700}">{escape(line)}</text>'
        for place, line in enumerate(box.lines)
    )
    return (
        f'<rect x="{box.x:.0f}" y="{box.y:.0f}" width="{box.width:.0f}" height="{box.height:.0f}" rx="5"'
        f' fill="{fill}" stroke="#345"/>{texts}'
    )


def drawing() -> str:
    """The picture of the code as it stands."""
    sys.path.insert(0, str(ROOT))
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    layers = rows()
    imports = arrows(graph, [name for layer in layers for name in layer])
    return svg(place(layers, graph), reduced(imports))


if __name__ == "__main__":
    PICTURE.write_text(drawing(), encoding="utf-8")
    print(f"{PICTURE.relative_to(ROOT)} drawn")
