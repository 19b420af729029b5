"""``make clients``: run every client, then write the table of docs/clients.md from what their tests told."""

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
        failed = pytest.main(["-q", "-p", "no:cacheprovider", str(Path(__file__).parent), *sys.argv[1:]])
        if failed:
            return int(failed)
        print(f"{table.write(told)} clients are in docs/clients.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
