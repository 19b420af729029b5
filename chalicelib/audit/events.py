"""What an event of the audit trail may be called, and the sentence that a person reads."""

from collections.abc import Mapping

from chalicelib.i18n.said import said

EVENTS = {
    "sign_up": "The account was made",
    "log_in": "Logged in",
    "log_in_failed": "A log-in was refused: wrong password",
    "federated_log_in_refused": "A log-in through a provider was refused",
    "log_in_throttled": "A log-in was refused: too many tries",
    "log_out": "Logged out",
    "log_out_everywhere": "Every session was ended",
    "refresh_refused": "A session could not go on",
    "session_reused": "A session was ended: its refresh token was used twice, which may mean theft",
    "password_changed": "The password was changed",
    "password_refused": "The password was asked for again and was wrong",
    "password_reset_asked": "A link to a new password was asked for",
    "profile_changed": "The profile was changed",
    "email_verification_asked": "A mail was asked for that proves an address",
    "email_verified": "The address was verified",
    "email_changed": "The address was changed",
    "email_change_undone": "A change of the address was undone: every session and the password were ended",
    "email_log_in_asked": "A log-in by mail was asked for",
    "scopes_changed": "The scopes were changed",
    "disabled": "The account was disabled",
    "enabled": "The account was enabled",
    "unlocked": "The lock after wrong passwords was lifted",
    "deleted": "The account was deleted",
    "account_closed": "The account was closed, to be deleted when its grace is over",
    "account_taken_back": "The account was taken back before it was deleted",
    "second_factor_refused": "A second factor was wrong",
    "passkey_cloned": "A passkey was refused: it may have been copied",
    "recovery_code_used": "A recovery code was used",
    "recovery_codes_made": "New recovery codes were made",
    "factor_added": "A second factor was added",
    "factor_removed": "A second factor was removed",
    "factors_reset_asked": "An operator began to take the second factors away",
    "factors_reset_withdrawn": "The second factors stay: their end was taken back",
    "factors_reset": "The second factors were taken away",
    "account_viewed": "An operator, {operator}, looked at your account",
    "identity_linked": "A provider was linked",
    "identity_unlinked": "A provider was unlinked",
    "consent_given": "An application was given access",
    "consent_withdrawn": "An application's access was withdrawn",
    "consent_refused": "An application was refused access",
    "code_refused": "An authorization code was refused",
    "device_approved": "A device was given access",
    "device_refused": "A device was refused access",
    "client_created": "A client was registered",
    "client_registered": "A client registered itself",
    "client_updated": "A client's registration was changed",
    "client_secret_rotated": "A client got a new secret",
    "client_disabled": "A client was disabled",
    "client_enabled": "A client was enabled",
    "client_deleted": "A client was deleted",
    "client_log_in": "A client got a token for itself",
    "keys_rotated": "Keys were rotated",
    "resource_created": "A resource was registered",
    "resource_changed": "A resource was changed",
    "resource_deleted": "A resource was deleted",
    "registration_token_created": "A token was made that lets clients register",
    "registration_token_revoked": "A token that let clients register was revoked",
    "token_exchanged": "A service got a token to act for the person",
    "token_revoked": "A client revoked a token of its own",
    "client_refused": "A client was refused: it did not prove itself",
    "request_refused": "A request of an application was refused",
    "code_reused": "An authorization code was used twice: what it gave was revoked",
}

# The same of an application whose name was written down; in quotes, for it may be the application's own word.
OF_AN_APPLICATION = {
    "log_in": "Logged in to “{client}”",
    "consent_given": "“{client}” was given access",
    "consent_withdrawn": "The access of “{client}” was withdrawn",
    "consent_refused": "“{client}” was refused access",
    "code_refused": "“{client}” could not finish a log-in",
    "code_reused": "A log-in at “{client}” was finished twice: what it gave was revoked",
    "device_approved": "“{client}” on a device was given access",
    "device_refused": "“{client}” on a device was refused access",
    "token_exchanged": "“{client}” got a token to act for the person",
}

# The same where nobody is named: in a list of events to choose from.
OF_NOBODY = {"account_viewed": "An operator looked at an account"}

# Why something was refused or ended, as it follows the sentence.
OUTCOMES = {
    "another_client": "another application showed what was not meant for it",
    "another_key": "another program showed what was not meant for it",
    "another_redirect_uri": "it asked from another address than it began at",
    "another_verifier": "another program showed what was not meant for it",
    "cloned": "it was used elsewhere too",
    "disabled": "the account is disabled",
    "document_changed": "what the application says of itself has changed since",
    "expired": "the session had reached its maximum age",
    "identity_taken": "it is linked to another account",
    "idle": "the session was unused for too long",
    "over": "it took too long",
    "password_changed": "the password was changed",
    "reused": "its key was used twice, and one of the two may not have been you",
    "revoked": "it was ended here or from another device",
    "slow_down": "there were too many tries",
    "spent": "an answer of ours did not arrive in time",
    "used": "it was used already",
    "wrong": "it was wrong",
    "wrong_password": "the password was wrong",
}
ANOTHER_OUTCOME = "the application asked in a way that is not allowed"
SUCCESS = "success"
# Their sentence says it.
TOLD_WHY = {
    "code_reused",
    "consent_refused",
    "log_in_failed",
    "log_in_throttled",
    "password_refused",
    "session_reused",
}


def says(event: str, detail: Mapping[str, str]) -> str:
    """Return the sentence of an event; where it names somebody, by its detail. One of a later release says its name."""
    sentence = OF_AN_APPLICATION.get(event) if detail.get("client") else None
    if "operator" not in detail:
        sentence = sentence or OF_NOBODY.get(event)
    places = {name: detail.get(name, "-") for name in ("operator", "client")}
    return said(sentence or EVENTS.get(event, event), **places)


def because(event: str, outcome: str) -> str:
    """Return why an event ended as it did, for the person whose it is; nothing where its sentence says it, or all went well."""
    return "" if outcome == SUCCESS or event in TOLD_WHY else OUTCOMES.get(outcome, ANOTHER_OUTCOME)
