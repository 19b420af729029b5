"""Pictures of figures: bars and curves as SVG text, readable on light and on dark pages, from nothing but numbers.

A picture is a row of panels. Colours are of middle lightness; text follows the reader's colour scheme.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

COLOURS = ("#3b82f6", "#f2803a", "#22a06b", "#a56de2", "#d6409f", "#8b949e")
OTHERS = "#8b949e"
HEIGHT = 300
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 48, 46  # of a panel with curves
BAR, GAP, LABEL = 22, 14, 190
LEAST_APART = 14  # between the names at the ends of curves

STYLE = """
text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #57606a }
.title { font-weight: 600; font-size: 14px; fill: #24292f }
.value { font-variant-numeric: tabular-nums; fill: #24292f }
.axis { stroke: #8b949e; stroke-opacity: .35 }
@media (prefers-color-scheme: dark) { text { fill: #9aa4af } .title, .value { fill: #e6edf3 } }
"""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; ``low`` and ``high`` draw a whisker. ``ours`` is in colour, others are grey."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a picture, drawn at its own origin."""

    width: float
    height: float
    body: str


def picture(panels: Sequence[Panel], *, says: str, footer: str = "") -> str:
    """Return panels side by side as an SVG document; ``says`` is read out where nobody sees it."""
    width = sum(panel.width for panel in panels)
    height = max(panel.height for panel in panels) + (22 if footer else 0)
    parts, x = [], 0.0
    for panel in panels:
        parts.append(f'<g transform="translate({x:g} 0)">{panel.body}</g>')
        x += panel.width
    if footer:
        parts.append(_text(12, height - 8, footer))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img"><title>{escape(says)}</title>'
        f"<style>{STYLE}</style>{''.join(parts)}</svg>\n"
    )


def bars(title: str, items: Sequence[Bar], *, unit: str, width: float = 480) -> Panel:
    """Return lying bars with their values."""
    most = max(item.high or item.value for item in items)
    room = width - LABEL - 90
    parts = [_text(12, 24, title, "title")]
    for place, item in enumerate(items):
        y = TOP + place * (BAR + GAP)
        colour = COLOURS[0] if item.ours else OTHERS
        length = room * item.value / most
        end = max(length, room * (item.high or 0) / most)
        parts += [
            _text(LABEL - 8, y + 15, item.label, anchor="end"),
            f'<rect x="{LABEL}" y="{y}" width="{length:.1f}" height="{BAR}" rx="3" fill="{colour}"/>',
            _whisker(item, y, room / most),
            _text(LABEL + end + 8, y + 15, f"{_short(item.value)} {unit}", "value"),
        ]
    return Panel(width, TOP + len(items) * (BAR + GAP) + 8, "".join(parts))


def _whisker(item: Bar, y: float, scale: float) -> str:
    if item.low is None or item.high is None:
        return ""
    low, high, middle = LABEL + item.low * scale, LABEL + item.high * scale, y + BAR / 2
    return (
        f'<path d="M{low:.1f} {middle - 4}v8M{low:.1f} {middle}H{high:.1f}M{high:.1f} {middle - 4}v8" '
        'stroke="#57606a" stroke-width="1.5" fill="none"/>'
    )


def curves(
    title: str,
    series: Mapping[str, Sequence[tuple[float, float]]],
    *,
    x_label: str,
    y_label: str,
    log_x: bool = False,
    log_y: bool = False,
    width: float = 480,
) -> Panel:
    """Return curves named at their ends; points on a logarithmic axis must be above 0."""
    points = [point for curve in series.values() for point in curve]
    across = _Axis([x for x, _ in points], LEFT, width - RIGHT, log=log_x)
    up = _Axis([y for _, y in points], HEIGHT - BOTTOM, TOP, log=log_y)
    parts = [_text(12, 24, title, "title"), _text(12, TOP - 8, y_label)]
    for value, y in up.ticks():
        parts.append(f'<path class="axis" d="M{LEFT} {y:.1f}H{width - RIGHT}"/>')
        parts.append(_text(LEFT - 8, y + 4, _short(value), anchor="end"))
    xs = across.ticks() if log_x else [(x, across.at(x)) for x in sorted({x for x, _ in points})]
    parts += [_text(x, HEIGHT - BOTTOM + 18, _short(value), anchor="middle") for value, x in xs]
    parts.append(_text((LEFT + width - RIGHT) / 2, HEIGHT - 8, x_label, anchor="middle"))
    ends = {name: (across.at(curve[-1][0]), up.at(curve[-1][1])) for name, curve in series.items()}
    names = _apart(ends)
    for (name, curve), colour in zip(series.items(), COLOURS, strict=False):
        path = "L".join(f"{across.at(x):.1f} {up.at(y):.1f}" for x, y in curve)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{across.at(x):.1f}" cy="{up.at(y):.1f}" r="3" fill="{colour}"/>' for x, y in curve
        ]
        parts.append(
            f'<text x="{ends[name][0] + 10:.1f}" y="{names[name] + 4:.1f}" style="fill:{colour}">{escape(name)}</text>'
        )
    return Panel(width, HEIGHT, "".join(parts))


class _Axis:
    """A linear axis from 0, or a logarithmic one over whole powers of ten."""

    def __init__(self, values: Iterable[float], start: float, end: float, *, log: bool) -> None:
        values = list(values)
        self._log = log
        self._start, self._end = start, end
        self._low = math.floor(math.log10(min(values)) + 1e-9) if log else 0.0
        self._high = math.ceil(math.log10(max(values)) - 1e-9) if log else _round_up(max(values))

    def at(self, value: float) -> float:
        """Return where a value lies."""
        place = math.log10(value) if self._log else value
        span = (self._high - self._low) or 1.0
        return self._start + (self._end - self._start) * (place - self._low) / span

    def ticks(self) -> list[tuple[float, float]]:
        """Return round values and where they lie."""
        if self._log:
            values = [10.0**power for power in range(int(self._low), int(self._high) + 1)]
        else:
            values = [self._high * part / 4 for part in range(5)]
        return [(value, self.at(value)) for value in values]


def _round_up(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(step * power for step in (1, 2, 4, 8, 10) if step * power >= value)


def _apart(ends: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """Return how high the names go: at the ends of their curves, pushed down where two would lie on each other."""
    placed: dict[str, float] = {}
    lowest: dict[float, float] = {}
    for name, (x, y) in sorted(ends.items(), key=lambda end: end[1][1]):
        placed[name] = lowest[x] = max(y, lowest.get(x, -math.inf) + LEAST_APART)
    return placed


def _short(value: float) -> str:
    """Return a number as one reads it: 1.5, 20, 3k, 2M."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{named}>{escape(text)}</text>'
