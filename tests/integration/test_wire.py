"""The bytes: what arrives at an engine and at a client, and what becomes of peers that misbehave."""

import asyncio
import json
import re
import socket

import pytest

from fakes.engine import Action, Close, Cut, Delay, Drip, Hang, Huge, Raw, Reply, Reset
from harness import rawhttp
from harness.wait import eventually


@pytest.fixture
def pair(fakes, start_manager):
    """(scripted engine, manager over it)"""
    (engine,) = fakes()
    engine.add_image("busybox")
    return engine, start_manager([engine.address]).wait_healthy()


@pytest.fixture
def engine(pair):
    return pair[0]


@pytest.fixture
def manager(pair):
    return pair[1]


def error_of(answer, status):
    assert answer.status == status, answer.text
    assert answer.head.get("Content-Type") == "application/json"
    return answer.json["message"]


def add(engine, manager, name="web", **config):
    """A container on the engine, which the manager has heard of; its id."""
    container_id = engine.add_container(name, **config)
    eventually(lambda: container_id in [c["Id"] for c in manager.list()])
    return container_id


def normal(manager):
    """The manager is as well as ever."""
    assert manager.get("/_ping").text == "OK"
    manager.wait_healthy()


#
# What nobody here knows gets through
#

STRANGE = {
    "Image": "busybox",
    "Hostname": "kept",
    "NewTopLevel": {"deep": [1, 2.5, None, True, {"ü": "\u2028 \\ / \" "}]},
    "BigNumber": 9007199254740993,
    "Tiny": 1e-7,
    "Empty": {"list": [], "object": {}, "null": None, "text": ""},
    "HostConfig": {"NewInHost": "x", "Memory": 16777216, "Mounts": [{"Type": "new", "Options": {"a": 1}}]},
    "NetworkingConfig": {"EndpointsConfig": {"bridge": {"NewInEndpoint": [0]}}},
}


def test_a_create_arrives_as_it_was_sent(engine, manager):
    assert manager.request("POST", "/v1.41/containers/create?name=web", body=STRANGE).status == 201
    (request,) = engine.requests("POST", "/containers/create")
    arrived = request.json
    labels = arrived.pop("Labels")
    assert list(labels) == ["com.docker.swarm.id"]
    assert arrived == STRANGE
    assert [key for key in arrived] == [key for key in STRANGE]
    assert b"9007199254740993" in request.body
    assert request.query == {"name": "web"}
    assert request.header("Content-Type") == "application/json"


def test_platform_and_own_labels_arrive(engine, manager):
    body = {"Image": "busybox", "Labels": {"a": "b", "com.docker.swarm.id": "c" * 64}}
    manager.request("POST", "/v1.41/containers/create?name=web&platform=linux%2Famd64", body=body)
    (request,) = engine.requests("POST", "/containers/create")
    assert request.json == body
    assert request.query == {"name": "web", "platform": "linux/amd64"}


def test_the_answer_to_a_create_arrives_as_it_was_sent(engine, manager):
    container_id = engine.add_container("web")
    answer = b'{"Id":"%s","Warnings":["take care"],"New":{"x":[1e2,null]}}\n' % container_id.encode()
    engine.script("POST", "/containers/create", Reply(201, answer))
    assert manager.create("other").body.strip() == answer.strip()


def test_answers_arrive_as_they_were_sent(engine, manager):
    add(engine, manager)
    body = b'{ "Titles": ["PID"], "New" : {"x": 1.50} }'
    engine.script("GET", "/containers/*/top", Reply(200, body, {"X-New": "kept", "Content-Type": "application/json"}))
    answer = manager.get("/v1.41/containers/web/top?ps_args=-ef&new=1")
    assert (answer.body, answer.head.get("X-New")) == (body, "kept")
    (request,) = engine.requests("GET", "/containers/*/top")
    assert request.query == {"ps_args": "-ef", "new": "1"}


def test_inspect_keeps_what_it_does_not_know(engine, manager):
    container_id = add(engine, manager)
    document = {**engine.containers()["web"], "New": {"Big": 9007199254740993, "z": 1, "a": [None]}}
    engine.script("GET", f"/containers/{container_id}/json", Reply(200, document))
    shown = manager.get("/containers/web/json").json
    del shown["Node"]
    assert shown == document


def test_lists_keep_what_they_do_not_know(engine, manager):
    add(engine, manager)
    (entry,) = rawhttp.get(engine.address, "/containers/json").json
    strange = {**entry, "New": {"Big": 9007199254740993, "list": []}}
    engine.script("GET", "/containers/json", Reply(200, [strange]))
    engine.emit("container", "start", entry["Id"], {"name": "web", "image": "busybox"})
    eventually(lambda: manager.list()[0].get("New") == strange["New"])


def test_headers_arrive_but_not_those_of_one_hop(engine, manager):
    add(engine, manager)
    with manager.connect() as connection:
        connection.request("GET", "/v1.41/containers/web/top", [
            ("X-Meta-Key", "value"), ("Traceparent", "00-1-2-03"), ("Connection", "X-Hop, keep-alive"), ("X-Hop", "1"),
            ("Host", "somebody.else"), ("Proxy-Authorization", "secret"),
        ])
    (request,) = engine.requests("GET", "/containers/*/top")
    assert request.header("X-Meta-Key") == "value" and request.header("Traceparent") == "00-1-2-03"
    assert request.header("X-Hop") is None and request.header("Proxy-Authorization") is None
    assert request.header("Host") == engine.address


def test_the_status_of_the_engine_is_kept(engine, manager):
    add(engine, manager)
    for status in (304, 400, 403, 409, 500, 503):
        engine.script("POST", "/containers/*/stop", Reply(status, {"message": f"it is {status}"}), times=1)
        answer = manager.request("POST", "/v1.41/containers/web/stop")
        assert answer.status == status
        assert status == 304 or error_of(answer, status) == f"it is {status}"


#
# Engines that misbehave
#


@pytest.mark.parametrize("action", [Close(), Reset(), Cut(5), Cut(60), Raw(b"nonsense\r\n\r\n"), Raw(b"")], ids=[
    "close", "reset", "cut-in-status", "cut-in-head", "nonsense", "nothing"])
def test_an_engine_without_an_answer(engine, manager, action):
    add(engine, manager)
    engine.script("*", "/containers/*/top", action)
    answer = manager.get("/v1.41/containers/web/top")
    assert answer.status in (500, 502)
    assert engine.name in error_of(answer, answer.status)
    engine.unscript()
    assert manager.get("/v1.41/containers/web/top").status != 502
    normal(manager)


@pytest.mark.parametrize("after", [200, 400, 1000])
def test_an_answer_that_is_cut_is_not_taken_for_a_whole_one(engine, manager, after):
    add(engine, manager)
    body = b"x" * 5000
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-tar\r\nContent-Length: 5000\r\n\r\n"
    engine.script("GET", "/containers/*/export", Raw((head + body)[:after + len(head)]))
    with manager.connect() as connection, pytest.raises(ConnectionError):
        connection.request("GET", "/v1.41/containers/web/export")
    normal(manager)


def test_a_chunked_answer_that_is_cut(engine, manager):
    add(engine, manager)
    engine.script("GET", "/containers/*/logs", Raw(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwords\r\n"))
    with manager.connect() as connection:
        connection.send_request("GET", "/v1.41/containers/web/logs?stdout=1")
        head = connection.read_head()
        with pytest.raises(ConnectionError):
            connection.read_body(head)
    normal(manager)


def test_an_engine_that_hangs_keeps_nobody_else_waiting(engine, manager):
    add(engine, manager)
    engine.script("GET", "/containers/*/top", Hang())
    waiting = [manager.connect() for _ in range(10)]
    for connection in waiting:
        connection.send_request("GET", "/v1.41/containers/web/top")
    eventually(lambda: len(engine.requests("GET", "/containers/*/top")) == 10)
    for target in ("/_ping", "/version", "/info", "/containers/json?all=1", "/v1.41/containers/web/json"):
        assert manager.get(target).status == 200, target
    for connection in waiting:
        connection.close()
    eventually(lambda: engine.connection_count() <= 4, what="nobody waits any more")


def test_an_engine_that_drips(engine, manager):
    add(engine, manager)
    engine.script("GET", "/containers/*/json", Drip(size=3, pause_seconds=0.001))
    assert manager.get("/containers/web/json").json["Name"] == "/web"


def test_an_engine_that_drips_from_the_start(fakes, start_manager):
    (engine,) = fakes()
    engine.add_container("web")
    engine.script("GET", "/info", Drip(size=7, pause_seconds=0.001))
    engine.script("GET", "/containers/json", Drip(size=7, pause_seconds=0.001))
    manager = start_manager([engine.address]).wait_healthy()
    assert manager.placed() == {"web": engine.name}


@pytest.mark.parametrize("path, reply", [
    ("/info", Reply(200, "{not json")),
    ("/info", Reply(200, [])),
    ("/info", Reply(200, {"ID": 5, "Name": ["x"], "NCPU": "many"})),
    ("/info", Reply(500, {"message": "no"})),
    ("/version", Reply(200, "null")),
    ("/containers/json", Reply(200, {"a": "list"})),
    ("/containers/json", Reply(200, [1, None, {"Id": 3}])),
    ("/info", Huge()),
    ("/info", Raw(b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"y" * (2 << 20))),
], ids=lambda value: value if isinstance(value, str) else type(value).__name__)
def test_an_engine_that_talks_nonsense_hurts_nobody(fakes, start_manager, path, reply):
    good, bad = fakes(2)
    good.add_container("web")
    bad.script("GET", path, reply)
    manager = start_manager([good.address, bad.address])
    eventually(lambda: manager.states().count("Healthy") >= 1)
    eventually(lambda: bad.requests("GET", path))
    assert manager.nodes()[good.name]["Status"] == "Healthy"
    for _ in range(3):
        assert manager.get("/_ping").status == 200
        assert manager.placed() == {"web": good.name}


def test_an_engine_that_comes_to_its_senses(fakes, start_manager):
    good, bad = fakes(2)
    bad.script("GET", "/info", Reply(200, "{not json"), times=1)
    manager = start_manager([good.address, bad.address])
    manager.wait_healthy(2, timeout=60)


@pytest.mark.parametrize("data", [b"{\"Type\":", b"null\n", b"[]\n", b"{}\n{}\n", b"\xff\xfe\n", b"{\"Type\":7,\"Actor\":[]}\n"])
def test_events_that_are_none(engine, manager, data):
    eventually(lambda: engine.listener_count() >= 1)
    engine.emit_raw(data)
    engine.add_container("web")
    eventually(lambda: "web" in manager.placed(), timeout=40)
    normal(manager)


#
# Create
#


def missing_image(engine):
    engine.script("POST", "/containers/create", Reply(404, {"message": "No such image: nothing:1"}))


def test_a_missing_image_is_pulled(engine, manager):
    answer = manager.create("web", Image="private/app:3")
    assert answer.status == 201, answer.text
    (pull,) = engine.requests("POST", "/images/create")
    assert pull.query.get("fromImage", "").endswith("private/app") and pull.query.get("tag") == "3"
    assert len(engine.requests("POST", "/containers/create")) == 2


def test_credentials_go_with_the_pull(engine, manager):
    rawhttp.request(manager.address, "POST", "/v1.41/containers/create?name=web", body={"Image": "private/app:3"},
                    headers=[("X-Registry-Auth", "eyJhIjoiYiJ9")])
    (pull,) = engine.requests("POST", "/images/create")
    assert pull.header("X-Registry-Auth") == "eyJhIjoiYiJ9"


def test_404_only_for_a_missing_image(engine, manager):
    """The docker command pulls and asks again when it sees one."""
    missing_image(engine)
    engine.script("POST", "/images/create", Reply(404, {"message": "pull access denied for nothing"}))
    answer = manager.create("web", Image="nothing:1")
    assert error_of(answer, 404).startswith("pull access denied")
    assert manager.create("web").status == 404, "the name is free"
    engine.unscript()
    assert manager.create("web").status == 201


REFUSED = 'Head "https://registry/v2/nothing/manifests/1": no basic auth credentials'
UNREACHABLE = 'Get "https://registry/v2/": dial tcp: connection refused'


@pytest.mark.parametrize("auth, pulled, status", [
    (None, Reply(404, {"message": "pull access denied"}), 404),
    (None, Reply(500, {"message": REFUSED}), 404),
    (None, Reply(200, {"errorDetail": {"message": "unauthorized"}, "error": "unauthorized"}), 404),
    ("e30=", Reply(500, {"message": REFUSED}), 404),
    ("eyJhIjoiYiJ9", Reply(500, {"message": REFUSED}), 500),
    ("eyJhIjoiYiJ9", Reply(404, {"message": "pull access denied"}), 500),
    (None, Reply(500, {"message": UNREACHABLE}), 500),
    (None, Reply(200, {"errorDetail": {"message": UNREACHABLE}, "error": UNREACHABLE}), 500),
])
def test_a_client_is_told_to_pull_only_when_that_may_help(engine, manager, auth, pulled, status):
    """To a 404 it answers with a pull on every node, and its credentials."""
    missing_image(engine)
    engine.script("POST", "/images/create", pulled)
    answer = manager.request("POST", "/v1.41/containers/create", body={"Image": "registry/nothing:1"},
                             headers=[("X-Registry-Auth", auth)] if auth else [])
    error_of(answer, status)


@pytest.mark.parametrize("constraint, placed", [([], True), (["constraint:node==fake-1"], False)])
def test_a_pull_that_fails_falls_back_to_who_has_the_image(fakes, start_manager, constraint, placed):
    engines = fakes(2)
    engines[0].add_image("registry/app:1")
    manager = start_manager([engine.address for engine in engines]).wait_healthy()
    for engine in engines:
        engine.script("POST", "/images/create", Reply(500, {"message": UNREACHABLE}))
    for number in range(3):  # wherever the strategy looks first
        body = {"Image": "registry/app:1", "Env": constraint}
        answer = manager.request("POST", f"/v1.41/containers/create?name=web{number}", body=body)
        if placed:
            assert answer.status == 201, answer.text
        else:
            assert error_of(answer, 500) == UNREACHABLE
    assert len(engines[0].containers()) == (3 if placed else 0)
    assert engines[1].containers() == {}


def test_why_a_pull_failed_is_told_rather_than_that_nobody_else_fits(fakes, start_manager):
    engines = fakes(2)
    engines[0].add_image("registry/app:1")
    engines[1].configure(labels=["storage=ssd"])
    manager = start_manager([engine.address for engine in engines]).wait_healthy()
    engines[1].script("POST", "/images/create", Reply(500, {"message": UNREACHABLE}))
    body = {"Image": "registry/app:1", "Env": ["constraint:storage==ssd"]}
    answer = manager.request("POST", "/v1.41/containers/create", body=body)
    assert error_of(answer, 500) == UNREACHABLE


@pytest.mark.parametrize("message", ["network nowhere not found", "No such container: other", "page not found"])
def test_any_other_404_of_an_engine_is_no_404(engine, manager, message):
    engine.script("POST", "/containers/create", Reply(404, {"message": message}))
    answer = manager.create("web")
    assert answer.status not in (404, 201)
    assert message in error_of(answer, answer.status)
    assert engine.requests("POST", "/images/create") == []


@pytest.mark.parametrize("status", [400, 409, 500])
def test_other_failures_keep_their_status_and_leave_nothing(engine, manager, status):
    engine.script("POST", "/containers/create", Reply(status, {"message": "not like this"}), times=1)
    body = {"HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": "80"}]}}}
    assert error_of(manager.create("web", **body), status).endswith("not like this")
    assert manager.create("web", **body).status == 201


@pytest.mark.parametrize("action", [Close(), Cut(30), Reply(201, "{}"), Reply(201, "nonsense")])
def test_a_create_without_a_proper_answer_leaves_nothing(engine, manager, action):
    engine.script("POST", "/containers/create", action, times=1)
    answer = manager.create("web")
    assert answer.status >= 500
    eventually(lambda: "web" in engine.containers() or manager.create("web").status == 201)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"text"', b'{"Image":5}', b'{"HostConfig":[]}',
                                  b'{"Image":"busybox","Env":"A=1"}', b'{"Image":"busybox"} trailing'])
def test_a_create_that_makes_no_sense(engine, manager, body):
    answer = manager.request("POST", "/v1.41/containers/create", body=body,
                             headers=[("Content-Type", "application/json")])
    error_of(answer, 400)
    assert engine.requests("POST", "/containers/create") == []


#
# Streams
#


HEAD_101 = (b"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n"
            b"Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n")


def test_101_stays_101_with_its_first_bytes(engine, manager):
    add(engine, manager)
    engine.script("POST", "/containers/*/attach", Raw(HEAD_101 + b"said at once"))
    with manager.connect() as connection:
        head = connection.upgrade("/v1.41/containers/web/attach?stream=1&stdout=1")
        assert head.start_line == "HTTP/1.1 101 UPGRADED"
        assert head.get("Content-Type") == "application/vnd.docker.raw-stream"
        assert connection.read_to_end() == b"said at once"


def test_a_raw_stream_without_upgrade(engine, manager):
    add(engine, manager)
    engine.script("POST", "/containers/*/attach", Raw(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\nto the end"))
    with manager.connect() as connection:
        connection.send_request("POST", "/v1.41/containers/web/attach?stream=1&stdout=1", body=b"")
        head = connection.read_head()
        assert (head.status, head.get("Content-Type")) == (200, "application/vnd.docker.raw-stream")
        assert connection.read_to_end().replace(b"\r\n0\r\n\r\n", b"").endswith(b"to the end")


def test_a_refused_upgrade_is_an_ordinary_answer(engine, manager):
    """Classic Swarm's tunnel stayed: the client's next request went to the engine behind the manager's back."""
    add(engine, manager)
    engine.script("POST", "/containers/*/attach", Reply(409, {"message": "not now"}))
    with manager.connect() as connection:
        connection.send_request("POST", "/v1.41/containers/web/attach?stream=1", [
            ("Connection", "Upgrade"), ("Upgrade", "tcp")], b"")
        assert connection.read_response("POST").status == 409
        try:
            connection.send_request("GET", "/version")
            assert connection.read_response().json["Version"].startswith("swarm/")
        except ConnectionError:
            pass  # closing the connection is fine, too


class SlowWait(Action):
    """The head at once, the body after the container's start."""

    async def run(self, engine, request, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        await writer.drain()
        while not engine.state.containers or not any(c["State"]["Running"] for c in engine.state.containers.values()):
            await asyncio.sleep(0.01)
        writer.write(b"10\r\n{\"StatusCode\":0}\r\n0\r\n\r\n")
        await writer.drain()
        return True


def test_the_head_of_a_wait_comes_before_the_start(engine, manager):
    add(engine, manager, running=False)
    engine.script("POST", "/containers/*/wait", SlowWait())
    with manager.connect(timeout=5) as connection:
        connection.send_request("POST", "/v1.41/containers/web/wait?condition=next-exit")
        head = connection.read_head()
        assert head.status == 200
        assert manager.request("POST", "/v1.41/containers/web/start").status == 204
        assert json.loads(connection.read_body(head)[0]) == {"StatusCode": 0}


#
# Requests
#


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
    ("GET", "/nowhere"), ("GET", "/"), ("DELETE", "/version"), ("PATCH", "/containers/json"), ("GET", "/containers"),
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


#
# Many
#


def test_a_hundred_engines(fakes, start_manager):
    engines = fakes(100)
    for number, engine in enumerate(engines):
        for web in range(3):
            engine.add_container(f"web-{number}-{web}")
    manager = start_manager([engine.address for engine in engines])
    manager.wait_healthy(100, timeout=60)
    assert len(manager.list()) == 300
    assert manager.placed()["web-42-1"] == engines[42].name
    for engine in engines[:50]:
        engine.refuse()
    eventually(lambda: manager.states().count("Unhealthy") == 50, timeout=30)
    assert sum(c["Status"] == "Host Down" for c in manager.list()) == 150
    for engine in engines[:50]:
        engine.accept()
    manager.wait_healthy(100, timeout=60)
    assert re.search(r'"Status": ?"Up', json.dumps(manager.list()))
