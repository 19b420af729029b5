"""What a row of the bench found: figures against their targets, and the data that the plots are drawn from."""

import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.measuring import Spread

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results"
LIBRARIES = ("cryptography", "PyJWT", "chalice", "argon2-cffi", "libpass", "msgspec", "boto3")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured thing. ``at_most`` is its target, where it has one; ``low`` and ``high`` are quartiles."""

    what: str
    value: float
    unit: str
    at_most: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def met(self) -> bool | None:
        """Tell whether the target is met; None where there is none."""
        return None if self.at_most is None else self.value <= self.at_most


@dataclass(frozen=True, slots=True)
class Finding:
    """One row, measured."""

    name: str
    title: str
    figures: tuple[Figure, ...]
    data: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def figure(what: str, spread: Spread, unit: str, *, at_most: float | None = None) -> Figure:
    """Return a figure of a spread; seconds are told in the unit."""
    scale = {"µs": 1e6, "ms": 1e3}.get(unit, 1.0)
    return Figure(what, spread.median * scale, unit, at_most, spread.low * scale, spread.high * scale)


def machine() -> dict[str, Any]:
    """Return where and with what it was measured."""
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
        "python": platform.python_version(),
        "node": node.stdout.strip() or None,
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def _processor() -> str:
    cpus = Path("/proc/cpuinfo")
    lines = cpus.read_text(encoding="utf-8").splitlines() if cpus.exists() else []
    return next(
        (line.partition(":")[2].strip() for line in lines if "model name" in line), platform.machine()
    )


def write(finding: Finding, folder: Path, *, effort: str, run: str = "") -> Path:
    """Write a row as JSON, with the machine it was measured on and the run that it is of."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{finding.name}.json"
    value = {"effort": effort, "run": run, "machine": machine(), **asdict(finding)}
    for told, found in zip(value["figures"], finding.figures, strict=True):
        told["met"] = found.met
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def forget(name: str, folder: Path) -> None:
    """Remove an earlier result of a row that could not run: figures of one run only stand together."""
    (folder / f"{name}.json").unlink(missing_ok=True)


def why(error: BaseException) -> str:
    """Return one line for what stopped a row, its causes included."""
    causes: list[str] = []
    at: BaseException | None = error
    while at is not None:
        text = " ".join(str(at).split()) or "no more is known"
        causes.append(f"{type(at).__name__}: {text}"[:300])
        at = at.__cause__
    return ", because ".join(causes)
