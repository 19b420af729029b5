"""What the trail says of a change of an account."""

from chalicelib.users.user import User


def differences(old: User, new: User) -> list[tuple[str, dict[str, str]]]:
    """Return the audit events, with their detail, that say how a user changed."""
    found: list[tuple[str, dict[str, str]]] = []
    profile = [
        part for part in ("username", "name", "email", "language") if getattr(old, part) != getattr(new, part)
    ]
    if profile:
        found.append(("profile_changed", {"changed": " ".join(profile)}))
    if old.scopes != new.scopes:
        found.append(("scopes_changed", _scope_change(old, new)))
    if old.disabled_by_operator != new.disabled_by_operator:
        found.append(("disabled" if new.disabled_by_operator else "enabled", {}))
    if old.closing != new.closing:
        event = "account_closed" if new.closing else "account_taken_back"
        found.append((event, {"deletes_at": str(new.deletes_at)} if new.closing else {}))
    if old.password != new.password:
        found.append(("password_changed", {}))
    elif old.epoch != new.epoch and not new.disabled and old.closing is None:
        found.append(("log_out_everywhere", {}))
    return found


def _scope_change(old: User, new: User) -> dict[str, str]:
    changed = {
        "granted": " ".join(sorted(new.scopes - old.scopes)),
        "revoked": " ".join(sorted(old.scopes - new.scopes)),
    }
    return {word: value for word, value in changed.items() if value}
