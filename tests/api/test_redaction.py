"""Redaction takes secrets out of strings, however they are encoded, and nothing else."""

from __future__ import annotations

import json
import random
import string
import time
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streamkap_pulumi.api.redaction import CLEARED, Redaction
from tests.api.encoded import ENCODINGS

WORDS = ("true", "false", "null", "none")
PUNCTUATION = "+/=&<>\"'%\\ ;:#@?ä€😀\u00a0abc012"
SECRETS = (
    st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]) | st.sampled_from(PUNCTUATION), min_size=4, max_size=24)
    .map(str.strip)
    .filter(lambda text: len(text) >= 4 and text.lower() not in WORDS and text not in CLEARED)
)
CHAINS = st.lists(st.sampled_from([*ENCODINGS]), max_size=2)
PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    "MIIEowIBAAKCAQEAx3fGv+Yd8n/Lk0aWq7Zr2uT5pO1mNbVcXsDfGhJkLqWeRtYu\n"
    "Qz9b+KpLmNoPqRsTuVwXyZ0123456789abcdefghijklmnopqrstuvwxyz/ABCDE\n"
    "pX7/Zw==\n"
    "-----END RSA PRIVATE KEY-----"
)


def encoded(secret: str, chain: list[str]) -> str:
    for name in chain:
        secret = ENCODINGS[name](secret)
    return secret


@given(SECRETS, CHAINS)
@example("""a+b /=&<>"'%\\ä€😀""", ["JSON", "JSON"])
@example('\\"\\n\\\\', ["JSON", "URL, lower case"])
@example("%2B%25 25", ["form", "form"])
@example("&amp;&quot;'", ["HTML", "JSON for HTML"])
@example("a;'b\\", ["repr in single quotes", "HTML"])
@example("000&", ["HTML", "URL"])
def test_a_secret_is_cleared_in_every_encoding(secret: str, chain: list[str]) -> None:
    """Any two encodings, one after the other. The rest of the string stays."""
    form = encoded(secret, chain)
    assert Redaction([secret]).text(f"login with >{form}< failed") == f"login with >{CLEARED}< failed"


@given(SECRETS, CHAINS, *[st.sampled_from(["", "\\", "%", "%4", "&", "&am", '\\"', "x", "+", "a=", "\n", "\\n"])] * 2)
def test_a_secret_is_found_whatever_stands_beside_it(secret: str, chain: list[str], before: str, after: str) -> None:
    """Even if both together look like the encoding of something else."""
    form = encoded(secret, chain)
    cleared = Redaction([secret]).text(f"{before}{form}{after}")
    assert CLEARED in cleared
    left = cleared.replace(CLEARED, "")
    assert form not in left
    assert secret not in left


@given(SECRETS, st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(PUNCTUATION), max_size=200))
def test_a_string_without_a_secret_stays_as_it_is(secret: str, text: str) -> None:
    """Here the string has no letter of the secret."""
    letters = set(secret)
    text = "".join(" " if each in letters or each.isascii() else each for each in text)
    redaction = Redaction([f"Zq{secret}Zq"])
    assert redaction.text(text) == text
    assert redaction.text(secret.replace("Z", "").replace("://", "").replace("=", "")).count(CLEARED) == 0


def test_a_part_of_a_secret_is_not_cleared() -> None:
    """Neither are the same letters in another order, or with one more."""
    for text in ("hunter", "unter2+9", "hunter2  9 hunter2+", "hunter2++9", "hunter%2b9", "HUNTER2+9"):
        assert Redaction(["hunter2+9"]).text(text) == text


@pytest.mark.parametrize("secret", ["a", "7", "42", "123", "true", "False", "null", "on", "no"])
def test_a_secret_that_is_a_common_word_is_cleared_only_where_it_is_a_value(secret: str) -> None:
    """In quotes, after an equals sign, or after a colon at the end. The same holds for a secret of one letter."""
    redaction = Redaction([secret])
    text = f"a connection is {secret} no longer on port 42, tried 7 of 123, so {secret} is true, not null"
    assert redaction.text(text) == text
    quoted = f'got \'{secret}\' and "{secret}", x={secret}, y={secret};z={secret}&w, it says \\"{secret}\\": {secret}'
    assert redaction.text(quoted).count(CLEARED) == 7
    assert redaction.data({"0": [1, {secret: "true"}]}) == {"0": [1, {secret: "true"}]}


def test_a_secret_of_two_or_three_characters_is_cleared_as_a_word_only() -> None:
    """Otherwise parts of many words would be cleared. An escape before it does not belong to the word."""
    redaction = Redaction(["ab", "x+1"])
    assert redaction.text("about ab, tab") == f"about {CLEARED}, tab"
    assert (
        redaction.text("it\\nab, %20ab%20, x%2b1 and max+12")
        == f"it\\n{CLEARED}, %20{CLEARED}%20, {CLEARED} and max+12"
    )


def test_a_number_can_be_a_secret() -> None:
    """The engine passes every number on as a float. A boolean is never a secret."""
    for number in (48151623, 48151623.0):
        assert Redaction([number]).text("pin 48151623 refused") == f"pin {CLEARED} refused"
        assert Redaction([number]).data([48151623, 48151623.0, "48151623", 5]) == [CLEARED, CLEARED, CLEARED, 5]
    assert Redaction([0.25]).text("rate 0.25x") == f"rate {CLEARED}x"
    assert Redaction([True, False]).text("True and 'true', x=False") == "True and 'true', x=False"


@pytest.mark.parametrize("encoding", [*ENCODINGS])
def test_a_key_is_cleared_line_by_line(encoding: str) -> None:
    """Also its short last line, as a word or after the other lines. The frame is not secret."""
    encode = ENCODINGS[encoding]
    lines = PEM.splitlines()
    for secret in (PEM, PEM.replace("\n", "\\n")):
        redaction = Redaction([{"key": [secret]}])
        for line in lines[1:-1]:
            assert redaction.text(f"bad: {encode(line)} in it") == f"bad: {CLEARED} in it"
        for text in (PEM, "".join(lines[1:-1]), " ".join(lines), PEM.replace("\n", "\r\n")):
            left = redaction.text(encode(text)).replace(CLEARED, "")
            assert not [line for line in lines[1:-1] if line.rstrip("=") in left or encode(line) in left]
        assert redaction.text(f"no {lines[0]} found") == f"no {lines[0]} found"


def test_lines_that_are_not_secret_stay() -> None:
    """Punctuation, a word of a few letters, and words such as true."""
    text = "{ is true, ab, ==== }"
    assert Redaction(["{\ntrue\nab\n====\nthe long line of it all\n}"]).text(text) == text
    assert Redaction(["correct\nhorse\nbattery"]).text("horse, horses") == f"{CLEARED}, horses"


def test_only_the_secrets_in_a_key_file_are_cleared() -> None:
    """A driver may quote one field of a service account's key file, such as Google's."""
    key = json.dumps({"type": "service_account", "private_key": PEM, "client_email": "me@example.com"})
    last = PEM.splitlines()[-2]
    cleared = Redaction([key]).text(f"service_account me@example.com: {last} is wrong")
    assert cleared == f"service_account me@example.com: {CLEARED} is wrong"


@pytest.mark.parametrize(
    ("connection", "passwords"),
    [
        ("mongodb://me:p%40ss-word@db.example.com/shop", ["p%40ss-word", "p@ss-word"]),
        ("mongodb+srv://me:p/@s?s#9@db.example.com", ["p/@s?s#9", quote("p/@s?s#9", safe="")]),
        ("redis://:hunter22@cache", ["hunter22"]),
        ("jdbc:oracle:thin:scott/tiger99@db:1521/x", ["tiger99"]),
        ("jdbc:postgresql://db/shop?user=me&password=hun+ter%2622", ["hun+ter%2622", "hun ter&22"]),
        ("jdbc:sqlserver://db;user=sa;Password={hun;ter22};x=y", ["hun;ter22"]),
        ("jdbc:sqlserver://db;user=sa;Password={hun}}ter;22};x=y", ["hun}}ter;22", "hun}ter;22"]),
        ("Server=db;User Id=me;Pwd=hunter22", ["hunter22"]),
        ("DefaultEndpointsProtocol=https;AccountKey=ab+cd/ef==;Suffix=core", ["ab+cd/ef=="]),
    ],
)
def test_a_connection_strings_password_is_a_secret_of_its_own(connection: str, passwords: list[str]) -> None:
    """A driver's error may quote only the password, as it is in the string or decoded."""
    for password in passwords:
        assert (
            Redaction([connection]).text(f"login as me with {password} failed") == f"login as me with {CLEARED} failed"
        )
    assert Redaction([connection]).text(f"no {connection} here") == f"no {CLEARED} here"


@pytest.mark.parametrize(
    ("text", "cleared"),
    [
        ("no postgres://me:hunter22@db:5432/shop here", "no postgres://me:[secret]@db:5432/shop here"),
        ("amqp://:hunter22@mq and a@b", "amqp://:[secret]@mq and a@b"),
        (r'"mysql:\/\/me:hunter22@db"', r'"mysql:\/\/me:[secret]@db"'),
        ("u=mysql%3A%2F%2Fme%3Ahunter22%40db", "u=mysql%3A%2F%2Fme%3A[secret]%40db"),
        (
            "jdbc:postgresql://db/shop?user=me&password=hunter22&ssl=1",
            "jdbc:postgresql://db/shop?user=me&password=[secret]&ssl=1",
        ),
        ("jdbc:sqlserver://db;Password=hunter22;x=1", "jdbc:sqlserver://db;Password=[secret];x=1"),
        ("jdbc:sqlserver://db;Password={hun;ter22};x=1", "jdbc:sqlserver://db;Password={[secret]};x=1"),
        ("database.password='hunter 22', port=1", "database.password='[secret]', port=1"),
        ("jdbc:oracle:thin:scott/tiger99@db", "jdbc:oracle:thin:scott/[secret]@db"),
    ],
)
def test_a_password_in_a_connection_string_is_cleared_though_it_is_not_known(text: str, cleared: str) -> None:
    """The rest of the string stays: it shows where the connection should lead."""
    assert Redaction().text(text) == cleared
    assert Redaction().text(cleared) == cleared


@pytest.mark.parametrize(
    "text",
    [
        "http://db.example.com:8083/connectors/a@b",
        "password=null, ssl.keystore.password = ****, sasl.password=[hidden], token=<none>, secret=${ENV}",
        'the password of me@example.com is wrong: FATAL: password authentication failed for user "me"',
        "database.password: Field required; access_key_id=AKIA, tokens.max=3",
        "at io.debezium.pipeline.ErrorHandler.setProducerThrowable(ErrorHandler.java:67)",
        "as it is",
    ],
)
def test_a_string_that_only_mentions_passwords_stays_as_it_is(text: str) -> None:
    """The same holds for every string if there are no secrets."""
    assert Redaction().text(text) == text
    assert Redaction(["", "  ", None]).text(text) == text


def test_strings_in_nested_data_are_cleared() -> None:
    """Task statuses have a trace."""
    data = {"0": {"state": "FAILED", "trace": "bad password hunter22"}, "n": [1, None, True]}
    cleared = {"0": {"state": "FAILED", "trace": f"bad password {CLEARED}"}, "n": [1, None, True]}
    assert Redaction(["hunter22", None, True]).data(data) == cleared


def test_it_can_learn_more_at_any_time() -> None:
    """The encoded form of a secret may be a secret itself, and so may a line of one."""
    redaction = Redaction(["p@ss word"])
    assert redaction.learn(["p%40ss%20word", "second"]) is redaction
    assert redaction.text("p%2540ss%2520word, p@ss word and second") == f"{CLEARED}, {CLEARED} and {CLEARED}"
    redaction.learn(["a first line of it\nhunter22"])
    assert redaction.text("xhunter22x") == "xhunter22x"
    assert redaction.learn(["hunter22"]).text("xhunter22x") == f"x{CLEARED}x"
    assert redaction.learn(["another line of it\nhunter22"]).text("xhunter22x") == f"x{CLEARED}x"


def test_its_repr_shows_no_secret() -> None:
    """It is the one place that holds all of them."""
    assert "hunter22" not in repr(Redaction(["hunter22"]))


def test_many_secrets_and_a_long_string_do_not_take_long() -> None:
    """A hundred sources, and the trace of a task: the time grows with their sum, not with their product."""
    chosen = random.Random(1)
    letters = string.ascii_letters + string.digits + "+/=&<\"' ä\\%"
    secrets = ["".join(chosen.choices(letters, k=24)) for _ in range(500)]
    secrets += [PEM.replace("MII", f"M{number}I") for number in range(100)]
    redaction = Redaction(secrets)
    line = '\tat io.debezium.ErrorHandler.set(ErrorHandler.java:67) \\"quoted\\" 100%20 &amp; more\n'
    text = line * (200_000 // len(line)) + json.dumps(secrets[:3])
    began = time.process_time()
    assert redaction.text(text).startswith(line)
    assert time.process_time() - began < 3, "measured: 0.3 s"


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ('a\\\\\\\\b\\"\\"\\"\\"', "a" + "\\" * 50_000),
        ('\\"' * 20 + "z", '\\\\\\"' * 10_000 + "z"),
        ("%25" * 10 + "x", "%25" * 20_000 + "x"),
        ("&amp;" * 10 + "x", "&amp;" * 10_000 + "x"),
        ("\n \\n" * 10 + "x", "\n \\n" * 10_000 + "x"),
        ("ä+ '", "ä" * 50_000),
        ('abcd"e', 'abcd"' * 10_000),
        ("abcd", "://a:" * 10_000 + "password=" * 10_000 + "%3a%2f%2f" * 5_000),
    ],
)
def test_no_string_makes_the_search_explode(secret: str, text: str) -> None:
    """Though it nearly matches, many times."""
    began = time.process_time()
    Redaction([secret]).text(text)
    assert time.process_time() - began < 3, "measured: 0.3 s at most"


def test_clearing_a_string_twice_changes_nothing() -> None:
    """Even if a secret is a part of "[secret]"."""
    redaction = Redaction(["secret", "ecre"])
    once = redaction.text("the secret ecre is out")
    assert once == f"the {CLEARED} {CLEARED} is out"
    assert redaction.text(once) == once
    assert redaction.text(f"{once}: secret") == f"{once}: {CLEARED}"
