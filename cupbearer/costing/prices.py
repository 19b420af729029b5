"""The one table of prices: US dollars, list prices without discounts, AWS in us-east-1.

Every figure names the page that it stands on. They were compared on 2026-11-21 with public transcripts of these pages,
the latest of ``AS_OF``, not with the pages themselves. Prices change: look there before you rely on a bill, and
change them here alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

# Said in these words wherever it is said at all. A key costs $1 a month; each of the first two yearly rotations of its
# material adds another: https://aws.amazon.com/kms/pricing/
IDLE = "While nobody logs in it costs a dollar a month: the KMS key."

AS_OF = "2026-09-20"
REGION = "us-east-1"
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """What a thing costs, ``of`` how many, on which page; ``free`` are free every month, for ever."""

    dollars: float
    of: float
    source: str
    free: float = 0.0

    def for_(self, amount: float, *, free: bool = True) -> float:
        """Return what an amount costs."""
        return max(0.0, amount - (self.free if free else 0.0)) * self.dollars / self.of


@dataclass(frozen=True, slots=True)
class Tiers:
    """A price that falls with the amount: (up to, dollars each) steps, each for the part within it."""

    steps: Sequence[tuple[float, float]]
    source: str

    def for_(self, amount: float) -> float:
        """Return what an amount costs."""
        total, start = 0.0, 0.0
        for end, dollars in self.steps:
            total += max(0.0, min(amount, end) - start) * dollars
            start = end
        return total


LAMBDA, DYNAMODB = "aws.amazon.com/lambda/pricing", "aws.amazon.com/dynamodb/pricing/on-demand"
LOGS, KMS = "aws.amazon.com/cloudwatch/pricing", "aws.amazon.com/kms/pricing"
API_GATEWAY, COGNITO = "aws.amazon.com/api-gateway/pricing", "aws.amazon.com/cognito/pricing"
AUTH0 = "auth0.com/pricing"

LAMBDA_REQUESTS = Price(0.20, MILLION, LAMBDA, free=MILLION)
LAMBDA_GB_SECONDS = Price(0.0000133334, 1, f"{LAMBDA}, Arm, first tier", free=400_000)
REST_REQUESTS = Tiers(
    (
        (333 * MILLION, 3.50 / MILLION),
        (1_000 * MILLION, 2.80 / MILLION),
        (20_000 * MILLION, 2.38 / MILLION),
        (inf, 1.51 / MILLION),
    ),
    f"{API_GATEWAY}, REST; the free tier of the first twelve months is left out",
)
READ_UNITS = Price(0.125, MILLION, DYNAMODB)
WRITE_UNITS = Price(0.625, MILLION, DYNAMODB)
STORAGE_GB = Price(0.25, 1, DYNAMODB, free=25)
BACKUP_GB = Price(0.20, 1, f"{DYNAMODB}, point-in-time recovery")
KMS_KEY = Price(1.0, 1, KMS)
KMS_REQUESTS = Price(0.03, 10_000, KMS, free=20_000)
LOG_INGEST_GB = Price(0.50, 1, LOGS, free=5)
LOG_STORAGE_GB = Price(0.03, 1, LOGS)

COGNITO_LITE = Tiers(
    (
        (10_000, 0.0),
        (100_000, 0.0055),
        (MILLION, 0.0046),
        (10 * MILLION, 0.00325),
        (inf, 0.0025),
    ),
    f"{COGNITO}, Lite",
)
COGNITO_ESSENTIALS = Tiers(((10_000, 0.0), (inf, 0.015)), f"{COGNITO}, Essentials, the default of new pools")

AUTH0_FREE_USERS = 25_000  # the Free plan ends there
AUTH0_ESSENTIALS = Price(0.07, 1, f"{AUTH0}, B2C Essentials: $35 for 500, $700 for 10,000, $3,500 for 50,000")
AUTH0_ESSENTIALS_LEAST = 35.0
AUTH0_ESSENTIALS_USERS = 50_000  # beyond it: by quotation


def auth0_essentials(users: float) -> float | None:
    """Return the list price of Auth0's B2C Essentials; None where there is none."""
    if users > AUTH0_ESSENTIALS_USERS:
        return None
    return max(AUTH0_ESSENTIALS_LEAST, AUTH0_ESSENTIALS.for_(users))
