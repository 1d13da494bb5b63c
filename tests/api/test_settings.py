"""The settings: where they come from, which values they may have, and the errors for wrong ones."""

from __future__ import annotations

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.api.settings import is_loopback

NUMBERS = [
    ("streamkap:connectTimeout", "STREAMKAP_CONNECT_TIMEOUT", lambda found: found.timeouts.connect, 10),
    ("streamkap:readTimeout", "STREAMKAP_READ_TIMEOUT", lambda found: found.timeouts.read, 60),
    ("streamkap:poolTimeout", "STREAMKAP_POOL_TIMEOUT", lambda found: found.timeouts.pool, 60),
    ("streamkap:maxRetries", "STREAMKAP_MAX_RETRIES", lambda found: found.retries.count, 5),
    ("streamkap:retryTimeout", "STREAMKAP_RETRY_TIMEOUT", lambda found: found.retries.seconds, 120),
]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for _, variable, _, _ in NUMBERS:
        monkeypatch.delenv(variable, raising=False)
    for name in ("HOST", "CLIENT_ID", "SECRET", "ALLOW_HTTP"):
        monkeypatch.delenv(f"STREAMKAP_{name}", raising=False)


@pytest.mark.parametrize(("key", "variable", "value_of", "default"), NUMBERS, ids=[key for key, *_ in NUMBERS])
def test_each_bound_can_be_set_in_the_stack_and_in_the_environment(
    key: str, variable: str, value_of: object, default: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stack takes precedence; without either there is a default. Blanks around a value do no harm."""
    assert callable(value_of)
    assert value_of(api.Settings.find()) == default
    monkeypatch.setenv(variable, " 7 ")
    assert value_of(api.Settings.find()) == 7
    assert value_of(api.Settings.find({key: "3"}.get)) == 3
    assert value_of(api.Settings.find({key: ""}.get)) == 7
    numbers: dict[str, object] = {key: 4.0}
    assert value_of(api.Settings.find(numbers.get)) == 4


@pytest.mark.parametrize("value", ["soon", "-1", "1e9", "nan", "inf", "10s", "1,5"])
@pytest.mark.parametrize(("key", "variable"), [(key, variable) for key, variable, _, _ in NUMBERS])
def test_a_bound_that_is_not_such_a_number_is_refused(key: str, variable: str, value: str) -> None:
    """The error names the setting and its value, says which values it may have, and shows both ways to set it."""
    with pytest.raises(api.SettingsError) as caught:
        api.Settings.find({key: value}.get)
    text = str(caught.value)
    assert text.startswith(f"{key} is ")
    assert "which is not a" in text
    assert f"pulumi config set {key} " in text
    assert variable in text
    assert caught.value.setting == key


def test_retries_may_be_0_and_a_time_out_may_not() -> None:
    """0 retries means none; a time-out of 0 would mean nothing."""
    assert api.Settings.find({"streamkap:maxRetries": "0", "streamkap:retryTimeout": 0}.get).retries == api.Retries(
        0, 0
    )
    with pytest.raises(api.SettingsError, match="streamkap:readTimeout is 0, which is not a number of seconds above 0"):
        api.Settings.find({"streamkap:readTimeout": 0}.get)
    with pytest.raises(api.SettingsError, match=r"streamkap:maxRetries is 1\.5, which is not a whole number"):
        api.Settings.find({"streamkap:maxRetries": 1.5}.get)
    with pytest.raises(api.SettingsError, match="streamkap:connectTimeout"):
        api.Timeouts(connect=-1)


@pytest.mark.parametrize(
    "host", ["http://localhost:8080", "http://LOCALHOST", "http://127.0.0.1", "http://127.3.4.5:1", "http://[::1]:8080"]
)
def test_this_machine_needs_no_encryption(host: str) -> None:
    """Nothing leaves it."""
    assert is_loopback(host)
    assert api.Settings(host).host == host
    assert api.Settings.find({"streamkap:host": f"{host}/"}.get).host == host


@pytest.mark.parametrize(
    "host",
    [
        "http://api.streamkap.com",
        "http://10.0.0.1",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://0.0.0.0",
        "HTTP://streamkap.test",
    ],
)
def test_any_other_host_needs_https_unless_the_user_allows_http(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error shows both ways. The user may allow it in the stack, in the environment, and in a program."""
    assert not is_loopback(host)
    with pytest.raises(api.SettingsError, match="https") as caught:
        api.Settings.find({"streamkap:host": host}.get)
    assert "pulumi config set streamkap:allowHttp true" in str(caught.value)
    assert "STREAMKAP_ALLOW_HTTP=true" in str(caught.value)
    with pytest.raises(api.SettingsError, match="allowHttp"):
        api.Streamkap(host)

    assert api.Settings.find({"streamkap:host": host, "streamkap:allowHttp": "true"}.get).host == host
    assert api.Streamkap(host, allow_http=True).host == host
    monkeypatch.setenv("STREAMKAP_ALLOW_HTTP", "1")
    assert api.Streamkap.from_settings(api.Settings.find({"streamkap:host": host}.get)).host == host
    with pytest.raises(api.SettingsError, match="https"):
        api.Settings.find({"streamkap:host": host, "streamkap:allowHttp": "false"}.get)


def test_a_value_that_is_neither_true_nor_false_is_refused() -> None:
    """It does not count as false, which would be reported as something else."""
    with pytest.raises(api.SettingsError, match="streamkap:allowHttp is 'maybe', which is neither true nor false"):
        api.Settings.find({"streamkap:allowHttp": "maybe"}.get)


@pytest.mark.parametrize(
    "host", ["streamkap", "ftp://x", "https://", "https://x?y=1", "http://x:port", "https://a b", ""]
)
def test_a_host_that_is_not_a_url_is_refused(host: str) -> None:
    """The error names the setting and says how to set it."""
    with pytest.raises(api.SettingsError, match="streamkap:host") as caught:
        api.Streamkap(host)
    assert "STREAMKAP_HOST" in str(caught.value)


def test_a_password_in_the_host_is_not_shown() -> None:
    """The host is refused because of it."""
    with pytest.raises(api.SettingsError) as caught:
        api.Streamkap("https://me:hunter2@streamkap.test")
    assert "hunter2" not in str(caught.value)


def test_the_stack_configuration_takes_precedence_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slash at the end of the host is removed."""
    monkeypatch.setenv("STREAMKAP_HOST", "https://environment.test")
    monkeypatch.setenv("STREAMKAP_CLIENT_ID", "from-environment")
    monkeypatch.delenv("STREAMKAP_SECRET", raising=False)
    found = api.Settings.find({"streamkap:host": "https://stack.test/"}.get)
    assert (found.host, found.client_id, found.secret) == ("https://stack.test", "from-environment", None)
