"""Pictures of pages made small: a palette of at most 256 colours in place of three octets a point (PNG, W3C 2003)."""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOURS = 256


def shrink(path: Path) -> None:
    """Write a picture anew, of eight bits a point; the colours it has most are kept as they are."""
    width, rows = _read(path.read_bytes())
    points = Counter(row[at : at + 3] for row in rows for at in range(0, len(row), 3))
    palette = [colour for colour, _ in points.most_common(COLOURS)]
    place = {colour: number for number, colour in enumerate(palette)}
    for colour in points.keys() - place.keys():
        place[colour] = min(range(len(palette)), key=lambda number: _apart(palette[number], colour))
    lines = b"".join(b"\0" + bytes(place[row[at : at + 3]] for at in range(0, len(row), 3)) for row in rows)
    header = struct.pack(">IIBBBBB", width, len(rows), 8, 3, 0, 0, 0)
    parts = (
        (b"IHDR", header),
        (b"PLTE", b"".join(palette)),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    )
    path.write_bytes(SIGNATURE + b"".join(_chunk(*part) for part in parts))


def _apart(one: bytes, other: bytes) -> int:
    return sum((left - right) ** 2 for left, right in zip(one, other, strict=True))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _read(octets: bytes) -> tuple[int, list[bytes]]:
    """Return the width and the rows of a screenshot: eight bits a colour, three colours, not interlaced."""
    chunks = list(_chunks(octets))
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    assert (depth, kind, interlaced) == (8, 2, 0), "no screenshot of Chromium's"
    data = zlib.decompress(b"".join(part for name, part in chunks if name == b"IDAT"))
    size = 3 * width
    above, rows = bytes(size), []
    for row in range(height):
        start = row * (size + 1)
        above = _unfiltered(data[start], data[start + 1 : start + 1 + size], above)
        rows.append(above)
    return width, rows


def _chunks(octets: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(octets):
        (size,) = struct.unpack(">I", octets[at : at + 4])
        yield octets[at + 4 : at + 8], octets[at + 8 : at + 8 + size]
        at += 12 + size


def _unfiltered(kind: int, line: bytes, above: bytes) -> bytes:
    """Undo a row's filter (section 9.2 of the standard)."""
    row = bytearray(line)
    for at in range(len(row) if kind else 0):
        left, corner = (row[at - 3], above[at - 3]) if at > 2 else (0, 0)
        row[at] = (
            row[at] + (0, left, above[at], (left + above[at]) // 2, _paeth(left, above[at], corner))[kind]
        ) & 255
    return bytes(row)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
