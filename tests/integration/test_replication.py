"""Several managers on one store: one leads, the others pass on, and the next one takes over."""

import base64
import json

import pytest

from harness import rawhttp
from harness.gate import Gate
from harness.member import TAKEOVER_SECONDS, TTL, Member, leader_among
from harness.store_cases import prefix  # noqa: F401
from harness.stores import Consul, Ensemble, Etcd, ZooKeeper
from harness.tls import Certificates, flags, read
from harness.wait import eventually

# By then a leader that has resigned is replaced, and one that was killed is not (with a time to live of this).
LONG_TTL = "60s"
RESIGN_SECONDS = 10


class TlsMember(Member):
    """The same with TLS; context is the harness's own, as a client."""

    def __init__(self, folder, url, *flags, context, ttl=TTL):
        super().__init__(folder, url, *flags, ttl=ttl)
        self.context = context
        self.arguments[1:1] = ["--log-level", "debug"]

    def _answers(self):
        assert self.process.poll() is None, self.log
        return read(self.address, self.context)[0] == 200

    def info(self):
        return dict(json.loads(read(self.address, self.context, "/info")[1])["SystemStatus"])


def line_with(manager, text):
    return next(line for line in manager.log.splitlines() if text in line)


@pytest.fixture
def member(tmp_path):
    """member(url, *flags): every manager of the test is stopped and checked at its end."""
    started = []

    def start(url, *flags, kind=Member, **options):
        started.append(kind(tmp_path, url, *flags, **options))
        return started[-1].start()

    yield start
    faults = []
    for manager in started:
        try:
            manager.stop()
        except AssertionError as fault:
            faults.append(str(fault))
    assert not faults, "\n".join(faults)


@pytest.fixture
def gate():
    opened = []

    def open_gate(address):
        opened.append(Gate(address))
        return opened[-1]

    yield open_gate
    for each in opened:
        each.close()


def roles(managers):
    """(leader, the other) of two."""
    leader = leader_among(managers)
    return leader, next(manager for manager in managers if manager is not leader)


class ReplicationCases:
    options = ()

    @pytest.fixture
    def pair(self, store, prefix, fakes, member):
        """(leader, replica, engine): two managers of one scripted engine."""
        engine, = fakes(1)
        store.put(prefix, engine.address, engine.address)
        managers = [member(store.url(prefix), *self.options) for _ in range(2)]
        leader, replica = roles(managers)
        for manager in managers:
            manager.wait_healthy(1)
        return leader, replica, engine

    def key(self, store, prefix):
        """What stands in the leader's key, and whether somebody holds it: as a classic manager reads it."""
        raise NotImplementedError

    def test_a_replica_passes_on(self, store, prefix, pair):
        leader, replica, engine = pair
        assert replica.create("web").status == 201
        assert len(engine.requests("POST", "/containers/create")) == 1
        assert [c["Names"] for c in replica.list()] == [c["Names"] for c in leader.list()] != []
        assert self.key(store, prefix) == (leader.address, True)
        assert replica.get("/_ping").status == 200
        assert "swarm_" in replica.get("/metrics").text

    def test_what_must_come_back_is_in_the_store(self, store, prefix, pair):
        """Written before the create is answered, and read by the next leader."""
        leader, replica, engine = pair
        moves = {"com.docker.swarm.reschedule-policies": '["on-node-failure"]'}
        made = replica.create("web", Labels=moves).json
        assert [json.loads(value.split("\n")[0])["Id"] for value in store.kept(prefix).values()] == [made["Id"]]
        assert not made["Warnings"]
        leader.stop()
        eventually(replica.leads, TAKEOVER_SECONDS)
        assert replica.request("DELETE", "/containers/web?force=1").status == 204
        eventually(lambda: not store.kept(prefix))

    def test_a_clean_stop_resigns(self, store, prefix, fakes, member):
        managers = [member(store.url(prefix), *self.options, ttl=LONG_TTL) for _ in range(2)]
        leader, replica = roles(managers)
        leader.stop()
        eventually(replica.leads, RESIGN_SECONDS)
        assert self.key(store, prefix) == (replica.address, True)

    def test_a_killed_leader_is_replaced(self, pair):
        leader, replica, engine = pair
        leader.kill()
        eventually(replica.leads, TAKEOVER_SECONDS)
        assert replica.create("web").status == 201
        assert len(engine.requests("POST", "/containers/create")) == 1

    def test_a_frozen_leader_does_not_act_when_it_wakes(self, pair):
        leader, replica, engine = pair
        leader.freeze()
        # It lies in the leader's socket when that wakes.
        late = rawhttp.Connection(leader.address)
        late.send_request("POST", "/containers/create?name=late", [("Content-Type", "application/json")],
                          b'{"Image": "busybox"}')
        eventually(replica.leads, TAKEOVER_SECONDS)
        replica.freeze()
        leader.thaw()
        eventually(lambda: "leadership lost" in leader.log)
        assert not engine.requests("POST", "/containers/create")
        replica.thaw()
        assert late.read_response("POST").status == 201
        assert len(engine.requests("POST", "/containers/create")) == 1
        late.close()

    def test_a_leader_cut_from_the_store_steps_down(self, store, prefix, fakes, member, gate):
        way = gate(store.address)
        cut_off = member(store.url(prefix).replace(store.address, way.address), *self.options)
        eventually(cut_off.leads, TAKEOVER_SECONDS)
        other = member(store.url(prefix), *self.options)
        leader_among([cut_off, other])
        way.shut()
        eventually(lambda: not cut_off.leads(), TAKEOVER_SECONDS)
        eventually(other.leads, TAKEOVER_SECONDS)
        way.reopen()
        eventually(lambda: cut_off.follows(other), TAKEOVER_SECONDS)

    def test_without_a_leader_a_request_is_refused_in_time(self, store, prefix, member):
        manager = member(store.url(prefix), *self.options)
        eventually(manager.leads, TAKEOVER_SECONDS)
        store.freeze()
        try:
            eventually(lambda: not manager.leads(), TAKEOVER_SECONDS)
            refused = manager.get("/containers/json")
            assert refused.status == 503 and refused.head.get("Retry-After") == "1"
            assert "primary" in refused.json["message"]
            assert manager.info()["Role"] == "replica"
        finally:
            store.thaw()
        eventually(manager.leads, TAKEOVER_SECONDS)

    def test_the_store_is_gone_and_comes_back(self, store, prefix, member):
        managers = [member(store.url(prefix), *self.options) for _ in range(2)]
        leader_among(managers)
        store.kill()
        for manager in managers:
            eventually(lambda: not manager.leads(), TAKEOVER_SECONDS)
        store.start()
        leader_among(managers, 60)


class TestConsul(ReplicationCases):
    @pytest.fixture(scope="class")
    def store(self, tmp_path_factory):
        store = Consul(tmp_path_factory.mktemp("consul")).start()
        yield store
        store.stop()

    def key(self, store, prefix):
        key = store.request("GET", f"/v1/kv/{prefix}/docker/swarm/leader").json[0]
        assert key["Flags"] == 3304740253564472344
        return base64.b64decode(key["Value"]).decode(), "Session" in key

    def test_hijacked_streams_pass_through_a_replica(self, store, prefix, engines, member):
        for engine in engines:
            store.put(prefix, engine.address, engine.address)
        managers = [member(store.url(prefix)) for _ in range(2)]
        _, replica = roles(managers)
        replica.wait_healthy(len(engines))
        docker = replica.docker
        assert docker("run", "--rm", "-i", "busybox", "cat", input="through\n") == "through"
        docker("run", "-d", "--name", "web", "busybox", "sleep", "1000")
        assert docker("exec", "-i", "web", "cat", input="there\n") == "there"

    def test_leader_and_engine_die_together(self, store, prefix, engines, member):
        """The next leader has never seen the engine, and brings its containers back."""
        for engine in engines:
            store.put(prefix, engine.address, engine.address)
        first = member(store.url(prefix))
        eventually(first.leads, TAKEOVER_SECONDS)
        first.wait_healthy(len(engines))
        on_first = ["-e", "constraint:node==~node-1", "busybox", "sleep", "1000"]
        moves = ["-e", "reschedule:on-node-failure"]
        first.docker("run", "-d", "--name", "kept", *moves, "-l", "mine=yes", *on_first)
        first.docker("run", "-d", "--name", "before", *moves, *on_first)
        first.docker("rename", "before", "after")
        first.docker("run", "-d", "--name", "gone", *moves, *on_first)
        first.docker("run", "-d", "--name", "once", "-e", "reschedule:on-node-failure:at-most-once", *on_first)
        first.docker("rm", "-f", "gone")
        eventually(lambda: len(store.kept(prefix)) == 3)
        first.kill()
        engines[1].kill()
        second = member(store.url(prefix))
        eventually(second.leads, TAKEOVER_SECONDS)
        others = [engine for engine in engines if engine is not engines[1]]

        def found():
            return {name: c["State"] for engine in others for name, c in engine.containers().items()}

        eventually(lambda: found() == {"kept": "running", "after": "running"}, 60)
        assert second.get("/containers/kept/json").json["Config"]["Labels"]["mine"] == "yes"
        assert "--force says" in second.docker.fails("node", "rm", "node-1")
        second.docker("node", "rm", "--force", "node-1")
        eventually(lambda: found().get("once") == "running", 60)
        engines[1].start()
        eventually(lambda: not engines[1].containers(), 60)
        assert sorted(found()) == ["after", "kept", "once"]


@pytest.fixture(scope="module")
def etcd(tmp_path_factory):
    store = Etcd(tmp_path_factory.mktemp("etcd")).start()
    yield store
    store.stop()


class TestEtcd3(ReplicationCases):
    options = ("--discovery-opt", "kv.etcd=v3")

    @pytest.fixture
    def store(self, etcd):
        etcd.api = "v3"
        return etcd

    def key(self, store, prefix):
        kvs = store.call("/kv/range", {"key": store.text(f"{prefix}/docker/swarm/leader")})["kvs"]
        return base64.b64decode(kvs[0]["value"]).decode(), "lease" in kvs[0]

    def test_who_has_lost_the_lock_writes_nothing(self, store, prefix, fakes, member):
        """Somebody takes the key away between two looks of the leader: the store refuses its writes."""
        engine, = fakes(1)
        store.put(prefix, engine.address, engine.address)
        manager = member(store.url(prefix), *self.options, ttl=LONG_TTL)
        eventually(manager.leads, TAKEOVER_SECONDS)
        manager.wait_healthy(1)
        store.call("/kv/deleterange", {"key": store.text(f"{prefix}/docker/swarm/leader")})
        made = manager.create("web", Labels={"com.docker.swarm.reschedule-policies": '["on-node-failure"]'})
        assert made.status == 201 and "held by another manager" in made.json["Warnings"][0]
        assert not store.kept(prefix)

    def test_a_server_of_three_is_killed(self, tmp_path, prefix, fakes, member):
        ensemble = Ensemble(Etcd, tmp_path).start()
        try:
            managers = [member(ensemble.url(prefix), *self.options) for _ in range(2)]
            leader_among(managers)
            ensemble.leader().kill()
            leader_among(managers, 60)
        finally:
            ensemble.kill()


    def test_the_leader_knows_the_client_behind_a_replica(self, store, prefix, tmp_path, member):
        made = Certificates(tmp_path / "certificates")
        made.make("client", "alice")
        managers = [
            member(store.url(prefix), *self.options, *flags(made.make("manager", name)), kind=TlsMember,
                   context=made.context("alice"))
            for name in ("one", "two")
        ]
        leader, replica = roles(managers)
        assert read(replica.address, made.context("alice"), "/version?through")[0] == 200
        assert 'client="/CN=alice"' in line_with(leader, "?through")
        # Whoever has only a client's certificate is believed nothing.
        lie = {"X-Swarm-Client": "/CN=mallory", "X-Swarm-Replica": "1.2.3.4:5"}
        assert read(leader.address, made.context("alice"), "/version?lie", lie)[0] == 200
        assert 'client="/CN=alice"' in line_with(leader, "?lie")


class TestEtcd2(ReplicationCases):
    options = ("--discovery-opt", "kv.etcd=v2")
    # Nothing in them depends on the API.
    test_without_a_leader_a_request_is_refused_in_time = None

    @pytest.fixture
    def store(self, etcd):
        etcd.api = "v2"
        return etcd

    def key(self, store, prefix):
        node = store.request("GET", f"/v2/keys/{prefix}/docker/swarm/leader").json["node"]
        return node["value"], "ttl" in node


class TestZooKeeper(ReplicationCases):
    @pytest.fixture(scope="class")
    def store(self, tmp_path_factory):
        store = ZooKeeper(tmp_path_factory.mktemp("zookeeper")).start()
        yield store
        store.stop()

    def key(self, store, prefix):
        path = f"/{prefix}/docker/swarm/leader"
        with store.client() as client:
            data, stat = client.get(path)
            assert stat["ephemeralOwner"] == 0
            queue = client.children(path)
            assert all(name.rsplit("-", 1)[1].isdigit() for name in queue)
            return data.decode(), len(queue) > 0
