"""``make clients``: run every client, then write the table of docs/clients.md from what their tests told.

With tests as arguments (``python -m tests.clients tests/clients/test_node.py``) the other rows stay.
"""

import os
import sys
import tempfile
from pathlib import Path

import pytest

from tests.clients import table


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.jsonl"
        told.touch()
        os.environ |= {table.TOLD_TO: str(told), "CUPBEARER_REQUIRE_PARTS": "1"}
        asked = sys.argv[1:] or [str(Path(__file__).parent)]
        failed = pytest.main(["-q", "-p", "no:cacheprovider", *asked])
        if failed:
            return int(failed)
        print(
            f"{table.write(told, whole=not sys.argv[1:])} clients told their row; they are in docs/clients.md"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
