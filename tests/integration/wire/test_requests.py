"""Requests as clients write them: versions, the forms of HTTP/1, and what is none of them."""

import json
import socket

import pytest

from fakes.actions import Delay, Raw, Reply
from harness.wire import add, error_of, normal


def test_ping(manager):
    answer = manager.request("HEAD", "/_ping")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.head.get("Api-Version") and answer.head.get("Ostype") == "linux"
    assert answer.head.get("Swarm") == "inactive"
    assert answer.head.get("Builder-Version") and answer.head.get("Docker-Experimental") == "false"
    assert manager.get("/_ping").body == b"OK"
    with manager.connect() as connection:
        for _ in range(3):
            assert connection.request("HEAD", "/_ping").status == 200


def test_ping_needs_no_engine(fakes, start_manager):
    (engine,) = fakes()
    engine.refuse()
    manager = start_manager([engine.address])
    assert manager.request("HEAD", "/_ping").status == 200
    assert manager.get("/info").status == 200


def newest(manager):
    return tuple(map(int, manager.get("/_ping").head.get("Api-Version").split(".")))


def test_versions_in_the_path(manager):
    major, minor = newest(manager)
    assert (major, minor) >= (1, 51)
    for accepted in range(24, minor + 1):
        assert manager.get(f"/v1.{accepted}/containers/json").status == 200, accepted
    assert manager.get("/containers/json").status == 200
    assert error_of(manager.get("/v1.23/containers/json"), 400) == (
        "client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer "
        "version")
    assert error_of(manager.get("/v1.99/containers/json"), 400) == (
        f"client version 1.99 is too new. Maximum supported API version is 1.{minor}")
    for nonsense in ("/vabc/info", "/v140/info", "/v1/4/info", "/v1.4x/info", "/v/info", "/v1./info"):
        assert error_of(manager.get(nonsense), 404) == "page not found"


def test_version_tells_the_range(manager):
    shown = manager.get("/version").json
    assert shown["Version"].startswith("swarm/")
    assert shown["ApiVersion"] == manager.get("/_ping").head.get("Api-Version")
    assert shown["MinAPIVersion"] == "1.24"


@pytest.mark.parametrize("minor", [41, 44, 47, 52])
def test_an_engine_is_asked_in_its_own_version(fakes, start_manager, minor):
    (engine,) = fakes()
    engine.configure(api_max=f"1.{minor}", api_min="1.44" if minor >= 52 else "1.24")
    engine.add_image("busybox")
    manager = start_manager([engine.address]).wait_healthy()
    engine.forget_requests()
    for client in ("1.24", "1.41", "1.51"):
        name = f"web-{client}"
        answer = manager.request("POST", f"/v{client}/containers/create?name={name}", body={"Image": "busybox"})
        assert answer.status == 201, answer.text
        assert manager.request("POST", f"/v{client}/containers/{name}/start").status == 204
        assert manager.get(f"/v{client}/containers/{name}/json").status == 200
    asked = {request.version for request in engine.requests() if request.version}
    low, high = (1, 44) if minor >= 52 else (1, 24), (1, minor)
    assert asked and all(low <= tuple(map(int, version.split("."))) <= high for version in asked)
    creates = [request.version for request in engine.requests("POST", "/containers/create")]
    assert creates == [f"1.{max(low[1], min(minor, client))}" for client in (24, 41, 51)]


REFUSED = {
    "two lengths": b"POST /auth HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
    "length and chunked": b"POST /auth HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": b"POST /auth HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked before another": b"POST /auth HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "a bare CR": b"GET /_ping HTTP/1.1\r\nHost: x\r\nX-A: b\rX-C: d\r\n\r\n",
    "a folded field": b"GET /_ping HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\n\r\n",
    "a blank before the colon": b"GET /_ping HTTP/1.1\r\nHost: x\r\nContent-Length : 0\r\n\r\n",
    "a negative length": b"POST /auth HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "a length with a plus": b"POST /auth HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc",
    "a list of lengths": b"POST /auth HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\nabc",
    "two hosts": b"GET /_ping HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "a NUL": b"GET /_ping HTTP/1.1\r\nHost: x\r\nX-A: \0\r\n\r\n",
    "no request at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "a bad escape": b"GET /containers/json?filters=%zz HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_what_could_be_read_in_two_ways_is_refused(engine, manager, data):
    engine.forget_requests()
    with manager.connect() as connection:
        connection.send(data)
        answer = connection.read_response()
        assert error_of(answer, 400)
        if answer.head.get("Connection") == "close":
            assert connection.read_to_end() == b""
    assert engine.requests("POST", "/auth") == []
    normal(manager)


def test_a_head_without_end(manager):
    with manager.connect() as connection:
        try:
            connection.send(b"GET /_ping HTTP/1.1\r\nHost: x\r\nX-Long: " + b"y" * (4 << 20))
        except ConnectionError:
            pass
        try:
            assert connection.read_head().status == 431
        except ConnectionError:
            pass  # a reset may overtake the answer
    normal(manager)


def test_expect_100_continue(engine, manager):
    body = json.dumps({"Image": "busybox"}).encode()
    with manager.connect(timeout=5) as connection:
        connection.send_request("POST", "/v1.41/containers/create?name=web", [
            ("Expect", "100-continue"), ("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        assert connection.read_head().start_line.startswith("HTTP/1.1 100")
        connection.send(body)
        assert connection.read_response("POST").status == 201


def test_http_1_0(manager):
    with manager.connect() as connection:
        connection.send(b"GET /containers/json HTTP/1.0\r\n\r\n")
        head, body = connection.read_to_end().split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.") and b" 200 " in head.split(b"\r\n")[0]
    assert b"chunked" not in head.lower()
    assert json.loads(body) == []


def test_http_1_0_through_to_the_engine(engine, manager):
    add(engine, manager)
    with manager.connect() as connection:
        connection.send(b"GET /containers/web/logs?stdout=1 HTTP/1.0\r\n\r\n")
        head = connection.read_to_end().split(b"\r\n\r\n", 1)[0]
    assert b"chunked" not in head.lower()


def test_a_chunked_body_with_trailers(engine, manager):
    body = json.dumps({"Image": "busybox"}).encode()
    with manager.connect() as connection:
        connection.send_request("POST", "/v1.41/containers/create?name=web", [
            ("Transfer-Encoding", "chunked"), ("Trailer", "X-Sum"), ("Content-Type", "application/json")])
        for start in range(0, len(body), 5):
            piece = body[start:start + 5]
            connection.send(b"%x;ext=1\r\n%s\r\n" % (len(piece), piece))
        connection.send(b"0\r\nX-Sum: 1\r\n\r\n")
        assert connection.read_response("POST").status == 201
        assert connection.request("GET", "/_ping").text == "OK"
    assert engine.requests("POST", "/containers/create")[0].json["Image"] == "busybox"


def test_a_chunked_body_passes_through(engine, manager):
    add(engine, manager)
    engine.script("PUT", "/containers/*/archive", Reply(200))
    with manager.connect() as connection:
        connection.send_request("PUT", "/v1.41/containers/web/archive?path=/", [
            ("Transfer-Encoding", "chunked"), ("Content-Type", "application/x-tar")])
        for number in range(100):
            connection.send(b"4\r\n%04d\r\n" % number)
        connection.send(b"0\r\nX-Sum: 1\r\n\r\n")
        assert connection.read_response("PUT").status == 200
    (request,) = engine.requests("PUT", "/containers/*/archive")
    assert request.body == b"".join(b"%04d" % number for number in range(100))


def test_an_answer_with_trailers(engine, manager):
    add(engine, manager)
    engine.script("GET", "/containers/*/export", Raw(
        b"HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwords\r\n0\r\nX-Sum: 42\r\n\r\n",
        keep_open=True))
    answer = manager.get("/v1.41/containers/web/export")
    assert answer.body == b"words"
    assert answer.trailers == ["X-Sum: 42"]


def test_pipelined_requests_are_answered_in_order(engine, manager):
    add(engine, manager)
    engine.script("GET", "/containers/*/top", Delay(0.3))
    targets = ["/v1.41/containers/web/top", "/_ping", "/version", "/v1.41/containers/nothing/json", "/_ping"]
    with manager.connect() as connection:
        connection.send(b"".join(f"GET {t} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for t in targets))
        answers = [connection.read_response() for _ in targets]
    assert [a.status for a in answers][1:] == [200, 200, 404, 200]
    assert answers[1].text == "OK" and answers[2].json["ApiVersion"] and answers[4].text == "OK"


def test_a_byte_at_a_time(manager):
    with manager.connect() as connection:
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n":
            connection.send(bytes([byte]))
        assert connection.read_response().text == "OK"


@pytest.mark.parametrize("head", [
    b"GET /_ping HTTP/1.1\r\nHost:\r\n\r\n",
    b"GET http://somewhere:2375/_ping HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\r\nGET /_ping HTTP/1.1\r\nHost: x\r\n\r\n",
    b"get".upper() + b" /v1.41/_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
])
def test_unusual_but_right(manager, head):
    with manager.connect() as connection:
        connection.send(head)
        assert connection.read_response().text == "OK"


@pytest.mark.parametrize("method, target", [
    ("GET", "/nowhere"), ("POST", "/"), ("DELETE", "/version"), ("PATCH", "/containers/json"), ("GET", "/containers"),
])
def test_unknown_paths_and_methods(manager, method, target):
    assert error_of(manager.request(method, target), 404) == "page not found"


def test_options(manager):
    assert manager.request("OPTIONS", "/containers/json").status == 200


def test_answers_carry_one_of_each_header(engine, manager):
    add(engine, manager)
    for target in ("/_ping", "/version", "/v1.41/containers/web/json", "/v1.41/containers/web/top", "/v1.41/containers/json"):
        head = manager.get(target).head
        for name in ("Api-Version", "Ostype", "Docker-Experimental", "Server", "Content-Type"):
            assert len(head.all(name)) <= 1, (target, name)
        assert head.get("Api-Version") == ".".join(map(str, newest(manager))), target


@pytest.mark.parametrize("target, clean", [
    ("//_ping", "/_ping"), ("//v1.41/info?x=%2F", "/v1.41/info?x=%2F"), ("/v1.41//info", "/v1.41/info"),
    ("/./v1.41/info", "/v1.41/info"), ("/v1.41/../_ping", "/_ping"), ("/v1.41/images/a%2F%2Fb/json", "/v1.41/images/a/b/json"),
    ("/v1.41/containers/a%20b//json", "/v1.41/containers/a%20b/json"), ("/..", "/")])
def test_unclean_paths_are_sent_to_the_clean_one(manager, target, clean):
    """As engines do: DOCKER_HOST with a slash at its end makes the first of them."""
    for method in ("GET", "POST", "HEAD"):
        answer = manager.request(method, target)
        assert (answer.status, answer.head.get("Location"), answer.body) == (301, clean, b"")


def test_as_many_fields_as_an_engine_takes(manager):
    assert manager.request("GET", "/_ping", headers=[(f"X-{i}", "y") for i in range(300)]).status == 200
    assert manager.request("GET", "/_ping", headers=[(f"X-{i}", "y") for i in range(10001)]).status == 431


def test_only_what_is_called_json_is_read_as_json(engine, manager):
    """A page of any origin may send the other types without asking first."""
    body = b'{"Image":"busybox"}'
    for path in ("/containers/create", "/networks/create", "/volumes/create", "/networks/x/connect"):
        for sent, said in ((("Content-Type", "text/plain"), "unsupported Content-Type header (text/plain): must be 'application/json'"),
                           (("Content-Type", "application/x-www-form-urlencoded"), None),
                           (("Content-Type", "application/jsonx"), None),
                           (("X-None", "1"), "malformed Content-Type header (): mime: no media type")):
            answer = manager.request("POST", path, headers=[sent, ("Content-Length", str(len(body)))], body=body)
            assert answer.status == 400, (path, sent, answer.body)
            assert said in (None, answer.json["message"])
    assert not engine.requests("POST", "/containers/create")
    answer = manager.request("POST", "/containers/create", headers=[("Content-Type", "Application/JSON; charset=utf-8"),
                                                                   ("Content-Length", str(len(body)))], body=body)
    assert answer.status == 201, answer.body


OWN_NAMES = ["127.0.0.1:1", "[::1]:1", "localhost", "api.moby.localhost", socket.gethostname()]


def test_pages_of_other_origins_are_refused(engine, manager):
    def ask(*headers, method="POST", path="/containers/x/stop"):
        return manager.request(method, path, headers=[*headers, ("Content-Length", "0")]).status

    for origin in ("http://evil.example", "null", "http://127.0.0.1:3000", "file://"):
        assert ask(("Host", "127.0.0.1:2375"), ("Origin", origin)) == 403
        assert ask(("Host", "127.0.0.1:2375"), ("Origin", origin), method="GET", path="/info") == 403
    for name in OWN_NAMES:
        assert ask(("Host", name), ("Origin", f"http://{name}")) == 404
        assert ask(("Host", name), ("Sec-Fetch-Site", "none")) == 404
    # a name that somebody else gave to this address
    assert ask(("Host", "evil.example"), ("Origin", "http://evil.example")) == 403
    assert ask(("Host", "evil.example"), ("Sec-Fetch-Mode", "navigate"), method="GET", path="/info") == 403
    # what no browser sends is no browser's business
    for name in ("docker.example.com", "tunnel.internal:2375", ""):
        assert ask(("Host", name)) == 404
        assert ask(("Host", name), ("Origin", "http://localhost")) == 404


def test_all_origins_where_they_were_invited(engine, start_manager):
    manager = start_manager([engine.address], "--api-enable-cors").wait_healthy()
    answer = manager.request("GET", "/info", headers=[("Origin", "http://page.example")])
    assert (answer.status, answer.head.get("Access-Control-Allow-Origin")) == (200, "*")
