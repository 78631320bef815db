"""The engines of the lab are real, apart from each other, and can be disturbed and repaired."""

import socket

import pytest

from harness.wait import eventually


def test_every_engine_is_a_host_of_its_own(engines):
    infos = [engine.get("/info") for engine in engines]
    assert [info["Name"] for info in infos] == ["node-0", "node-1", "node-2"]
    assert len({info["ID"] for info in infos}) == 3
    assert [info["Labels"] for info in infos] == [["storage=ssd"], ["storage=disk"], ["storage=disk"]]
    assert len({engine.get("/images/busybox/json")["Id"] for engine in engines}) == 1


def test_terminal_and_resize(engines):
    docker = engines[0].docker
    with docker.terminal("run", "-it", "--name", "tty", "busybox", rows=30, columns=100) as terminal:
        terminal.expect("# ")
        eventually(lambda: terminal.size_inside() == "30 100")
        eventually(lambda: terminal.resize(40, 120) or terminal.size_inside() == "40 120")
        terminal.send("exit 7\n")
        assert terminal.wait() == 7


def test_cleaning_leaves_nothing(engines):
    engine = engines[0]
    engine.docker("run", "-d", "--name", "web", "-v", "data:/data", "busybox", "sleep", "1000")
    engine.docker("network", "create", "front")
    engine.docker("tag", "busybox", "other:1")
    engine.clean()
    assert engine.containers() == {}
    assert engine.docker("volume", "ls", "-q") == ""
    assert "front" not in engine.docker("network", "ls", "--format", "{{.Name}}")
    assert engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}") == "busybox:latest"


def refused(engine):
    with pytest.raises(ConnectionRefusedError):
        engine.request("GET", "/_ping", timeout=1)


def silent(engine):
    # A host that is not there is found out by the kernel after a while, which is as good as silence.
    with pytest.raises((socket.timeout, OSError)):
        engine.request("GET", "/_ping", timeout=1)


@pytest.mark.parametrize("disturb, look", [("kill", refused), ("freeze", silent), ("cut", silent), ("off", silent)])
def test_disturbed_and_repaired(lab, engines, disturb, look):
    engine = engines[1]
    identity = engine.get("/info")["ID"]
    getattr(engine, disturb)()
    look(engine)
    assert engines[0].get("/info")["Name"] == "node-0"
    lab.repair()
    assert engine.get("/info")["ID"] == identity
