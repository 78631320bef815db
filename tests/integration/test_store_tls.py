"""Stores behind TLS that ask for a client certificate."""

import shutil
import signal

import pytest

from harness.certificates import Authority
from harness.manager import run_swarm
from harness.store_cases import join, members, prefix  # noqa: F401
from harness.stores import Consul, Etcd
from harness.wait import eventually


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module", params=[Consul, Etcd], ids=["consul", "etcd"])
def store(request, authority, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param.scheme)
    store = request.param(folder, tls=authority.issue(request.param.scheme)).start()
    yield store
    store.stop()


def options(**files):
    words = []
    for name, path in files.items():
        words += ["--discovery-opt", f"kv.{name}={path}"]
    return words


def test_members_over_tls(store, authority, prefix, join, fakes, start_manager):  # noqa: F811
    engine, = fakes(1)
    mine = authority.issue("member")
    flags = options(cacertfile=mine["ca"], certfile=mine["cert"], keyfile=mine["key"])
    manager = start_manager(store.url(prefix), *flags)
    agent = join(store.url(prefix), engine.address, *flags)
    manager.wait_healthy(1)
    assert members(manager) == [engine.address]
    assert "Initializing discovery with TLS" in agent.log
    done = run_swarm("list", *flags, store.url(prefix))
    assert (done.returncode, done.stdout) == (0, engine.address + "\n"), done.stderr
    agent.stop()
    eventually(lambda: members(manager) == [])


def test_without_a_certificate(store, authority, prefix):  # noqa: F811
    done = run_swarm("list", "--timeout", "2s", *options(cacertfile=authority.ca), store.url(prefix))
    assert done.returncode == 1 and done.stdout == ""
    assert store.address in done.stderr and "certificate" in done.stderr


def test_of_another_authority(store, authority, prefix, tmp_path):  # noqa: F811
    other = Authority(tmp_path / "other", "somebody else")
    done = run_swarm("list", "--timeout", "2s", *options(cacertfile=other.ca), store.url(prefix))
    assert done.returncode == 1 and done.stdout == ""
    assert store.address in done.stderr and "authority" in done.stderr


@pytest.fixture(scope="module", params=[Consul, Etcd], ids=["consul", "etcd"])
def misnamed(request, authority, tmp_path_factory):
    """A store whose certificate is for another name than the address it is reached at."""
    folder = tmp_path_factory.mktemp("misnamed")
    store = request.param(folder, tls=authority.issue(f"misnamed-{request.param.scheme}", names="DNS:store.example"))
    yield store.start()
    store.stop()


def test_a_certificate_for_another_name(misnamed, authority, prefix):  # noqa: F811
    mine = authority.issue("caller")
    checked = options(cacertfile=mine["ca"], certfile=mine["cert"], keyfile=mine["key"])

    def listed(*flags):
        return run_swarm("list", *flags, misnamed.url(prefix))

    done = listed("--timeout", "2s", *checked)
    assert done.returncode == 1 and misnamed.address in done.stderr and "certificate" in done.stderr
    assert listed(*checked, *options(servername="store.example")).returncode == 0
    done = listed("--timeout", "2s", *checked, *options(servername="other.example"))
    assert done.returncode == 1 and "other.example" in done.stderr
    assert listed(*options(certfile=mine["cert"], keyfile=mine["key"], insecure="true")).returncode == 0


def test_plain_on_a_tls_port(store, prefix):  # noqa: F811
    done = run_swarm("list", "--timeout", "2s", store.url(prefix))
    assert done.returncode == 1 and done.stdout == ""
    assert store.address in done.stderr


def test_certificates_are_read_again(store, authority, prefix, join, tmp_path):  # noqa: F811
    mine = {name: str(tmp_path / name) for name in ("ca", "cert", "key")}

    def install(issued):
        for name, path in mine.items():
            shutil.copy2(issued[name], path)

    install(Authority(tmp_path / "other", "somebody else").issue("member"))
    files = options(cacertfile=mine["ca"], certfile=mine["cert"], keyfile=mine["key"])
    agent = join(store.url(prefix), "127.0.0.1:7", *files)
    eventually(lambda: "authority" in agent.log)
    install(authority.issue("renewed"))
    agent.send(signal.SIGHUP)
    eventually(lambda: "Registered on the discovery service" in agent.log)


@pytest.mark.parametrize("kind", [Consul, Etcd], ids=["consul", "etcd"])
def test_tls_on_a_plain_port(kind, authority, prefix, tmp_path):  # noqa: F811
    store = kind(tmp_path / "plain").start()
    try:
        done = run_swarm("list", "--timeout", "2s", *options(cacertfile=authority.ca), store.url(prefix))
        assert done.returncode == 1 and done.stdout == ""
        assert store.address in done.stderr and "TLS" in done.stderr
    finally:
        store.stop()


def test_a_key_that_others_can_read_is_refused(store, authority, prefix):  # noqa: F811
    mine = authority.issue("careless")
    with open(mine["key"]) as key:
        loose = mine["key"] + ".loose"
        with open(loose, "w") as copy:
            copy.write(key.read())
    flags = options(cacertfile=mine["ca"], certfile=mine["cert"], keyfile=loose)
    done = run_swarm("list", *flags, store.url(prefix))
    assert done.returncode == 1 and loose in done.stderr
