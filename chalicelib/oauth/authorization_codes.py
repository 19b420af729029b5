"""Authorization codes: a minute long, kept by hash, spent in the commit that makes what they give (OP-2, ST-2)."""

import re
from dataclasses import dataclass, field, replace

from chalicelib import scopes
from chalicelib.audit.trail import Audit, Source
from chalicelib.errors import Taken
from chalicelib.keys.secret_hash import hash_of
from chalicelib.sessions.resource_scopes import ResourceScopes
from chalicelib.sessions.sessions import Sessions
from chalicelib.store import Insert, Key, Replace, Store, Write
from chalicelib.store.records import is_good
from chalicelib.store.retrying import retrying
from chalicelib.store.stored_values import StoredRecord, stored_unless_default
from chalicelib.world import World

PREFIX = "cbc_"
SECONDS = 60  # RFC 6749 section 4.1.2 allows ten minutes; a redirect takes one second
REMEMBERED_SECONDS = 24 * 60 * 60  # a second use is recognised for so long

_FORM = re.compile(r"cbc_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Code(StoredRecord):
    """What a code stands for. ``login_id`` is the browser's session that gave it, ``session_id`` the one it gave.

    ``consent_id`` names the consent that it came from: it is void under another one.
    """

    client_id: str
    redirect_uri: str
    code_challenge: str | None
    user_id: str
    login_id: str
    scope: scopes.Scopes
    nonce: str | None
    consent_id: str = ""
    session_id: str | None = None  # once it is spent
    acr_values: tuple[str, ...] = ()  # levels that were wished for
    # The claims of the person that the ID token should hold.
    id_token_claims: tuple[str, ...] = field(default=(), metadata=stored_unless_default())
    # The APIs that tokens are wanted for; none: our own.
    audience: tuple[ResourceScopes, ...] = field(default=(), metadata=stored_unless_default())
    # As which version of its document the person saw the client.
    client_version: str | None = field(default=None, metadata=stored_unless_default())
    # The thumbprint of the key that must redeem it (RFC 9449 section 10).
    dpop_jkt: str | None = field(default=None, metadata=stored_unless_default())


@dataclass(frozen=True, slots=True)
class Codes:
    """Makes codes, finds them, spends them, and answers a second use."""

    store: Store
    world: World
    sessions: Sessions
    audit: Audit

    def compose(self, code: Code) -> tuple[str, Write]:
        """Return the text of a new code and the write that makes it good."""
        text = PREFIX + self.world.secret()
        return text, Insert(_key(text), code.data(), expires_at=self.world.timestamp() + SECONDS)

    def find(self, text: str) -> Code | None:
        """Return what a code stands for while it is good, and for a day after it was spent."""
        if not _FORM.fullmatch(text):
            return None
        (record,) = self.store.get(_key(text))
        code = Code.from_record(record) if record else None
        if code is not None and code.session_id is None:
            return code if is_good(record, SECONDS, now=self.world.now()) else None
        return code

    def spending(self, code: Code, session_id: str) -> Write:
        """Return the write that spends a code as read: of two commits that hold it one fails."""
        if code.record is None or code.session_id is not None:
            raise ValueError("only an unspent code that was read can be spent")
        spent = replace(code, session_id=session_id)
        return Replace(code.record, spent.data(), expires_at=self.world.timestamp() + REMEMBERED_SECONDS)

    def used_again(self, code: Code, *, source: Source) -> None:
        """Revoke what the first use gave: end its session, once, and write that down (RFC 6749 section 4.1.2)."""

        def attempt() -> None:
            live = self.sessions.find_live(code.user_id, code.session_id or "-")
            if live is None:
                return
            audit = self.audit.write(
                "code_reused",
                target=code.user_id,
                source=source,
                outcome="revoked",
                session_id=live.session.session_id,
                client_id=code.client_id,
            )
            self.sessions.commit(*self.sessions.ending(live.session, reason="revoked"), audit)

        retrying(attempt, busy=Taken("The session is busy: try again."))


def _key(text: str) -> Key:
    return Key(f"code#{hash_of(text)}", "code")
