"""What the notices say: subject, sentence and what to do, for each thing that people are told of."""

from types import MappingProxyType
from typing import NamedTuple


class Words(NamedTuple):
    """One notice. ``{issuer}`` and the facts of the act are filled in; ``has_link`` where there is a session to end.

    ``advice`` are whole sentences, each translated by itself; ``without_passwords`` are those where nobody has a password.
    """

    subject: str
    what: str
    advice: tuple[str, ...]
    has_link: bool = True
    without_passwords: tuple[str, ...] = ()


NOTHING = "If this was you, there is nothing to do."
END = (
    NOTHING,
    "If this was not you, end every session by the link below, then choose a new password at {issuer}/forgot.",
)
ONLY_END = (NOTHING, "If this was not you, end every session by the link below.")
LOOK_AT_PROVIDERS = "Look at your providers at {issuer}/account."
LOOK_AT_FACTORS = "Look at your second factors at {issuer}/account."
PROVIDERS, ONLY_PROVIDERS = (*END, LOOK_AT_PROVIDERS), (*ONLY_END, LOOK_AT_PROVIDERS)
FACTORS, ONLY_FACTORS = (*END, LOOK_AT_FACTORS), (*ONLY_END, LOOK_AT_FACTORS)
KEEP = "To keep it, log in at {issuer}/login before then."
NEW_CODES = "If few codes are left, make new ones at {issuer}/account."

WORDS = MappingProxyType(
    {
        "new_device": Words(
            "A log-in from a new device or network",
            "Somebody logged in to your account from a device or a network that it was not used from lately.",
            END,
            without_passwords=ONLY_END,
        ),
        "password_changed": Words(
            "Your password was changed", "The password of your account was changed.", END
        ),
        "password_set_by_operator": Words(
            "Your password was changed",
            "Whoever runs this service set a new password for your account and ended every session.",
            ("If you did not ask for that, choose a password of your own at {issuer}/forgot.",),
        ),
        "factor_added": Words(
            "A second factor was added",
            "{factor} was added to your account, and all other sessions were ended.",
            FACTORS,
            without_passwords=ONLY_FACTORS,
        ),
        "factor_removed": Words(
            "A second factor was removed",
            "{factor} was removed from your account, and all other sessions were ended.",
            FACTORS,
            without_passwords=ONLY_FACTORS,
        ),
        "recovery_codes_made": Words(
            "New recovery codes were made",
            "New recovery codes were made for your account. The old ones are void.",
            FACTORS,
            without_passwords=ONLY_FACTORS,
        ),
        "recovery_code_used": Words(
            "A recovery code was used",
            "A recovery code was used in place of your second factor. It is spent now.",
            (*FACTORS, NEW_CODES),
            without_passwords=(*ONLY_FACTORS, NEW_CODES),
        ),
        "identity_linked": Words(
            "Another way to log in was added",
            "{provider} was linked to your account: whoever logs in there can log in to your account.",
            PROVIDERS,
            without_passwords=ONLY_PROVIDERS,
        ),
        "identity_unlinked": Words(
            "A way to log in was removed",
            "{provider} was unlinked from your account, and all other sessions were ended.",
            PROVIDERS,
            without_passwords=ONLY_PROVIDERS,
        ),
        "factors_reset_asked": Words(
            "Your second factors will be taken away",
            "Whoever runs this service was told that you lost your second factors, and takes them away on {until}.",
            (
                "If you still have them, take that back at {issuer}/account before then: somebody may be after your account.",
            ),
        ),
        "factors_reset": Words(
            "Your second factors were taken away",
            "Whoever runs this service took the second factors of your account away and ended every session.",
            (
                "If you did not ask for that, choose a new password at {issuer}/forgot and ask whoever runs this service.",
            ),
            without_passwords=("If you did not ask for that, ask whoever runs this service.",),
        ),
        "account_closed": Words(
            "Your account is closed",
            "Your account was closed, and every session was ended. It will be deleted for ever on {until}.",
            (
                KEEP,
                "If this was not you, choose a new password at {issuer}/forgot and tell whoever runs this service.",
            ),
            has_link=False,
            without_passwords=(KEEP, "If this was not you, tell whoever runs this service."),
        ),
        "account_closed_by_operator": Words(
            "Your account is closed",
            "Whoever runs this service closed your account. It will be deleted for ever on {until}.",
            ("If you want to keep it, ask whoever runs this service before then.",),
            has_link=False,
        ),
        "account_deleted": Words(
            "Your account was deleted",
            "Your account was deleted for ever, with everything that belonged to it.",
            ("If this was not you, ask whoever runs this service: it cannot be taken back.",),
            has_link=False,
        ),
        "account_taken_back": Words(
            "Your account is open again",
            "Your account is not deleted: its end was taken back.",
            END,
            without_passwords=ONLY_END,
        ),
    }
)
