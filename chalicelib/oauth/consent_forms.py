"""The forms that a person decides on, and that the decision on each counts once (OP-7)."""

from dataclasses import dataclass

from chalicelib.keys.secret_hash import hash_of
from chalicelib.oauth.errors import RefusedAtPage
from chalicelib.store import Conflict, Insert, Key, Store
from chalicelib.world import World

PENDING_SECONDS = 30 * 60  # how long a request waits for its person

ALLOWED, REFUSED = "allowed", "refused"
DECIDED_BEFORE = "This was decided already, by the same form. Go back to the application and begin again."
DECIDED = {
    ALLOWED: "This was decided already, by the same form: you allowed it. Your account page can take it back.",
    REFUSED: "This was decided already, by the same form: you refused. To allow it, go back to the application and begin "
    "again.",
}


@dataclass(frozen=True, slots=True)
class ConsentForms:
    """Remembers what was decided on a form, a text of random that is good for as long as a request waits."""

    store: Store
    world: World

    def deciding(self, form: str, decision: str) -> Insert:
        """Return the write that makes a decision on a form the only one."""
        key = Key(f"decision#{hash_of(form)}", "consent")
        return Insert(key, {"decision": decision}, expires_at=self.world.timestamp() + PENDING_SECONDS + 1)

    def demand_same_decision(self, once: Insert, conflict: Conflict) -> None:
        """Refuse a form whose decision was another one: what it decided may be withdrawn by now.

        Raises the conflict where it is not about the form.
        """
        if once.key not in conflict.keys:
            raise conflict
        (record,) = self.store.get(once.key)
        decided = record.data.get("decision", "") if record else ""
        if decided != once.data["decision"]:
            raise RefusedAtPage("invalid_request", DECIDED.get(decided, DECIDED_BEFORE)) from None
