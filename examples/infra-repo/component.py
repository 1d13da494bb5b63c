"""The table as resources: a `Source` for each row."""

from __future__ import annotations

from urllib.parse import quote

import pulumi
from table import Database, SourceRow, SourceTable

import streamkap_pulumi as streamkap


class Sources(pulumi.ComponentResource):
    """All sources of a table, under one roof."""

    def __init__(self, name: str, table: SourceTable, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare them; `protect` in `opts` protects each."""
        super().__init__("acme:streamkap:Sources", name, None, opts)
        self.sources = {row.name: self._source(row, table.databases[row.database]) for row in table.sources}
        self.register_outputs({})

    def _source(self, row: SourceRow, database: Database) -> streamkap.Source:
        aliases = [pulumi.Alias(name=row.was)] if row.was else None
        opts = pulumi.ResourceOptions(parent=self, aliases=aliases)
        return streamkap.Source(row.name, config=source_config(row, database), opts=opts)


def source_config(row: SourceRow, database: Database) -> streamkap.ConnectorConfig:
    """The typed configuration of the row's connector."""
    settings = pulumi.Config()
    host = f"{row.database}.{settings.require('domain')}"
    password = settings.require_secret(database.password)
    schemas = sorted({table.split(".")[0] for table in row.tables})
    match database.connector:
        case "postgresql":
            return streamkap.PostgreSQLConfig(
                database_hostname=host,
                database_dbname=database.database,
                database_user="streamkap",
                database_password=password,
                schema_include_list=schemas,
                table_include_list=row.tables,
                slot_name=f"streamkap_{row.slot}",
            )
        case "mysql":
            return streamkap.MySQLConfig(
                database_hostname=host,
                database_user="streamkap",
                database_password=password,
                database_include_list=schemas,
                table_include_list=row.tables,
            )
        case "sqlserver":
            return streamkap.SQLServerConfig(
                database_hostname=host,
                database_user="streamkap",
                database_password=password,
                database_names=[database.database],
                schema_include_list=schemas,
                table_include_list=row.tables,
            )
        case "mongodb":
            return streamkap.MongoDBConfig(
                mongodb_connection_string=password.apply(
                    lambda clear: f"mongodb+srv://streamkap:{quote(clear, safe='')}@{host}"
                ),
                database_include_list=schemas,
                collection_include_list=row.tables,
                signal_data_collection_schema_or_database=database.database,
            )
