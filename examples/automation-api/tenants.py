"""The tenants, and what each of them has in Streamkap."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import pulumi
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

import streamkap_pulumi as streamkap


class TenantsError(ValueError):
    """Nothing can be done for the tenants; the message says why, and what to do."""


class Tenant(BaseModel):
    """A tenant: its name is that of its stack."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)]
    host: str
    tables: list[str]

    def program(self, password: str) -> None:
        """The Pulumi program of the tenant's stack."""
        orders = streamkap.Source(
            "orders",
            config=streamkap.PostgreSQLConfig(
                database_hostname=self.host,
                database_dbname="shop",
                database_user="streamkap",
                database_password=pulumi.Output.secret(password),
                schema_include_list=["public"],
                table_include_list=self.tables,
            ),
        )
        pulumi.export("source_id", orders.id)
        pulumi.export("topics", orders.topics)


def read_tenants(file: Path, only: Collection[str] = ()) -> list[Tenant]:
    """The tenants in `file`, or `only` those named; a service asks its database. Raises `TenantsError`."""
    try:
        rows = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise TenantsError(f"{file.name} cannot be read: {error}") from None
    try:
        tenants = TypeAdapter(list[Tenant]).validate_python(rows)
    except ValidationError as error:
        raise TenantsError("\n".join(_told(file, rows, each["loc"], each["msg"]) for each in error.errors())) from None
    twice = [name for name, count in Counter(tenant.name for tenant in tenants).items() if count > 1]
    if twice:
        raise TenantsError(f"{file.name}: more than one tenant is called {', '.join(twice)}")
    known = [tenant.name for tenant in tenants]
    unknown = [name for name in only if name not in known]
    if unknown:
        raise TenantsError(f"there is no tenant {', '.join(unknown)}; there are {', '.join(known)}")
    return [tenant for tenant in tenants if tenant.name in only or not only]


def database_password() -> str:
    """The password of the tenants' databases; a service asks its vault, for each tenant. Raises `TenantsError`."""
    password = os.environ.get("TENANTS_DB_PASSWORD")
    if not password:
        raise TenantsError("TENANTS_DB_PASSWORD is not set: export the password of the tenants' databases")
    return password


def _told(file: Path, rows: object, where: tuple[int | str, ...], said: str) -> str:
    """A fault by its row's number and name, since nobody counts rows."""
    match where, rows:
        case (int(index), *column), list():
            row = rows[index]
            name = row.get("name") if isinstance(row, dict) else row
            return f"{file.name}, row {index + 1} ({name}): {': '.join([*map(str, column), said])}"
    return f"{file.name}: {said}"
