"""Where the records are kept that belong to one user alone: one list of kinds, and the one name of each partition.

Every subject that keeps something of a person stores it here; what goes with a deletion says ``users/owned_records``.
"""

KINDS = {
    "user": "the profile, the sessions and the second factors",
    "consents": "what the person lets clients have",
}


def partition_of(kind: str, user_id: str) -> str:
    """Return where a user's records of one kind live. ValueError for a kind that is not listed."""
    if kind not in KINDS:
        raise ValueError(
            f"{kind} is no kind of a user's records: list it, so that it is deleted with its user"
        )
    return f"{kind}#{user_id}"
