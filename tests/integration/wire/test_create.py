"""What becomes of a create that an engine, or its registry, does not simply do."""

import pytest

from fakes.actions import Close, Cut, Reply
from harness import rawhttp
from harness.wait import eventually
from harness.wire import error_of


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
