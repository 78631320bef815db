"""When an answer or a stream has ended, the record shows what the engine shows, also when no event says so."""

import pytest

from fakes.actions import Action, Delay, Hang, Reply
from harness.wait import eventually
from harness.wire import add

CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
UPGRADED = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"


class EndsInSilence(Action):
    """The container ends, or an image is made, just before the answer does, and no event tells."""

    def __init__(self, first, last, change):
        self.first, self.last, self.change = first, last, change

    async def run(self, engine, request, writer):
        writer.write(self.first)
        await writer.drain()
        self.change(engine)
        writer.write(self.last)
        await writer.drain()
        return False


def exit_all(engine):
    for container in engine.state.containers.values():
        container["State"].update(Status="exited", Running=False, ExitCode=3)


def make_image(engine):
    engine.state.images["sha256:" + "f" * 64] = {
        "Id": "sha256:" + "f" * 64, "ParentId": "", "RepoTags": ["fresh:latest"], "RepoDigests": [], "Created": 1700000000,
        "Size": 1024, "SharedSize": -1, "Containers": -1, "Labels": {}}


def state_of(manager, name):
    return {c["Names"][0].rsplit("/", 1)[-1]: c["State"] for c in manager.get("/containers/json?all=1").json}[name]


@pytest.mark.parametrize("method, target, first, last", [
    ("POST", "/containers/web/wait", CHUNKED, b"10\r\n{\"StatusCode\":3}\r\n0\r\n\r\n"),
    ("POST", "/containers/web/wait?condition=next-exit", CHUNKED, b"10\r\n{\"StatusCode\":3}\r\n0\r\n\r\n"),
    ("GET", "/containers/web/logs?follow=1&stdout=1", CHUNKED, b"3\r\nend\r\n0\r\n\r\n"),
    ("GET", "/containers/web/stats", CHUNKED, b"3\r\nend\r\n0\r\n\r\n"),
    ("POST", "/containers/web/attach?stream=1&stdout=1", UPGRADED, b"end"),
    ("GET", "/containers/web/attach/ws?stream=1", UPGRADED, b"end"),
    ("POST", "/exec/0123456789abcdef/start", UPGRADED, b"end"),
], ids=["wait", "next-exit", "logs", "stats", "attach", "web-socket", "exec"])
def test_the_end_of_a_container_is_in_the_list(engine, manager, method, target, first, last):
    add(engine, manager)
    engine.script("POST", "/containers/*/exec", Reply(201, {"Id": "0123456789abcdef"}))
    assert manager.request("POST", "/v1.41/containers/web/exec", body={"Cmd": ["kill", "1"]}).status == 201
    engine.script(method, target.split("?")[0].replace("/web/", "/*/"), EndsInSilence(first, last, exit_all))
    with manager.connect() as connection:
        connection.send_request(method, f"/v1.41{target}", [("Content-Type", "application/json"), (
            "Connection", "Upgrade"), ("Upgrade", "tcp")] if first == UPGRADED else [], b"{}" if "exec" in target else b"")
        if "wait" in target:
            connection.read_head()
            connection.read_until(b"StatusCode")  # clients do not wait for the end
        elif first == UPGRADED:
            connection.read_head()
            assert connection.read_to_end() == b"end"
        else:
            assert connection.read_response(method).body == b"end"
        assert state_of(manager, "web") == "exited"


@pytest.mark.parametrize("target", ["/containers/web/logs?stdout=1", "/containers/web/stats?stream=0"])
def test_what_has_no_end_to_wait_for_asks_for_nothing_more(engine, manager, target):
    add(engine, manager)
    engine.script("GET", target.split("?")[0].replace("/web/", "/*/"), Reply(200, "done"))
    engine.forget_requests()
    assert manager.get(f"/v1.41{target}").text == "done"
    assert not engine.requests("GET", "/containers/*json")


@pytest.mark.parametrize("target", ["/grpc", "/session"])
def test_a_build_is_known_when_its_stream_has_ended(engine, manager, target):
    """buildx: what it does flows through a stream that nobody reads."""
    engine.script("POST", target, EndsInSilence(UPGRADED, b"", make_image))
    with manager.connect() as connection:
        connection.send_request("POST", f"/v1.41{target}", [("Connection", "Upgrade"), ("Upgrade", "h2c"), (
            "X-Docker-Expose-Session-Uuid", "s1")], b"")
        connection.read_head()
        connection.read_to_end()
        assert ["fresh:latest"] in [image["RepoTags"] for image in manager.get("/images/json").json]


@pytest.mark.parametrize("action", ["tag", "push", "load"])
def test_who_looks_an_image_up_waits_for_what_an_event_has_announced(engine, manager, action):
    engine.script("GET", "/images/json", Delay(0.5))
    make_image(engine)
    engine.forget_requests()
    engine.emit("image", action, "fresh:latest")
    eventually(lambda: engine.requests("GET", "/images/json"))
    assert manager.get("/images/fresh/json").status == 200


def test_nobody_waits_for_long(engine, manager):
    engine.script("GET", "/images/json", Hang())
    engine.forget_requests()
    engine.emit("image", "tag", "fresh:latest")
    eventually(lambda: engine.requests("GET", "/images/json"))
    assert manager.get("/images/busybox/json").status == 200
