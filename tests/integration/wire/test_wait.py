"""The wait for the removal of a container where the engine forgets its exit status: Podman 4.3."""

import asyncio

import pytest

from fakes.actions import Action, Close, Reply
from harness.wait import eventually
from harness.wire import add, error_of, normal

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
TARGET = "/v1.41/containers/web/wait?condition=removed"
VERSION = {"Version": "4.3.1", "ApiVersion": "1.41", "MinAPIVersion": "1.24", "Os": "linux", "Arch": "amd64",
           "Components": [{"Name": "Podman Engine", "Version": "4.3.1"}]}


@pytest.fixture
def engine(fakes):
    (engine,) = fakes()
    engine.script("GET", "/version", Reply(200, VERSION))
    return engine


class Forgetful(Action):
    """The head at once, and status 0 when no container is left."""

    async def run(self, engine, request, writer):
        writer.write(HEAD)
        await writer.drain()
        while engine.state.containers:
            await asyncio.sleep(0.01)
        writer.write(b"10\r\n{\"StatusCode\":0}\r\n0\r\n\r\n")
        await writer.drain()
        return True


@pytest.fixture
def waiting(engine, manager):
    """waiting(): a connection on which the head of the answer has come."""
    opened = []

    def start():
        connection = manager.connect(timeout=15)
        opened.append(connection)
        connection.send_request("POST", TARGET, body=b"")
        connection.head = connection.read_head()
        assert connection.head.status == 200
        assert connection.head.get("Content-Type") == "application/json"
        return connection

    yield start
    for connection in opened:
        connection.close()


@pytest.mark.parametrize("answer", [Forgetful(), Reply(200, {"StatusCode": 0})], ids=["after", "before"])
def test_the_status_is_what_the_event_said(engine, manager, waiting, answer):
    """Whether the engine's answer comes before its events or after them; those of others do not count."""
    engine.script("POST", "/containers/*/wait", answer)
    add(engine, manager, "other", running=False)
    add(engine, manager)
    connection = waiting()
    engine.remove_container("other")
    engine.remove_container("web")
    assert connection.read_body(connection.head)[0] == b'{"StatusCode":137}\n'
    (request,) = engine.requests("POST", "/containers/*/wait")
    assert request.query == {"condition": "removed"}
    assert manager.list() == []


def test_a_container_that_has_ended_already(engine, manager, waiting):
    engine.script("POST", "/containers/*/wait", Forgetful())
    add(engine, manager)
    manager.request("POST", "/v1.41/containers/web/stop")
    connection = waiting()
    manager.request("DELETE", "/v1.41/containers/web")
    assert connection.read_body(connection.head)[0] == b'{"StatusCode":137}\n'


def test_without_events_the_engine_is_believed(engine, manager, waiting):
    engine.script("POST", "/containers/*/wait", Reply(200, {"StatusCode": 4}))
    add(engine, manager)
    connection = waiting()
    assert connection.read_body(connection.head)[0] == b'{"StatusCode":4}\n'


def test_a_refusal_is_an_ordinary_answer(engine, manager):
    add(engine, manager)
    engine.script("POST", "/containers/*/wait", Reply(404, {"message": "no such container"}))
    assert error_of(manager.request("POST", TARGET), 404) == "no such container"
    engine.script("POST", "/containers/*/wait", Close())
    assert error_of(manager.request("POST", TARGET), 502).startswith(f"node {engine.name}: ")


class Late(Action):
    """The head at once, the rest when it is told to."""

    def __init__(self, rest):
        self.rest = rest
        self.told = False

    async def run(self, engine, request, writer):
        writer.write(HEAD)
        await writer.drain()
        while not self.told:
            await asyncio.sleep(0.01)
        writer.write(self.rest)
        await writer.drain()
        return False


@pytest.mark.parametrize("rest", [b"2\r\n{x\r\n0\r\n\r\n", b"10\r\n{"], ids=["nonsense", "cut"])
def test_an_answer_that_is_none_breaks_it_off(engine, manager, waiting, rest):
    answer = Late(rest)
    engine.script("POST", "/containers/*/wait", answer)
    add(engine, manager)
    connection = waiting()
    answer.told = True
    with pytest.raises(ConnectionError):
        connection.read_body(connection.head)
    normal(manager)


def test_an_engine_that_is_lost_breaks_it_off(engine, manager, waiting):
    engine.script("POST", "/containers/*/wait", Forgetful())
    add(engine, manager)
    connection = waiting()
    eventually(lambda: engine.requests("POST", "/containers/*/wait"))
    engine.refuse()
    with pytest.raises(ConnectionError):
        connection.read_body(connection.head)
    engine.accept()


def test_a_client_that_leaves_ends_the_wait(engine, manager, waiting):
    engine.script("POST", "/containers/*/wait", Forgetful())
    add(engine, manager)
    connections = [waiting() for _ in range(10)]
    eventually(lambda: len(engine.requests("POST", "/containers/*/wait")) == 10)
    for connection in connections:
        connection.close()
    eventually(lambda: engine.connection_count() <= 4, what="nobody waits any more")
    normal(manager)


def test_any_other_wait_is_the_engines(engine, manager):
    engine.script("POST", "/containers/*/wait", Reply(200, b'{"StatusCode":3,"Error":null}\n'))
    add(engine, manager)
    answer = manager.request("POST", "/v1.41/containers/web/wait?condition=next-exit")
    assert answer.body == b'{"StatusCode":3,"Error":null}\n'
