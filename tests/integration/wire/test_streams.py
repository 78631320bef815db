"""Connections that change hands, and answers that go on."""

import asyncio
import json

from fakes.actions import Action, Raw, Reply
from harness.wire import add


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
