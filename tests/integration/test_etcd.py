"""Members in a real etcd, through its v3 API and through v2."""

import base64

import pytest

from fakes.actions import Reply
from harness.manager import run_swarm
from harness.store_cases import EnsembleCases, StoreCases, join, prefix  # noqa: F401
from harness.stores import Etcd
from harness.wait import eventually


def option(text):
    return ("--discovery-opt", f"kv.etcd={text}")


@pytest.fixture(scope="module")
def etcd(tmp_path_factory):
    store = Etcd(tmp_path_factory.mktemp("etcd")).start()
    yield store
    store.stop()


class EtcdCases(StoreCases):
    kind = Etcd
    api = None

    def make_store(self, folder):
        return Etcd(folder, api=self.api)

    @pytest.fixture
    def store(self, etcd):
        etcd.api = self.api
        return etcd


class TestV3(EtcdCases):
    api = "v3"
    options = option("v3")
    # It knows only v2.
    test_a_classic_agent_is_a_member = None

    def test_what_is_written(self, store, prefix, join):
        join(store.url(prefix), "127.0.0.1:7", *self.options, ttl="40s")
        entry, = eventually(lambda: store.range(prefix))
        assert base64.b64decode(entry["key"]).decode() == f"{prefix}/docker/swarm/nodes/127.0.0.1:7"
        assert base64.b64decode(entry["value"]) == b"127.0.0.1:7"
        lease = store.call("/lease/timetolive", {"ID": entry["lease"], "keys": True})
        assert lease["grantedTTL"] == "40" and lease["keys"] == [entry["key"]]

    def test_a_lost_lease_is_made_anew(self, store, prefix, join):
        join(store.url(prefix), "127.0.0.1:7", *self.options)
        first = eventually(lambda: store.range(prefix))[0]["lease"]
        store.call("/lease/revoke", {"ID": first})
        second = eventually(lambda: store.range(prefix))[0]["lease"]
        assert second != first

    def test_a_write_without_the_lease_is_put_right(self, store, prefix, join):
        join(store.url(prefix), "127.0.0.1:7", *self.options)
        lease = eventually(lambda: store.range(prefix))[0]["lease"]
        store.put(prefix, "127.0.0.1:7", "127.0.0.1:7")  # detaches it
        eventually(lambda: store.range(prefix)[0].get("lease") == lease)

    def test_a_compaction_during_the_watch_goes_unnoticed(self, store, prefix, join, fakes, start_manager):
        one, two = fakes(2)
        manager = self.manage(start_manager, store.url(prefix))
        join(store.url(prefix), one.address, *self.options)
        manager.wait_healthy(1)
        revision = store.call("/kv/range", {"key": store.text("none")})["header"]["revision"]
        store.call("/kv/compaction", {"revision": revision})
        join(store.url(prefix), two.address, *self.options)
        manager.wait_healthy(2)


class TestV2(EtcdCases):
    api = "v2"
    options = option("v2")
    # Nothing in it depends on the API, and it takes long.
    test_a_frozen_store_stops_nothing = None

    def test_what_is_written_is_what_classic_agents_write(self, store, prefix, join):
        join(store.url(prefix), "127.0.0.1:7", *self.options, ttl="40s")
        node, = eventually(lambda: store.nodes(prefix))
        assert node["key"] == f"/{prefix}/docker/swarm/nodes/127.0.0.1:7"
        assert node["value"] == "127.0.0.1:7"
        assert 30 <= node["ttl"] <= 40


class TestAuto:
    def listed(self, url):
        return StoreCases().listed(url)

    def test_v2_where_a_classic_cluster_lives(self, etcd, prefix, join):
        etcd.api = "v2"
        etcd.put(prefix, "127.0.0.1:7", "127.0.0.1:7")
        assert self.listed(etcd.url(prefix)) == ["127.0.0.1:7"]
        join(etcd.url(prefix), "127.0.0.2:7")
        eventually(lambda: len(etcd.nodes(prefix)) == 2)
        assert etcd.range(prefix) == []

    def test_v3_everywhere_else(self, etcd, prefix, join):
        join(etcd.url(prefix), "127.0.0.2:7")
        eventually(lambda: len(etcd.range(prefix)) == 1)
        assert etcd.nodes(prefix) == []
        assert self.listed(etcd.url(prefix)) == ["127.0.0.2:7"]


LOGIN = ("--discovery-opt", "kv.username=root", "--discovery-opt", "kv.password=s3cret")


def check_login(url, api, join, *refusal):
    """Nobody is let in without a password, and no password gets into the log."""
    refused = join(url, "127.0.0.1:7", *option(api))
    eventually(lambda: all(word in refused.log for word in refusal))
    agent = join(url, "127.0.0.2:7", *option(api), *LOGIN)
    eventually(lambda: "Registered on the discovery service" in agent.log)
    done = run_swarm("list", *option(api), *LOGIN, url)
    assert (done.returncode, done.stdout) == (0, "127.0.0.2:7\n"), done.stderr
    assert "s3cret" not in agent.log


def test_user_and_password(tmp_path, prefix, join):  # noqa: F811
    etcd = Etcd(tmp_path / "etcd").start()
    try:
        etcd.call("/auth/user/add", {"name": "root", "password": "s3cret"})
        etcd.call("/auth/role/add", {"name": "root"})
        etcd.call("/auth/user/grant", {"user": "root", "role": "root"})
        etcd.call("/auth/enable", {})
        check_login(etcd.url(prefix), "v3", join, "user name is empty")
    finally:
        etcd.stop()


def test_user_and_password_of_v2(tmp_path, prefix, join):  # noqa: F811
    etcd = Etcd(tmp_path / "etcd", api="v2").start()
    root = [("Authorization", "Basic cm9vdDpzM2NyZXQ=")]
    everything = {"kv": {"read": ["/*"], "write": ["/*"]}}
    try:
        assert etcd.request("PUT", "/v2/auth/users/root", {"user": "root", "password": "s3cret"}).status == 201
        assert etcd.request("PUT", "/v2/auth/enable").status == 200
        guest = {"role": "guest", "revoke": everything}
        assert etcd.request("PUT", "/v2/auth/roles/guest", guest, root).status == 200
        check_login(etcd.url(prefix), "v2", join, "401", "authentication")
    finally:
        etcd.stop()


# Somebody between us and the store, or in its place, who is friendly to everybody.
STRANGERS = [
    (Reply(302, b"", {"Location": "/login"}), ": 302 "),
    (Reply(200, b""), ": answers 200 without what was written: is it etcd"),
    (Reply(200, b'{"status":"ok"}'), ": answers 200 without what was written: is it etcd"),
]


@pytest.mark.parametrize("answer, words", STRANGERS)
def test_nobody_is_registered_with_a_stranger(prefix, join, fakes, answer, words):  # noqa: F811
    stranger, = fakes(1)
    stranger.script("PUT", "/v2/keys/*", answer)
    agent = join(f"etcd://{stranger.address}/{prefix}", "127.0.0.1:7", *option("v2"))
    eventually(lambda: f"trying again: {stranger.address}{words}" in agent.log)
    assert "Registered on the discovery service" not in agent.log


class TestThreeMembers(EnsembleCases):
    kind = Etcd
    options = option("v3")


class TestThreeMembersOfV2(EnsembleCases):
    kind = Etcd
    options = option("v2")
