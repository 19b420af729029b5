"""What is left of a recording when its prose is taken out: what programs rely on, whatever the sentences say."""

import json
import re
from collections.abc import Mapping
from typing import Any

PROSE = {"summary", "description", "detail", "error_description", "title", "message"}


def structure(book: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recording without its prose: paths, parameters, schemas, statuses, codes, options, exit statuses."""
    return {
        "openapi": without_prose(book["openapi"]),
        "discovery": without_prose(book["discovery"]),
        "statuses": book["statuses"],
        "journey": without_prose(book["journey"]),
        "help": {command: sorted(set(_words(text))) for command, text in book["help"].items()},
        "command_line": {command: _ending(*ended) for command, ended in book["command_line"].items()},
    }


def without_prose(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: each for name, each in value.items() if not (name in PROSE and isinstance(each, str))}
        return {name: without_prose(each) for name, each in kept.items()}
    return [without_prose(each) for each in value] if isinstance(value, list) else value


def missing(before: Any, now: Any, at: str = "") -> list[str]:
    """Return what was there before and is not now, or is another. What is new is no loss."""
    if isinstance(before, dict) and isinstance(now, dict):
        lost = [f"{at}/{name} is gone" for name in before.keys() - now.keys()]
        return sorted(lost) + [
            fault
            for name in before.keys() & now.keys()
            for fault in missing(before[name], now[name], f"{at}/{name}")
        ]
    if _are_names(before) and _are_names(now) and not at.endswith("/required"):
        return [f"{at}: {name} is gone" for name in before if name not in now]
    if at.endswith("/parameters"):
        return _missing_parameters(before, now, at)
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        return [
            fault
            for place, (old, new) in enumerate(zip(before, now, strict=True))
            for fault in missing(old, new, f"{at}/{place}")
        ]
    if at.endswith("_supported") and before is False:
        return []  # that something is not done is promised to nobody
    return [] if before == now else [f"{at} was {json.dumps(before)[:200]}, is {json.dumps(now)[:200]}"]


def _missing_parameters(before: Any, now: Any, at: str) -> list[str]:
    """Return the parameters of a route that are gone or others, and those new ones that every caller must send."""
    old, new = ({f"{each['in']} {each['name']}": each for each in some} for some in (before, now))
    demanded = [f"{at}: {name} is asked for" for name in new.keys() - old.keys() if new[name]["required"]]
    return missing(old, new, at) + sorted(demanded)


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _words(text: str) -> list[str]:
    """Return the options and commands that a help names, none of its sentences."""
    commands = re.findall(
        r"^  ([a-z][a-z-]+)  ", text.partition("Commands:")[2].partition("Examples:")[0], re.MULTILINE
    )
    return (
        re.findall(r"(?<![\w-])--[a-z][a-z-]+", text.partition("Options:")[2].partition("Examples:")[0])
        + commands
    )


def _ending(status: int, output: str, _: str) -> list[Any]:
    """Return how a command ended, and the names in its JSON answer, if it gave one."""
    try:
        return [status, _names(json.loads(output))]
    except ValueError:
        return [status]


def _names(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _names(each) for name, each in value.items()}
    return [_names(each) for each in value[:1]] if isinstance(value, list) else type(value).__name__
