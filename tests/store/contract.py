"""What every store promises: one specification, run on each engine (ST-6).

A subclass gives the fixture ``store``, which reads the fixture ``clock``.
"""

from tests.store.contract_beside import BesideContract
from tests.store.contract_counts import TakeAndBumpContract
from tests.store.contract_expiry import ExpiryContract
from tests.store.contract_limits import LimitsContract
from tests.store.contract_lists import ListContract
from tests.store.contract_records import RecordsContract


class StoreContract(
    RecordsContract, ExpiryContract, TakeAndBumpContract, BesideContract, ListContract, LimitsContract
):
    """All of it."""
