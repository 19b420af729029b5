"""How often what happened, as pictures: thirty days, or the last two by the hour (LG-5)."""

from collections.abc import Sequence
from typing import NamedTuple

from chalicelib.audit.counts import PICTURES, Span
from chalicelib.i18n.formats import day, moment
from chalicelib.web.console.frame import Visit, console_page, shown
from chalicelib.web.routes import Answer, Api

api = Api("console")

PATH = "/console/statistics"
DAYS, HOURS = 30, 48
DRAWN = {"log_ins": "", "failures": "warm", "sign_ups": "good", "reuse": "bad", "throttles": "warm"}
HEIGHT = 100  # of a picture, in its own units
SLOT, BAR = 10, 8  # of one span, and the bar in it


class Bar(NamedTuple):
    """One span of a picture."""

    x: int
    y: float
    height: float
    label: str
    number: int


class Picture(NamedTuple):
    """Bars for one thing that is counted; ``mood`` is the colour they have."""

    name: str
    words: str
    mood: str
    total: int
    bars: tuple[Bar, ...]

    @property
    def most(self) -> Bar:
        """Return the longest bar, the latest of several."""
        return max(self.bars, key=lambda bar: (bar.number, bar.x))

    @property
    def width(self) -> int:
        """Return how many units the bars take."""
        return SLOT * len(self.bars)


@api.route(PATH, methods=["GET"], **shown("by"))
@console_page
def statistics(visit: Visit) -> Answer:
    """Show the pictures; each has its numbers as a table."""
    counts, by_hour = visit.call.services.counts, visit.call.one("by") == "hours"
    spans = counts.hours(HOURS) if by_hour else counts.days(DAYS)
    return visit.rendered(
        "console_statistics.html",
        here="statistics",
        by_hour=by_hour,
        count=len(spans),
        pictures=[_picture(name, spans, by_hour=by_hour) for name in DRAWN],
        others=[
            (words, sum(span.counts[name] for span in spans))
            for name, (words, _) in PICTURES.items()
            if name not in DRAWN
        ],
        of_nobody=None if by_hour else counts.of_nobody(DAYS),
    )


def _picture(name: str, spans: Sequence[Span], *, by_hour: bool) -> Picture:
    numbers = [span.counts[name] for span in spans]
    most = max(numbers)
    bars = []
    for place, (span, number) in enumerate(zip(spans, numbers, strict=True)):
        height = round(HEIGHT * number / most, 1) if most else 0.0
        label = moment(span.start).removesuffix(" UTC") if by_hour else day(span.start)
        bars.append(Bar(SLOT * place + (SLOT - BAR) // 2, round(HEIGHT - height, 1), height, label, number))
    return Picture(name, PICTURES[name][0], DRAWN[name], sum(numbers), tuple(bars))
