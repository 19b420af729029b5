"""What was found: good, doubtful or wrong, and what mends it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Level = Literal["ok", "warning", "failure", "unchecked"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``mend`` says exactly what to do about a warning or a failure."""

    level: Level
    check: str
    says: str
    mend: str = ""


@dataclass(slots=True)
class Findings:
    """Collects what is found, in the order it was looked at."""

    all: list[Finding] = field(default_factory=list)

    def ok(self, check: str, says: str) -> None:
        """Note that something is as it should be."""
        self.all.append(Finding("ok", check, says))

    def wrong(self, check: str, says: str, mend: str) -> None:
        """Note a failure."""
        self.all.append(Finding("failure", check, says, mend))

    def doubtful(self, check: str, says: str, mend: str) -> None:
        """Note a warning."""
        self.all.append(Finding("warning", check, says, mend))

    def unchecked(self, check: str, says: str, mend: str = "") -> None:
        """Note what could not be looked at, and why."""
        self.all.append(Finding("unchecked", check, says, mend))

    def expect(self, check: str, faults: Mapping[str, bool], *, good: str, mend: str) -> bool:
        """Note ``good`` if no fault holds, and otherwise each fault that does."""
        found = [says for says, holds in faults.items() if holds]
        if found:
            self.wrong(check, "; ".join(found), mend)
        else:
            self.ok(check, good)
        return not found

    @property
    def failed(self) -> bool:
        """Return whether anything is wrong."""
        return any(finding.level == "failure" for finding in self.all)
