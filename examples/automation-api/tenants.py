"""The tenants, and what each of them has in Streamkap."""

from __future__ import annotations

from pathlib import Path

import pulumi
import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

import streamkap_pulumi as streamkap


class Tenant(BaseModel):
    """A tenant: its name is that of its stack."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
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


def read_tenants(file: Path) -> list[Tenant]:
    """The tenants in `file`; a service asks its database."""
    return TypeAdapter(list[Tenant]).validate_python(yaml.safe_load(file.read_text(encoding="utf-8")))
