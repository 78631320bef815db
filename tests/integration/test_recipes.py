"""docs/recipes.md: what readers of containers are answered, by the sequence of their calls."""

import json

import pytest

from harness.wait import eventually

NODE_ADDR = "com.docker.swarm.node.addr"
NODE_NAME = "com.docker.swarm.node.name"


@pytest.fixture
def pool(fakes, start_manager):
    """A published service on the first node, one on the second node's own network."""
    first, second = engines = fakes(2)
    first.add_container("web", HostConfig={"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}})
    second.add_container("metrics", Labels={"job": "node", NODE_ADDR: "old", "odd\"": "\\"},
                         HostConfig={"NetworkMode": "host"})
    manager = start_manager([e.address for e in engines]).wait_healthy()
    eventually(lambda: len(manager.get("/containers/json").json) == 2)
    return manager, engines


def by_name(containers):
    return {name.split("/")[-1]: c for c in containers for name in c["Names"]}


def test_host_network_containers_tell_their_node(pool):
    manager, (first, second) = pool
    expected = {"job": "node", NODE_ADDR: second.ip, NODE_NAME: "fake-1", "odd\"": "\\"}
    assert by_name(manager.get("/containers/json").json)["metrics"]["Labels"] == expected
    assert manager.get("/containers/metrics/json").json["Config"]["Labels"] == expected
    assert second.containers()["metrics"]["Config"]["Labels"][NODE_ADDR] == "old", "nothing is changed at rest"
    assert NODE_ADDR not in by_name(manager.get("/containers/json").json)["web"]["Labels"]
    assert NODE_ADDR not in (manager.get("/containers/web/json").json["Config"].get("Labels") or {})


def test_prometheus(pool):
    """docker_sd_configs: networks, then containers; targets from ports, and from the label for host networks."""
    manager, (first, second) = pool
    assert manager.request("HEAD", "/_ping").head.get("Api-Version")
    assert manager.get("/v1.41/networks").status == 200
    containers = by_name(manager.get("/v1.41/containers/json").json)
    port, = containers["web"]["Ports"]
    assert f"{port['IP']}:{port['PublicPort']}" == f"{first.ip}:8080"
    assert containers["metrics"]["HostConfig"]["NetworkMode"] == "host"
    assert containers["metrics"]["Labels"][NODE_ADDR] == second.ip


def test_traefik_with_use_bind_port_ip(pool):
    """Version, list, inspect of each, events; the server is HostIp:HostPort of the first binding."""
    manager, (first, _) = pool
    assert manager.get("/version").json["ApiVersion"]
    servers = []
    for entry in manager.get("/containers/json?limit=0").json:
        inspected = manager.get(f"/containers/{entry['Id']}/json").json
        for binding in (inspected["NetworkSettings"]["Ports"] or {}).values():
            servers.append(f"{binding[0]['HostIp']}:{binding[0]['HostPort']}")
    assert servers == [f"{first.ip}:8080"]
    with manager.connect() as client:
        client.send_request("GET", f"/events?filters={json.dumps({'type': ['container']}, separators=(',', ':'))}")
        assert client.read_head().status == 200
