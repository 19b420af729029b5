"""A process to be killed: commits pairs of records for ever and says each acknowledged number.

Run as a script: ``writer.py PATH NAME FIRST``.
"""

import os
import sys
import time
from itertools import count

from chalicelib.store import Insert, Key
from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import SYSTEM


def main(path: str, name: str, first: int) -> None:
    store = SqliteStore(path, now=time.time, nonce=SYSTEM.identifier)
    for number in count(first):
        store.commit(Insert(Key(name, f"{number:09d}"), {}), Insert(Key(f"{name}-twin", f"{number:09d}"), {}))
        os.write(1, f"{number}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
