"""The next step that goes with an error, where it is not the same for all errors of a kind."""

from __future__ import annotations

from streamkap_pulumi import api
from streamkap_pulumi.lifecycle.errors import next_step


def missing(operation: str) -> api.StreamkapError:
    return api.NotFoundError(operation=operation, status=404, detail="not found")


def test_a_404_says_to_check_the_id_where_the_source_was_read() -> None:
    """Of a write it may not be about the source: of a cluster that is not found it is the same."""
    step = "Check the id, and that the credentials belong to the same project, at https://host."
    assert next_step(missing("GET /sources/64a1"), "https://host") == step
    assert not next_step(missing("PUT /sources/64a1"), "https://host")
    assert not next_step(missing("GET /sources"), "https://host")
    assert not next_step(missing("GET /auth/whoami"), "https://host")


def test_a_state_action_that_is_not_known_says_the_way_around_it() -> None:
    """The actions are known from old notes only. A web server's own page says nothing about them."""
    for status in (404, 405):
        operation = "POST /sources/64a1/actions/stop"
        assert "omit desired_state" in next_step(
            api.errors.error_for(operation=operation, status=status), "https://host"
        )
        page = api.errors.error_for(operation=operation, status=status, html=True)
        assert "desired_state" not in next_step(page, "https://host")


def test_a_state_action_whose_name_is_refused_says_the_same_way_around() -> None:
    """The old notes name no stop. Another complaint is none about the action."""
    operation = "POST /sources/64a1/actions/stop"
    for place, told in (("action", True), ("source_id", False)):
        detail = [{"type": "enum", "loc": ["path", place], "msg": "Input should be 'pause', 'resume' or 'restart'"}]
        error = api.errors.error_for(operation=operation, status=422, detail=detail)
        assert ("omit desired_state" in next_step(error, "https://host")) is told


def test_an_update_of_what_is_not_deployed_says_to_deploy_it_first() -> None:
    """It never succeeds by itself where the source is to stay Pending."""
    busy = "Kafka Connect API call failed with status code {} and response {{}}"

    def step(operation: str, status: int) -> str:
        error = api.errors.error_for(operation=operation, status=500, detail=busy.format(status))
        return next_step(error, "https://host")

    assert 'set only that to "Active" first' in step("PUT /sources/64a1", 404)
    assert "run it again later, or report" in step("PUT /sources/64a1", 409)
    assert "run it again later, or report" in step("POST /sources", 404)
