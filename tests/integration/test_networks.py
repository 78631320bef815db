"""Networks of several engines behind one endpoint."""

import json
import threading
from urllib.parse import quote

import pytest
from harness import rawhttp
from harness.wait import eventually


def names(manager, **filters):
    query = quote(json.dumps(filters))
    response = manager.get(f"/networks?filters={query}")
    assert response.status == 200, response.text
    return sorted(n["Name"] for n in response.json)


def names_of(containers):
    return sorted(c["Names"][0].split("/")[-1] for c in containers)


def holder(engines, name):
    """The engine that has the network."""
    found = [e for e in engines if any(n["Name"] == name for n in e.get("/networks"))]
    assert len(found) == 1, found
    return found[0]


def test_what_every_engine_has(manager, engines):
    assert names(manager, type=["builtin"]) == sorted(
        f"{engine.name}/{name}" for engine in engines for name in ("bridge", "host", "none")
    )
    assert manager.get("/networks/bridge").status == 404
    for engine in engines:
        own = engine.get("/networks/bridge")
        assert manager.get(f"/networks/{engine.name}/bridge").json["Id"] == own["Id"]
        assert manager.get(f"/networks/{own['Id'][:12]}").json["Id"] == own["Id"]


def test_create_use_and_remove(manager, engines, every_docker):
    created = every_docker("network", "create", "--label", "tier=db", "back")
    engine = holder(engines, "back")
    assert every_docker("network", "inspect", "-f", "{{.Id}} {{.Name}}", "back") == f"{created} back"
    assert every_docker("network", "ls", "-f", "name=back", "--format", "{{.Name}}") == f"{engine.name}/back"
    assert names(manager, label=["tier=db"]) == [f"{engine.name}/back"]
    assert names(manager, id=[created[:12]]) == [f"{engine.name}/back"]
    assert names(manager, node=[engine.name], type=["custom"]) == [f"{engine.name}/back"]
    every_docker("network", "rm", "back")
    assert names(manager, type=["custom"]) == []
    assert "back" in every_docker.fails("network", "inspect", "back")


def test_on_a_named_node(manager, engines, every_docker):
    every_docker("network", "create", "node-2/back")
    assert holder(engines, "back").name == "node-2"
    every_docker("network", "create", "node-1/back")
    assert names(manager, type=["custom"]) == ["node-1/back", "node-2/back"]
    assert "node-1/back" in manager.get("/networks/back").json["message"]
    every_docker("network", "rm", "node-2/back", "node-1/back")
    assert names(manager, type=["custom"]) == []
    assert "node-7" in every_docker.fails("network", "create", "node-7/back")


def test_where_the_labels_say(manager, engines, docker):
    label = 'com.docker.swarm.constraints=["storage==ssd"]'
    for name in ("one", "two", "three"):
        docker("network", "create", "--label", label, name)
        assert holder(engines, name).name == "node-0"
    assert "storage==tape" in docker.fails(
        "network", "create", "--label", 'com.docker.swarm.constraints=["storage==tape"]', "four"
    )


def test_a_name_is_taken_once(manager, docker):
    docker("network", "create", "back")
    answer = manager.request("POST", "/networks/create", body={"Name": "back"})
    assert answer.status == 409
    assert answer.json["message"] == "network with name back already exists"


def test_a_name_is_taken_once_by_many(manager, engines):
    """The engines do not know each other's names, so two at once must not both have it."""
    answers = []

    def create():
        answers.append(manager.request("POST", "/networks/create", body={"Name": "back"}).status)

    threads = [threading.Thread(target=create) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201] + 5 * [409]
    for body in ({}, {"Name": ""}):
        told = [one.request("POST", "/networks/create", body=body) for one in (engines[0], manager)]
        assert told[0].status == told[1].status >= 400


@pytest.mark.parametrize("driver", [None, "", "default"])
def test_without_a_driver_all_containers_reach_each_other(manager, engines, docker, driver):
    body = {"Name": "back"} if driver is None else {"Name": "back", "Driver": driver}
    assert manager.request("POST", "/networks/create", body=body).status == 201
    docker("run", "-d", "--name", "one", "--net", "back", "busybox", "sleep", "1000")
    docker("run", "-d", "--name", "two", "--net", "back", "busybox", "sleep", "1000")
    docker("exec", "two", "ping", "-c1", "-w5", "one")
    inspected = manager.get("/networks/back").json
    assert sorted(c["Name"] for c in inspected["Containers"].values()) == ["one", "two"]
    listed = next(n for n in manager.get("/networks").json if n["Id"] == inspected["Id"])
    assert sorted(c["Name"] for c in listed["Containers"].values()) == ["one", "two"]


def test_connect_and_disconnect(manager, engines, docker):
    docker("network", "create", "back")
    node = holder(engines, "back").name
    docker("run", "-d", "--name", "web", "-e", f"constraint:node=={node}", "busybox", "sleep", "1000")
    docker("network", "connect", "--alias", "www", "back", f"{node}/web")
    networks = manager.list()[0]["NetworkSettings"]["Networks"]
    assert sorted(networks) == ["back", "bridge"]
    assert [c["Name"] for c in manager.get("/networks/back").json["Containers"].values()] == ["web"]
    assert "active endpoints" in docker.fails("network", "rm", "back")
    docker("network", "disconnect", "bridge", "web")  # the bridge beside the container
    docker("network", "disconnect", "-f", f"{node}/back", "web")
    assert manager.list()[0]["NetworkSettings"]["Networks"] == {}


def instances(engines, name):
    """{node: id} of a network on the engines themselves."""
    return {e.name: n["Id"] for e in engines for n in e.get("/networks") if n["Name"] == name}


def test_a_bridge_spreads(manager, engines, docker):
    """It is made again where a container of it must be, and stays one network to the clients."""
    logical = docker("network", "create", "--subnet", "10.99.0.0/24", "--label", "tier=db", "back")
    first = holder(engines, "back")
    other = next(e for e in engines if e is not first)
    docker("run", "-d", "--name", "one", "--net", "back", "busybox", "sleep", "1000")
    assert list(instances(engines, "back")) == [first.name]  # nobody had to be elsewhere

    elsewhere = ["-e", f"constraint:node=={other.name}", "--net", "back", "--ip", "10.99.0.77"]
    docker("run", "-d", "--name", "two", *elsewhere, "busybox", "sleep", "1000")
    own = instances(engines, "back")
    assert sorted(own) == sorted([first.name, other.name])
    assert own[first.name] == logical != own[other.name]
    created = other.get("/networks/back")
    assert created["IPAM"]["Config"][0]["Subnet"] == "10.99.0.0/24"
    assert created["Labels"]["tier"] == "db"

    # one id and one name, wherever a client looks
    listed = [n for n in manager.get("/networks").json if n["Name"].endswith("back")]
    assert [(n["Name"], n["Id"]) for n in listed] == [("back", logical)]
    for what in ("back", logical, logical[:12], f"{other.name}/back", own[other.name]):
        inspected = manager.get(f"/networks/{what}").json
        assert inspected["Id"] == logical
        assert sorted(c["Name"] for c in inspected["Containers"].values()) == ["one", "two"]
    assert sorted(c["Name"] for c in listed[0]["Containers"].values()) == ["one", "two"]
    assert listed[0]["Labels"] == manager.get("/networks/back").json["Labels"] == {"tier": "db"}
    for container in manager.list():
        assert container["NetworkSettings"]["Networks"]["back"]["NetworkID"] == logical
    two = manager.get("/containers/two/json").json["NetworkSettings"]["Networks"]["back"]
    assert (two["NetworkID"], two["IPAddress"]) == (logical, "10.99.0.77")
    assert names_of(manager.list("filters=" + quote(json.dumps({"network": [logical]})))) == ["one", "two"]

    # by id, with what is known only elsewhere
    answer = manager.request("POST", "/containers/create?name=three", body={
        "Image": "busybox", "Cmd": ["sleep", "1000"], "HostConfig": {"NetworkMode": logical},
        "Env": [f"constraint:node=={other.name}"],
    })
    assert answer.status == 201, answer.text
    assert any(f"does not reach those on {first.name}" in w for w in answer.json["Warnings"])
    docker("start", "three")
    docker("exec", "three", "ping", "-c1", "-w5", "two")


def test_a_spread_bridge_goes_as_one(manager, engines, docker):
    docker("network", "create", "back")
    first = holder(engines, "back")
    others = [e for e in engines if e is not first]
    for n, engine in enumerate(others):
        docker("run", "-d", "--name", f"web{n}", "-e", f"constraint:node=={engine.name}", "busybox", "sleep", "1000")
    docker("network", "connect", "back", "web0")  # makes the instance, too
    docker("network", "connect", "--alias", "www", "back", "web1")
    assert len(instances(engines, "back")) == 3
    assert "active endpoints" in docker.fails("network", "rm", "back")
    assert docker("network", "prune", "-f") == ""
    docker("network", "disconnect", "back", "web1")
    docker("network", "disconnect", "-f", "back", "web0")
    assert docker("network", "prune", "-f").split() == ["Deleted", "Networks:", "back"]
    assert instances(engines, "back") == {}
    assert names(manager, type=["custom"]) == []


def test_what_says_where_it_is_does_not_spread(manager, engines, docker):
    label = 'com.docker.swarm.constraints=["node==node-1"]'
    docker("network", "create", "--label", label, "labelled")
    docker("network", "create", "node-1/named")
    for name in ("labelled", "named"):
        refused = docker.fails("run", "--net", name, "-e", "constraint:node==node-2", "busybox", "true")
        assert "3 nodes: dependency refused 2, constraint refused 1" in refused


def test_many_at_once_make_one_instance(manager, engines, docker):
    docker("network", "create", "back")
    other = next(e for e in engines if e is not holder(engines, "back")).name
    body = {"Image": "busybox", "HostConfig": {"NetworkMode": "back"}, "Env": [f"constraint:node=={other}"]}
    answers = []

    def create():
        answers.append(manager.request("POST", "/containers/create", body=body).status)

    threads = [threading.Thread(target=create) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == 6 * [201]
    made = [n for e in engines for n in e.get("/networks") if n["Name"] == "back"]
    assert len(made) == 2


def test_connect_refuses(manager, engines, docker):
    docker("network", "create", "node-0/back")
    docker("run", "-d", "--name", "web", "-e", "constraint:node==node-1", "busybox", "sleep", "1000")
    refused = docker.fails("network", "connect", "back", "web")
    assert "node-0" in refused and "node-1" in refused
    for body, status, message in [
        ({"Container": "nobody"}, 404, "No such container: nobody"),
        ({}, 400, 'invalid name or ID supplied: ""'),
    ]:
        answer = manager.request("POST", "/networks/back/connect", body=body)
        assert (answer.status, answer.json["message"]) == (status, message)
    answer = manager.request("POST", "/networks/nothing/connect", body={"Container": "web"})
    assert (answer.status, answer.json["message"]) == (404, "network nothing not found")


def test_prune_spares_what_is_used(manager, engines, docker):
    for name in ("used", "kept", "idle"):
        docker("network", "create", *(["--label", "keep"] if name == "kept" else []), name)
    docker("run", "-d", "--name", "web", "--net", "used", "busybox", "sleep", "1000")
    idle = holder(engines, "idle").name
    pruned = docker("network", "prune", "-f", "--filter", "label!=keep")
    assert pruned.split() == ["Deleted", "Networks:", f"{idle}/idle"]
    assert [n.split("/")[1] for n in names(manager, type=["custom"])] in (["kept", "used"], ["used", "kept"])
    docker("rm", "-f", "web")
    docker("network", "prune", "-f")
    assert names(manager, type=["custom"]) == []


def test_refused_filters(manager):
    for filters, message in [
        ('{"type":["other"]}', "invalid filter: 'type'='other'"),
        ('{"colour":["red"]}', "invalid filter 'colour'"),
    ]:
        answer = manager.get(f"/networks?filters={quote(filters)}")
        assert (answer.status, answer.json["message"]) == (400, message)


def test_on_an_unhealthy_node(manager, engines, docker):
    docker("network", "create", "node-2/back")
    engines[2].kill()
    eventually(lambda: manager.states().count("Unhealthy") == 1)
    assert names(manager, type=["custom"]) == ["node-2/back"]
    answer = manager.get("/networks/back")
    assert (answer.status, answer.json["message"]) == (500, "Network back is on unhealthy node node-2")


def test_hosts_that_were_cloned_have_networks_of_their_own(fakes, start_manager):
    """The copy of a host's disk has its networks, too, with the same ids; Podman makes ids of names."""
    original, clone = fakes(2)
    assert rawhttp.request(original.address, "POST", "/networks/create", body={"Name": "back"}).status == 201
    clone.configure(networks=dict(original.state.networks))
    manager = start_manager([original.address, clone.address]).wait_healthy()
    assert names(manager, name=["back"]) == ["fake-0/back", "fake-1/back"]
    assert manager.get("/networks/fake-1/back").status == 200
    assert not original.requests("GET", "/networks/*")
    answer = manager.request("DELETE", "/networks/back")
    assert (answer.status, "several nodes have one" in answer.json["message"]) == (404, True)
    assert manager.request("DELETE", "/networks/fake-1/back").status == 204
    assert rawhttp.request(original.address, "GET", "/networks/back").status == 200
    assert rawhttp.request(clone.address, "GET", "/networks/back").status == 404
