"""The provider where Pulumi's host calls it otherwise than it does in a run."""

from __future__ import annotations

import pytest

from streamkap_pulumi.provider import SourceProvider


def test_a_provider_that_was_not_configured_says_so() -> None:
    """In words, and without a request."""
    with pytest.raises(Exception, match="the provider was not configured by Pulumi"):
        SourceProvider().read("6b0601d96b1cdd5ce0d0c349", {"name": "orders"})
