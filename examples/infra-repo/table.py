"""The table of sources: what a row may hold, and errors that name the row."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)]
Table = Annotated[str, Field(pattern=r"^\w+\.\w+$")]


class TableError(ValueError):
    """The table cannot be used; the text names each row and what is wrong in it."""


class Row(BaseModel):
    """What rows have in common: a misspelled column is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Database(Row):
    """A database server."""

    connector: Literal["postgresql", "mysql", "sqlserver", "mongodb"]
    database: str
    password: str
    """The key in the stack's configuration under which its password is."""


class SourceRow(Row):
    """A source: some tables of one database."""

    name: Name
    database: str
    tables: Annotated[list[Table], Field(min_length=1)]
    slot: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")] | None = None
    """PostgreSQL only: its replication slot. It stands by itself, so that it stays when the source is renamed."""
    was: Name | None = None
    """Its name before a renaming; to be dropped once every stack has run with it."""


class SourceTable(Row):
    """The whole file."""

    databases: dict[str, Database]
    sources: list[SourceRow]

    @model_validator(mode="after")
    def _consistent(self) -> SourceTable:
        taken: dict[str, str] = {}
        faults = []
        for row in self.sources:
            database = self.databases.get(row.database)
            if database is None:
                known = ", ".join(self.databases)
                faults.append(f"{row.name}: there is no database {row.database!r}; there are {known}")
            elif (database.connector == "postgresql") != (row.slot is not None):
                faults.append(f"{row.name}: PostgreSQL needs a slot, and nothing else has one")
            for name in filter(None, (row.name, row.was)):
                if name in taken:
                    faults.append(f"{row.name}: the name {name!r} is that of {taken[name]} too")
                taken[name] = row.name
        if faults:
            raise ValueError("\n".join(faults))
        return self


def read_table(file: Path) -> SourceTable:
    """The table in `file`; raises `TableError` for all that is wrong in it."""
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise TableError(f"it cannot be read: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise TableError(_misspelt(error)) from None
    try:
        return SourceTable.model_validate(content)
    except ValidationError as error:
        raise TableError("\n".join(_told(content, fault["loc"], fault["msg"]) for fault in error.errors())) from None


def _misspelt(error: yaml.YAMLError) -> str:
    """Where the file is not YAML, as an editor counts."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return f"line {error.problem_mark.line + 1}, column {error.problem_mark.column + 1}: {error.problem}"
    return str(error)


def _told(content: object, where: tuple[int | str, ...], said: str) -> str:
    """The fault with the row's own name, since nobody counts rows."""
    match where, content:
        case ("sources", int(index), *column), {"sources": rows}:
            row = rows[index]
            name = row.get("name") if isinstance(row, dict) else None
            return ": ".join(
                filter(None, (f"sources, row {index + 1} ({name or row})", ".".join(map(str, column)), said))
            )
        case (), _:
            return said.removeprefix("Value error, ")
    return f"{'.'.join(map(str, where))}: {said}"
