"""The API's answers as models."""

from __future__ import annotations

from typing import Any

import pytest

from streamkap_pulumi import api
from tests.api.fake_api import SOURCE, always, client


def test_unknown_fields_and_nulls_are_accepted() -> None:
    """Every documented field may be null, and a newer API has more fields."""
    answer = dict.fromkeys(api.SourceConnector.model_fields) | {"id": "64a1", "brand_new": {"a": 1}}
    source = client(always(200, json={"result": [answer]})).sources.get("64a1")
    assert source.topics is None
    assert source.model_extra == {"brand_new": {"a": 1}}


@pytest.mark.parametrize(
    "odd",
    [
        {"task_statuses": []},
        {"topic_map": []},
        {"tasks": {}},
        {"tags": ["a", None]},
        {"created_timestamp": {"$date": 1}},
        {"kc_cluster_id": {"id": 1}},
        {"config": "none"},
    ],
    ids=str,
)
def test_a_field_of_an_undocumented_shape_does_not_lose_the_source(odd: dict[str, Any]) -> None:
    """Only the id is required: a source that exists has to be recorded."""
    created = client(always(200, json=SOURCE | odd)).sources.create(name="a", connector="b", config={})
    assert created.id == SOURCE["id"]
