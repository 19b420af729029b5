"""The colour of whoever runs the service, and what is derived of it: legible on the pages' grounds, light and dark.

Contrast is that of WCAG 2.2 (section 1.4.3). The grounds are those of ``web/pages/files/style.css``, which a test compares.
"""

import colorsys

from chalicelib.value import Value

LIGHT_GROUNDS, DARK_GROUNDS = ("#f8f1e4", "#fffcf5"), ("#1b1413", "#261d1b")  # paper, card
READABLE, COMFORTABLE, SEEN = 4.5, 7.0, 3.0  # text; text that has room; a shape
LINEAR = 0.04045  # sRGB below this is not curved (IEC 61966-2-1)
STEPS = 200


class Colours(Value):
    """What a page paints with the colour: links and buttons, what stands on these, and the wine in the cup."""

    wine: str
    wine_deep: str  # under the pointer
    on_wine: str
    pour: str


class Palette(Value):
    """The pair for light and dark."""

    light: Colours
    dark: Colours


HOUSE = Palette(
    Colours("#84263a", "#6c1c2d", "#fff5ea", "#84263a"), Colours("#f0a4ae", "#ffc4cb", "#2b0d13", "#b9475c")
)


def palette(accent: str | None) -> Palette:
    """Return the pair that ``accent`` (``#rrggbb``, legible on the light grounds) makes; without one that of the house."""
    if accent is None:
        return HOUSE
    hue, lightness, saturation = _hls(accent)
    wine = _lighter(hue, saturation, COMFORTABLE, lightness)
    dark = Colours(
        wine=wine,
        wine_deep=_hex(hue, 1 - (1 - _hls(wine)[1]) * 0.6, saturation),
        on_wine=_hex(hue, 0.09, min(saturation, 0.5)),
        pour=_lighter(hue, saturation, SEEN, lightness),
    )
    return Palette(Colours(accent, _hex(hue, lightness * 0.8, saturation), HOUSE.light.on_wine, accent), dark)


def legible(accent: str) -> str:
    """Return the colour itself where links of it can be read on the light grounds, else the nearest darker one of its hue."""
    hue, lightness, saturation = _hls(accent)
    tried = (accent, *(_hex(hue, lightness * (1 - step / STEPS), saturation) for step in range(1, STEPS + 1)))
    return next(each for each in tried if lowest_contrast(each, LIGHT_GROUNDS) >= READABLE)


def lowest_contrast(colour: str, grounds: tuple[str, ...]) -> float:
    """Return the contrast of a colour with the ground that it is nearest to."""
    return min(contrast(colour, ground) for ground in grounds)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _lighter(hue: float, saturation: float, wanted: float, lightness: float) -> str:
    """Return the first colour from ``lightness`` upwards that has the wanted contrast with the dark grounds."""
    tried = (_hex(hue, lightness + (1 - lightness) * step / STEPS, saturation) for step in range(STEPS + 1))
    return next(each for each in tried if lowest_contrast(each, DARK_GROUNDS) >= wanted)


def _luminance(colour: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= LINEAR else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _hls(colour: str) -> tuple[float, float, float]:
    return colorsys.rgb_to_hls(*_parts(colour))


def _hex(hue: float, lightness: float, saturation: float) -> str:
    return "#" + "".join(
        f"{round(part * 255):02x}" for part in colorsys.hls_to_rgb(hue, lightness, saturation)
    )
