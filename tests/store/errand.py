"""A short process beside a service, as a command of the command line is: it looks, writes one record and ends.

Run as a script: ``errand.py PATH NAME SORT…``. It commits the record NAME/NAME and says which of the records
``busy/SORT`` are missing, nothing where all are there.
"""

import sys
import time

from chalicelib.store import Insert, Key
from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import SYSTEM


def main(path: str, name: str, *sorts: str) -> None:
    store = SqliteStore(path, now=time.time, nonce=SYSTEM.identifier)
    keys = [Key("busy", sort) for sort in sorts]
    found = store.get(*keys)
    store.commit(Insert(Key("errands", name), {}))
    print(*(key.sort for key, record in zip(keys, found, strict=True) if record is None))
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
