"""Finds people for operators: lists, and search by the beginning of a name, each page in few requests (CO-3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import merge

from chalicelib.store import MAX_KEYS, Check, Conflict, Insert, Key, Page, Record, Store, Write
from chalicelib.store.records import existing
from chalicelib.users import lists, unverified_addresses
from chalicelib.users.user import DIRECTORY, User, users_of

PAGE = 50
LINES = 30  # users that are indexed at once: the keys of all their lines are one batch of reads or two
LISTS = {  # the partitions that a list is read from, the newest lines first
    "newest": (DIRECTORY,),
    "seen": tuple(map(lists.seen_partition, range(lists.SEEN_SHARDS))),
    "disabled": (lists.DISABLED,),
    "factor": (lists.WITH_FACTOR,),
}

Found = tuple[tuple[User, ...], str | None]  # users, and after what the next page starts


@dataclass(frozen=True, slots=True)
class People:
    """Reads lines, and the users that they lead to by one batch; what no longer holds is left out."""

    store: Store

    def listed(self, name: str, *, after: str | None = None, limit: int = PAGE) -> Found:
        """Return a page of one of :data:`LISTS`, by one request for each of its partitions and one for the users."""
        pages = [
            self.store.list(partition, after=after, limit=limit, newest_first=True)
            for partition in LISTS[name]
        ]
        lines, next_after = _together(pages, limit)
        return users_of(self.store, lines) if name == "newest" else self._users(lines), next_after

    def search(self, beginning: str, *, after: str | None = None, limit: int = PAGE) -> Found:
        """Return a page of whose user name, name or address begins so, in any spelling, by two requests."""
        wanted = lists.term(beginning)
        if not wanted:
            return (), None
        page = self.store.list(lists.found_in(wanted), prefix=wanted, after=after, limit=limit)
        return self._users(page.records, first_of=wanted), page.next_after

    def index(self) -> int:
        """Write every line and claim that an earlier release did not, through the whole directory; return of how many users."""
        changed, after = 0, None
        while True:
            page = self.store.list(DIRECTORY, after=after, limit=LINES)
            missing = self._missing(users_of(self.store, page.records))
            changed += sum(self._write(user, keys) for user, keys in missing if keys)
            after = page.next_after
            if after is None:
                return changed

    def lacks_lines(self) -> bool:
        """Return whether the first or the last of the directory lack lines, which an earlier release made; by few requests."""
        for newest_first in (False, True):
            page = self.store.list(DIRECTORY, limit=LINES, newest_first=newest_first)
            if any(keys for _, keys in self._missing(users_of(self.store, page.records))):
                return True
        return False

    def _users(self, lines: Iterable[Record], *, first_of: str = "") -> tuple[User, ...]:
        """Return whom lines lead to, each once: where several lines of one begin as searched, by the first of them."""
        lines = tuple(lines)
        led_to = {line.data["user_id"]: line for line in lines}
        users = {user.user_id: user for user in users_of(self.store, led_to.values())}
        return tuple(
            user
            for line in lines
            if (user := users.get(line.data["user_id"])) and line.key == _shown_by(user, line.key, first_of)
        )

    def _missing(self, users: Iterable[User]) -> list[tuple[User, list[Key]]]:
        """Return the lines and claims that are not there, of each user."""
        wanted = [(user, lists.keys_of(user) | unverified_addresses.keys_of(user)) for user in users]
        keys = sorted(key for _, each in wanted for key in each)
        batches = (keys[at : at + MAX_KEYS] for at in range(0, len(keys), MAX_KEYS))
        there = {record.key for batch in batches for record in existing(self.store, batch)}
        return [(user, sorted(each - there)) for user, each in wanted]

    def _write(self, user: User, keys: Iterable[Key]) -> bool:
        if user.record is None:
            raise ValueError("only a user that was read can be indexed")
        line = {"user_id": user.user_id}
        writes: list[Write] = [Insert(key, line, expires_at=user.deletes_at) for key in keys]
        try:
            self.store.commit(*writes, Check(user.record))
        except Conflict:
            return False  # changed this moment: whoever changed it wrote what came with that
        return True


def _shown_by(user: User, key: Key, first_of: str) -> Key | None:
    """Return the line that shows a user where this one is met; None where it is a line of the user's no more."""
    holding = lists.keys_of(user)
    if key not in holding:
        return None
    return min(each for each in holding if each.partition == key.partition and each.sort.startswith(first_of))


def _together(pages: Sequence[Page], limit: int) -> tuple[tuple[Record, ...], str | None]:
    """Return the newest lines of several partitions as one page, and after which the next one starts.

    Past the end of a page that is none of its partition's, lines of others wait: what comes between is not read yet.
    """
    ends = [page.next_after for page in pages if page.next_after is not None]
    merged = merge(*(page.records for page in pages), key=lambda line: line.key.sort, reverse=True)
    read = tuple(line for line in merged if line.key.sort >= max(ends, default=""))
    return read[:limit], read[limit - 1].key.sort if len(read) > limit else max(ends, default=None)
