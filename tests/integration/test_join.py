"""`swarm join`: what it says about the engine it speaks for, its delay, its end."""

import re
import signal

import pytest

from fakes.actions import Close, Hang, Reply
from harness.store_cases import closed_address, join, prefix  # noqa: F401
from harness.stores import Consul
from harness.wait import eventually


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = Consul(tmp_path_factory.mktemp("consul")).start()
    yield store
    store.stop()


def warnings(agent):
    return [line for line in agent.log.splitlines() if "level=warning" in line]


def test_an_engine_that_answers(store, prefix, join, fakes):  # noqa: F811
    engine, = fakes(1)
    agent = join(store.url(prefix), engine.address)
    eventually(lambda: f"The engine at {engine.address} answers, API version 1." in agent.log)
    assert warnings(agent) == []


def test_nobody_listens(store, prefix, join):  # noqa: F811
    address = closed_address()
    agent = join(store.url(prefix), address)
    eventually(lambda: len(warnings(agent)) == 1)
    assert "No Docker engine answers at the advertised address" in warnings(agent)[0]
    assert address in warnings(agent)[0] and "refused" in warnings(agent)[0]
    # registered all the same
    eventually(lambda: store.entries(prefix) == {address: address})


FAULTS = [
    (Reply(404, b"404 page not found"), "is it a Docker engine?"),
    (Reply(200, b"hello", {"Server": "nginx"}), "not as a Docker engine does"),
    (Reply(200, b"OK", {"Api-Version": "1.12"}), "speaks API 1.12, which is too old"),
    (Reply(400, b"Client sent an HTTP request to an HTTPS server.\n"), "managers need --tls or --tlsverify"),
    (Close(), "closed the connection"),
]


@pytest.mark.parametrize("action, words", FAULTS, ids=[words for _, words in FAULTS])
def test_something_else_answers(store, prefix, join, fakes, action, words):  # noqa: F811
    engine, = fakes(1)
    engine.script("GET", "*/_ping", action)
    agent = join(store.url(prefix), engine.address)
    line = eventually(lambda: next((line for line in agent.log.splitlines() if words in line), None))
    assert engine.address in line
    # said once, not at every heartbeat; and when it is better, that is said, too
    eventually(lambda: len(engine.requests("GET", "*/_ping")) >= 3)
    assert agent.log.count(words) == 1
    engine.unscript()
    eventually(lambda: f"The engine at {engine.address} answers" in agent.log)
    assert agent.running


def test_an_engine_that_hangs_delays_nothing(store, prefix, join, fakes):  # noqa: F811
    engine, = fakes(1)
    engine.script("GET", "*/_ping", Hang())
    agent = join(store.url(prefix), engine.address)
    eventually(lambda: store.entries(prefix) == {engine.address: engine.address}, 5)
    agent.stop()
    assert store.entries(prefix) == {}


def test_delay(store, prefix, join, fakes):  # noqa: F811
    engine, = fakes(1)
    agent = join(store.url(prefix), engine.address, "--delay", "2s")
    eventually(lambda: "Add a random delay" in agent.log)
    delay = re.search(r"Add a random delay ([0-9.]+)(m?s)", agent.log)
    assert float(delay[1]) * (0.001 if delay[2] == "ms" else 1) < 2
    eventually(lambda: store.entries(prefix) == {engine.address: engine.address}, 5)


def test_ending_during_the_delay(store, prefix, join):  # noqa: F811
    agent = join(store.url(prefix), closed_address(), "--delay", "1h")
    eventually(lambda: "Add a random delay" in agent.log)
    agent.stop()
    assert store.entries(prefix) == {}


def test_a_second_signal_ends_at_once(tmp_path, prefix, join):  # noqa: F811
    store = Consul(tmp_path / "consul").start()
    agent = join(store.url(prefix), closed_address(), ttl="60s")
    eventually(lambda: "Registered on the discovery service" in agent.log)
    store.freeze()
    agent.send(signal.SIGTERM)
    agent.stop(signal.SIGINT)
    assert "The discovery service does not answer" not in agent.log  # which a polite end would have waited for
    store.stop()
