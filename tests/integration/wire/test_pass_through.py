"""What nobody here knows gets through, both ways."""

import pytest

from fakes.actions import Reply
from harness import rawhttp
from harness.wait import eventually
from harness.wire import add, error_of


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


@pytest.mark.parametrize("method, action", [
    ("POST", "/kill"), ("POST", "/stop"), ("POST", "/restart"), ("DELETE", ""), ("POST", "/attach"), ("GET", "/attach/ws"),
    ("POST", "/exec"), ("GET", "/archive")])
def test_an_engine_that_repeats_what_it_was_asked_for_is_asked_as_the_client_asks(engine, manager, method, action):
    container_id = add(engine, manager)
    engine.script(method, f"/containers/*{action}", Reply(409, {"message": "no"}))
    for written, arrives in (("web", "web"), (container_id[:12], container_id[:12]), (container_id, container_id),
                             (f"{engine.name}%2Fweb", "web")):
        engine.forget_requests()
        assert error_of(manager.request(method, f"/v1.41/containers/{written}{action}", body=b""), 409) == "no"
        (request,) = engine.requests(method, f"/containers/*{action}")
        assert request.target.endswith(f"/containers/{arrives}{action}")


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
