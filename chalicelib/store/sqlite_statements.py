"""What the SQLite engine says to its file: whole statements, bound parameters only (ST-7)."""

from chalicelib.store import Check, Forget, Insert, Remove, Replace, Write

# The first read begins the write-ahead log, of a file too that had none: restored by VACUUM INTO, or from a dump.
OPEN = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "SELECT 1 FROM sqlite_master LIMIT 1")
MAKE = (
    *OPEN,
    """CREATE TABLE records (
        pk TEXT NOT NULL, sk TEXT NOT NULL, data TEXT NOT NULL, version TEXT NOT NULL,
        expires_at INTEGER, taken_by TEXT, is_counter INTEGER NOT NULL,
        PRIMARY KEY (pk, sk)
    ) WITHOUT ROWID""",
    "CREATE INDEX expiring ON records (expires_at) WHERE expires_at IS NOT NULL",
)

READ = (
    "SELECT pk, sk, data, version, expires_at, taken_by, is_counter FROM records WHERE pk = :pk AND sk = :sk"
)
# One lower and one upper bound, which is where SQLite begins and ends: of two it takes one and reads past the other.
_BETWEEN = """
    SELECT pk, sk, data, version, expires_at, taken_by, is_counter FROM records
    WHERE pk = :pk AND sk >= :low AND sk < :high ORDER BY sk"""
OLDEST_FIRST = f"{_BETWEEN} LIMIT :rows"
NEWEST_FIRST = f"{_BETWEEN} DESC LIMIT :rows"
ABOVE_ALL = b""  # as an upper bound: any BLOB is above every TEXT
PUT = """
    INSERT INTO records (pk, sk, data, version, expires_at, taken_by, is_counter)
    VALUES (:pk, :sk, :data, :version, :expires_at, NULL, 1)
    ON CONFLICT (pk, sk) DO UPDATE SET data = excluded.data, version = excluded.version,
        expires_at = excluded.expires_at, taken_by = NULL, is_counter = 1"""
TAKE = """
    UPDATE records SET taken_by = :taker, version = :version
    WHERE pk = :pk AND sk = :sk AND (expires_at IS NULL OR expires_at > :now)
        AND taken_by IS NULL AND NOT is_counter"""
SWEEP = """
    DELETE FROM records WHERE (pk, sk) IN
    (SELECT pk, sk FROM records WHERE expires_at <= :before ORDER BY expires_at LIMIT :rows)"""

# Each gives a row back if its condition held.
COMMANDS: dict[type[Write], str] = {
    Insert: """
        INSERT INTO records (pk, sk, data, version, expires_at, taken_by, is_counter)
        VALUES (:pk, :sk, :data, :version, :expires_at, NULL, 0)
        ON CONFLICT (pk, sk) DO UPDATE SET data = excluded.data, version = excluded.version,
            expires_at = excluded.expires_at, taken_by = NULL, is_counter = 0
        WHERE expires_at <= :now RETURNING 1""",
    Replace: """
        UPDATE records SET data = :data, version = :version, expires_at = :expires_at, is_counter = 0
        WHERE pk = :pk AND sk = :sk AND version = :was AND (expires_at IS NULL OR expires_at > :now)
        RETURNING 1""",
    Remove: """
        DELETE FROM records
        WHERE pk = :pk AND sk = :sk AND version = :was AND (expires_at IS NULL OR expires_at > :now)
        RETURNING 1""",
    Check: """
        SELECT 1 FROM records
        WHERE pk = :pk AND sk = :sk AND version = :was AND (expires_at IS NULL OR expires_at > :now)""",
    Forget: "DELETE FROM records WHERE pk = :pk AND sk = :sk",
}
