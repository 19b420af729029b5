"""The service's own lines: each event of anybody stands a second time, in a stream of its kind, by time.

A stream is read backwards from any moment, so what is rare is not looked for among what is frequent, and no list scans.
The trail of a person (``audit#…``) is the record; a line here goes beside it and may be lost in trouble, never the other.
"""

LOG_INS = "log-ins"
REFUSALS = "refusals"
MACHINES = "machines"
ALARMS = "alarms"
CHANGES = "changes"

STREAMS = {
    LOG_INS: "Log-ins and log-outs",
    REFUSALS: "Refusals",
    ALARMS: "Alarms: what may be theft",
    MACHINES: "Programs and services",
    CHANGES: "Changes of accounts, clients and resources",
}
_OF = {
    "log_in": LOG_INS,
    "log_out": LOG_INS,
    "log_out_everywhere": LOG_INS,
    "log_in_failed": REFUSALS,
    "log_in_throttled": REFUSALS,
    "federated_log_in_refused": REFUSALS,
    "password_refused": REFUSALS,
    "second_factor_refused": REFUSALS,
    "refresh_refused": REFUSALS,
    "code_refused": REFUSALS,
    "request_refused": REFUSALS,
    "client_refused": REFUSALS,
    "session_reused": ALARMS,
    "code_reused": ALARMS,
    "passkey_cloned": ALARMS,
    "email_change_undone": ALARMS,
    "client_log_in": MACHINES,
    "token_exchanged": MACHINES,
    "token_revoked": MACHINES,
}
DECOYS = "decoys"  # which nobody reads


def stream_of(event: str) -> str:
    """Return the stream that an event stands in."""
    return _OF.get(event, CHANGES)


def partition_of(stream: str) -> str:
    """Return where a stream's lines are kept."""
    return f"events#{stream}"
