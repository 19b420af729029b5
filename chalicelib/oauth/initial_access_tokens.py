"""Initial access tokens (RFC 7591 section 3): an operator's leave to register some clients, for some days."""

import re
from dataclasses import dataclass, replace

from chalicelib.audit.trail import OPERATOR, Audit, Source
from chalicelib.errors import Invalid, NotFound, Taken
from chalicelib.keys.secret_hash import hash_of, is_one_of
from chalicelib.oauth.errors import OAuthRefusal
from chalicelib.store import Insert, Key, Remove, Replace, Store, Write
from chalicelib.store.retrying import retrying
from chalicelib.store.stored_values import StoredRecord
from chalicelib.users import names
from chalicelib.world import World

PREFIX = "cbi_"
PARTITION = "registration_tokens"
DAY = 24 * 60 * 60
MAX_USES = 1000
MAX_DAYS = 365

_FORM = re.compile(r"cbi_(?P<token_id>[a-z2-7]{26})_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class InitialAccessToken(StoredRecord):
    """What is kept of one. ``uses`` are those left; times are seconds since the epoch."""

    token_id: str
    hashed: str
    uses: int
    created_at: int
    expires_at: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class InitialAccessTokens:
    """Makes, lists, spends and revokes them."""

    store: Store
    world: World
    audit: Audit

    def create(
        self, *, uses: int, days: int, note: str = "", source: Source | None = None
    ) -> tuple[InitialAccessToken, str]:
        """Make one; return what is kept of it, and the token, which is never shown again."""
        if not (1 <= uses <= MAX_USES and 1 <= days <= MAX_DAYS):
            raise Invalid(f"It is good for 1 to {MAX_USES} clients and 1 to {MAX_DAYS} days.")
        token_id, now = self.world.identifier(), self.world.timestamp()
        text = f"{PREFIX}{token_id}_{self.world.secret()}"
        made = InitialAccessToken(
            token_id, hash_of(text), uses, now, now + days * DAY, names.clean_name(note)
        )
        self.store.commit(
            Insert(_key(token_id), made.data(), expires_at=made.expires_at),
            self._audit("registration_token_created", made, source),
        )
        return made, text

    def page(
        self, *, after: str | None = None, limit: int = 50
    ) -> tuple[tuple[InitialAccessToken, ...], str | None]:
        """Return those that are not over, and where the next page starts."""
        page = self.store.list(PARTITION, after=after, limit=limit)
        return tuple(map(InitialAccessToken.from_record, page.records)), page.next_after

    def spending(self, text: str) -> tuple[InitialAccessToken, Write]:
        """Return the token and the write that takes one use of it; raise OAuthRefusal ``invalid_token``.

        What cannot be one costs no read.
        """
        form = _FORM.fullmatch(text)
        (record,) = self.store.get(_key(form["token_id"])) if form else (None,)
        found = InitialAccessToken.from_record(record) if record else None
        if found is None or found.record is None or not is_one_of(text, (found.hashed,)) or found.uses < 1:
            raise OAuthRefusal("invalid_token", "The initial access token is unknown, used up or over.")
        left = replace(found, uses=found.uses - 1)
        return left, Replace(found.record, left.data(), expires_at=found.expires_at)

    def revoke(self, token_id: str, *, source: Source | None = None) -> InitialAccessToken:
        """Remove one: it registers no client any more. Those that it registered stay. Raises NotFound."""

        def attempt() -> InitialAccessToken:
            (record,) = self.store.get(_key(token_id))
            if record is None:
                raise NotFound("registration token")
            found = InitialAccessToken.from_record(record)
            self.store.commit(Remove(record), self._audit("registration_token_revoked", found, source))
            return found

        return retrying(attempt, busy=Taken("The token is being used by others: try again."))

    def _audit(self, event: str, token: InitialAccessToken, source: Source | None) -> Insert:
        target = f"registration_token:{token.token_id}"
        return self.audit.write(event, target=target, actor=OPERATOR, source=source or Source())


def _key(token_id: str) -> Key:
    return Key(PARTITION, token_id)
