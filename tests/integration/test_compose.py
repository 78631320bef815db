"""A Compose project on a cluster: what works on one engine works on three."""

import pytest
from harness import clients, compose, rawhttp
from harness.wait import eventually

PROJECT = """
version: "3"
services:
  db:
    image: busybox
    command: sh -c 'echo db is up; exec httpd -f -p 80 -h /data'
    environment: ["constraint:storage==disk"]
    volumes: [data:/data]
    stop_grace_period: 0s
  web:
    image: busybox
    command: sh -c 'echo web is up; exec sleep 1000'
    environment: ["constraint:storage==disk", "COLOUR=red"]
    depends_on: [db]
    stop_grace_period: 0s
volumes:
  data: {}
"""

APART = """
version: "3"
services:
  near: &service
    image: busybox
    command: sleep 1000
    environment: ["constraint:storage==ssd"]
    stop_grace_period: 0s
  far:
    <<: *service
    environment: ["constraint:storage==disk"]
"""

SMALL = """
version: "3"
services:
  web: {image: busybox, command: sleep 1000, stop_grace_period: 0s}
"""

STATEFUL = """
version: "3"
services:
  db:
    image: busybox
    command: sleep 1000
    volumes: [data:/data]
    ports: ["8088:80"]
    stop_grace_period: 0s
volumes:
  data: {}
"""

# The first format of Compose files: services at the top, and links instead of networks.
LINKED = """
db:
  image: busybox
  command: sh -c 'echo db is up; exec httpd -f -p 80 -h /data'
  environment: ["constraint:node==node-1"]
  volumes: [/data]
  stop_signal: KILL
web:
  image: busybox
  command: sh -c 'echo web is up; hostname >/tmp/index.html; exec httpd -f -p 80 -h /tmp'
  environment: ["COLOUR=red"]
  links: ["db:database"]
  ports: ["80"]
  stop_signal: KILL
"""

BESIDE = """
db:
  image: busybox
  command: sleep 1000
  environment: ["constraint:node==node-1"]
  volumes: [/data]
  stop_signal: KILL
beside:
  image: busybox
  command: sleep 1000
  stop_signal: KILL
  %s
"""

ALONE = """
db:
  image: busybox
  command: sleep 1000
  volumes: [/data]
  stop_signal: KILL
"""


def label(command):
    """compose-sid, or where it is installed."""
    unpacked = command and command.partition("/build-stores/")[2]
    return unpacked.split("/")[0] if unpacked else "installed"


@pytest.fixture(params=compose.commands() or [None], ids=label)
def make_project(request, manager, tmp_path):
    if not request.param:
        pytest.skip("there is no Compose on this machine")
    made = []

    def make(text):
        made.append(compose.Project(request.param, manager.address, tmp_path, "demo", text))
        return made[-1]

    yield make
    for project in made:
        project.close()


@pytest.fixture
def project(make_project):
    return make_project(PROJECT)


def services(manager):
    """{service: [containers]} of the project, as the cluster lists them."""
    found = {}
    for container in manager.list():
        found.setdefault(container["Labels"]["com.docker.compose.service"], []).append(container)
    return found


def remains(engines):
    """What is left of the project on the engines themselves."""
    left = []
    for engine in engines:
        left += [f"{engine.name}: {name}" for name in engine.containers()]
        left += [f"{engine.name}: {n['Name']}" for n in engine.get("/networks") if n["Name"].startswith("demo")]
        left += [f"{engine.name}: {v['Name']}" for v in engine.get("/volumes")["Volumes"] or []]
    return left


def test_up_use_and_down(project, manager, engines):
    project("up", "-d")
    found = services(manager)
    assert sorted(found) == ["db", "web"]
    web = manager.get(f"/containers/{found['web'][0]['Id']}/json").json
    assert web["Node"]["Name"] in ("node-1", "node-2")
    assert not any(entry.startswith("constraint") for entry in web["Config"]["Env"])
    assert "COLOUR=red" in web["Config"]["Env"]

    assert "db" in project("ps") and "web" in project("ps")
    logs = eventually(lambda: (text := project("logs")).count("is up") == 2 and text)
    assert "db is up" in logs and "web is up" in logs
    project("exec", "-T", "db", "sh", "-c", "echo hello >/data/index.html")
    assert project("exec", "-T", "web", "wget", "-qO-", "http://db/") == "hello\n"

    project("down", "-v")
    assert remains(engines) == []


def test_recreated_where_it_was(make_project, manager):
    """Compose 2 makes the new container while the old one still holds the port; on another node its volume is empty."""
    project = make_project(STATEFUL)
    project("up", "-d")
    (old,) = manager.list()
    project("exec", "-T", "db", "sh", "-c", "echo hello >/data/file")
    project("up", "-d", "--force-recreate")
    (new,) = manager.list()
    assert new["Id"] != old["Id"]
    assert project("exec", "-T", "db", "cat", "/data/file") == "hello\n"


def test_scale(project, manager):
    project("up", "-d", "--scale", "web=3")
    assert {name: len(found) for name, found in services(manager).items()} == {"db": 1, "web": 3}
    project("up", "-d", "--scale", "web=1")
    assert {name: len(found) for name, found in services(manager).items()} == {"db": 1, "web": 1}


def test_again_and_again(make_project, engines, is_long):
    project = make_project(SMALL)
    thorough = project.command == compose.commands()[0]
    for _ in range(3 if not thorough else 20 if is_long else 6):
        project("up", "-d")
        project("down", "-v")
        assert remains(engines) == []


def test_services_that_must_be_apart(make_project, manager, engines):
    """Its network is made where they are, goes by one id, and goes as a whole."""
    project = make_project(APART)
    project("up", "-d")
    nodes = {e.name: [n for n in e.get("/networks") if n["Name"] == "demo_default"] for e in engines}
    assert len([n for n, found in nodes.items() if found]) >= 2
    before = {c["Id"] for c in manager.list()}
    assert len(before) == 2
    network = manager.get("/networks/demo_default").json
    assert set(network["Containers"]) == before
    project("up", "-d")
    assert {c["Id"] for c in manager.list()} == before
    project("up", "-d", "--scale", "far=2")
    far = {c["Id"]: manager.get(f"/containers/{c['Id']}/json").json["Node"]["Name"] for c in services(manager)["far"]}
    assert len(far) == 2 and len(set(far.values())) == 1  # beside each other
    project("down", "-v")
    assert remains(engines) == []


def test_the_network_is_one(project, manager):
    """Lists, inspect and containers tell one id, or Compose would make its containers anew."""
    project("up", "-d")
    inspected = manager.get("/networks/demo_default").json
    assert inspected["Name"] == "demo_default"
    listed = manager.get('/networks?filters={"name":["demo_default"]}').json
    assert [(n["Name"], n["Id"]) for n in listed] == [("demo_default", inspected["Id"])]
    ids = {c["NetworkSettings"]["Networks"]["demo_default"]["NetworkID"] for c in manager.list()}
    assert ids == {inspected["Id"]}
    assert set(inspected["Containers"]) == {c["Id"] for c in manager.list()}


#
# The first format, which Compose 1 alone reads
#

of_compose_1 = pytest.mark.parametrize("make_project", [clients.compose("1.29")], ids=["1.29"], indirect=True)


def published(project, service, count):
    """The addresses that Compose tells of a service's containers."""
    return [project("port", "--index", str(index), service, "80").strip() for index in range(1, count + 1)]


@of_compose_1
def test_links(make_project, manager, engines):
    """What is linked goes where its target is; ports are found by any client."""
    project = make_project(LINKED)
    project("up", "-d")
    before = manager.placed()
    assert before == {"demo_db_1": "node-1", "demo_web_1": "node-1"}
    web = manager.get("/containers/demo_web_1/json").json
    assert set(web["NetworkSettings"]["Networks"]) == {"bridge"}
    assert "/demo_db_1:/demo_web_1/database" in web["HostConfig"]["Links"]
    project("exec", "-T", "db", "sh", "-c", "echo hello >/data/index.html")
    assert project("exec", "-T", "web", "wget", "-qO-", "http://database/") == "hello\n"

    project("scale", "web=3")
    assert manager.placed() == {**before, "demo_web_2": "node-1", "demo_web_3": "node-1"}
    found = published(project, "web", 3)
    assert all(address in project("ps") for address in found)
    assert {address.split(":")[0] for address in found} == {engines[1].ip}
    answers = eventually(lambda: {rawhttp.get(address, "/").text.strip() for address in found})
    ids = {c["Id"] for c in manager.list()}
    assert answers == {c["Id"][:12] for c in services(manager)["web"]}

    project("up", "-d", "--scale", "web=3")
    assert {c["Id"] for c in manager.list()} == ids
    logs = eventually(lambda: (text := project("logs", "--no-color")).count("is up") == 4 and text)
    assert sorted(line.split()[0] for line in logs.splitlines() if "is up" in line) == [
        "db_1", "web_1", "web_2", "web_3"]
    project("down", "-v")
    assert remains(engines) == []


@of_compose_1
@pytest.mark.parametrize("how", ["links: [db]", "volumes_from: [db]", "net: 'container:db'"])
def test_beside_another(make_project, manager, engines, how):
    project = make_project(BESIDE % how)
    project("up", "-d")
    assert manager.placed() == {"demo_db_1": "node-1", "demo_beside_1": "node-1"}
    project("rm", "-f", "-s", "-v")
    assert remains(engines) == []


@of_compose_1
def test_made_anew_where_its_data_is(make_project, manager):
    """Compose asks for the volumes of the old container, and so for its node."""
    project = make_project(ALONE)
    project("up", "-d")
    (old,) = manager.list()
    placed = manager.placed()
    project("exec", "-T", "db", "sh", "-c", "echo hello >/data/file")
    project("up", "-d", "--force-recreate")
    (new,) = manager.list()
    assert new["Id"] != old["Id"] and manager.placed() == placed
    assert project("exec", "-T", "db", "cat", "/data/file") == "hello\n"
