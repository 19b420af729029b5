"""The records that a user consists of, and the writes that keep them together.

The profile, a line in the directory, one in the list of operators, a record for each name and identity that leads
to the user, and the lines that it is listed and searched by (:mod:`chalicelib.users.lists`). What features keep of a
person beside these is in :mod:`chalicelib.users.owned_records`.

All of a closed account's expire at one moment, by which it is gone, its names free and nobody had to come and do it:
``docs/decisions/0084-deletion-with-a-grace.md``.
"""

from typing import Protocol

from chalicelib import scopes
from chalicelib.store import Forget, Insert, Key, Remove, Replace, Store, Write
from chalicelib.store.records import existing
from chalicelib.users import lists, unverified_addresses
from chalicelib.users.listed_user import ListedUser
from chalicelib.users.user import User, directory_key, operator_key, profile_key


class EndOfSessions(Protocol):
    """What else is to be done when all sessions of a user end."""

    def telling_all(self, user: User) -> tuple[Write, ...]:
        """Return the writes that have others told, of the user as it was read."""

    def deliver_soon(self, *writes: Write) -> None:
        """Have delivered what a commit stored of these. It never raises."""


class UserRecords:
    """Returns writes, each for one commit with whatever goes with it; :meth:`Users.commit` does one."""

    def __init__(self, store: Store, end_of_sessions: EndOfSessions | None = None) -> None:
        self._store = store
        self._end_of_sessions = end_of_sessions

    @staticmethod
    def making(user: User) -> tuple[Write, ...]:
        """Return the writes that make a user as it is, its log-in names and identities included."""
        leads_to_it = {"user_id": user.user_id}
        return (
            Insert(profile_key(user.user_id), user.data()),
            Insert(directory_key(user), ListedUser.of(user).data()),
            *(Insert(key, leads_to_it) for key in sorted(_leading_to(user))),
            *((Insert(operator_key(user.user_id), leads_to_it),) if user.is_operator else ()),
        )

    def changing(self, old: User, new: User) -> tuple[Write, ...]:
        """Return the writes that turn a user as read into another, its log-in names and identities included."""
        if old.record is None:
            raise ValueError("only a user that was read can be changed")
        scopes.text(new.scopes)
        leads_to_it, until = {"user_id": new.user_id}, new.deletes_at
        return (
            Replace(old.record, new.data(), expires_at=until),
            *(Forget(key) for key in sorted(_leading_to(old) - _leading_to(new))),
            *(
                Insert(key, leads_to_it, expires_at=until)
                for key in sorted(new.unique_keys - old.unique_keys)
            ),
            *self._lining(old, new),
            *self._keeping(old, new),
            *self._listing(old, new),
            *self._line(old, new),
            *(self._telling(old) if old.epoch != new.epoch else ()),
        )

    def deleting(self, user: User) -> tuple[Write, ...]:
        """Return the writes that remove a user, its names and its identities; ids are never used again (DL-3)."""
        if user.record is None:
            raise ValueError("only a user that was read can be deleted")
        return (
            Remove(user.record),
            Forget(directory_key(user)),
            *(Forget(key) for key in sorted(_leading_to(user))),
            *((Forget(operator_key(user.user_id)),) if user.is_operator else ()),
            *self._telling(user),
        )

    def _telling(self, user: User) -> tuple[Write, ...]:
        """Return the writes that have clients told that every session is over; of most users there are none."""
        return () if self._end_of_sessions is None else self._end_of_sessions.telling_all(user)

    def _lining(self, old: User, new: User) -> tuple[Write, ...]:
        """Return the writes of lines that come: claims, and what the user is listed and searched by.

        One that an earlier release left standing is as good; of a time that is new, there is none.
        """
        fresh = _lines_of(new) - _lines_of(old)
        doubtful = sorted(fresh.difference(lists.seen_keys(new)))
        there = {record.key for record in existing(self._store, doubtful)}
        line = {"user_id": new.user_id}
        return tuple(Insert(key, line, expires_at=new.deletes_at) for key in sorted(fresh - there))

    def _keeping(self, old: User, new: User) -> tuple[Write, ...]:
        """Return the writes by which the names and identities that stay are kept as long as their user; mostly none."""
        if old.deletes_at == new.deletes_at:
            return ()
        kept = existing(self._store, sorted(_leading_to(old) & _leading_to(new)))
        return tuple(Replace(record, record.data, expires_at=new.deletes_at) for record in kept)

    def _listing(self, old: User, new: User) -> tuple[Write, ...]:
        """Return the writes that keep the list of operators; a change of anything else reads and writes nothing."""
        key = operator_key(new.user_id)
        if old.is_operator == new.is_operator:
            return ()
        if old.is_operator:
            return (Forget(key),)
        (line,) = self._store.get(key)
        return () if line else (Insert(key, {"user_id": new.user_id}),)

    def _line(self, old: User, new: User) -> tuple[Write, ...]:
        """Return the write that keeps the directory's line; a change of what no list shows reads and writes nothing."""
        listed = ListedUser.of(new)
        if listed == ListedUser.of(old):
            return ()
        (line,) = self._store.get(directory_key(old))
        return (Replace(line, listed.data(), expires_at=new.deletes_at),) if line else ()


def _leading_to(user: User) -> frozenset[Key]:
    """Return the second records of a user: those that make names unique, and the lines that it is found by."""
    return user.unique_keys | _lines_of(user)


def _lines_of(user: User) -> frozenset[Key]:
    return unverified_addresses.keys_of(user) | lists.keys_of(user)
