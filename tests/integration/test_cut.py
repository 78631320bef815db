"""The connection is cut after every so many bytes, on the client's side and on the engine's: whatever it is that is under
way, it ends, and nothing stays open, reserved, or is there twice."""

import socket
import struct

import pytest

from fakes.actions import Cut, Raw
from harness import rawhttp
from harness.wait import eventually

SHORT_CUTS = 12  # of one message
POOLED = 8  # connections that are kept for the next request, to one engine
RAW_STREAM = b"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
FRAMES = b"\x01\x00\x00\x00\x00\x00\x00\x06hello\n\x02\x00\x00\x00\x00\x00\x00\x04oh!\n"
PROGRESS = b'{"stream":"Step 1/1 : FROM busybox"}\r\n{"stream":"Successfully built 0123456789ab"}\r\n'
EXEC_ID = "e" * 64


def answer(body, status="200 OK"):
    return f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class Work:
    """A request, and how the engine answers it when it ends after n bytes."""

    def __init__(self, method, target, path, cut, body=b"", headers=()):
        self.method, self.path, self.cut = method, path, cut
        lines = [f"{method} {target} HTTP/1.1", "Host: swarm", "Connection: close", *headers]
        if body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        self.request = "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def upgraded(target, path):
    work = Work("POST", target, path, lambda n: Raw((RAW_STREAM + FRAMES)[:n]), b'{"Tty":false}')
    work.request = work.request.replace(b"Connection: close", b"Connection: Upgrade\r\nUpgrade: tcp")
    return work


def fixed(*message):
    data = answer(*message)
    return lambda n: Raw(data[:n])


WORKS = {
    "create": Work("POST", "/containers/create?name=cut", "/containers/create", Cut, b'{"Image":"busybox"}'),
    "start": Work("POST", "/containers/web/start", "/containers/*/start", Cut),
    "attach": upgraded("/containers/web/attach?stream=1&stdout=1", "/containers/*/attach"),
    "exec": Work("POST", "/containers/web/exec", "/containers/*/exec", fixed(b'{"Id":"%s"}' % EXEC_ID.encode(), "201 Created"), b'{"Cmd":["true"]}'),
    "exec start": upgraded(f"/exec/{EXEC_ID}/start", "/exec/*/start"),
    "pull": Work("POST", "/images/create?fromImage=busybox&tag=latest", "/images/create", Cut),
    "build": Work("POST", "/build?t=made", "/build", fixed(PROGRESS), bytes(2048)),
    "load": Work("POST", "/images/load", "/images/load", fixed(b'{"stream":"Loaded image: made"}\n'), bytes(2048)),
    "events": Work("GET", "/events?since=1", None, None),
}


def positions(length, is_long):
    return range(0, length, 1 if is_long else max(1, length // SHORT_CUTS))


def drop(client, hard):
    """The end of a client that goes, or that breaks."""
    if hard:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@pytest.fixture
def pool(fakes, start_manager):
    engine, = fakes(1)
    engine.add_container("web")
    engine.script("POST", "/containers/*/exec", fixed(b'{"Id":"%s"}' % EXEC_ID.encode(), "201 Created")(None))
    for path, action in (("/containers/*/attach", Raw(RAW_STREAM + FRAMES)), ("/exec/*/start", Raw(RAW_STREAM + FRAMES)),
                         ("/build", fixed(PROGRESS)(None)), ("/images/load", fixed(b"{}")(None))):
        engine.script("POST", path, action)
    manager = start_manager([engine.address], "--engine-failure-retry", "1000000").wait_healthy()
    manager.engine = engine
    assert manager.request("POST", "/containers/web/exec", body={"Cmd": ["true"]}).status == 201
    manager.files = manager.open_files()
    return manager


def check(pool):
    """Nobody is left, and what is shown is what there is."""
    def is_quiet():
        assert pool.open_files() <= pool.files + POOLED, f"{pool.open_files()} descriptors are open, of {pool.files}"
        assert pool.engine.connection_count() <= POOLED
        shown = sorted(c["Names"][0].rsplit("/", 1)[1] for c in pool.list())
        assert shown == sorted(c["Name"].lstrip("/") for c in pool.engine.containers().values())
        return True

    eventually(is_quiet)
    if len(pool.engine.containers()) > 1:
        assert pool.request("DELETE", "/containers/cut?force=1").status == 204
    assert len(pool.engine.containers()) == 1
    assert pool.create("cut").status == 201  # its name is not reserved
    assert pool.request("DELETE", "/containers/cut").status == 204


def sent(pool, data):
    client = pool.connect()
    client.send(data)
    return client


@pytest.mark.parametrize("name", WORKS)
def test_a_client_that_is_cut_off(pool, name, is_long):
    work = WORKS[name]
    pool.engine.forget_requests()
    for n in positions(len(work.request), is_long):
        drop(sent(pool, work.request[:n]), hard=n % 2)
    check(pool)
    if name == "create":  # what is not there as a whole is not asked for
        assert len(pool.engine.requests("POST", "/containers/create")) == 1
    whole = 400 if name == "events" else len(read_all(pool, work))
    for n in positions(whole, is_long):
        client = sent(pool, work.request)
        try:
            client.read_exactly(n)
        except ConnectionError:
            pass  # a refusal is shorter: the name is taken
        drop(client, hard=n % 2)
    check(pool)


def read_all(pool, work):
    client = sent(pool, work.request)
    client.half_close()
    data = client.read_to_end()
    client.close()
    return data


@pytest.mark.parametrize("name", [name for name, work in WORKS.items() if work.cut])
def test_an_engine_that_is_cut_off(pool, name, is_long):
    work, engine = WORKS[name], pool.engine
    for n in positions(200, is_long):
        engine.forget_requests()
        engine.script(work.method, work.path, work.cut(n), times=1)
        data = read_all(pool, work)
        assert data.startswith(b"HTTP/1.1 "), (n, data)
        assert len(engine.requests(work.method, work.path)) == 1, f"after {n} bytes it was asked again"
        if name == "create":
            check(pool)
    check(pool)
