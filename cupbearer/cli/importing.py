"""One line of an import file → one user, or the reason why not."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

import msgspec

from chalicelib import scopes
from chalicelib.accounts.provisioning import Newcomer
from chalicelib.audit.trail import Source
from chalicelib.errors import Invalid, Taken
from chalicelib.jose import strict_json
from chalicelib.users import names, user_ids
from chalicelib.users.user import new_user
from chalicelib.users.users import ID_TAKEN
from chalicelib.wiring import Services

MAX_LINE = 64 * 1024  # octets
MAX_DEPTH = 4


class Line(msgspec.Struct, forbid_unknown_fields=True):
    """What a line may hold. A misspelt member is refused, so that no scope is lost unnoticed."""

    username: str
    email: str | None = None
    email_verified: bool = False
    name: str | None = None
    password_hash: str | None = None
    scopes: list[str] | str | None = None
    disabled: bool = False
    user_id: str | None = None
    created_at: Any = None


@dataclass(slots=True)
class Report:
    """What became of the lines. ``failed`` holds the line's number, the user name as far as known, and why."""

    imported: int = 0
    present: int = 0
    failed: list[tuple[int, str, str]] = field(default_factory=list)


class Import:
    """Brings in a file, line by line; the same file may come again."""

    def __init__(self, at: Services, source: Source, *, dry_run: bool, new_ids: bool = False) -> None:
        self._at = at
        self._source = source
        self._dry_run = dry_run
        self._new_ids = new_ids
        self._seen: dict[tuple[str, str], int] = {}  # log-in name or id → line
        self.report = Report()

    @staticmethod
    def lines(file: IO[bytes]) -> Iterator[bytes]:
        """Return the lines; one that is too long is cut, and so fails, without being held whole."""
        while line := file.readline(MAX_LINE + 1):
            rest = line
            while not rest.endswith(b"\n") and (rest := file.readline(MAX_LINE)):
                pass
            yield line

    def bring(self, number: int, line: bytes) -> bool:
        """Bring in a line; tell whether it is done, now or before. The store's trouble is raised."""
        name = ""
        try:
            if not line.strip():
                return True
            entry = read_line(line)
            name = entry.username
            newcomer = self._newcomer(entry)
            self._refuse_twins(number, newcomer)
            present = not self._make(newcomer, entry.password_hash)
        except (Invalid, Taken) as refusal:
            self.report.failed.append((number, name, refusal.detail))
            return False
        if present:
            self.report.present += 1
        else:
            self.report.imported += 1
        return True

    def _newcomer(self, entry: Line) -> Newcomer:
        wanted = new_user(username=entry.username, email=entry.email, name=entry.name)
        if entry.scopes is None:
            granted = self._at.settings.default_scopes
        elif isinstance(entry.scopes, str):
            granted = scopes.parse(entry.scopes)
        else:
            granted = scopes.parse_each(entry.scopes)
        if entry.password_hash is not None:
            self._at.credentials.passwords.check_import(entry.password_hash)
        return Newcomer(
            wanted, granted, email_verified=entry.email_verified, disabled=entry.disabled,
            user_id=None if self._new_ids else _well_formed(entry.user_id),
        )  # fmt: skip

    def _refuse_twins(self, number: int, newcomer: Newcomer) -> None:
        for what, text in _unique(newcomer):
            first = self._seen.setdefault((what, text), number)
            if first != number:
                raise Taken(f"Line {first} has the same {what}.")

    def _make(self, newcomer: Newcomer, hashed: str | None) -> bool:
        """Make the account, or in a dry run see that it could be made; False where it is there already."""
        if not self._dry_run:
            try:
                self._at.accounts.provisioning.import_user(newcomer, hashed=hashed, source=self._source)
            except Taken as refusal:
                return self._is_another(newcomer, refusal)
            return True
        taken = [name for name in _login_names(newcomer) if self._at.accounts.users.id_of(name)]
        if taken:
            return self._is_another(newcomer, Taken("This e-mail address is taken."))
        if newcomer.user_id and self._at.accounts.provisioning.is_used(newcomer.user_id):
            raise Taken(ID_TAKEN)
        return True

    def _is_another(self, newcomer: Newcomer, refusal: Taken) -> bool:
        """Return False where the one who has the name is this very person, else raise Taken."""
        user = self._at.accounts.users.find(newcomer.wanted.username.display)
        if user is None:
            raise refusal
        if _address(user.email) != _address(newcomer.wanted.email):
            raise Taken("This user name is taken by an account with another e-mail address.")
        if newcomer.user_id not in (None, user.user_id):
            raise Taken("This user name is taken by an account with another id.")
        return False


def read_line(line: bytes) -> Line:
    """Return what a line says; raise Invalid for one that is no such object."""
    if len(line) > MAX_LINE:
        raise Invalid(f"The line has more than {MAX_LINE} octets.")
    try:
        return msgspec.convert(strict_json.loads(line.strip(), max_depth=MAX_DEPTH), Line)
    except msgspec.ValidationError as error:
        raise Invalid(f"{error}.") from None
    except (ValueError, RecursionError):
        raise Invalid("This is not a JSON object.") from None


def _login_names(newcomer: Newcomer) -> tuple[str, ...]:
    wanted = newcomer.wanted
    if wanted.email is not None and newcomer.email_verified:
        return (wanted.username.canonical, names.canonical_email(wanted.email).canonical)
    return (wanted.username.canonical,)


def _unique(newcomer: Newcomer) -> Iterator[tuple[str, str]]:
    """Yield what no two lines may share, each with what it is."""
    for name in _login_names(newcomer):
        yield "user name or e-mail address", name
    if newcomer.user_id is not None:
        yield "user_id", newcomer.user_id


def _well_formed(user_id: str | None) -> str | None:
    if user_id is not None and not user_ids.is_user_id(user_id):
        raise Invalid(f"{user_ids.RULE} --new-ids gives everybody a new one.")
    return user_id


def _address(email: str | None) -> str | None:
    return None if email is None else names.canonical_email(email).canonical
