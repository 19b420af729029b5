"""What a running ``make serve`` leaves in ``.cupbearer/``, so that the command line works on the same service.

One file a server, ``serving-PID.json``: private, without a secret, removed when the server ends. It stays locked as
long as that server lives, and such a lock dies with its process: so what a killed one left behind is known as stale.
Only a word of one's own counts, or of whoever has the directory: elsewhere anybody could name a store for our passwords.
"""

import atexit
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from chalicelib.settings.settings import Settings
from chalicelib.settings.structured import SECRET_REFERENCES

FOLDER = Path(".cupbearer")
STORE, ISSUER, MASTER_KEY = "CUPBEARER_STORE", "CUPBEARER_ISSUER", "CUPBEARER_MASTER_KEY"
MAIL, PASSWORD_LOG_IN = "CUPBEARER_MAIL", "CUPBEARER_PASSWORD_LOG_IN"

# What the command line must know to act as the server does. Secrets are none of them.
SHARED = (
    "CUPBEARER_ENV", "CUPBEARER_AUDIENCE", "CUPBEARER_SIGNING_ALG", "CUPBEARER_ACCESS_TOKENS",
    "CUPBEARER_ACCESS_TOKEN_SECONDS", "CUPBEARER_SESSION_IDLE_SECONDS", "CUPBEARER_SESSION_MAX_SECONDS",
    "CUPBEARER_REFRESH_GRACE_SECONDS", "CUPBEARER_AUTHORIZER_TTL_SECONDS", "CUPBEARER_DEFAULT_SCOPES",
    "CUPBEARER_PASSWORD_MIN_LENGTH", "CUPBEARER_TRUSTED_ISSUERS", "CUPBEARER_SIGN_UP", "CUPBEARER_MAIL_FROM",
    "CUPBEARER_MAIL_REPLY_TO", "CUPBEARER_EMAIL_LOG_IN", "CUPBEARER_DELETION_GRACE_DAYS",
    "CUPBEARER_REGISTRATION", "CUPBEARER_NAME", "CUPBEARER_ACCENT", "CUPBEARER_SUPPORT_URL", "CUPBEARER_LANGUAGE",
    "CUPBEARER_LANGUAGES", "CUPBEARER_ALLOWED_ORIGINS", "CUPBEARER_SAMPLES",
)  # fmt: skip
AT_IMPORT = (
    "CUPBEARER_SAMPLES"  # which routes there are is settled when app.py is imported, by the environment
)


@dataclass(frozen=True, slots=True)
class Served:
    """One running server: where, and the settings that it was given. ``has_master_key``: it was given one, not shown here."""

    pid: int
    port: int
    settings: Mapping[str, str]
    has_master_key: bool

    @property
    def store(self) -> str:
        """Return the store, a file by its absolute path."""
        return self.settings[STORE]

    @property
    def issuer(self) -> str:
        """Return the issuer."""
        return self.settings[ISSUER]


def leave(chosen: Settings, environ: Mapping[str, str], *, port: int) -> None:
    """Leave word of this process until it ends. Where nothing can be written, nobody finds it: it serves all the same."""
    given = {name: environ[name] for name in SHARED if name in environ}
    given |= {STORE: store_url(chosen), ISSUER: chosen.issuer}
    if "@" not in (chosen.mail or ""):  # no password in it
        given |= {name: environ[name] for name in (MAIL,) if name in environ}
    if (
        chosen.email_log_in
    ):  # else providers are the way in, whose secrets stay here, and no command would start without them
        given |= {name: environ[name] for name in (PASSWORD_LOG_IN,) if name in environ}
    key = chosen.master_key or ""
    if key.startswith(("kms:", *SECRET_REFERENCES)):
        given[MASTER_KEY] = key  # a name, which is no secret
    word = Served(os.getpid(), port, given, has_master_key=bool(key) and MASTER_KEY not in given)
    path = FOLDER.absolute() / f"serving-{word.pid}.json"
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.unlink(missing_ok=True)  # of a process that had this number before
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        os.write(file, json.dumps(asdict(word), indent=1).encode())
        atexit.register(_remove, path, os.getpid())


def store_url(chosen: Settings) -> str:
    """Return the setting that names the store from any directory."""
    if chosen.store_engine == "dynamodb":
        return f"dynamodb://{chosen.store_name}"
    return f"sqlite:///{Path(chosen.store_name).absolute()}"


def running() -> tuple[list[Served], list[int]]:
    """Return the servers that run from this directory, and the numbers of those that ended without removing their word.

    The word of those is removed now.
    """
    alive, ended = [], []
    for path in sorted(FOLDER.glob("serving-*.json")):
        for word, lives in _read(path):
            if lives:
                alive.append(word)
            else:
                ended.append(word.pid)
                path.unlink(missing_ok=True)
    return alive, ended


def _read(path: Path) -> Iterator[tuple[Served, bool]]:
    """Give the word in a file and whether its server lives; nothing for a file that is going or not yet written."""
    with suppress(OSError, ValueError, TypeError, KeyError), path.open("rb") as file:
        if os.fstat(file.fileno()).st_uid not in (os.getuid(), Path.cwd().stat().st_uid):
            return
        word = Served(**json.load(file))
        yield word, _is_locked(file.fileno())


def _is_locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _remove(path: Path, pid: int) -> None:
    if os.getpid() == pid:  # not in a child that was forked from it
        path.unlink(missing_ok=True)
