"""The next step that goes with an error, where it is not the same for all errors of a kind."""

from __future__ import annotations

from streamkap_pulumi import api
from streamkap_pulumi.lifecycle.errors import next_step


def missing(operation: str) -> api.StreamkapError:
    return api.NotFoundError(operation=operation, status=404, detail="not found")


def test_a_404_tells_to_check_the_id_where_the_source_was_looked_at() -> None:
    """Of a write it need not be about the source: of a cluster that is not found it is the same."""
    step = "Check the id, and that the credentials are those of the source's own project, at https://host."
    assert next_step(missing("GET /sources/64a1"), "https://host") == step
    assert not next_step(missing("PUT /sources/64a1"), "https://host")
    assert not next_step(missing("GET /sources"), "https://host")
