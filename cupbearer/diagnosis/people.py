"""Whether everybody is in the lists and the search of the console: looked at in the store, where this machine may."""

from pathlib import Path

from cupbearer.diagnosis.findings import Findings

CHECK = "search"


def people(url: str, findings: Findings) -> None:
    """Look into the store of the service at ``url``, if the settings here are that service's; else say nothing of it."""
    from chalicelib import wiring
    from chalicelib.settings.reader import SettingsError
    from chalicelib.settings.settings import from_environment
    from chalicelib.store import StoreUnavailable

    try:
        chosen = from_environment()
    except SettingsError:
        return
    is_there = chosen.store_engine != "sqlite" or Path(chosen.store_name).exists()
    if chosen.issuer != url or not is_there:
        return
    try:
        lacks = wiring.services(lambda: chosen).accounts.people.lacks_lines()
    except StoreUnavailable:
        findings.unchecked(CHECK, "the store of this service is out of reach from here")
        return
    if lacks:
        said = "accounts of an earlier release are in no search and in few lists"
        findings.doubtful(CHECK, said, "Run once: cupbearer users index")
    else:
        findings.ok(CHECK, "everybody looked at is in the lists and the search")
