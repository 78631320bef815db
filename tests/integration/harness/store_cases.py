"""What holds for every store; test_consul, test_etcd and test_zookeeper run it against the real ones.

A test file inherits StoreCases and names the kind of store.  Every test has a prefix of its own, so that nothing
needs to be cleaned.
"""

import itertools
import re
import shutil
import signal
import socket
import time

import pytest

from harness.agent import Agent
from harness.manager import run_swarm
from harness.stores import Ensemble
from harness.wait import eventually

_numbers = itertools.count(1)


@pytest.fixture
def prefix(request):
    return re.sub(r"\W", "-", f"{request.node.originalname}-{next(_numbers)}")


@pytest.fixture
def join(tmp_path):
    """join(url, address, *flags): an agent; all of them are ended and looked at after the test."""
    started = []

    def start(url, address, *flags, **options):
        started.append(Agent(tmp_path, url, address, *flags, **options))
        return started[-1].start()

    yield start
    faults = []
    for agent in started:
        try:
            agent.stop()
        except AssertionError as fault:
            faults.append(str(fault))
    assert not faults, "\n".join(faults)


def closed_address():
    """Where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def members(manager):
    """By their addresses: nodes that were never reached all have the same name."""
    rows = manager.get("/info").json["SystemStatus"] or []
    return sorted(value for key, value in rows if key.startswith(" ") and "└" not in key)


def lists_seen(manager):
    """The lengths of the lists that discovery has told, in their order."""
    return [int(n) for n in re.findall(r"Watch triggered with (\d+) nodes", manager.log)]


class StoreCases:
    # The class of the store.
    kind = None
    # Options that the store needs on every command line.
    options = ()

    def make_store(self, folder):
        return self.kind(folder)

    @pytest.fixture(scope="class")
    def store(self, tmp_path_factory):
        """Running, and shared by the tests."""
        store = self.make_store(tmp_path_factory.mktemp(self.kind.scheme)).start()
        yield store
        store.stop()

    @pytest.fixture
    def fresh_store(self, tmp_path):
        """The test's own, not started."""
        store = self.make_store(tmp_path / "store")
        yield store
        store.stop()

    def listed(self, url, *flags):
        done = run_swarm("list", "--timeout", "10s", *self.options, *flags, url)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def manage(self, start_manager, url, *flags):
        """A manager that logs every list it is told."""
        return start_manager(url, "--heartbeat", "2s", *self.options, *flags, env={"DEBUG": "1"})

    def test_an_empty_cluster_lists_nothing(self, store, prefix):
        assert self.listed(store.url(prefix)) == []

    def test_entries_are_listed_in_order(self, store, prefix, join):
        url = store.url(prefix)
        for number in (3, 1, 2):
            join(url, f"127.0.0.{number}:7", *self.options)
        wanted = [f"127.0.0.{number}:7" for number in (1, 2, 3)]
        eventually(lambda: sorted(self.listed(url)) == wanted)
        assert store.entries(prefix) == {address: address for address in wanted}

    def test_heartbeats_wake_nobody(self, store, prefix, join, fakes, start_manager):
        engine, = fakes(1)
        manager = self.manage(start_manager, store.url(prefix))
        join(store.url(prefix), engine.address, *self.options)
        manager.wait_healthy(1)
        before = store.changes(prefix, engine.address)
        pings = len(engine.requests("GET", "*/_ping"))
        # the agent looks at its engine once a heartbeat, too
        eventually(lambda: len(engine.requests("GET", "*/_ping")) >= pings + 5, 30)
        assert store.changes(prefix, engine.address) == before
        assert lists_seen(manager) == [0, 1]

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_clean_end_removes_the_engine_at_once(self, store, prefix, join, fakes, start_manager, number):
        engine, = fakes(1)
        manager = self.manage(start_manager, store.url(prefix))
        agent = join(store.url(prefix), engine.address, *self.options, ttl="60s")
        manager.wait_healthy(1)
        agent.send(number)
        eventually(lambda: members(manager) == [], 5)  # sooner than anything expires
        agent.stop()
        assert store.entries(prefix) == {}
        assert "Left the discovery service" in agent.log

    def test_a_killed_agent_expires(self, store, prefix, join, fakes, start_manager):
        engine, = fakes(1)
        manager = self.manage(start_manager, store.url(prefix))
        agent = join(store.url(prefix), engine.address, *self.options)
        manager.wait_healthy(1)
        agent.kill()
        time_left = 1.0  # less than any ttl: it must not be dropped by a closed connection
        until = time.monotonic() + time_left
        while time.monotonic() < until:
            assert members(manager) == [engine.address]
            time.sleep(0.05)
        eventually(lambda: members(manager) == [], 30)

    def test_a_killed_agent_that_comes_back_was_never_away(self, store, prefix, join, fakes, start_manager):
        engine, = fakes(1)
        manager = self.manage(start_manager, store.url(prefix))
        join(store.url(prefix), engine.address, *self.options).kill_when_registered()
        manager.wait_healthy(1)
        agent = join(store.url(prefix), engine.address, *self.options)
        eventually(lambda: "Registered on the discovery service" in agent.log)
        # longer than what the dead agent left behind may last
        until = time.monotonic() + 4 + store.expiry_grace
        while time.monotonic() < until:
            assert members(manager) == [engine.address]
            time.sleep(0.1)
        assert lists_seen(manager)[-1] == 1 and 0 not in lists_seen(manager)[1:]

    def test_agents_and_managers_start_before_the_store(self, fresh_store, prefix, join, fakes, start_manager):
        engine, = fakes(1)
        manager = self.manage(start_manager, fresh_store.url(prefix))
        agent = join(fresh_store.url(prefix), engine.address, *self.options)
        eventually(lambda: fresh_store.address in agent.log and "efused" in agent.log)
        eventually(lambda: f"Discovery error: {fresh_store.address}" in manager.log)
        fresh_store.start()
        manager.wait_healthy(1, 30)
        assert agent.running

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
    def test_a_restart_of_the_store_loses_nobody(self, fresh_store, prefix, join, fakes, start_manager, number):
        engines = fakes(3)
        fresh_store.start()
        url = fresh_store.url(prefix)
        manager = self.manage(start_manager, url)
        for engine in engines:
            join(url, engine.address, *self.options)
        manager.wait_healthy(3)
        wanted = sorted(engine.address for engine in engines)
        seen = len(lists_seen(manager))
        fresh_store.stop(number)
        eventually(lambda: f"Discovery error: {fresh_store.address}" in manager.log)
        fresh_store.start()
        eventually(lambda: "The discovery service answers again" in manager.log, 40)
        eventually(lambda: sorted(fresh_store.entries(prefix)) == wanted, 40)
        assert members(manager) == wanted
        assert all(length == 3 for length in lists_seen(manager)[seen:])

    def test_a_store_that_has_lost_its_data_loses_nobody(self, fresh_store, prefix, join, fakes, start_manager):
        """Another history begins: its numbers are lower than those that everybody remembers."""
        engines = fakes(3)
        fresh_store.start()
        url = fresh_store.url(prefix)
        manager = start_manager(url, "--heartbeat", "20s", *self.options, env={"DEBUG": "1"})
        for engine in engines:
            join(url, engine.address, *self.options)
        manager.wait_healthy(3)
        for number in range(20):
            fresh_store.put(prefix, f"stranger-{number}", "")
        seen = len(lists_seen(manager))
        fresh_store.kill()
        shutil.rmtree(fresh_store.folder / "data")
        fresh_store.start()
        wanted = sorted(engine.address for engine in engines)
        eventually(lambda: set(wanted) <= set(fresh_store.entries(prefix)), 40)
        # The new history is followed: its next change is seen.
        fresh_store.put(prefix, "late", "127.0.0.1:7")
        eventually(lambda: "127.0.0.1:7" in members(manager), 40)
        assert members(manager) == sorted([*wanted, "127.0.0.1:7"])
        assert all(length >= 3 for length in lists_seen(manager)[seen:]), manager.log

    def test_a_thousand_nodes_at_once(self, store, prefix, start_manager):
        """All of them are found, and one watch is enough: nobody listens at these addresses."""
        manager = self.manage(start_manager, store.url(prefix))
        eventually(lambda: lists_seen(manager) == [0])
        addresses = [f"127.99.{number // 250}.{number % 250 + 1}:7" for number in range(1000)]
        store.put_members(prefix, addresses)
        eventually(lambda: members(manager) == sorted(addresses), 40)
        eventually(lambda: store.watches_of(manager) == 1)
        assert sorted(self.listed(store.url(prefix))) == sorted(addresses)

    def test_a_deleted_folder_is_filled_again(self, store, prefix, join, fakes, start_manager):
        engines = fakes(3)
        url = store.url(prefix)
        manager = self.manage(start_manager, url)
        for engine in engines:
            join(url, engine.address, *self.options)
        manager.wait_healthy(3)
        seen = len(lists_seen(manager))
        store.delete_tree(prefix)
        wanted = sorted(engine.address for engine in engines)
        eventually(lambda: sorted(store.entries(prefix)) == wanted)
        assert members(manager) == wanted
        assert all(length == 3 for length in lists_seen(manager)[seen:])

    def test_a_classic_agent_is_a_member(self, store, prefix, join, fakes, start_manager):
        """Beside one of ours; its heartbeats are writes, and no news."""
        ours, classic = fakes(2)
        url = store.url(prefix)
        manager = self.manage(start_manager, url)
        agent = store.classic_agent(prefix, classic.address)
        agent.beat()
        join(url, ours.address, *self.options)
        manager.wait_healthy(2)
        assert sorted(self.listed(url)) == members(manager)
        seen = lists_seen(manager)
        for _ in range(5):
            agent.beat()
        store.put(prefix, "127.0.0.9:7", "127.0.0.9:7")
        eventually(lambda: "127.0.0.9:7" in members(manager))
        assert lists_seen(manager) == [*seen, 3]
        agent.die()
        eventually(lambda: members(manager) == sorted([ours.address, "127.0.0.9:7"]))

    def test_strangers_are_skipped_and_logged(self, store, prefix, join, fakes, start_manager):
        engine, = fakes(1)
        url = store.url(prefix)
        store.put(prefix, "empty", "")
        store.put(prefix, "words", "not an address")
        store.put(prefix, "no-port", "10.0.0.1")
        manager = self.manage(start_manager, url)
        join(url, engine.address, *self.options)
        manager.wait_healthy(1)
        assert members(manager) == [engine.address]
        eventually(lambda: self.listed(url) == [engine.address])
        for name in ("words", "no-port"):
            assert manager.log.count(f"Discovery entry skipped: {name}: ") == 1
        assert "skipped: empty" not in manager.log

    def test_a_dead_server_is_passed_over(self, store, prefix, join):
        url = store.url(prefix, closed_address(), closed_address())
        join(url, "127.0.0.1:7", *self.options)
        eventually(lambda: store.entries(prefix) == {"127.0.0.1:7": "127.0.0.1:7"}, 30)
        assert self.listed(url) == ["127.0.0.1:7"]

    def test_list_gives_up_in_time_and_says_why(self):
        address = closed_address()
        done = run_swarm("list", "--timeout", "1s", *self.options, f"{self.kind.scheme}://{address}/p")
        assert done.returncode == 1 and done.stdout == ""
        assert "Timed out" in done.stderr and address in done.stderr

    def test_a_frozen_store_stops_nothing(self, fresh_store, prefix, join, fakes, start_manager):
        engine, = fakes(1)
        fresh_store.start()
        manager = self.manage(start_manager, fresh_store.url(prefix))
        agent = join(fresh_store.url(prefix), engine.address, *self.options, ttl="60s")
        manager.wait_healthy(1)
        fresh_store.freeze()
        eventually(lambda: "trying again" in agent.log, 30)
        assert members(manager) == [engine.address]
        agent.stop()  # although the store does not answer
        fresh_store.thaw()


class EnsembleCases:
    """What holds for three servers, of which one after the other is lost."""

    kind = None
    options = ()

    @pytest.fixture
    def ensemble(self, tmp_path):
        ensemble = Ensemble(self.kind, tmp_path)
        yield ensemble
        ensemble.stop()

    def test_the_leader_is_killed(self, ensemble, prefix, join, fakes, start_manager):
        leaves, dies, stays, late, last = fakes(5)
        ensemble.start()
        url = ensemble.url(prefix)
        manager = start_manager(url, "--heartbeat", "2s", *self.options, env={"DEBUG": "1"})
        agents = {engine: join(url, engine.address, *self.options) for engine in (leaves, dies, stays)}
        manager.wait_healthy(3)
        seen = len(lists_seen(manager))

        def are_members(*engines, within=30):
            wanted = sorted(engine.address for engine in engines)
            eventually(lambda: members(manager) == wanted, within)

        def kill_leader():
            victim = ensemble.leader()
            victim.kill()
            ensemble.wait_ready()
            return victim

        victim = kill_leader()
        join(url, late.address, *self.options)
        are_members(leaves, dies, stays, late)
        assert all(length >= 3 for length in lists_seen(manager)[seen:])
        done = run_swarm("list", *self.options, url)
        assert sorted(done.stdout.splitlines()) == members(manager), done.stderr
        agents[leaves].stop()
        agents[dies].kill()
        are_members(stays, late)

        # The one that was lost comes back, and without it the next loss would be the end.
        victim.start()
        kill_leader()
        seen = len(lists_seen(manager))
        join(url, last.address, *self.options)
        are_members(stays, late, last)
        ensemble.kill()
        eventually(lambda: "Discovery error" in manager.log.rsplit("Watch triggered", 1)[1])
        ensemble.start()
        eventually(lambda: "answers again" in manager.log.rsplit("Discovery error", 1)[1], 60)
        are_members(stays, late, last)
        assert all(length >= 2 for length in lists_seen(manager)[seen:])
        assert agents[stays].running
