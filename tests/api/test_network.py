"""Real connections: time-outs, names, proxies, certificates, and how many there are."""

from __future__ import annotations

import contextlib
import gzip
import os
import socket
import ssl
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from streamkap_pulumi import api
from streamkap_pulumi.api.network import connection_error, proxy_variable
from streamkap_pulumi.api.redaction import CLEARED, Redaction
from streamkap_pulumi.cli.exit_codes import readable
from streamkap_pulumi.lifecycle.errors import next_step

NAME = "streamkap.test"
ONCE = api.Retries(count=0)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a proxy nor certificates of this machine."""
    kinds = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
    for name in (*kinds, *map(str.lower, kinds), "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)


class Server(ThreadingHTTPServer):
    """A Streamkap without sources, and a proxy: it answers for any host, and tunnels to the port `behind`."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, behind: int | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behind = behind
        self.requests: list[str] = []
        self.connections = 0

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @contextlib.contextmanager
    def running(self) -> Iterator[Server]:
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            self.server_close()
            thread.join()

    def finish_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        with contextlib.suppress(OSError):
            super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that disconnects does not matter."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self._answer(b'{"result": []}')

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(b'{"accessToken": "a-token", "expiresIn": 3600}')

    def do_CONNECT(self) -> None:
        self.server.requests.append(f"CONNECT {self.path}")
        if self.server.behind is None:
            self.send_error(407)
            return
        self.send_response(200)
        self.end_headers()
        with socket.create_connection(("127.0.0.1", self.server.behind)) as behind:
            back = threading.Thread(target=_copy, args=(behind, self.connection), daemon=True)
            back.start()
            _copy(self.connection, behind)
            back.join()
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Nobody reads the log."""

    def _answer(self, body: bytes) -> None:
        self.server.requests.append(f"{self.command} {self.path.partition('?')[0]}")
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server().running() as running:
        yield running


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def encrypted(authority: trustme.CA) -> Iterator[Server]:
    server = Server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(NAME, "127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with server.running() as running:
        yield running


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> Path:
    file = tmp_path / "company.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


def client(host: str, **more: Any) -> api.Streamkap:
    return api.Streamkap(host, "me", "x", **{"retries": ONCE, **more})


@contextlib.contextmanager
def silent_port(*, full: bool = False) -> Iterator[int]:
    """A port that never answers. If it is `full`, nothing can connect to it."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0 if full else 8)
        for _ in range(4 if full else 0):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_a_connection_that_times_out_names_the_seconds_and_the_setting() -> None:
    """The request was not sent."""
    timeouts = api.Timeouts(connect=0.3)
    with silent_port(full=True) as port, pytest.raises(api.ConnectionFailedError) as caught:
        client(f"http://127.0.0.1:{port}", timeouts=timeouts).whoami()
    assert "timed out after 0.3 s, set by streamkap:connectTimeout" in str(caught.value)


def test_an_answer_that_does_not_come_names_the_seconds_and_the_setting() -> None:
    """The API may have acted on the request."""
    with silent_port() as port, pytest.raises(api.NoAnswerError) as caught:
        client(f"http://127.0.0.1:{port}", timeouts=api.Timeouts(read=0.3)).whoami()
    assert "nothing came for 0.3 s, set by streamkap:readTimeout" in str(caught.value)


@contextlib.contextmanager
def trickling_port() -> Iterator[int]:
    """A port that answers for ever, one byte at a time."""
    done = threading.Event()

    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
            while not done.wait(0.05):
                connection.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        yield listening.getsockname()[1]
        done.set()
        thread.join()


def test_an_answer_that_trickles_in_is_given_up() -> None:
    """No piece of it is late, but the whole would never end."""
    with trickling_port() as port, pytest.raises(api.NoAnswerError) as caught:
        client(f"http://127.0.0.1:{port}", timeouts=api.Timeouts(read=0.2)).whoami()
    assert "not complete after 1 s, five times streamkap:readTimeout" in str(caught.value)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_an_answer_that_is_compressed_is_read(encoding: str) -> None:
    """As proxies send it."""
    packed = (gzip.compress if encoding == "gzip" else zlib.compress)(b'{"tenant_id": "t"}')

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/access-token":
            return httpx.Response(200, json={"accessToken": "a-token", "expiresIn": 3600})
        return httpx.Response(200, headers={"Content-Encoding": encoding}, stream=Pieces(packed))

    streamkap = api.Streamkap("https://streamkap.test", "me", "x", http=httpx.MockTransport(answer))
    assert streamkap.whoami().tenant_id == "t"


class Pieces(httpx.SyncByteStream):
    """A body that comes in pieces of four bytes."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self.body), 4):
            yield self.body[start : start + 4]


def test_the_error_says_that_a_name_cannot_be_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that does not exist is not tried again. One that could not be resolved just now is."""
    reasons = iter([socket.EAI_AGAIN, socket.EAI_NONAME])

    def look_up(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(next(reasons), "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(api.ConnectionFailedError) as caught:
        client(f"https://{NAME}", retries=api.Retries()).whoami()
    assert "the name streamkap.test cannot be resolved: Name or service not known" in str(caught.value)
    assert "tried 2 times" in str(caught.value)
    assert next(reasons, None) is None


def test_many_calls_of_one_thread_use_one_connection(server: Server) -> None:
    """It is kept alive."""
    with client(f"http://127.0.0.1:{server.port}") as streamkap:
        for _ in range(50):
            streamkap.sources.list()
    assert (server.connections, len(server.requests)) == (1, 51)


def test_threads_share_the_connections(server: Server) -> None:
    """There are never more connections than threads, however many calls there are."""
    with client(f"http://127.0.0.1:{server.port}") as streamkap, ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: streamkap.sources.list(), range(200)))
    assert len(server.requests) == 201
    assert server.connections <= 8


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_company_s_own_certificate_authority_is_trusted(
    variable: str, encrypted: Server, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the variables that company networks set."""
    monkeypatch.setenv(variable, str(bundle))
    with client(f"https://127.0.0.1:{encrypted.port}") as streamkap:
        assert streamkap.sources.list().result == []


@pytest.mark.parametrize("variable", ["SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"])
def test_a_folder_of_certificate_authorities_is_trusted_too(
    variable: str, encrypted: Server, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files are named by a hash, as OpenSSL needs them."""
    folder = tmp_path / "authorities"
    folder.mkdir()
    for digest in _subject_hashes(authority, tmp_path):
        authority.cert_pem.write_to_path(str(folder / f"{digest}.0"))
    monkeypatch.setenv(variable, f"{tmp_path / 'none'}{os.pathsep}{folder}")
    with client(f"https://127.0.0.1:{encrypted.port}") as streamkap:
        assert streamkap.sources.list().result == []


def _subject_hashes(authority: trustme.CA, folder: Path) -> list[str]:
    import hashlib

    from cryptography import x509

    # OpenSSL hashes a canonical form of the name: each part as UTF-8, in lower case, without the outer frame.
    subject = x509.load_pem_x509_certificate(authority.cert_pem.bytes()).subject
    parts = []
    for attribute in subject:
        value = " ".join(str(attribute.value).lower().split()).encode()
        oid = _oid(attribute.oid.dotted_string)
        pair = oid + b"\x0c" + bytes([len(value)]) + value
        parts.append(b"\x31" + bytes([len(pair) + 2]) + b"\x30" + bytes([len(pair)]) + pair)
    digest = hashlib.sha1(b"".join(parts)).digest()
    return [f"{int.from_bytes(digest[:4], 'little'):08x}"]


def _oid(dotted: str) -> bytes:
    first, second, *others = map(int, dotted.split("."))
    body = bytes([first * 40 + second, *others])
    return b"\x06" + bytes([len(body)]) + body


def test_a_certificate_that_is_not_trusted_is_refused_at_once(encrypted: Server) -> None:
    """Trying again does not help. The error says what to set."""
    with pytest.raises(api.ConnectionFailedError) as caught:
        client(f"https://127.0.0.1:{encrypted.port}", retries=api.Retries()).whoami()
    text = str(caught.value)
    assert "its certificate is not trusted" in text
    assert "SSL_CERT_FILE" in text
    assert "tried" not in text
    assert encrypted.requests == []


def test_a_server_without_encryption_is_tried_once_over_https(server: Server) -> None:
    """The secret was not sent there."""
    with pytest.raises(api.ConnectionFailedError) as caught:
        client(f"https://127.0.0.1:{server.port}", retries=api.Retries()).whoami()
    assert "tried" not in str(caught.value)
    assert [line for line in server.requests if "auth" in line] == []


@pytest.mark.parametrize(
    ("content", "message"), [(None, "which does not exist"), ("hello", "which holds no certificates")]
)
def test_a_wrong_variable_for_certificates_is_named(
    content: str | None, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a traceback."""
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    with pytest.raises(api.SettingsError, match=f"REQUESTS_CA_BUNDLE is .*{message}"):
        client(f"https://{NAME}")


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_is_used(variable: str, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The host's name is not resolved here: the proxy does that."""
    monkeypatch.setenv(variable, f"http://127.0.0.1:{server.port}")
    with client(f"http://{NAME}", allow_http=True) as streamkap:
        assert streamkap.sources.list().result == []
    assert server.requests == [f"POST http://{NAME}/auth/access-token", f"GET http://{NAME}/sources"]


def test_https_goes_through_a_proxy_end_to_end(
    encrypted: Server, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy sees only the host's name; the certificate is the host's."""
    with Server(behind=encrypted.port).running() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
        with client(f"https://{NAME}") as streamkap:
            assert streamkap.sources.list().result == []
    assert proxy.requests == [f"CONNECT {NAME}:443"]
    assert encrypted.requests == ["POST /auth/access-token", "GET /sources"]


@pytest.mark.parametrize("exception", [NAME, ".test", "*"])
def test_the_variable_no_proxy_is_respected(exception: str, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host, a domain, or everything."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
    monkeypatch.setenv("NO_PROXY", exception)
    with pytest.raises(api.ConnectionFailedError) as caught:
        client(f"https://{NAME}").whoami()
    assert server.requests == []
    assert "proxy" not in str(caught.value)
    assert proxy_variable(f"https://{NAME}") is None


def test_this_machine_is_never_reached_through_a_proxy(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy elsewhere could not connect to it."""
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with client(f"http://127.0.0.1:{server.port}") as streamkap:
        assert streamkap.sources.list().result == []


def test_the_error_names_the_variable_of_a_proxy_that_refuses(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its URL is not shown: it may hold a password."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://somebody:hunter2@127.0.0.1:{server.port}")
    with pytest.raises(api.ConnectionFailedError) as caught:
        client(f"https://{NAME}", retries=api.Retries()).whoami()
    text = str(caught.value)
    assert "through the proxy in HTTPS_PROXY (the proxy refused: 407 " in text
    assert "hunter2" not in text
    assert "tried" not in text


@pytest.mark.parametrize(
    ("message", "permanent"),
    [("503 Service Unavailable", False), ("429 Busy", False), ("407 Denied", True), ("", True)],
)
def test_a_busy_proxy_is_tried_again(message: str, permanent: bool) -> None:
    """Nothing was sent, so any call may be retried. A proxy that refuses is not tried again."""
    error = connection_error("POST /sources", httpx.ProxyError(message), api.Settings(f"https://{NAME}"), proxied=True)
    assert isinstance(error, api.ConnectionFailedError)
    assert error.permanent is permanent


def refused_connection() -> httpx.ConnectError:
    try:
        try:
            raise ConnectionRefusedError(111, "Connection refused")
        except OSError as cause:
            raise httpx.ConnectError(str(cause)) from cause
    except httpx.ConnectError as error:
        return error


@pytest.mark.parametrize(
    ("error", "message", "step"),
    [
        (httpx.ProxyError("407 Denied"), "the proxy refused: 407", "it does not accept the credentials in HTTPS_PROXY"),
        (httpx.ProxyError("403 Forbidden"), "the proxy refused: 403", f"have {NAME} allowed there, or, if {NAME} can"),
        (httpx.ProxyError("502 Bad Gateway"), "the proxy refused: 502", f"get through to {NAME} at the moment: run it"),
        (
            refused_connection(),
            "to the proxy in HTTPS_PROXY, on the way to",
            "The proxy cannot be",
        ),
        (
            httpx.ConnectTimeout("late"),
            "to the proxy in HTTPS_PROXY, on the",
            "The proxy cannot be",
        ),
    ],
)
def test_a_proxy_that_fails_is_distinguished_from_an_api_that_is_down(
    error: httpx.HTTPError, message: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By every part of the package, with the next step for the proxy and without its password."""
    settings = api.Settings(f"https://{NAME}")
    down = connection_error("POST /sources", error, settings, proxied=False)
    assert "HTTPS_PROXY" not in f"{down}{down.remedy}"
    assert f"Check that https://{NAME} can be reached from here" in next_step(down, settings.host)
    monkeypatch.setenv("HTTPS_PROXY", "http://somebody:hunter2@proxy.example.com:3128")
    behind = connection_error("POST /sources", error, settings, proxied=True)
    assert message in str(behind)
    assert step in next_step(behind, settings.host)
    assert step in readable(behind, "the host")
    assert "hunter2" not in f"{behind}{behind.remedy}"


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"])
@pytest.mark.parametrize("credentials", ["", "somebody:hunter2@", "somebody@"])
def test_a_proxy_that_requires_credentials_is_distinguished_from_one_that_rejects_them(
    credentials: str, variable: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it refuses the tunnel or, without encryption, the request itself."""
    monkeypatch.setenv(variable, f"http://{credentials}127.0.0.1:{server.port}")
    monkeypatch.setattr(Handler, "do_POST", lambda handler: handler.send_error(407))
    scheme = "http" if variable == "HTTP_PROXY" else "https"
    with pytest.raises(api.StreamkapError) as caught:
        client(f"{scheme}://{NAME}", allow_http=True).whoami()
    step = next_step(caught.value, "the host")
    accepted = f"it does not accept the credentials in {variable.upper()}. Correct them"
    wanted = f"it requires credentials. Put them in {variable.upper()}, as in"
    assert (accepted in step, wanted in step) == (bool(credentials), not credentials)
    assert readable(caught.value, "the host").endswith(step)
    assert "hunter2" not in f"{caught.value}{step}"
    assert "somebody" not in f"{caught.value}{step}"


@pytest.mark.parametrize("status", [404, 405, 501, 500])
def test_a_host_without_a_route_for_tokens_is_most_likely_not_the_api(
    status: int, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says so, and names the host and its setting, whether or not the answer is HTML."""
    monkeypatch.setattr(Handler, "do_POST", lambda handler: handler.send_error(status))
    host = f"http://127.0.0.1:{server.port}"
    with pytest.raises(api.APIError) as caught:
        client(host, retries=api.Retries(0)).whoami()
    assert str(caught.value).startswith(f"POST /auth/access-token answered {status}")
    step = f"{host} is most likely not the Streamkap API: check streamkap:host (or STREAMKAP_HOST). The default is"
    for message in (next_step(caught.value, host), readable(caught.value, host)):
        assert (step in message) is (status != 500)


def test_the_error_says_that_nothing_listens_at_the_host() -> None:
    """Without a proxy."""
    text = str(connection_error("GET /x", refused_connection(), api.Settings("http://127.0.0.1:9"), proxied=False))
    assert text == "GET /x: no connection to http://127.0.0.1:9 (nothing listens there: Connection refused)"


@pytest.mark.parametrize(
    ("status", "html", "by_gateway"),
    [(407, False, True), (403, True, True), (401, True, True), (403, False, False), (401, False, False)],
)
def test_the_html_page_of_a_gateway_is_not_a_refusal_of_the_api(status: int, html: bool, by_gateway: bool) -> None:
    """The next step does not mention the API's roles and credentials, and nothing of the page is shown."""
    refused = api.errors.error_for(operation="GET /sources", status=status, html=html)
    for step in (next_step(refused, "https://host"), readable(refused, "https://host")):
        assert (", not Streamkap" in step) is by_gateway
        assert ("role" in step or "clientId" in step or "CLIENT_ID" in step) is not by_gateway


@pytest.mark.parametrize("proxy", ["nonsense://somebody:hunter2@proxy:1", "http://somebody:hunter2@proxy:port"])
def test_a_proxy_that_is_not_a_url_is_reported_as_a_setting(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a traceback and without its password."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(api.SettingsError, match="the proxy in HTTPS_PROXY") as caught:
        client(f"https://{NAME}")
    assert "hunter2" not in str(caught.value)


def test_a_token_that_cannot_be_sent_is_not_shown(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Httpx quotes it."""

    def answer(handler: Handler) -> None:
        handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        handler._answer(b'{"accessToken": "hunter2\\n", "expiresIn": 3600}')

    monkeypatch.setattr(Handler, "do_POST", answer)
    with pytest.raises(api.ConnectionFailedError, match="the request is not valid HTTP") as caught:
        client(f"http://127.0.0.1:{server.port}").whoami()
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("kind", [httpx.ProxyError, httpx.RemoteProtocolError])
def test_a_secret_in_the_words_of_a_proxy_or_of_httpx_is_cleared(kind: type[httpx.HTTPError]) -> None:
    """Such as in an answer that is not HTTP. The rest of the message is ours."""
    settings = api.Settings("https://streamkap.test")
    error = connection_error(
        "GET /sources", kind("403 for hunter22"), settings, proxied=True, clear=Redaction(["hunter22"]).text
    )
    assert f"403 for {CLEARED}" in str(error)
