"""``python -m tests.contract``: write down anew what programs rely on, after a change that was meant."""

import json
import tempfile
from pathlib import Path

from tests.contract.recording import record

BOOK = Path(__file__).with_name("recorded.json")

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        text = json.dumps(record(Path(folder)), indent=1, sort_keys=True, ensure_ascii=False)
    BOOK.write_text(text + "\n", encoding="utf-8")
    print(f"written: {BOOK.name}")
