"""Writes of several subjects for one commit, where two of them demand the same record."""

from chalicelib.store import Check, Conflict, Key, Write, key_of


def each_once(*writes: Write) -> tuple[Write, ...]:
    """Return writes for one commit where several demand the same record: a Check gives way to what came before it.

    Raises Conflict where two were read at different times: then one of them was judged by what is no more.
    """
    kept: dict[Key, Write] = {}
    for write in writes:
        before = kept.setdefault(key_of(write), write)
        if before is write:
            continue
        if not isinstance(write, Check) or not hasattr(before, "record"):
            raise ValueError("only a Check may double another write")
        if before.record.version != write.record.version:
            raise Conflict([write.record.key])
    return tuple(kept.values())
