"""Engines that break off, drip, hang, talk nonsense, or go in large numbers."""

import json
import re

import pytest

from fakes.actions import Close, Cut, Drip, Hang, Huge, Raw, Reply, Reset
from harness.wait import eventually
from harness.wire import add, error_of, normal


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


def test_what_could_not_be_read_at_once_is_read_soon(engine, manager):
    """A container is made, or changes, and for a moment the engine does not tell what it is."""
    engine.script("GET", "/containers/*/json", Reply(500, {"message": "busy"}))
    answer = manager.request("POST", "/v1.41/containers/create?name=web", body={"Image": "busybox"})
    assert answer.status == 201
    assert manager.list() == []
    engine.unscript()
    assert eventually(lambda: manager.placed() == {"web": engine.name})
    normal(manager)


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
