"""What a request of a client costs the engine, in calls; events tell of most of it a second time."""

import collections

import pytest

from fakes.actions import Hang, Reply
from harness import rawhttp
from harness.wait import eventually


def calls(engine):
    """{(method, kind of path): how many}, without what a manager asks by itself from time to time."""
    own = ("/_ping", "/events", "/info", "/version")
    return collections.Counter(
        (r.method, "list" if r.path == "/containers/json" else r.path.rsplit("/", 1)[-1])
        for r in engine.requests() if r.path not in own)


def test_a_create_and_a_start_are_read_once_each(engine, manager):
    engine.add_image("busybox:latest")
    with manager.connect() as follower:
        follower.send_request("GET", "/v1.41/events")
        follower.read_head()
        engine.add_container("other")
        follower.read_until(b'"Action":"start"')
        engine.forget_requests()
        created = manager.request("POST", "/v1.41/containers/create?name=web", body={"Image": "busybox"})
        assert created.status == 201
        assert manager.request("POST", f"/v1.41/containers/{created.json['Id']}/start").status == 204
        follower.read_until(b'"Action":"start"')
    assert calls(engine) == {("POST", "create"): 1, ("POST", "start"): 1, ("GET", "list"): 2, ("GET", "json"): 2}


@pytest.mark.parametrize("query, event", [("stop", "stop"), ("restart", "restart"), ("pause", "pause"),
                                          ("rename?name=other", "rename"), ("update", "update")])
def test_a_change_is_read_once(engine, manager, query, event):
    """A kill is not among them: what it does to the container is told when the signal has done its work."""
    with manager.connect() as follower:
        follower.send_request("GET", "/v1.41/events")
        follower.read_head()
        engine.add_container("web")
        follower.read_until(b'"Action":"start"')
        engine.forget_requests()
        assert manager.request("POST", f"/v1.41/containers/web/{query}", body={} if event == "update" else None).status < 300
        follower.read_until(f'"Action":"{event}"'.encode())
    assert calls(engine) == {("POST", event): 1, ("GET", "list"): 1, ("GET", "json"): 1}


def test_what_others_do_meanwhile_is_seen(engine, manager):
    """The answer that there was nothing to do is followed by no event: the next one is somebody else's."""
    engine.add_container("web")
    eventually(lambda: "web" in manager.placed())
    engine.script("POST", "/containers/*/start", Reply(304, None), times=3)
    for _ in range(3):
        assert manager.request("POST", "/v1.41/containers/web/start").status == 304
        for action, state in (("stop", "exited"), ("start", "running")):
            if action == "start":
                engine.unscript()
            assert rawhttp.request(engine.address, "POST", f"/v1.41/containers/web/{action}").status == 204
            eventually(lambda: manager.list()[0]["State"] == state)


def test_an_event_does_not_wait_for_a_long_call(engine, manager):
    """A stop may take as long as the container likes; what it tells on its way is in the record soon."""
    engine.add_container("web")
    eventually(lambda: "web" in manager.placed())
    engine.script("POST", "/containers/*/stop", Hang())
    with manager.connect() as stopping:
        stopping.send_request("POST", "/v1.41/containers/web/stop")
        eventually(lambda: engine.requests("POST", "/containers/*/stop"))
        assert rawhttp.request(engine.address, "POST", "/v1.41/containers/web/rename?name=other").status == 204
        eventually(lambda: "other" in manager.placed())
