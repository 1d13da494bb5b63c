"""The kinds of configuration that Streamkap publishes for its Terraform provider pass, in either form.

The programs are our own. What they share with the examples, documentation and acceptance tests of the provider is which
attributes stand together: the signal and heartbeat tables of a read-only snapshot, an SSH user without a tunnel, what
version 2 called otherwise, and what versions after 3.0.0-beta.24 added.
"""

from __future__ import annotations

from typing import Any

import pytest

import streamkap_pulumi as streamkap
from streamkap_pulumi.config.catalogue import SOURCES
from streamkap_pulumi.config.spelling import field_key
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.checking import check

_SQL = {
    "database_hostname": "db.example.com",
    "database_user": "streamkap",
    "database_password": "canary",
    "table_include_list": "shop.orders,shop.customers",
}
_SIGNAL = {"signal_data_collection_schema_or_database": "shop.streamkap_signal"}
_HEARTBEAT = {"heartbeat_enabled": True, "heartbeat_data_collection_schema_or_database": "streamkap"}
_SILENT_HEARTBEAT = {"heartbeat_enabled": False, "heartbeat_data_collection_schema_or_database": "streamkap"}
_NO_TUNNEL = {"ssh_enabled": False, "ssh_port": "22", "ssh_user": "streamkap"}
_TUNNEL = {"ssh_enabled": True, "ssh_host": "bastion.example.com", "ssh_port": "22", "ssh_user": "streamkap"}
_HISTORY = {
    "schema_history_internal_store_only_captured_databases_ddl": False,
    "schema_history_internal_store_only_captured_tables_ddl": True,
}
_DYNAMODB = {
    "aws_region": "eu-west-1",
    "aws_access_key_id": "example-id",
    "aws_secret_key": "canary",
    "s3_export_bucket_name": "exports",
    "table_include_list": "Orders,Customers",
}
_MONGODB = {
    "mongodb_connection_string": "mongodb+srv://streamkap:canary@cluster.example.com",
    "database_include_list": "shop",
    "collection_include_list": "shop.orders,shop.customers",
    **_SIGNAL,
}
_POSTGRESQL = {**_SQL, "database_dbname": "shop", "schema_include_list": "shop", "database_port": "5432"}
_MYSQL = {**_SQL, "database_include_list": "shop"}
_ORACLE = {**_SQL, "database_dbname": "ORCL", "schema_include_list": "HR", "database_port": "1521", **_SIGNAL}
_REDIS = {"redis_host": "redis.example.com", "redis_password": "canary", "redis_stream_name": "orders"}
_VITESS = {
    "database_hostname": "vtgate.example.com",
    "vitess_keyspace": "shop",
    "vitess_vtctld_host": "vtctld.example.com",
    "vitess_vtctld_user": "admin",
    "vitess_vtctld_password": "canary",
    "table_include_list": "shop.orders",
}
_COLUMNS = {"column_include_list": "shop[.]orders[.](id|total),shop[.]customers[.](id|email)"}

PUBLISHED: list[tuple[str, dict[str, Any]]] = [
    *(
        (code, {**_POSTGRESQL, **kind})
        for code in ("postgresql", "alloydb", "supabase")
        for kind in (
            {**_SIGNAL, "heartbeat_data_collection_schema_or_database": "streamkap"},
            {"snapshot_read_only": "Yes", **_SIGNAL, **_HEARTBEAT, **_NO_TUNNEL, "column_include_list_toggled": True},
            {"snapshot_read_only": "No", **_SIGNAL, **_SILENT_HEARTBEAT, **_COLUMNS, **_TUNNEL},
            {"snapshot_read_only": "No", **_SIGNAL, "column_exclude_list": "shop.orders.note"},
            {
                "snapshot_read_only": "Yes",
                **_SIGNAL,
                "post_processors_reselect_enabled": True,
                "reselector_reselect_error_handling_mode": "fail",
            },
        )
    ),
    *(
        (code, {**_MYSQL, **kind})
        for code in ("mysql", "mariadb")
        for kind in (
            {"heartbeat_data_collection_schema_or_database": "streamkap"},
            {"snapshot_gtid": "Yes", **_SIGNAL, **_HEARTBEAT, **_HISTORY, **_NO_TUNNEL},
            {"snapshot_gtid": "No", **_SILENT_HEARTBEAT},
            {"snapshot_gtid": True, **_SIGNAL, "column_exclude_list": "shop.orders.note", **_TUNNEL},
            {
                **_SIGNAL,
                "inconsistent_schema_handling_mode": "Warn",
                "streamkap_snapshot_parallelism": 4,
                "streamkap_snapshot_chunk_size_bytes": 262144,
                "streamkap_snapshot_max_split_size_bytes": 21474836480,
                "streamkap_snapshot_state_refresh_ms": 15000,
            },
        )
    ),
    ("mysql", {**_MYSQL, "database_connection_timezone": "SERVER", "snapshot_gtid": True, **_SIGNAL, **_COLUMNS}),
    *(
        (code, {**_ORACLE, **kind})
        for code in ("oracle", "oracleaws")
        for kind in (
            {"heartbeat_data_collection_schema_or_database": "STREAMKAP"},
            {**_HEARTBEAT, **_HISTORY, "binary_handling_mode": "bytes", **_NO_TUNNEL},
            {**_SILENT_HEARTBEAT, "log_mining_strategy": "hybrid", "lob_enabled": True},
        )
    ),
    *(
        ("sqlserveraws", {**_SQL, "database_names": "shop", "schema_include_list": "dbo", **kind})
        for kind in (
            _SILENT_HEARTBEAT,
            {
                **_HEARTBEAT,
                **_SIGNAL,
                "streamkap_snapshot_parallelism": 2,
                "streamkap_snapshot_large_table_threshold": 12000,
                "snapshot_custom_table_config": {"dbo.orders": {"chunks": 5}},
                **_TUNNEL,
            },
        )
    ),
    ("db2", {**_SQL, "database_dbname": "SAMPLE", "schema_include_list": "S", **_SIGNAL, **_HISTORY, **_NO_TUNNEL}),
    ("informix", {**_SQL, "database_dbname": "stores", "schema_include_list": "informix"}),
    (
        "informix",
        {
            **_SQL,
            "database_dbname": "stores",
            "schema_include_list": "informix",
            **_SIGNAL,
            **_HISTORY,
            "heartbeat_enabled": True,
            **_NO_TUNNEL,
        },
    ),
    *(
        (code, {**_MONGODB, **kind})
        for code in ("mongodb", "mongodbhosted", "documentdb")
        for kind in (
            {},
            {
                "transforms_unwrap_array_encoding": "array_string",
                "transforms_unwrap_document_encoding": "document",
                **_NO_TUNNEL,
            },
        )
    ),
    ("dynamodb", _DYNAMODB),
    (
        "dynamodb",
        {
            **{
                ("table_include_list_user_defined" if name == "table_include_list" else name): value
                for name, value in _DYNAMODB.items()
            },
            "batch_size": 1024,
            "poll_timeout_ms": 1000,
            "incremental_snapshot_chunk_size": 32768,
            "incremental_snapshot_max_threads": 8,
            "incremental_snapshot_interval_ms": 6000,
            "full_export_expiration_time_ms": 86400000,
            "signal_kafka_poll_timeout_ms": 1000,
            "array_encoding_json": True,
            "struct_encoding_json": True,
            "tasks_max": 3,
        },
    ),
    (
        "elasticsearch",
        {
            "es_host": "es.example.com",
            "es_port": "443",
            "http_auth_user": "elastic",
            "http_auth_password": "canary",
            "endpoint_include_list": "orders",
            "datetime_field_name": "at",
        },
    ),
    (
        "elasticsearch",
        {
            "es_host": "es.example.com",
            "es_scheme": "https",
            "http_auth": "Basic",
            "http_auth_user": "elastic",
            "http_auth_password": "canary",
            "endpoint_include_list": "orders,customers",
            "datetime_field_name": "at",
            "datetime_field_value": "2026-01-01T00:00:00Z",
            "tasks_max": 3,
        },
    ),
    ("planetscale", {**_SQL, "vitess_keyspace": "shop", "vitess_tablet_type": "MASTER", **_NO_TUNNEL}),
    ("vitess", _VITESS),
    ("vitess", {**_VITESS, "database_port": 15991, "vitess_tablet_type": "REPLICA", **_NO_TUNNEL}),
    ("redis", {**_REDIS, "topic": "orders"}),
    (
        "redis",
        {
            **_REDIS,
            "connector_class_type": "Stream",
            "redis_stream_offset": "Latest",
            "redis_stream_delivery": "At Least Once",
            "mode": "LIVE",
            "topic_use_stream_name": False,
            "topic": "orders",
        },
    ),
    ("s3", {"aws_access_key_id": "example-id", "aws_secret_access_key": "canary", "aws_s3_bucket_name": "landing"}),
    (
        "s3",
        {
            "format": "json",
            "topic_postfix": "events",
            "aws_access_key_id": "example-id",
            "aws_secret_access_key": "canary",
            "aws_s3_bucket_name": "landing",
            "aws_s3_object_prefix": "in/",
            "fs_cleanup_policy_class": "io.streamthoughts.kafka.connect.filepulse.fs.clean.LogCleanupPolicy",
            "tasks_max": 5,
        },
    ),
    ("kafkadirect", {"topic_prefix": "shop_", "topic_include_list": "shop_a, shop_b", "format": "json"}),
    (
        "kafkadirect",
        {"topic_prefix": "shop_", "topic_include_list": "shop_a", "kafka_format": "string", "schemas_enable": True},
    ),
    ("webhook", {}),
    ("salesforce_webhook", {}),
    ("shopify_webhook", {}),
    ("stripe_webhook", {}),
    ("zendesk_webhook", {}),
]


@pytest.mark.parametrize(("code", "fields"), PUBLISHED, ids=lambda each: each if isinstance(each, str) else "")
def test_what_streamkap_publishes_is_never_refused(code: str, fields: dict[str, Any]) -> None:
    """Neither as a typed config nor as a mapping. What is doubtful is a warning."""
    connector = SOURCES.find(code)
    assert connector is not None
    typed = getattr(streamkap, connector.config_class)(**fields)
    keys = {field_key(connector, name): value for name, value in fields.items()}
    assert typed.given().keys() == keys.keys()
    inputs = {"connector": code, "config": keys, "name": "published"}
    assert check(SOURCE, inputs, {}, lambda _: False)[1] == []


def test_every_connector_but_the_api_sources_is_among_them() -> None:
    """The API sources have their own."""
    ours = {connector.code for connector in SOURCES if connector.family != "api"}
    assert {code for code, _ in PUBLISHED} == ours
