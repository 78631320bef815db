"""Members in a real ZooKeeper."""

from harness.manager import run_swarm
from harness.store_cases import EnsembleCases, StoreCases, join, members, prefix  # noqa: F401
from harness.stores import ZooKeeper
from harness.wait import eventually

OPEN = [(31, "world", "anyone")]


class TestZooKeeper(StoreCases):
    kind = ZooKeeper

    def test_what_is_written_is_what_classic_agents_write(self, store, prefix, join):
        agent = join(store.url(prefix), "127.0.0.1:7")
        eventually(lambda: store.entries(prefix))
        with store.client() as client:
            parent = ""
            for part in store.path(prefix).strip("/").split("/"):
                parent += "/" + part
                data, stat = client.get(parent)
                assert data == b"" and stat["ephemeralOwner"] == 0
                assert client.acl(parent) == OPEN
            path = store.path(prefix, "127.0.0.1:7")
            data, stat = client.get(path)
            assert data == b"127.0.0.1:7" and stat["ephemeralOwner"] != 0
            # never empty, not even for a moment: classic managers would not look again
            assert stat["version"] == 0
            assert client.acl(path) == OPEN
        agent.stop()

    def test_data_written_late_is_seen(self, store, prefix, start_manager, fakes):
        """A classic agent makes the node first, and writes the address then."""
        engine, = fakes(1)
        store.put(prefix, engine.address, "")
        manager = self.manage(start_manager, store.url(prefix))
        eventually(lambda: "Watch triggered with 0 nodes" in manager.log)
        with store.client() as client:
            client.set(store.path(prefix, engine.address), engine.address.encode())
        eventually(lambda: members(manager) == [engine.address])

    def test_a_deleted_node_comes_back(self, store, prefix, join):
        join(store.url(prefix), "127.0.0.1:7", heartbeat="60s", ttl="180s")
        eventually(lambda: store.entries(prefix))
        before = store.changes(prefix, "127.0.0.1:7")
        store.delete_tree(prefix)
        eventually(lambda: store.changes(prefix, "127.0.0.1:7") > before, 5)

    def test_names_are_resolved(self, store, prefix, join):
        url = f"zk://localhost:{store.port}/{prefix}"
        join(url, "127.0.0.1:7")
        eventually(lambda: store.entries(prefix))
        assert self.listed(url) == ["127.0.0.1:7"]

    def test_list_writes_nothing(self, store, prefix):
        self.listed(store.url(prefix))
        with store.client() as client:
            assert prefix not in client.children("/")

    def test_what_it_cannot_honour_is_refused(self, store, prefix):
        for option in ("kv.cacertfile=/etc/ca.pem", "kv.insecure=true", "kv.token=x", "kv.username=x"):
            done = run_swarm("list", "--discovery-opt", option, store.url(prefix))
            assert done.returncode == 1 and "zk://" in done.stderr


class TestThreeServers(EnsembleCases):
    kind = ZooKeeper
