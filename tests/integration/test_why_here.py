"""Why a container is where it is, and why not elsewhere: dry runs, errors, Node.Placement."""

import pytest

from harness.wait import eventually

GIB = 1 << 30


@pytest.fixture
def pool(start_manager, fakes):
    """Three nodes: an ssd one, a small ssd one, and a disk one."""
    engines = fakes(3)
    for engine, label, memory in zip(engines, ("ssd", "ssd", "disk"), (8, 1, 8)):
        engine.configure(labels=[f"storage={label}"], memory=memory * GIB)
    return start_manager([engine.address for engine in engines]).wait_healthy(), engines


def dry(manager, **body):
    answer = manager.request("POST", "/containers/create?dryrun=1", body={"Image": "busybox", **body})
    assert answer.status == 200
    return answer.json


def test_dry_run(pool):
    manager, (big, small, disk) = pool
    wish = {"Env": ["constraint:storage==ssd"], "HostConfig": {"Memory": 2 * GIB}}
    found = dry(manager, **wish)
    assert found["Node"] == big.name and "Message" not in found
    assert found["Placement"] == {"Strategy": "spread", "Nodes": 3, "Fitting": 1, "Preferred": 1,
                                  "Refused": {"constraint": 1, "resources": 1}}
    nodes = {node["Name"]: node for node in found["Nodes"]}
    assert nodes[big.name]["Fits"] and nodes[big.name]["Containers"] == 0
    assert nodes[small.name]["RefusedBy"] == ["memory"]
    assert nodes[disk.name]["RefusedBy"] == ["constraint"]
    assert manager.list() == []
    assert not [r for engine in (big, small, disk) for r in engine.requests("POST", "/containers/create")]


def test_no_node_and_the_nearest_miss(pool):
    manager, (big, small, disk) = pool
    big.add_container("db")
    eventually(lambda: "db" in manager.placed())
    wish = {"Env": ["constraint:storage==disk", "affinity:container==db"], "HostConfig": {"Memory": 2 * GIB}}
    found = dry(manager, **wish)
    assert found["Node"] is None
    refused = {node["Name"]: node["RefusedBy"] for node in found["Nodes"]}
    assert refused == {big.name: ["constraint"], small.name: ["affinity", "constraint", "memory"], disk.name: ["affinity"]}
    created = manager.create("new", **wish)
    assert created.status == 500
    assert created.json["message"] == found["Message"]
    assert "3 nodes: affinity refused 2, constraint refused 1" in found["Message"]
    assert f"\nnearest is {big.name}, refused by constraint alone" in found["Message"]


def test_a_name_that_is_taken(pool):
    manager, (big, _, _) = pool
    manager.create("web")
    answer = manager.request("POST", "/containers/create?dryrun=1&name=web", body={"Image": "busybox"})
    assert answer.json["Node"] is None and 'The container name "/web" is already in use' in answer.json["Message"]


def test_inspect_says_why(pool):
    manager, (_, _, disk) = pool
    id = manager.create("web", Env=["constraint:storage==disk"]).json["Id"]
    node = manager.get(f"/containers/{id}/json").json["Node"]
    assert node["Name"] == disk.name
    assert node["Placement"] == {"Strategy": "spread", "Nodes": 3, "Refused": {"constraint": 2}, "Fitting": 1, "Preferred": 1}
    disk.add_container("foreign")
    eventually(lambda: "foreign" in manager.placed())
    assert "Placement" not in manager.get("/containers/foreign/json").json["Node"]
