"""An engine that freezes, dies or is cut off: the others go on, and it comes back by itself."""

import statistics

import pytest

from fakes.actions import Close, Reply
from harness.lab import holder
from harness.wait import eventually, seconds

SLEEP = ["busybox", "sleep", "1000"]
UNHEALTHY_SECONDS = 10


@pytest.fixture
def spread(manager, engines):
    """One container on every engine: {engine name: container name}"""
    for engine in engines:
        manager.docker("run", "-d", "--name", f"on-{engine.name}", "-e", f"constraint:node=={engine.name}", *SLEEP)
    return {engine.name: f"on-{engine.name}" for engine in engines}


def state(manager, engine):
    """By its address: an engine that was never reached has no name."""
    return next(node["Status"] for node in manager.nodes().values() if node["Address"] == engine.address)


def lose(manager, engine):
    """(nothing, how long it took) until the manager says so."""
    return seconds(lambda: eventually(lambda: state(manager, engine) == "Unhealthy", timeout=60))[1]


COMMANDS = [
    ["ps"],
    ["ps", "-a"],
    ["inspect", "on-node-0"],
    ["logs", "on-node-0"],
    ["exec", "on-node-0", "true"],
    ["top", "on-node-2"],
    ["pause", "on-node-2"],
    ["unpause", "on-node-2"],
    ["info"],
]


def durations(docker):
    return {" ".join(command): seconds(lambda: docker(*command))[1] for command in COMMANDS}


def test_a_frozen_engine_holds_nobody_up(manager, engines, spread):
    """Right after it froze, when nobody knows yet, and ever after."""
    before = durations(manager.docker)
    engines[1].freeze()
    for _ in range(2):
        for command, duration in durations(manager.docker).items():
            assert duration <= 10 * before[command] + 1, command
    lose(manager, engines[1])
    for command, duration in durations(manager.docker).items():
        assert duration <= 10 * before[command] + 1, command


def test_lists_come_from_memory(manager, engines, spread):
    def times():
        return statistics.median(seconds(lambda: manager.list())[1] for _ in range(20))

    before = times()
    engines[1].freeze()
    assert times() <= 10 * before + 0.05
    assert len(manager.list()) == 3


def test_the_rest_of_a_frozen_cluster_takes_new_containers(manager, engines, spread):
    engines[1].freeze()
    lose(manager, engines[1])
    for n in range(4):
        manager.docker("run", "-d", "--name", f"new-{n}", *SLEEP)
    assert {node for name, node in manager.placed().items() if name.startswith("new")} == {"node-0", "node-2"}


@pytest.mark.parametrize("how", ["kill", "freeze", "cut", "off"])
def test_a_lost_engine_is_unhealthy_soon_and_comes_back_by_itself(manager, engines, spread, lab, how):
    engine = engines[1]
    lost = spread[engine.name]
    getattr(engine, how)()
    assert lose(manager, engine) < UNHEALTHY_SECONDS

    running = manager.docker("ps", "--format", "{{.Names}}")
    assert lost not in running and running.count("on-node-") == 2
    (entry,) = [c for c in manager.list() if c["Names"][0].endswith(lost)]
    assert entry["Status"] == "Host Down"
    shown = manager.docker("ps", "-a", "--format", "{{.Names}} {{.Status}}")
    assert f"{lost} Host Down" in shown

    said = manager.docker.fails("stop", lost)
    assert f"Container {lost} running on unhealthy node {engine.name}" in said
    assert any(value for key, value in manager.info_rows() if key == "Error")

    lab.repair()
    eventually(lambda: state(manager, engine) == "Healthy", timeout=60)
    assert len(manager.list()) == 3
    assert not any(c["Status"] == "Host Down" for c in manager.list())
    manager.docker("start", lost)
    manager.docker("rm", "-f", lost)


def test_what_changed_in_between_is_known_when_it_is_back(manager, engines, spread):
    engine = engines[0]
    engine.kill()
    lose(manager, engine)
    engine.start()
    # Before the manager may have noticed: somebody uses the engine directly.
    engine.docker("rm", "-f", spread[engine.name])
    engine.docker("create", "--name", "meanwhile", *SLEEP)
    eventually(lambda: state(manager, engine) == "Healthy", timeout=60)
    eventually(lambda: set(manager.placed()) == {"meanwhile", "on-node-1", "on-node-2"})


def test_all_engines_lost(manager, engines, spread):
    for engine in engines:
        engine.kill()
    eventually(lambda: manager.states() == ["Unhealthy"] * 3, timeout=30)
    assert manager.get("/_ping").status == 200
    assert manager.docker("ps", "-q") == ""
    assert len(manager.list()) == 3
    said = manager.docker.fails("run", "-d", *SLEEP)
    assert "No healthy node available in the cluster" in said
    for engine in engines:
        engine.start()
    manager.wait_healthy(3, timeout=60)


def test_a_stream_ends_when_its_engine_dies(manager, engines, spread):
    engine = engines[2]
    process = manager.docker.start("logs", "-f", spread[engine.name])
    attached = manager.docker.start("attach", "--no-stdin", spread[engine.name])
    eventually(lambda: manager.get("/metrics").status == 200)
    engine.kill()
    process.communicate(timeout=30)
    attached.communicate(timeout=30)


def test_an_engine_that_is_not_there_yet(engines, start_manager):
    engines[2].kill()
    manager = start_manager([engine.address for engine in engines])
    eventually(lambda: manager.states().count("Healthy") == 2)
    assert state(manager, engines[2]) == "Pending"
    manager.docker("run", "-d", "--name", "web", *SLEEP)
    assert holder(engines[:2], "web")
    engines[2].start()
    manager.wait_healthy(3, timeout=60)


def test_what_an_engine_has_answered_is_known(fakes, start_manager):
    """Also when it fails right after, before it could be read."""
    engine, = fakes(1)
    for name in ("gone", "old", "ends", "begins"):
        engine.add_container(name, running=name != "begins")
    manager = start_manager([engine.address], "--engine-failure-retry", "1000").wait_healthy()
    engine.script("*", "/containers/*", Reply(204))  # and does nothing, so that no event tells of it
    engine.script("GET", "/containers/*", Close())
    for method, target in [("DELETE", "/gone?force=1"), ("POST", "/old/rename?name=new"), ("POST", "/ends/stop"), ("POST", "/begins/start")]:
        assert manager.request(method, "/containers" + target).status == 204
    shown = {c["Names"][0].rsplit("/", 1)[1]: c["State"] for c in manager.list()}
    assert shown == {"new": "running", "ends": "exited", "begins": "running"}
