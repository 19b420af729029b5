"""The master key of a laptop: made once beside the SQLite file, readable by its owner alone (KM-1)."""

import os
from pathlib import Path

from chalicelib.settings.reader import SettingsError
from chalicelib.settings.settings import demand_key_material
from chalicelib.world import World


def read_or_make(path: Path, world: World) -> bytes:
    """Return the key in a file, which is made if it is absent. Of many that make it at once, one wins (KM-4)."""
    if not path.exists():
        _make(path, world)
    try:
        return demand_key_material(path.read_text(encoding="ascii").strip())
    except (OSError, UnicodeDecodeError, SettingsError):
        raise SettingsError(
            "CUPBEARER_MASTER_KEY",
            f"is kept in {path}, which cannot be read: restore that file, its store needs it",
        ) from None


def _make(path: Path, world: World) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{world.identifier()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(world.random_bytes(32).hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # fails where another was first, and never shows half a file
    except FileExistsError:
        pass
    finally:
        draft.unlink()
