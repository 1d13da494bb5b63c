"""What type checkers say about programs with typed classes: mypy in strict mode, and pyright."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from streamkap_pulumi import connectors
from tests.checkers import mypy_cache
from tests.config.catalogues import CONNECTORS

HEAD = """
import pulumi
import streamkap_pulumi as streamkap

cfg = pulumi.Config()


def orders(
    database_port: pulumi.Input[int] | None = None, host: pulumi.Input[str] = "db.example.com"
) -> streamkap.PostgreSQLConfig:
    return streamkap.PostgreSQLConfig(
        database_hostname=host,
        database_port=database_port,
        database_dbname="shop",
        database_user="streamkap",
        database_password=cfg.require_secret("dbPassword"),
        schema_include_list=["public"],
        table_include_list=["public.orders", pulumi.Output.from_input("public.customers")],
    )


"""

ACCEPTED = {
    "a_source": 'made = streamkap.Source("orders", config=orders(5432))\nstatus: pulumi.Output[str] = made.status\n',
    "outputs": 'orders(pulumi.Output.from_input(5432), cfg.require_secret("host"))\n',
    "choices": (
        'streamkap.WebhookConfig(format="json")\n'
        'streamkap.MySQLConfig(database_hostname="h", database_user="u", database_password="p", snapshot_gtid=False, '
        'database_include_list="shop", table_include_list="shop.orders,shop.items", database_port=3306)\n'
    ),
    "a_choice_that_is_an_output": 'streamkap.WebhookConfig(format=cfg.require_secret("format"))\n',
    "dotted_keys": (
        'streamkap.HubSpotConfig.from_properties({"token": cfg.require_secret("t"), "resources": ["contacts"]})\n'
    ),
    "a_newer_property": 'streamkap.WebhookConfig(extra_config={"newer": 1, "secret.one": cfg.require_secret("t")})\n',
    "a_mapping": 'streamkap.Source("a", connector="webhook", config={"format": "json"})\n',
    "the_base": "def code(config: streamkap.ConnectorConfig) -> str:\n    return config.connector\ncode(orders())\n",
    "its_error": "try:\n    orders()\nexcept streamkap.ConfigError as error:\n    found: list[str] = error.faults\n",
}

REJECTED = {
    "a_wrong_field": ('streamkap.WebhookConfig(formt="json")\n', "formt"),
    "a_wrong_type": ("orders([1])\n", "list[int]"),
    "not_one_of_the_choices": ('streamkap.WebhookConfig(format="yaml")\n', "yaml"),
    "a_missing_property": ('streamkap.HubSpotConfig(token="t")\n', "resources"),
    "a_field_of_another_connector": (
        'streamkap.HubSpotConfig(token="t", resources=["a"], aws_region="b")\n',
        "aws_region",
    ),
    "a_list_of_numbers": ('streamkap.HubSpotConfig(token="t", resources=[1])\n', "int"),
    "an_output_of_a_typed_config": (
        'streamkap.Source("a", config=pulumi.Output.from_input(orders()))\n',
        "PostgreSQLConfig",
    ),
    "a_class_that_is_none": ("streamkap.PostgresConfig\n", "PostgresConfig"),
}


def mypy(folder: Path) -> dict[str, str]:
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", mypy_cache(), "."]
    shown = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert shown.returncode in {0, 1}, shown.stderr
    return by_program(re.findall(r"^(\w+)\.py:\d+: error: (.*)$", shown.stdout, re.MULTILINE))


def pyright(folder: Path) -> dict[str, str]:
    settings = {"typeCheckingMode": "standard", "pythonVersion": "3.10", "include": ["."]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable]
    shown = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found = json.loads(shown.stdout)["generalDiagnostics"]
    return by_program([(Path(each["file"]).stem, each["message"]) for each in found if each["severity"] == "error"])


def by_program(errors: list[tuple[str, str]]) -> dict[str, str]:
    return {name: "\n".join(text for other, text in errors if other == name) for name, _ in errors}


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_right_programs_are_accepted_and_wrong_ones_refused(
    checker: Callable[[Path], dict[str, str]], tmp_path: Path
) -> None:
    """Each wrong one for what is wrong with it, and for nothing else."""
    for name, body in {**ACCEPTED, **{name: body for name, (body, _) in REJECTED.items()}}.items():
        (tmp_path / f"{name}.py").write_text(HEAD + body, encoding="utf-8")
    errors = checker(tmp_path)
    assert {name: errors[name] for name in ACCEPTED if name in errors} == {}
    assert sorted(errors) == sorted(REJECTED)
    for name, (_, said) in REJECTED.items():
        assert said in errors[name], errors[name]


def test_each_connector_has_a_class_in_a_module_of_its_own() -> None:
    """Named in the catalogue, with one field for each property, documented."""
    classes = []
    for connector in CONNECTORS:
        assert connector.catalogue is not None
        made = getattr(connectors, connector.config_class)
        assert (made.connector, made.about()) == (connector.code, connector)
        assert made.__module__ == f"streamkap_pulumi.connectors.{connector.catalogue.plural}.{connector.code}"
        assert [*inspect.signature(made).parameters].count("extra_config") == 1
        fields = {known.field for known in connector.properties.values()}
        assert {*inspect.signature(made).parameters} - {"extra_config"} == fields
        classes.append(made)
    assert sorted(made.__name__ for made in classes) == sorted(connectors.__all__)
