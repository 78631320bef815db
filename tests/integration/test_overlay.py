"""Engines that are one swarm of their own: networks that span them, made and used through the manager."""

import pytest
from harness.wait import eventually


@pytest.fixture
def swarm(engines, start_manager):
    """A manager of ours over engines of which node-0 manages their swarm."""
    first = engines[0]
    body = {"ListenAddr": f"{first.ip}:2377", "AdvertiseAddr": first.ip}
    assert first.request("POST", "/swarm/init", body=body).status == 200
    token = first.get("/swarm")["JoinTokens"]["Worker"]
    for engine in engines[1:]:
        body = {
            "ListenAddr": f"{engine.ip}:2377",
            "AdvertiseAddr": engine.ip,
            "RemoteAddrs": [f"{first.ip}:2377"],
            "JoinToken": token,
        }
        assert engine.request("POST", "/swarm/join", body=body).status == 200
    manager = start_manager([engine.address for engine in engines]).wait_healthy()
    yield manager
    for container in manager.list():
        manager.request("DELETE", f"/containers/{container['Id']}?force=1")
    for engine in reversed(engines):
        engine.request("POST", "/swarm/leave?force=1")


def overlays(manager):
    return [n["Name"] for n in manager.get('/networks?filters={"driver":["overlay"]}').json if n["Name"] != "ingress"]


@pytest.mark.parametrize("how", [[], ["-d", "overlay"], ["-d", "overlay", "--attachable"]])
def test_containers_of_all_nodes_reach_each_other(swarm, how):
    docker = swarm.docker
    if how:
        docker("network", "create", *how, "back")
    else:  # as Compose does
        assert swarm.request("POST", "/networks/create", body={"Name": "back"}).status == 201
    for n in range(3):
        docker("run", "-d", "--name", f"web-{n}", "--net", "back", "busybox", "sleep", "1000")
    assert sorted(swarm.placed().values()) == ["node-0", "node-1", "node-2"]
    for n in (1, 2):
        # The engines tell each other the names of containers, in their own time.
        eventually(lambda: docker.run("exec", "web-0", "ping", "-c1", "-w5", f"web-{n}", check=False).returncode == 0)

    inspected = swarm.get("/networks/back").json
    assert sorted(c["Name"] for c in inspected["Containers"].values()) == ["web-0", "web-1", "web-2"]
    ids = {c["NetworkSettings"]["Networks"]["back"]["NetworkID"] for c in swarm.list()}
    assert ids == {inspected["Id"]}
    assert overlays(swarm) == ["back"]

    assert "in use" in docker.fails("network", "rm", "back")
    docker("rm", "-f", "web-0", "web-1", "web-2")
    eventually(lambda: docker.run("network", "rm", "back", check=False).returncode == 0)
    assert overlays(swarm) == []


def test_outside_of_services_there_is_no_swarm(swarm):
    assert swarm.docker("info", "-f", "{{.Swarm.LocalNodeState}}") == "inactive"
    assert swarm.get("/services").status == 503
