"""The texts that Python says to people: marked ones, the sentences of refusals, and tables that hold nothing else."""

import ast
import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FIRST = {  # calls whose first text is read by people
    "said",
    "Invalid",
    "FormRefused",
    "NotAllowed",
    "PasskeyRefused",
    "SecondFactorRefused",
    "SecondFactorRequired",
    "Taken",
    "TooLarge",
    "Unavailable",
    "UnsupportedMediaType",
    "_refused",
}
EACH = {"message"}  # calls all of whose texts are
SECOND = {"RefusedAtPage"}
COUNTED = {"counted"}
WORDS = {"errors", "says"}  # arguments by name

# Modules that speak to developers and operators at a command line, in English.
NOT_FOR_PAGES = (
    "settings/",
    "store/",
    "jose/",
    "outbound/",
    "keys/",
    "oauth/client_",
    "oauth/registration",
    "oauth/claims",
)
TABLES: Mapping[str, tuple[str, ...]] = {  # by module: names of what holds such texts and nothing else
    "errors": ("REFRESH_REASONS",),
    "accounts/notice_words": ("WORDS",),
    "audit/events": ("EVENTS", "OF_AN_APPLICATION", "OF_NOBODY", "OUTCOMES", "ANOTHER_OUTCOME"),
    "audit/counts": ("PICTURES",),
    "audit/streams": ("STREAMS",),
    "web/console/activity": ("GONE", "KINDS"),
    "web/console/client": ("ACTS",),
    "web/console/keys": ("ACTS",),
    "web/console/person_acts": ("ACTS",),
    "web/console/resources": ("ACTS", "NEW"),
    "web/event_words": ("PARTS",),
    "web/scope_words": ("WORDS",),
    "web/pages/form_words": ("WORDS", "MISSING"),
    "web/pages/mailed_links": ("WORDS", "UNDO_WITHOUT_PASSWORDS"),
    "web/pages/page_forms": ("ACCOUNT", "LOG_IN"),
    "web/pages/plain_acts": ("DONE",),
}


def texts_of(path: Path, home: Path) -> Iterator[str | tuple[str, str]]:
    """Yield the texts of a module below ``home``."""
    name = path.relative_to(home).with_suffix("").as_posix()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if not name.startswith(NOT_FOR_PAGES) and not name.startswith("api/"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield from _of_call(node)
    if name == "errors":
        yield from _of_refusals(tree)
    if name == "web/refusals":
        module = importlib.import_module("chalicelib.web.refusals")
        yield from dict.fromkeys(medium.title for medium in module.REFUSALS.values())
    for table in TABLES.get(name, ()):
        yield from _strings(getattr(importlib.import_module("chalicelib." + name.replace("/", ".")), table))


def _of_call(call: ast.Call) -> Iterator[str | tuple[str, str]]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    texts = [each.value if isinstance(each, ast.Constant) else None for each in call.args]
    if name in COUNTED and isinstance(texts[0], str) and isinstance(texts[1], str):
        yield texts[0], texts[1]
    elif name == "NotFound" and texts and isinstance(texts[0], str):
        yield f"There is no such {texts[0]}."
    wanted = texts[:1] if name in FIRST else texts[1:2] if name in SECOND else texts if name in EACH else []
    yield from (each for each in wanted if isinstance(each, str) and each)
    for keyword in call.keywords:
        if keyword.arg in WORDS:
            yield from _constants(keyword.value)


def _constants(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Dict):
        for value in node.values:
            yield from _constants(value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value


def _of_refusals(tree: ast.Module) -> Iterator[str]:
    """Yield the sentences that refusals have by themselves."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "super().__init__":
            yield from (text for each in node.args for text in _constants(each))
        elif isinstance(node, ast.FunctionDef):
            for default in node.args.defaults:
                yield from (text for text in _constants(default) if text.endswith("."))
    yield "There is no such resource."


def _strings(value: Any) -> Iterator[str]:
    """Yield every text of a table but addresses, however it is nested; keys are names."""
    if isinstance(value, str):
        if value and not value.startswith("/") and (" " in value or not value.islower()):
            yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _strings(each)
