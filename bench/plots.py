"""The pictures that the README shows, drawn from the results."""

import json
from pathlib import Path
from typing import Any

from bench.findings import ROOT
from cupbearer.svg import Bar, bars, curves, picture

PICTURES = ROOT / "docs" / "pictures"


def draw(results: Path, to: Path) -> list[Path]:
    """Draw every picture whose results are there."""
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in results.glob("*.json")}
    drawn: dict[str, str] = {}
    if {"warm", "cold"} <= found.keys():
        drawn["latency"] = _latency(found["warm"], found["cold"])
    if "throughput" in found:
        drawn["throughput"] = _throughput(found["throughput"])
    if "growth" in found:
        drawn["growth"] = _growth(found["growth"])
    if "quiet_night" in found:
        drawn["quiet-night"] = _quiet_night(found["quiet_night"])
    to.mkdir(parents=True, exist_ok=True)
    for name, text in drawn.items():
        (to / f"{name}.svg").write_text(text, encoding="utf-8")
    return [to / f"{name}.svg" for name in drawn]


def _latency(warm: dict[str, Any], cold: dict[str, Any]) -> str:
    return picture(
        [
            bars("Authorizer, warm: one verdict", _bars(warm, "µs"), unit="µs"),
            bars("Authorizer, cold: process to first verdict", _bars(cold, "ms"), unit="ms"),
        ],
        says="How long the authorizer takes, beside a Node authorizer and a bare Chalice one",
        footer=f"Median and quartiles. {_measured(warm)}",
    )


def _bars(result: dict[str, Any], unit: str) -> list[Bar]:
    return [
        Bar(f["what"], f["value"], f["low"], f["high"], ours=f["what"].startswith("ours"))
        for f in result["figures"]
        if f["unit"] == unit
    ]


def _quiet_night(result: dict[str, Any]) -> str:
    modelled = result["data"]["modelled_ms"]
    links = [Bar(link, ms, ours=True) for link, ms in modelled.items()]
    return picture(
        [bars("The first call after a quiet night, one link after the other", links, unit="ms")],
        says="What the first call after a quiet night waits for",
        footer=f"A model: processor time at the deployed memory. {_measured(result)}",
    )


def _throughput(result: dict[str, Any]) -> str:
    panels = [
        curves(
            f"{what.capitalize()}s a second",
            {"SQLite": [(int(count), rate) for count, rate in result["data"][what].items()]},
            x_label="processes",
            y_label="per second",
        )
        for what in ("log-in", "refresh")
    ]
    return picture(
        panels,
        says="Log-ins and refreshes a second over processes",
        footer=f"{_measured(result)}, Argon2id 19 MiB",
    )


def _growth(result: dict[str, Any]) -> str:
    series = {
        what: [(int(size), ms) for size, ms in curve.items()]
        for what, curve in result["data"]["sqlite"].items()
    }
    panel = curves(
        "Time of one operation, by users in the store (SQLite)",
        series,
        x_label="users",
        y_label="ms",
        log_x=True,
        log_y=True,
        width=720,
    )
    return picture(
        [panel],
        says="Operations take as long among a million users as among a thousand",
        footer=_measured(result),
    )


def _measured(result: dict[str, Any]) -> str:
    machine = result["machine"]
    return f"{machine['date']}, {machine['cores']} cores of {machine['processor']}, Python {machine['python']}, Node {machine['node']}"
