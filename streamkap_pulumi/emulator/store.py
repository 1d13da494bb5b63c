"""The emulator's state in one SQLite file.

A transaction is on disk when it ends, and its answer is sent only after that: a client that has an answer can rely on
it, whatever happens to the process.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

_APPLICATION = 0x534B454D  # "SKEM": distinguishes our files from other programs' SQLite files.
_VERSION = 1
_KEPT_REQUESTS = 20_000
_PATIENCE = 2.0
"""Seconds to wait for another process to release the file."""
_SCHEMA = """
CREATE TABLE objects (
    id TEXT PRIMARY KEY, position INTEGER NOT NULL, kind TEXT NOT NULL, tenant_id TEXT NOT NULL, name TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX objects_by_name ON objects (kind, tenant_id, name);
CREATE TABLE tokens (
    token TEXT PRIMARY KEY, refreshes INTEGER NOT NULL, client_id TEXT NOT NULL, expires_at REAL NOT NULL
);
CREATE TABLE credentials (client_id TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE rules (name TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE requests (seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);
"""
_LATER = "CREATE TABLE IF NOT EXISTS grants (id TEXT PRIMARY KEY, issued_at REAL, spent INTEGER NOT NULL);"
"""The table that files of earlier builds lack."""


@dataclass(slots=True)
class Record:
    """One stored object, whatever its kind: what was sent stands in its body.

    What readers see is worked out when they read it. A kind without a connector has no status, and uses none of what
    follows `created_from` but `gone_at`.
    """

    id: str
    kind: str
    name: str
    tenant_id: str
    service_id: str
    sub_id: str
    created_at: float
    """Seconds since the epoch, by the server's clock, which may be off."""
    body: dict[str, Any]
    """What the user sent of connector, config and the kind's own fields, less what the API drops."""
    created_from: str = "api"
    desired_state: str = "Active"
    timeline: list[tuple[float | None, str]] = field(default_factory=list)
    """Transient statuses, each with the time when it ends; None: it never ends."""
    status: str = "Active"
    """The status after the timeline."""
    frozen: str | None = None
    """The status that it is frozen in; None: it is not frozen."""
    deployed_at: float | None = None
    """When it was first Active; may be in the future."""
    task_statuses: dict[str, Any] | None = None
    """Set by hand; None: they follow the status."""
    deleting: bool = False
    gone_at: float | None = None
    """When it stops being readable; may be in the future."""
    orphan: bool = False
    """Whether it holds its name although nobody can see it."""
    snapshot_until: float | None = None
    fed_by: list[str] = field(default_factory=list)
    """The connectors of the sources that pipelines feed it from."""
    ever_fed_by: list[str] = field(default_factory=list)
    """Those and all that fed it before."""
    signed_in: bool = False
    """Whether a grant of the service's Connect sign-in was used for it."""

    @property
    def connector(self) -> str:
        """The connector's code."""
        return str(self.body["connector"])

    @property
    def config(self) -> dict[str, Any]:
        """The config as it is stored."""
        config: dict[str, Any] = self.body["config"]
        return config

    def gone(self, now: float) -> bool:
        """Whether it is deleted and no longer readable."""
        return self.gone_at is not None and self.gone_at <= now

    def dump(self) -> str:
        """The record as JSON, for the store."""
        values = asdict(self)
        return json.dumps({**values.pop("body"), **values})

    @classmethod
    def load(cls, text: str) -> Record:
        """The record that `dump` wrote."""
        values = json.loads(text)
        values["timeline"] = [(until, status) for until, status in values["timeline"]]
        own = {item.name for item in fields(cls)} - {"body"}
        body = {name: values.pop(name) for name in list(values) if name not in own}
        return cls(**values, body=body)


class StateError(Exception):
    """The state file cannot be used; the message says why and what to do."""


class Store:
    """The SQLite file, or memory when there is no file. Safe to use from several threads."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.lock = threading.RLock()
        """Taken for every step. It is the only lock, so two threads can never wait for each other."""
        self._depth = 0
        try:
            self._db = self._open(path)
            self._arrivals = itertools.count(self._last_number() + 1)
        except (sqlite3.Error, OSError) as error:
            raise StateError(f"The state file {path} cannot be used: {_explained(path, error)}") from error
        # When another server runs the application, we do not learn when it ends.
        weakref.finalize(self, self._db.close)

    @staticmethod
    def _open(path: Path | None) -> sqlite3.Connection:
        if path is not None:
            # The file holds secrets in clear, because the emulator must return them.
            # Only a new file: opening and closing one drops the locks that this process has on it.
            with contextlib.suppress(FileExistsError):
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False, timeout=_PATIENCE)
        try:
            # Held from the first transaction to the end of the process, however it ends: the copies in memory,
            # such as the faults, would be wrong if two processes shared a file.
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
            fresh = _is_fresh(db, path)
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            script = f"{_SCHEMA} PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {_VERSION};"
            db.executescript(f"BEGIN IMMEDIATE; {script if fresh else ''} {_LATER} COMMIT;")
        except BaseException:
            db.close()
            raise
        return db

    def close(self) -> None:
        """Close the file."""
        with self.lock:
            self._db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and on disk when it ends; transactions may nest, and the outermost counts."""
        with self.lock:
            if self._depth == 0:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("COMMIT")

    def _rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.lock:
            return self._db.execute(statement, values).fetchall()

    def _run(self, statement: str, *values: Any) -> None:
        with self.transaction():
            self._db.execute(statement, values)

    def save(self, record: Record) -> None:
        """Write an object, new or changed."""
        self._run(
            "INSERT INTO objects (id, position, kind, tenant_id, name, body) "
            "VALUES (?, (SELECT coalesce(max(position), 0) + 1 FROM objects), ?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET name = excluded.name, body = excluded.body",
            record.id,
            record.kind,
            record.tenant_id,
            record.name,
            record.dump(),
        )

    def find(self, kind: str, object_id: str) -> Record | None:
        """The object with this id, even if it is deleted."""
        rows = self._rows("SELECT body FROM objects WHERE kind = ? AND id = ?", kind, object_id)
        return Record.load(rows[0][0]) if rows else None

    def named(self, kind: str, tenant_id: str, name: str) -> list[Record]:
        """The tenant's objects with this name, including deleted ones."""
        rows = self._rows(
            "SELECT body FROM objects WHERE kind = ? AND tenant_id = ? AND name = ?", kind, tenant_id, name
        )
        return [Record.load(row[0]) for row in rows]

    def records(self, kind: str, tenant_id: str | None = None) -> list[Record]:
        """All objects of a kind, of one tenant or of all, oldest first, including deleted ones."""
        rows = self._rows(
            "SELECT body FROM objects WHERE kind = ? AND (? IS NULL OR tenant_id = ?) ORDER BY position",
            kind,
            tenant_id,
            tenant_id,
        )
        return [Record.load(row[0]) for row in rows]

    def keep_token(self, token: str, client_id: str, expires_at: float, *, refreshes: bool) -> None:
        """Store an access token or a refresh token."""
        self._run("INSERT INTO tokens VALUES (?, ?, ?, ?)", token, int(refreshes), client_id, expires_at)

    def token(self, token: str, *, refreshes: bool) -> tuple[str, float] | None:
        """The client id that the token belongs to, and when it expires; None: it is unknown."""
        rows = self._rows(
            "SELECT client_id, expires_at FROM tokens WHERE token = ? AND refreshes = ?", token, int(refreshes)
        )
        return (rows[0][0], rows[0][1]) if rows else None

    def forget_tokens(self) -> None:
        """Make every token invalid."""
        self._run("DELETE FROM tokens")

    def issue_grant(self, grant: str, issued_at: float) -> None:
        """Store a grant that was issued."""
        self._run("INSERT OR REPLACE INTO grants VALUES (?, ?, 0)", grant, issued_at)

    def spend_grant(self, grant: str) -> tuple[float | None, bool]:
        """Use a grant up; returns when it was issued (None: not by us) and whether it was used before."""
        with self.transaction():
            rows = self._rows("SELECT issued_at, spent FROM grants WHERE id = ?", grant)
            issued_at = rows[0][0] if rows else None
            self._run("INSERT OR REPLACE INTO grants VALUES (?, ?, 1)", grant, issued_at)
        return issued_at, bool(rows and rows[0][1])

    def keep_credential(self, client_id: str, body: dict[str, Any]) -> None:
        """Add or replace a credential."""
        self._run("INSERT OR REPLACE INTO credentials VALUES (?, ?)", client_id, json.dumps(body))

    def credentials(self) -> dict[str, dict[str, Any]]:
        """All credentials by client id."""
        return {row[0]: json.loads(row[1]) for row in self._rows("SELECT * FROM credentials ORDER BY rowid")}

    def keep_rules(self, name: str, rules: list[dict[str, Any]]) -> None:
        """Store the rules of a fault."""
        if rules:
            self._run("INSERT OR REPLACE INTO rules VALUES (?, ?)", name, json.dumps(rules))
        else:
            self._run("DELETE FROM rules WHERE name = ?", name)

    def rules(self) -> dict[str, list[dict[str, Any]]]:
        """The rules of each fault."""
        return {row[0]: json.loads(row[1]) for row in self._rows("SELECT * FROM rules")}

    def _last_number(self) -> int:
        rows = self._rows("SELECT seq FROM sqlite_sequence WHERE name = 'requests'")
        return int(rows[0][0]) if rows else 0

    def arrived(self) -> int:
        """The number of a request that has arrived: its place in the log."""
        return next(self._arrivals)

    def log(self, number: int, entry: dict[str, Any]) -> None:
        """Log a request and its answer, in the place that `arrived` gave it."""
        with self.transaction():
            self._db.execute("INSERT INTO requests VALUES (?, ?)", (number, json.dumps(entry)))
            if number % 1000 == 0:
                self._db.execute("DELETE FROM requests WHERE seq <= ?", (number - _KEPT_REQUESTS,))

    def requests(self) -> list[dict[str, Any]]:
        """The logged requests, oldest first."""
        return [{"seq": row[0], **json.loads(row[1])} for row in self._rows("SELECT * FROM requests ORDER BY seq")]

    def forget_requests(self) -> None:
        """Clear the log of requests."""
        self._run("DELETE FROM requests")

    def clear(self) -> None:
        """Forget all objects, tokens, grants, faults and requests; the credentials stay."""
        with self.transaction():
            for table in ("objects", "tokens", "grants", "rules", "requests"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - the names are ours.


def _is_fresh(db: sqlite3.Connection, path: Path | None) -> bool:
    if not db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
        return True
    application = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if (application, version) != (_APPLICATION, _VERSION):
        raise StateError(f"{path} is an SQLite file, but not one of this emulator's version. Give another file.")
    return False


def _explained(path: Path | None, error: Exception) -> str:
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        return "another process, such as an emulator, is using it. End that one, or give another file."
    if path is not None and path.is_dir():
        return "it is a folder. Give another file."
    if path is not None and not path.parent.is_dir():
        return f"there is no folder {path.parent}. Create it, or give another file."
    remove = ", or remove this one to start afresh" if path is not None and _is_ours(path) else ""
    return f"{error}. Give another file{remove}."


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(72)
    except OSError:
        return False
    return head.startswith(b"SQLite format 3") and head[68:] == _APPLICATION.to_bytes(4, "big")
