"""The kinds of configuration that Streamkap publishes for its Terraform provider pass, in either form.

The programs are our own. What they share with the examples, documentation and acceptance tests of the provider is which
attributes stand together: the signal and heartbeat tables of a read-only snapshot, an SSH user without a tunnel, what
version 2 called otherwise, and what versions after 3.0.0-beta.24 added.
"""

from __future__ import annotations

from typing import Any

import pytest

import streamkap_pulumi as streamkap
from streamkap_pulumi.config.catalogue import DESTINATIONS, SOURCES, Catalogue
from streamkap_pulumi.config.spelling import field_key
from streamkap_pulumi.kinds import KINDS
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

SOURCE_CONFIGS: list[tuple[str, dict[str, Any]]] = [
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

_STORE = {
    "aws_access_key_id": "example-id",
    "aws_secret_access_key": "canary",
    "aws_s3_bucket_name": "lake",
    "file_name_template": "{{topic}}-{{partition}}-{{start_offset}}",
    "file_compression_type": "gzip",
}
_FIELDS = {"format_output_fields": ["key", "value", "timestamp", "offset", "headers"]}
_TABLES = {
    "database_hostname": "db.example.com",
    "connection_username": "streamkap",
    "connection_password": "canary",
}
_UPSERTS = {
    "database_database": "shop",
    "schema_evolution": "basic",
    "insert_mode": "upsert",
    "delete_enabled": True,
    "primary_key_mode": "record_key",
    "primary_key_fields": "id",
    "tasks_max": 5,
}
_RENAMED = {
    "topic2table_map": True,
    "transforms_change_topic_name_match_regex": r"^.*\.(.*)\.(.*)$",
    "transforms_change_topic_name_mapping": "orders:shop_orders",
}
_CLICKHOUSE = {
    "hostname": "clickhouse.example.com",
    "connection_username": "streamkap",
    "connection_password": "canary",
    "database": "shop",
}
_SNOWFLAKE = {
    "snowflake_url_name": "example.snowflakecomputing.com",
    "snowflake_user_name": "STREAMKAP",
    "snowflake_private_key": "canary",
    "snowflake_database_name": "SHOP",
    "snowflake_schema_name": "PUBLIC",
}
_SNOWFLAKE_V2 = {
    **_SNOWFLAKE,
    "snowflake_private_key_passphrase": "canary",
    "sfwarehouse": "WH",
    "snowflake_role_name": "ROLE",
    "auto_schema_creation": True,
}
_ICEBERG = {"iceberg_catalog_warehouse": "s3://lake/warehouse", "table_name_prefix": "shop"}
_PINECONE = {"pinecone_api_key": "canary", "pinecone_index_name": "products"}

DESTINATION_CONFIGS: list[tuple[str, dict[str, Any]]] = [
    ("azblob", {"azblob_connection_string": "canary", "azblob_container_name": "lake"}),
    (
        "azblob",
        {
            "azblob_connection_string": "canary",
            "azblob_container_name": "lake",
            "format": "json",
            "format_csv_write_headers": False,
            "topics_dir": "a/b",
            "flush_size": 1000,
            "file_size": 65536,
            "rotate_interval_ms": -1,
            "compression": "gzip",
        },
    ),
    ("bigquery", {"keyfile": "canary", "default_dataset": "shop"}),
    (
        "bigquery",
        {
            "keyfile": "canary",
            "default_dataset": "shop",
            "time_partitioning_type": "DAY",
            "custom_partition_field": "at",
            "custom_clustering_fields": "a,b",
            "custom_partition_expiration_days": "30",
            "auto_create_tables": True,
            "tasks_max": 5,
        },
    ),
    ("clickhouse", _CLICKHOUSE),
    ("clickhouse", {**_CLICKHOUSE, "ingestion_mode": "append", "hard_delete": True, "port": "8443", "ssl": True}),
    ("clickhouse", {**_CLICKHOUSE, "topics_config_map": {"shop.orders": {"delete_sql_execute": "SELECT 1;"}}}),
    *(
        (code, {**_TABLES, **kind})
        for code in ("cockroachdb", "mysql", "oracle")
        for kind in ({}, {**_UPSERTS, **_RENAMED, "database_port": 1234})
    ),
    *(("db2", {**_TABLES, **kind}) for kind in ({}, {**_UPSERTS, "database_port": 50000})),
    *(
        ("sqlserver", {**_TABLES, **kind})
        for kind in ({}, {**_UPSERTS, **_RENAMED, "table_name_prefix": "dbo", "database_port": 1433})
    ),
    ("postgresql", {**_TABLES, "table_name_prefix": "streamkap"}),
    ("postgresql", {**_TABLES, **_UPSERTS, "table_name_prefix": "streamkap", "ssh_enabled": False}),
    (
        "postgresql",
        {
            "database_hostname": "db.example.com",
            "database_port": 5432,
            "database_dbname": "shop",
            "database_username": "streamkap",
            "database_password": "canary",
            "database_schema_name": "streamkap",
            "schema_evolution": "basic",
            "insert_mode": "insert",
            "hard_delete": False,
            **_NO_TUNNEL,
        },
    ),
    ("databricks", {"connection_url": "jdbc:databricks://example", "databricks_token": "canary"}),
    (
        "databricks",
        {
            "connection_url": "jdbc:databricks://example",
            "databricks_token": "canary",
            "table_name_prefix": "streamkap",
            "ingestion_mode": "append",
            "partition_mode": "by_topic",
            "hard_delete": True,
            "databricks_catalog": "hive_metastore",
            "tasks_max": 5,
        },
    ),
    ("gcs", {"gcs_credentials_json": "canary", "gcs_bucket_name": "lake"}),
    (
        "gcs",
        {
            "gcs_credentials_json": "canary",
            "gcs_bucket_name": "lake",
            "format": "CSV",
            "file_name_prefix": "a/",
            **_FIELDS,
        },
    ),
    ("httpsink", {"http_url": "https://example.com"}),
    (
        "httpsink",
        {
            "http_url": "https://example.com",
            "http_authorization_type": "oauth2",
            "http_headers_authorization": "canary",
            "oauth2_access_token_url": "https://example.com/token",
            "oauth2_client_id": "a",
            "oauth2_client_secret": "canary",
            "oauth2_scope": "a b",
            "http_proxy_host": "proxy.example.com",
            "http_proxy_port": 8080,
            "batching_enabled": True,
            "batch_prefix": "[",
            "max_retries": 3,
            "errors_tolerance": "none",
        },
    ),
    ("iceberg", _ICEBERG),
    (
        "iceberg",
        {
            **_ICEBERG,
            "iceberg_catalog_type": "rest",
            "iceberg_catalog_name": "shop",
            "iceberg_catalog_uri": "https://catalog.example.com",
            "iceberg_catalog_s3_access_key_id": "example-id",
            "iceberg_catalog_s3_secret_access_key": "canary",
            "iceberg_catalog_client_region": "us-west-2",
            "insert_mode": "upsert",
            "iceberg_tables_default_id_columns": "id,at",
        },
    ),
    (
        "iceberg",
        {
            "catalog_type": "rest",
            "catalog_name": "shop",
            "catalog_uri": "https://catalog.example.com",
            "aws_access_key": "example-id",
            "aws_secret_key": "canary",
            "aws_region": "us-west-2",
            "bucket_path": "s3://lake/warehouse",
            "schema": "shop",
            "insert_mode": "insert",
        },
    ),
    ("kafka", {"kafka_sink_bootstrap": "kafka.example.com:9092"}),
    (
        "kafka",
        {
            "kafka_sink_bootstrap": "kafka.example.com:9098",
            "destination_format": "avro",
            "schema_registry_url": "https://registry.example.com",
            "topic_prefix": "a_",
        },
    ),
    ("kafkadirect", {"password": "canary", "whitelist_ips": "10.0.0.0/8,192.168.1.0/24"}),
    ("motherduck", {"motherduck_token": "canary", "motherduck_catalog": "shop"}),
    (
        "motherduck",
        {
            "motherduck_token": "canary",
            "motherduck_catalog": "shop",
            "ingestion_mode": "upsert",
            "hard_delete": True,
            "table_name_prefix": "streamkap",
            **_RENAMED,
        },
    ),
    ("pinecone", _PINECONE),
    (
        "pinecone",
        {
            **_PINECONE,
            "collection_mapping": "${topic}",
            "document_id_strategy": "Kafka ID",
            "delete_enabled": True,
            "batch_size": "100",
            "retry_max": "3",
            "retry_backoff_ms": "1000",
        },
    ),
    ("r2", {"r2_account": "a", "aws_access_key_id": "b", "aws_secret_access_key": "canary", "aws_s3_bucket_name": "c"}),
    ("r2", {"r2_account": "a", **_STORE, "format": "JSON Array", "file_name_prefix": "a/", **_FIELDS}),
    ("redis", {"redis_host": "redis.example.com", "redis_password": "canary"}),
    (
        "redis",
        {
            "redis_host": "redis.example.com",
            "redis_port": 6379,
            "redis_username": "streamkap",
            "redis_password": "canary",
            "ssl_enabled": True,
            "redis_key": "a:b",
            "redis_key_data_type": "Stream",
        },
    ),
    (
        "redshift",
        {"aws_redshift_domain": "a.example.com", "connection_username": "streamkap", "connection_password": "canary"},
    ),
    (
        "redshift",
        {
            "aws_redshift_domain": "a.example.com",
            "aws_redshift_port": 5439,
            "aws_redshift_database": "shop",
            "connection_username": "streamkap",
            "connection_password": "canary",
            "table_name_prefix": "public",
            "primary_key_fields": "id",
        },
    ),
    ("s3", {**_STORE, "aws_s3_region": "us-west-2", "format": "JSON Array", "file_name_prefix": "a/", **_FIELDS}),
    ("s3", {**_STORE, "format_output_fields": ["value", "key"], "format_output_envelope": True}),
    (
        "s3",
        {
            "aws_access_key": "example-id",
            "aws_secret_key": "canary",
            "aws_region": "us-west-2",
            "bucket_name": "lake",
            "format": "JSON Array",
            "filename_template": "{{topic}}",
            "filename_prefix": "a/",
            "compression_type": "gzip",
            "output_fields": ["value"],
        },
    ),
    (
        "s3",
        {
            "aws_auth_mode": "Cross-Account Role",
            "aws_sts_role_arn": "arn:aws:iam::123456789012:role/streamkap",
            "aws_sts_role_external_id": "a",
            "aws_s3_bucket_name": "lake",
        },
    ),
    ("snowflake", _SNOWFLAKE),
    (
        "snowflake",
        {
            **_SNOWFLAKE_V2,
            "ingestion_mode": "upsert",
            "hard_delete": True,
            "use_hybrid_tables": False,
            "apply_dynamic_table_script": False,
            "dynamic_table_target_lag": 60,
            "cleanup_task_schedule": 120,
            "auto_qa_dedupe_table_mapping": {"users": "SHOP.USERS", "orders": "ORDERS"},
        },
    ),
    (
        "snowflake",
        {
            **_SNOWFLAKE_V2,
            "ingestion_mode": "append",
            "apply_dynamic_table_script": True,
            "create_sql_execute": "SELECT 1",
            "sql_table_name": "{{table}}_DT",
            "create_sql_data": '{"TABLE_DATA": {}}',
            "auto_qa_dedupe_table_mapping": "users:SHOP.USERS,orders:ORDERS",
            "snowflake_private_key_passphrase_secured": True,
        },
    ),
    (
        "starburst",
        {**_STORE, "aws_s3_region": "us-west-2", "format": "Parquet", "file_name_prefix": "a/", **_FIELDS},
    ),
    ("weaviate", {"weaviate_connection_url": "https://example.com", "weaviate_grpc_url": "example.com:50051"}),
    (
        "weaviate",
        {
            "weaviate_connection_url": "https://example.com",
            "weaviate_grpc_url": "example.com:50051",
            "weaviate_grpc_secured": True,
            "weaviate_auth_scheme": "API_KEY",
            "weaviate_api_key": "canary",
            "collection_mapping": "${topic}",
            "document_id_strategy": "Field ID",
            "vector_strategy": "None",
            "vector_field_name": "vector",
            "pool_size": "2",
            "consistency_level": "QUORUM",
        },
    ),
]

PUBLISHED = [
    *((SOURCES, code, fields) for code, fields in SOURCE_CONFIGS),
    *((DESTINATIONS, code, fields) for code, fields in DESTINATION_CONFIGS),
]


@pytest.mark.parametrize(
    ("catalogue", "code", "fields"),
    PUBLISHED,
    ids=lambda each: each if isinstance(each, str) else each.noun if isinstance(each, Catalogue) else "",
)
def test_what_streamkap_publishes_is_never_refused(catalogue: Catalogue, code: str, fields: dict[str, Any]) -> None:
    """Neither as a typed config nor as a mapping. What is doubtful is a warning."""
    connector = catalogue.find(code)
    assert connector is not None
    (kind,) = (kind for kind in KINDS if kind.catalogue is catalogue)
    typed = getattr(streamkap, connector.config_class)(**fields)
    keys = {field_key(connector, name): value for name, value in fields.items()}
    assert typed.given().keys() == keys.keys()
    inputs = {"connector": code, "config": keys, "name": "published"}
    assert check(kind, inputs, {}, lambda _: False)[1] == []


def test_every_connector_but_the_api_sources_is_among_them() -> None:
    """The API sources have their own."""
    ours = {(each, one.code) for each in (SOURCES, DESTINATIONS) for one in each if one.family != "api"}
    assert {(catalogue, code) for catalogue, code, _ in PUBLISHED} == ours
