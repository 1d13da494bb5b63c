"""What a read a source takes over."""

from __future__ import annotations

import pytest

from streamkap_pulumi.api.models import SourceConnector
from streamkap_pulumi.lifecycle.reading import drifted
from tests.lifecycle.samples import ORDERS, but


@pytest.mark.parametrize(
    ("declared", "shown", "taken"),
    [(" orders ", "orders", " orders "), ("orders", "orders ", "orders"), ("orders", "other", "other")],
)
def test_blanks_around_a_name_are_not_drift(declared: str, shown: str, taken: str) -> None:
    """The API may strip them, and an update does not count them either."""
    seen = SourceConnector(id="1", name=shown, connector=ORDERS.connector, config=dict(ORDERS.config))
    assert drifted(but(ORDERS, name=declared), seen).name == taken
