"""Texts are cleared of secrets, however they quote them."""

from __future__ import annotations

import json
from urllib.parse import quote, quote_plus

from hypothesis import given
from hypothesis import strategies as st

from streamkap_pulumi.api.redaction import CLEARED, Redaction


@given(st.text(min_size=4, max_size=40).filter(lambda text: len(text.strip()) >= 4))
def test_a_secret_is_cleared_raw_encoded_and_escaped(secret: str) -> None:
    """The forms in which a server or a driver quotes what it was given."""
    secret = secret.strip()
    redaction = Redaction([secret])
    for form in (secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]):
        assert form not in redaction.text(f"login with >{form}< failed") or form in "login with >< failed" + CLEARED


def test_a_connection_strings_password_is_a_secret_of_its_own() -> None:
    """A driver's error may quote the password without the rest."""
    redaction = Redaction(["mongodb://me:p%40ss-word@db.example.com/shop"])
    assert redaction.text("auth failed for p%40ss-word and p@ss-word") == f"auth failed for {CLEARED} and {CLEARED}"


def test_a_short_secret_is_cleared_where_it_stands_as_a_word() -> None:
    """Else a secret of one letter would eat every text."""
    assert Redaction(["ab"]).text("about ab, tab") == f"about {CLEARED}, tab"


def test_data_is_cleared_in_depth_and_otherwise_left_alone() -> None:
    """Task statuses come with a trace."""
    data = {"0": {"state": "FAILED", "trace": "bad password hunter22"}, "n": [1, None, True]}
    cleared = {"0": {"state": "FAILED", "trace": f"bad password {CLEARED}"}, "n": [1, None, True]}
    assert Redaction(["hunter22", None, True]).data(data) == cleared


def test_without_secrets_every_text_stays() -> None:
    """Nothing is a pattern that matches everywhere."""
    assert Redaction([]).text("as it is") == "as it is"
    assert Redaction(["", "  ", None]).text("as it is") == "as it is"


def test_it_learns_more_as_it_goes() -> None:
    """What is a form of another secret is a secret with forms of its own."""
    redaction = Redaction(["p@ss word"])
    assert redaction.learn(["p%40ss%20word", "second"]) is redaction
    assert redaction.text("p%2540ss%2520word, p@ss word and second") == f"{CLEARED}, {CLEARED} and {CLEARED}"


def test_its_repr_tells_no_secret() -> None:
    """It is the one place that holds them all."""
    assert "hunter22" not in repr(Redaction(["hunter22"]))
