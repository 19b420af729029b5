"""A load, what it asks of AWS, and the bill."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cupbearer.costing import prices

RESULTS = Path(__file__).parents[2] / "bench" / "results"
DAYS = 30
GB = 10**9
FULL_CORE_MB = 1769  # the memory at which Lambda gives one processor (Lambda developer guide, "Memory")


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is not measured here, said beside every bill."""

    api_memory_mb: int = 1024  # as .chalice/config.json has it
    authorizer_memory_mb: int = 512
    store_round_trip_ms: float = 5.0  # of a Lambda to DynamoDB in its region
    other_cpu_ms: float = 2.0  # of a call without a hash, on a full core
    cold_share: float = 0.02  # of calls that begin a new process
    log_bytes: int = 700  # our line and Lambda's own of one call
    log_months: float = 1.0
    user_bytes: int = 2_500  # profile, names, a few sessions
    audit_bytes: int = 900  # of one log-in, for the person and for the service, kept three months
    audit_months: float = 3.0


@dataclass(frozen=True, slots=True)
class Load:
    """Who does how much. ``users`` are those active in the month; the rest is of each of them."""

    users: int
    logins_per_day: float = 0.2
    refreshes_per_login: float = 3.0
    requests_per_login: float = 30.0
    sign_ups_per_user: float = 0.05  # a month
    access_tokens: Literal["jwt", "opaque"] = "jwt"

    @property
    def logins(self) -> float:
        """Return log-ins a month."""
        return self.users * self.logins_per_day * DAYS

    @property
    def first_logins(self) -> float:
        """Return those of the log-ins that are the person's first of a day: they write the day they were last seen."""
        return min(self.logins, self.users * DAYS)

    @property
    def refreshes(self) -> float:
        """Return refreshes a month."""
        return self.logins * self.refreshes_per_login

    @property
    def sign_ups(self) -> float:
        """Return new users a month."""
        return self.users * self.sign_ups_per_user

    @property
    def requests(self) -> float:
        """Return guarded requests of the API a month."""
        return self.logins * self.requests_per_login

    @property
    def verdicts(self) -> float:
        """Return how often the authorizer runs: once a token while its policy is cached, five times with opaque's 60 s."""
        each = 5 if self.access_tokens == "opaque" else 1
        return min(self.requests, (self.logins + self.refreshes) * each)


@dataclass(frozen=True, slots=True)
class Measured:
    """What the bench found: capacity units by operation, and milliseconds on a full core."""

    units: Mapping[str, Mapping[str, Any]]
    login_ms: float
    verdict_ms: float
    cold_ms: float
    date: str


@dataclass(frozen=True, slots=True)
class Bill:
    """Dollars a month, line by line."""

    lines: Mapping[str, float]

    @property
    def total(self) -> float:
        """Return the sum."""
        return sum(self.lines.values())


def measured(results: Path = RESULTS) -> Measured:
    """Return what the bench wrote. FileNotFoundError where it has not run; KeyError where DynamoDB was left out."""
    measured = {
        name: json.loads((results / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("requests", "log_in", "warm", "cold")
    }
    return Measured(
        units=measured["requests"]["data"]["dynamodb"],
        login_ms=_median(measured["log_in"], "log-in"),
        verdict_ms=_median(measured["warm"], "ours") / 1000,
        cold_ms=_median(measured["cold"], "ours"),
        date=measured["requests"]["machine"]["date"],
    )


def _median(result: Mapping[str, Any], what: str) -> float:
    return float(next(figure["value"] for figure in result["figures"] if figure["what"] == what))


def bill(load: Load, found: Measured, assumed: Assumed | None = None) -> Bill:
    """Return what a load costs on Cupbearer, without the guarded requests, which any other service leaves to you too."""
    given = assumed or Assumed()
    own_calls = load.logins + load.refreshes + load.sign_ups
    reads, writes = _units(load, found)
    gb_seconds = _gb_seconds(load, found, given)
    runs = own_calls + load.verdicts
    stored = (load.users * given.user_bytes + load.logins * given.audit_months * given.audit_bytes) / GB
    logged = runs * given.log_bytes / GB
    colds = own_calls * given.cold_share
    return Bill(
        {
            "API Gateway": prices.REST_REQUESTS.for_(own_calls),
            "Lambda": prices.LAMBDA_REQUESTS.for_(runs) + prices.LAMBDA_GB_SECONDS.for_(gb_seconds),
            "DynamoDB requests": prices.READ_UNITS.for_(reads) + prices.WRITE_UNITS.for_(writes),
            "DynamoDB storage and backup": prices.STORAGE_GB.for_(stored) + prices.BACKUP_GB.for_(stored),
            "KMS": prices.KMS_KEY.for_(1) + prices.KMS_REQUESTS.for_(2 * colds),
            "CloudWatch logs": prices.LOG_INGEST_GB.for_(logged)
            + prices.LOG_STORAGE_GB.for_(logged * given.log_months),
        }
    )


def _units(load: Load, found: Measured) -> tuple[float, float]:
    suffix = " (opaque)" if load.access_tokens == "opaque" else ""
    counts = {
        "log-in": load.logins - load.first_logins,
        "log-in, the first of a day": load.first_logins,
        "refresh": load.refreshes,
        "sign-up": load.sign_ups,
        "authorizer": load.verdicts,
    }
    asked = {name: found.units[name + suffix] for name in counts}
    reads = sum(count * asked[name]["read_units"] for name, count in counts.items())
    writes = sum(count * asked[name]["write_units"] for name, count in counts.items())
    return reads, writes


def _gb_seconds(load: Load, found: Measured, given: Assumed) -> float:
    """Return Lambda's time: processor time stretched by the share that the memory buys, and waiting for the store."""
    api, authorizer = given.api_memory_mb / FULL_CORE_MB, given.authorizer_memory_mb / FULL_CORE_MB
    hashing = (load.logins + load.sign_ups) * (found.login_ms / api + 5 * given.store_round_trip_ms)
    refreshing = load.refreshes * (given.other_cpu_ms / api + 2 * given.store_round_trip_ms)
    starting = (load.logins + load.refreshes + load.sign_ups) * given.cold_share * found.cold_ms / api
    asks_store = load.access_tokens == "opaque"
    verdict_ms = (found.verdict_ms + given.cold_share * found.cold_ms) / authorizer
    verdicts = load.verdicts * (verdict_ms + asks_store * given.store_round_trip_ms)
    return (
        (hashing + refreshing + starting) * given.api_memory_mb + verdicts * given.authorizer_memory_mb
    ) / 1_000_000  # megabytes times milliseconds


def guarded_requests(load: Load) -> float:
    """Return what API Gateway takes for the guarded requests: the same beside every log-in service."""
    return prices.REST_REQUESTS.for_(load.requests)


def others(users: float) -> dict[str, float | None]:
    """Return the list prices of other services for so many active users; None where a price is by quotation."""
    return {
        "Cognito Lite": prices.COGNITO_LITE.for_(users),
        "Cognito Essentials": prices.COGNITO_ESSENTIALS.for_(users),
        "Auth0 Free": 0.0 if users <= prices.AUTH0_FREE_USERS else None,
        "Auth0 B2C Essentials": prices.auth0_essentials(users),
    }
