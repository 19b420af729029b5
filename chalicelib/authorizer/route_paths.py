"""Route paths as API Gateway and IAM see them: segments, patterns, and which pattern covers which path.

API Gateway matches segment by segment, a static one before a ``{param}``, and ignores one trailing slash.
IAM matches the text of the whole ARN, where ``*`` also crosses ``/``.
"""

import re
from collections.abc import Iterable, Iterator

Segments = tuple[str, ...]

# At least one character: with a bare ``*``, DELETE /sessions/{session_id} would also open DELETE /sessions/.
ANY_VALUE = "?*"

_FRESH = "\0"  # stands for a value that equals no static segment
_STATIC = re.compile(r"[A-Za-z0-9._:-]+")
_PARAM = re.compile(r"\{[A-Za-z_][A-Za-z0-9_]*\}")


def parse(path: str) -> Segments:
    """Return the segments of a route's path. Raises ValueError for what no policy can hold."""
    segments = tuple(path[1:].split("/"))
    if not path.startswith("/") or not (path == "/" or all(map(_is_sound, segments))):
        raise ValueError(
            f"{path!r} is not a route path: segments are letters, digits, '._:-', or one whole {{param}}."
        )
    return segments


def _is_sound(segment: str) -> bool:
    return bool(_STATIC.fullmatch(segment) or _PARAM.fullmatch(segment)) and segment not in {".", ".."}


def is_param(segment: str) -> bool:
    """Return whether a segment stands for any value."""
    return segment.startswith("{")


def shape(segments: Segments) -> Segments:
    """Return the segments without the names of their parameters."""
    return tuple("{}" if is_param(segment) else segment for segment in segments)


def patterns(segments: Segments) -> tuple[str, ...]:
    """Return the IAM patterns of every concrete path of this route, its trailing slash included."""
    text = "/".join(ANY_VALUE if is_param(segment) else segment for segment in segments)
    return (text,) if is_param(segments[-1]) else (text, text + "/")


def resolve(path: Segments, resources: Iterable[Segments]) -> Segments | None:
    """Return the resource that API Gateway picks for a concrete path: the first static segment wins."""
    matching = (resource for resource in resources if _matches(resource, path))
    return min(matching, key=lambda resource: tuple(map(is_param, resource)), default=None)


def _matches(resource: Segments, path: Segments) -> bool:
    return len(resource) == len(path) and all(
        is_param(r) or r == p for r, p in zip(resource, path, strict=True)
    )


def reaches(opener: Segments, target: Segments, resources: Iterable[Segments]) -> bool:
    """Return whether a pattern of ``opener`` matches a concrete path that API Gateway gives to ``target``.

    Exact: of the paths that one alignment allows, that with fresh values goes to ``target`` if any does.
    """
    known = tuple(resources)
    return any(resolve(path, known) == target for path in _common_paths(opener, target))


def _common_paths(pattern: Segments, target: Segments) -> Iterator[Segments]:
    if not pattern or not target:
        if not pattern and not target:
            yield ()
    elif is_param(pattern[0]):
        for span in range(1, len(target) - len(pattern) + 2):
            head = tuple(_FRESH if is_param(segment) else segment for segment in target[:span])
            yield from (head + tail for tail in _common_paths(pattern[1:], target[span:]))
    elif is_param(target[0]) or pattern[0] == target[0]:
        yield from ((pattern[0], *tail) for tail in _common_paths(pattern[1:], target[1:]))
