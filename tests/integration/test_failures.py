"""What can fail, one thing after the other, over real engines and a real store: what moves meanwhile, what stays, and
that all is there once afterwards.  In any order and several at a time: test_chaos.py."""

import contextlib
import time

import pytest

from harness import chaos, chaos_checks
from harness.chaos_clients import Box
from harness.member import TAKEOVER_SECONDS, leader_among
from harness.stores import Consul, Ensemble, Etcd, ZooKeeper
from harness.wait import eventually

KINDS = {"etcd": Etcd, "consul": Consul, "zk": ZooKeeper}
STORES = [(kind, servers) for kind in KINDS for servers in (1, 3)]
FLAGS = {"etcd": ("--discovery-opt", "kv.etcd=v3")}
ENGINE_FAILURES = ["kill", "quit", "freeze", "cut", "off", "deaf", "reset"]
SHORT_ENGINE_FAILURES = ["quit", "deaf"]  # for the others: test_reschedule.py, test_replication.py, and by chance test_chaos.py
STORE_SECONDS = 60
MOVE_SECONDS = 120
QUIET_SECONDS = 120


def pytest_generate_tests(metafunc):
    """With every store in the long form, and with one in the short."""
    stores = STORES if metafunc.config.getoption("--long") else STORES[:1]
    metafunc.parametrize("store", stores, indirect=True, ids=[f"{kind}-{servers}" for kind, servers in stores])


@pytest.fixture
def store(request, tmp_path):
    name, servers = request.param
    store = KINDS[name](tmp_path / "store") if servers == 1 else chaos.Three(Ensemble(KINDS[name], tmp_path))
    store.name = name
    store.start()
    yield store
    store.stop()


class Scene(chaos.World):
    """A world with one client, who knows what it has made."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.boxes = []

    def make(self, name, policy=None, node="node-1", always=False, by=None):
        """Runs on that node, if it can."""
        box = Box(name, name, policy, always)
        body = box.body()
        body["Labels"]["com.docker.swarm.constraints"] = f'["node==~{node}"]'
        manager = by or self.managers[0]
        made = manager.request("POST", f"/containers/create?name={name}", body=body)
        assert made.status == 201, made.text
        box.counts, box.id = {1}, made.json["Id"]
        self.boxes.append(box)
        assert manager.request("POST", f"/containers/{name}/start").status == 204
        box.running = True

    def make_some(self, word):
        for what, policy in (("moves", "on-node-failure"), ("once", "on-node-failure:at-most-once"), ("plain", None)):
            self.make(f"{word}-{what}", policy)

    def whole(self):
        """Who leads, when all is well and what was made is there once."""
        leader = leader_among(self.managers, QUIET_SECONDS)
        for manager in self.managers:
            manager.wait_healthy(len(self.engines), QUIET_SECONDS)
        eventually(lambda: chaos_checks.check_all(self, self.boxes), QUIET_SECONDS, interval=0.5)
        return leader

    def over(self):
        self.whole()
        chaos_checks.check_end(self, self.boxes, QUIET_SECONDS)


@pytest.fixture
def scene(engines, store, tmp_path):
    scene = Scene(engines, store, "failures", tmp_path, flags=FLAGS.get(store.name, ()))
    try:
        scene.start()
        chaos_checks.remember(scene)
        yield scene
    finally:
        scene.close()


def found(engines):
    """{name: state} of all on these."""
    return {name: c["State"] for engine in engines for name, c in engine.containers().items()}


def lose_node_1(scene, how):
    """What may move does, and nothing else."""
    others = [engine for engine in scene.engines if engine.name != "node-1"]
    scene.make_some(how)
    with scene.broken("engine", 1, how):
        eventually(lambda: found(others).get(f"{how}-moves") == "running", MOVE_SECONDS)
        scene.make(f"{how}-meanwhile", "on-node-failure")
        assert not {f"{how}-once", f"{how}-plain"} & set(found(others))
    scene.whole()


def test_engines_and_everything_at_once(scene, is_long):
    with chaos.telling(scene):
        for how in ENGINE_FAILURES if is_long else SHORT_ENGINE_FAILURES:
            lose_node_1(scene, how)
        with contextlib.ExitStack() as at_once:
            at_once.enter_context(scene.broken("store", 0, "gone"))
            for number in range(len(scene.managers)):
                at_once.enter_context(scene.broken("manager", number, "kill"))
            for number in range(len(scene.engines)):
                at_once.enter_context(scene.broken("engine", number, "kill"))
        scene.over()


@pytest.mark.long  # the short form is in test_replication.py
def test_managers(scene):
    others = [engine for engine in scene.engines if engine.name != "node-1"]
    with chaos.telling(scene):
        for how in ("kill", "stop", "freeze", "apart"):
            leader = scene.whole()
            other, = (manager for manager in scene.managers if manager is not leader)
            with scene.broken("manager", scene.managers.index(leader), how):
                eventually(other.leads, TAKEOVER_SECONDS)
                scene.make(f"{how}-meanwhile", "on-node-failure", by=other)
        leader = scene.whole()
        scene.make_some("host")
        with scene.broken("manager", scene.managers.index(leader), "kill"), scene.broken("engine", 1, "off"):
            eventually(lambda: found(others).get("host-moves") == "running", MOVE_SECONDS)
            assert not {"host-once", "host-plain"} & set(found(others))
        scene.over()


@pytest.mark.long  # likewise
def test_the_store(scene):
    with chaos.telling(scene):
        scene.make_some("before")
        for how in ("kill", "freeze"):
            with scene.broken("store", 0, how):
                if isinstance(scene.store, chaos.Three):
                    leader_among(scene.managers, QUIET_SECONDS)
                    scene.make(f"{how}-meanwhile", "on-node-failure")
                else:
                    eventually(lambda: not any(manager.leads() for manager in scene.managers), TAKEOVER_SECONDS)
            scene.whole()
        with scene.broken("store", 0, "gone"):
            eventually(lambda: not any(manager.leads() for manager in scene.managers), TAKEOVER_SECONDS)
            for manager in scene.managers:
                assert manager.create("refused").status == 503
            time.sleep(STORE_SECONDS)  # longer than any time to live
        scene.over()
