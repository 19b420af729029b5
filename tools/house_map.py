"""The map of the house: which folder of ``chalicelib/`` imports from which, read from the code and drawn.

``make map`` writes docs/pictures/house.svg; tests/test_architecture.py fails where the picture is of other code.
"""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "pictures" / "house.svg"
SERVES_ALL = (
    "errors",
    "logs",
    "networks",
    "repeated_parameters",
    "scopes",
    "stale_cache",
    "urls",
    "value",
    "world",
)  # modules of the root that every folder may import
TOP = (
    "wiring",
    "application",
    "web",
    "sample",
    "api",
)  # they may import nearly everything: drawn as floors, without arrows
BOX, GAP, HIGH, FLOOR, MARGIN = 164, 22, 74, 118, 26

STYLE = """
text { font-family: ui-sans-serif, system-ui, -apple-system, 'Segoe UI', sans-serif; text-anchor: middle }
.ground { fill: #f6efe2 } .box { fill: #fffdf8; stroke: #8a6d3b; stroke-width: 1.5 } .wide { fill: #fbeed5 }
.name { font-size: 15px; font-weight: 650; fill: #3a2a10 } .text { font-size: 10.5px; fill: #5b4a2e }
.arrow { fill: none; stroke: #8a6d3b; stroke-width: 1.2; stroke-opacity: .55; marker-end: url(#tip) }
@media (prefers-color-scheme: dark) {
  .ground { fill: #1d1710 } .box { fill: #2a2117; stroke: #b08a4a } .wide { fill: #3a2d1a }
  .name { fill: #f6e8cf } .text { fill: #cdbb9a } .arrow { stroke: #d0a75c } #tip path { fill: #d0a75c }
}
"""


def folder_of(module: str) -> str | None:
    """Return the folder of a module of ours (``keys.key_ring`` → ``keys``); None for those that serve all."""
    first = module.split(".", 1)[0]
    if first in SERVES_ALL or first == "VERSION":
        return None
    return "wiring" if first.startswith("wiring") else first


@cache
def imports() -> tuple[tuple[str, str], ...]:
    """Return every import between modules of ``chalicelib``: importer and imported, without the package's name."""
    return tuple(_imports())


def _imports() -> Iterator[tuple[str, str]]:
    home = ROOT / "chalicelib"
    for path in sorted(home.rglob("*.py")):
        importer = ".".join(path.relative_to(home).with_suffix("").parts).removesuffix(".__init__")
        if importer in ("__init__", "api"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "chalicelib":
                for alias in node.names:
                    yield importer, f"{node.module}.{alias.name}".removeprefix("chalicelib.")


def arrows() -> dict[str, frozenset[str]]:
    """Return which folders each folder imports from; a folder that only others import is there too."""
    found: dict[str, set[str]] = {}
    for importer, imported in imports():
        start, end = folder_of(importer), folder_of(imported)
        if start is None or end is None:
            continue
        found.setdefault(start, set())
        found.setdefault(end, set())
        if start != end:
            found[start].add(end)
    return {folder: frozenset(ends) for folder, ends in found.items()}


def reachable(graph: Mapping[str, frozenset[str]], start: str) -> set[str]:
    """Return every folder that one can come to along the arrows, the start left out unless there is a circle."""
    seen: set[str] = set()
    ahead = list(graph.get(start, ()))
    while ahead:
        folder = ahead.pop()
        if folder not in seen:
            seen.add(folder)
            ahead += graph.get(folder, ())
    return seen


def drawn(graph: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Return the arrows that no way of several others implies."""
    return {
        folder: frozenset(
            end for end in ends if not any(end in reachable(graph, other) for other in ends - {end})
        )
        for folder, ends in graph.items()
    }


def floors(graph: Mapping[str, frozenset[str]]) -> list[list[str]]:
    """Return the folders by height: each one a floor above all that it imports."""
    height: dict[str, int] = {}

    def of(folder: str) -> int:
        if folder not in height:
            height[folder] = 1 + max((of(end) for end in graph[folder]), default=-1)
        return height[folder]

    for folder in sorted(graph):
        of(folder)
    return [sorted(f for f in graph if height[f] == level) for level in range(max(height.values()) + 1)]


def picture() -> str:
    """Return the map as an SVG document for light and dark pages."""
    whole = arrows()
    inner = {folder: ends - set(TOP) for folder, ends in whole.items() if folder not in TOP}
    rows = floors(inner)
    width = max(len(row) for row in rows) * (BOX + GAP) - GAP + 2 * MARGIN
    height = (len(rows) + 2) * FLOOR - (FLOOR - HIGH) + 2 * MARGIN
    places = _places(rows, width, height)
    parts = [
        _wide(
            MARGIN,
            width,
            "app.py · wiring · web/ · sample/ · api/",
            "what is put together, and the edge: may import everything below",
        )
    ]
    parts += [_wide(height - MARGIN - HIGH, width, " · ".join(SERVES_ALL), "serve all")]
    parts += [
        _arrow(places[start], places[end])
        for start, ends in sorted(drawn(inner).items())
        for end in sorted(ends)
    ]
    parts += [_box(folder, *place) for folder, place in sorted(places.items())]
    says = "Folders of chalicelib, each above those it imports from"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"><title>{says}</title>'
        f"<style>{STYLE}</style><defs><marker id='tip' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='7' "
        "markerHeight='7' orient='auto'><path d='M0 0 8 4 0 8z' fill='#8a6d3b'/></marker></defs>"
        f'<rect class="ground" width="{width}" height="{height}" rx="14"/>{"".join(parts)}</svg>\n'
    )


def _places(rows: list[list[str]], width: int, height: int) -> dict[str, tuple[float, float]]:
    places: dict[str, tuple[float, float]] = {}
    for level, row in enumerate(rows):
        y = height - MARGIN - HIGH - (level + 1) * FLOOR
        start = (width - (len(row) * (BOX + GAP) - GAP)) / 2
        places |= {folder: (start + place * (BOX + GAP), y) for place, folder in enumerate(row)}
    return places


def _wide(y: float, width: int, name: str, text: str) -> str:
    middle = width / 2
    return (
        f'<rect class="box wide" x="{MARGIN}" y="{y:g}" width="{width - 2 * MARGIN}" height="{HIGH}" rx="10"/>'
        f'<text class="name" x="{middle:g}" y="{y + 32:g}">{escape(name)}</text>'
        f'<text class="text" x="{middle:g}" y="{y + 52:g}">{escape(text)}</text>'
    )


def _box(folder: str, x: float, y: float) -> str:
    names = sorted(
        path.stem for path in (ROOT / "chalicelib" / folder).glob("*.py") if path.stem != "__init__"
    )
    lines = _lines([name for name in names if not name.startswith("_")])
    text = "".join(
        f'<text class="text" x="{x + BOX / 2:g}" y="{y + 38 + 13 * place:g}">{escape(line)}</text>'
        for place, line in enumerate(lines)
    )
    return (
        f'<rect class="box" x="{x:g}" y="{y:g}" width="{BOX}" height="{HIGH}" rx="10"/>'
        f'<text class="name" x="{x + BOX / 2:g}" y="{y + 21:g}">{folder}/</text>{text}'
    )


def _lines(names: list[str], *, wide: int = 25, most: int = 3) -> list[str]:
    lines = [""]
    for name in names:
        longer = f"{lines[-1]} {name}".strip()
        if len(longer) <= wide:
            lines[-1] = longer
        else:
            lines.append(name)
    return lines if len(lines) <= most else [*lines[: most - 1], f"… {len(names)} modules"]


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    x1, y1 = start[0] + BOX / 2, start[1] + HIGH
    x2, y2 = end[0] + BOX / 2, end[1] - 2
    bend = (y2 - y1) / 2
    return f'<path class="arrow" d="M{x1:g} {y1:g}C{x1:g} {y1 + bend:g} {x2:g} {y2 - bend:g} {x2:g} {y2:g}"/>'


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
    print(f"written: {PICTURE.relative_to(ROOT)}")
