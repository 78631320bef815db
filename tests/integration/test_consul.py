"""Members in a real Consul."""

import pytest

from harness.manager import run_swarm
from harness.store_cases import EnsembleCases, StoreCases, join, prefix  # noqa: F401
from harness.stores import Consul
from harness.wait import eventually

FLAGS = 3304740253564472344


class TestConsul(StoreCases):
    kind = Consul

    def test_what_is_written_is_what_classic_agents_write(self, store, prefix, join):
        join(store.url(prefix), "127.0.0.1:7", ttl="40s")
        key = eventually(lambda: store.key(prefix, "127.0.0.1:7"))
        assert key["Key"] == f"{prefix}/docker/swarm/nodes/127.0.0.1:7"
        assert key["Flags"] == FLAGS
        assert store.entries(prefix) == {"127.0.0.1:7": "127.0.0.1:7"}
        session = next(s for s in store.sessions() if s["ID"] == key["Session"])
        assert session["Behavior"] == "delete"
        assert session["TTL"] == "20s"
        assert session["LockDelay"] == 1_000_000
        assert not session["NodeChecks"]

    def test_a_session_found_on_the_key_is_kept(self, store, prefix, join):
        """As a classic agent leaves it behind, with a plain write that has lost the flags."""
        session = store.request("PUT", "/v1/session/create", {"Behavior": "delete", "LockDelay": "1ms", "TTL": "5s"})
        session = session.json["ID"]
        target = f"/v1/kv/{prefix}/docker/swarm/nodes/127.0.0.1:7"
        assert store.request("PUT", f"{target}?acquire={session}", b"127.0.0.1:7").json
        join(store.url(prefix), "127.0.0.1:7", ttl="40s")
        eventually(lambda: store.key(prefix, "127.0.0.1:7")["Flags"] == FLAGS)
        assert store.key(prefix, "127.0.0.1:7")["Session"] == session

    def test_no_session_is_left_behind(self, store, prefix, join):
        before = len(store.sessions())
        agent = join(store.url(prefix), "127.0.0.1:7")
        eventually(lambda: store.key(prefix, "127.0.0.1:7"))
        assert len(store.sessions()) == before + 1
        agent.stop()
        assert len(store.sessions()) == before

    def test_a_destroyed_session_is_made_anew(self, store, prefix, join):
        join(store.url(prefix), "127.0.0.1:7")
        first = eventually(lambda: store.key(prefix, "127.0.0.1:7"))["Session"]
        store.request("PUT", f"/v1/session/destroy/{first}")
        second = eventually(lambda: store.key(prefix, "127.0.0.1:7"))["Session"]
        assert second and second != first

    def test_neighbours_and_the_marker_do_not_count(self, store, prefix):
        for key in ("docker/swarm/nodes", "docker/swarm/nodes/", "docker/swarm/nodes2/127.0.0.9:7"):
            assert store.request("PUT", f"/v1/kv/{prefix}/{key}", b"127.0.0.9:7").json
        store.put(prefix, "127.0.0.1:7", "127.0.0.1:7")
        assert self.listed(store.url(prefix)) == ["127.0.0.1:7"]

    def test_another_path(self, store, prefix):
        assert store.request("PUT", f"/v1/kv/{prefix}/docker/nodes/x", b"127.0.0.1:7").json
        assert self.listed(store.url(prefix), "--discovery-opt", "kv.path=docker/nodes") == ["127.0.0.1:7"]

    def test_list_writes_nothing(self, store, prefix):
        self.listed(store.url(prefix))
        assert store.request("GET", f"/v1/kv/{prefix}?keys").status == 404

    def test_a_ttl_that_consul_refuses_is_explained(self, store, prefix, join):
        agent = join(store.url(prefix), "127.0.0.1:7", ttl="60h")
        eventually(lambda: "Invalid Session TTL" in agent.log)
        assert agent.running

    def test_something_else_at_that_port(self, fakes, join):
        engine, = fakes(1)
        done = run_swarm("list", "--timeout", "1s", f"consul://{engine.address}/p")
        assert done.returncode == 1 and done.stdout == ""
        assert "is it Consul?" in done.stderr


TOKEN = "b1gs33cr3t-b1gs-33cr-3tb1-gs33cr3tb1gs"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    store = Consul(tmp_path_factory.mktemp("guarded"), token=TOKEN).start()
    yield store
    store.stop()


def test_a_token_opens_the_store(guarded, prefix, join):  # noqa: F811
    url = guarded.url(prefix)
    refused = join(url, "127.0.0.1:7")
    eventually(lambda: "403 Permission denied" in refused.log)
    refused.stop()
    join(url, "127.0.0.1:8", "--discovery-opt", f"kv.token={TOKEN}")
    join(url, "127.0.0.1:9", env={"CONSUL_HTTP_TOKEN": TOKEN})
    eventually(lambda: sorted(guarded.entries(prefix)) == ["127.0.0.1:8", "127.0.0.1:9"])
    assert TOKEN not in refused.log


class TestThreeServers(EnsembleCases):
    kind = Consul
