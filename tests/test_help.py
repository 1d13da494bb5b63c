"""What `help` and `inspect.signature` show of the public names is what a type checker sees."""

from __future__ import annotations

import ast
import inspect
import pydoc
from collections.abc import Callable
from typing import Any, Literal

import pytest

import streamkap_pulumi
from streamkap_pulumi import Source
from streamkap_pulumi.connectors.base import ConnectorConfig
from streamkap_pulumi.kinds.source import SOURCE
from tests.config.catalogues import CONNECTORS

CONFIGS = [connector.config_class for connector in CONNECTORS]


def class_as_written(kind: type) -> ast.ClassDef:
    tree = ast.parse(inspect.getsource(kind))
    (found,) = [each for each in tree.body if isinstance(each, ast.ClassDef)]
    return found


def told(signature: inspect.Signature) -> dict[str, tuple[str, bool]]:
    """By parameter: its annotation as written, and whether it can be left out."""
    found = signature.parameters.values()
    return {each.name: (str(each.annotation), each.default is not each.empty) for each in found}


def test_the_inputs_of_a_source_are_declared_once_and_shown_everywhere() -> None:
    """In the one `__init__` that the class has, which a type checker reads."""
    declared = [each for each in ast.walk(class_as_written(Source)) if getattr(each, "name", "") == "__init__"]
    (init,) = (each for each in declared if isinstance(each, ast.FunctionDef))
    arguments = init.args
    assert (arguments.kwarg, arguments.vararg) == (None, None)
    written = {
        each.arg: (ast.unparse(each.annotation), default is not None)
        for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if each.annotation
    }
    assert written.keys() == {*SOURCE.input_names, "opts"}
    of_class, of_init = inspect.signature(Source), inspect.signature(Source.__init__)
    assert told(of_class) == {"resource_name": ("str", False), **written}
    assert told(of_init) == {"self": (str(inspect.Parameter.empty), False), **told(of_class)}
    assert inspect.signature(type("Orders", (Source,), {})) == of_class


def test_help_on_a_source_is_ours() -> None:
    """And not what Pulumi says of any dynamic resource."""
    shown = pydoc.render_doc(Source, renderer=pydoc.plaintext)  # type: ignore[attr-defined]
    assert "__provider" not in shown
    assert "**inputs" not in shown
    assert "Declare a source" in str(inspect.getdoc(Source.__init__))


@pytest.mark.parametrize("name", CONFIGS)
def test_the_fields_of_a_typed_config_are_shown_as_they_are_written(name: str) -> None:
    """With what they take: each may be an Output."""
    kind = getattr(streamkap_pulumi, name)
    written = {
        each.target.id: (ast.unparse(each.annotation), each.value is not None)
        for each in class_as_written(kind).body
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    }
    written = {field: each for field, each in written.items() if not each[0].startswith("ClassVar")}
    written["extra_config"] = ("Mapping[str, Input[Any]] | None", True)
    of_class, of_init = inspect.signature(kind), inspect.signature(kind.__init__)
    assert told(of_class) == written
    assert list(of_init.parameters) == ["self", *of_class.parameters]
    kinds = {parameter.kind for parameter in of_class.parameters.values()}
    assert kinds == {inspect.Parameter.KEYWORD_ONLY}
    assert "Declare a configuration" in str(inspect.getdoc(kind.__init__))


@pytest.mark.parametrize(
    "thing",
    [
        streamkap_pulumi.get_source,
        streamkap_pulumi.get_source_output,
        Source.get,
        ConnectorConfig.from_properties,
        ConnectorConfig.model_copy,
    ],
)
def test_no_public_callable_hides_what_it_takes(thing: Callable[..., Any]) -> None:
    """Behind arguments of any name."""
    kinds = {parameter.kind for parameter in inspect.signature(thing).parameters.values()}
    assert not kinds & {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}
    assert inspect.getdoc(thing)


def test_a_class_derived_from_a_config_keeps_what_it_takes_and_its_own_way_to_be_created() -> None:
    """Its fields are those of the connector, unless it is created in a way of its own."""

    class Ours(streamkap_pulumi.WebhookConfig):
        """With nothing of its own."""

    class Theirs(streamkap_pulumi.WebhookConfig):
        """Made from one word."""

        def __init__(self, word: Literal["json", "string"]) -> None:
            super().__init__(format=word)

    assert inspect.signature(Ours) == inspect.signature(streamkap_pulumi.WebhookConfig)
    assert (Ours(format="json").format, Theirs("json").format) == ("json", "json")
    assert list(inspect.signature(Theirs.__init__).parameters) == ["self", "word"]
