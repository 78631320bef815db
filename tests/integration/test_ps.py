"""docker ps: one list of everything, and every filter of today's API."""

import json
import urllib.parse

import pytest

import conftest
from harness import rawhttp
from harness.manager import Manager
from harness.wait import eventually

SLEEP = ["busybox", "sleep", "1000"]


class Scene:
    """Containers of every kind, made once for all tests of this file; nobody changes them."""

    def __init__(self, docker, lab):
        self.docker = docker
        self.lab = lab
        self.ids = {}

    def make(self, name, *arguments, using=None, command="run"):
        detach = ["-d"] if command == "run" else []
        self.ids[name] = (using or self.docker)(command, *detach, "--name", name, *arguments)

    def build(self):
        first = self.lab.engines[0].docker
        first("network", "create", "front")
        first("run", "--name", "seed", "busybox", "touch", "/seed")
        first("commit", "seed", "derived:1")
        first("rm", "seed")
        self.make("oldest", "--label", "tier=front", "--label", "lang=c", *SLEEP)
        self.make("ended-3", "busybox", "sh", "-c", "exit 3")
        self.make("ended-0", "--label", "tier=back", "busybox", "true")
        self.make("published", "-p", "8080:80", "-p", "9053:53/udp", "--expose", "7000-7002", *SLEEP)
        self.make("with-volume", "-v", "data:/var/data", *SLEEP)
        self.make("networked", "--network", "front", *SLEEP, using=first)
        self.make("derived", "derived:1", "sleep", "1000", using=first)
        self.make("well", "--health-cmd", "true", "--health-interval", "200ms", *SLEEP)
        self.make("ill", "--health-cmd", "false", "--health-interval", "200ms", "--health-retries", "1", *SLEEP)
        self.make("paused", *SLEEP)
        self.docker("pause", "paused")
        self.make("newest", *SLEEP, command="create")
        eventually(self.is_settled)

    def is_settled(self):
        shown = {line.split("|")[0].rsplit("/")[-1]: line
                 for line in self.docker("ps", "-a", "--format", "{{.Names}}|{{.Status}}").splitlines()}
        assert "(healthy)" in shown["well"] and "(unhealthy)" in shown["ill"], shown
        assert "Exited" in shown["ended-3"] and "Exited" in shown["ended-0"], shown
        return set(shown) == set(self.ids)

    def names(self, *options):
        return set(self.docker.listed(*options))


@pytest.fixture(scope="module")
def scene(lab, tmp_path_factory):
    conftest.clean(lab)
    manager = None
    if conftest.DIRECT:
        docker = lab.engines[0].docker
    else:
        nodes = [engine.address for engine in lab.engines]
        manager = Manager(tmp_path_factory.mktemp("ps"), nodes).start().wait_healthy()
        docker = manager.docker
    built = Scene(docker, lab)
    built.build()
    built.manager = manager
    yield built
    conftest.clean(lab)
    if manager:
        manager.stop()


@pytest.fixture
def manager_scene(scene):
    if not scene.manager:
        pytest.skip("SWARM_TEST_DIRECT: there is no manager")
    return scene


RUNNING = {"oldest", "published", "with-volume", "networked", "derived", "well", "ill", "paused"}
ALL = RUNNING | {"ended-3", "ended-0", "newest"}


def test_running_only_unless_all_are_wanted(scene):
    shown = scene.docker("ps", "--format", "{{.Names}}").splitlines()
    assert {name.rsplit("/")[-1] for name in shown} == RUNNING
    assert scene.names() == ALL


@pytest.mark.parametrize("filters, names", [
    (["name=published"], {"published"}),
    (["name=^oldest$"], {"oldest"}),
    (["name=^/oldest$"], {"oldest"}),
    (["name=est$"], {"oldest", "newest"}),
    (["name=oldest", "name=newest"], {"oldest", "newest"}),
    (["name=nobody"], set()),
    (["label=tier"], {"oldest", "ended-0"}),
    (["label=tier=front"], {"oldest"}),
    (["label=tier=front", "label=lang=c"], {"oldest"}),
    (["label=tier=back", "label=lang=c"], set()),
    (["status=running"], RUNNING - {"paused"}),
    (["status=paused"], {"paused"}),
    (["status=created"], {"newest"}),
    (["status=exited"], {"ended-3", "ended-0"}),
    (["status=exited", "status=created"], {"ended-3", "ended-0", "newest"}),
    (["status=dead"], set()),
    (["exited=3"], {"ended-3"}),
    (["exited=0"], {"ended-0"}),
    (["exited=0", "exited=3"], {"ended-0", "ended-3"}),
    (["exited=7"], set()),
    (["health=healthy"], {"well"}),
    (["health=unhealthy"], {"ill"}),
    (["health=starting"], set()),
    (["health=none"], ALL - {"well", "ill"}),
    (["is-task=true"], set()),
    (["is-task=false"], ALL),
    (["volume=data"], {"with-volume"}),
    (["volume=/var/data"], {"with-volume"}),
    (["volume=/var"], set()),
    (["network=front"], {"networked"}),
    (["network=bridge"], ALL - {"networked"}),
    (["publish=8080"], {"published"}),
    (["publish=8080/tcp"], {"published"}),
    (["publish=8080/udp"], set()),
    (["publish=9000-9100/udp"], {"published"}),
    (["publish=80"], set()),
    (["expose=80"], {"published"}),
    (["expose=7001"], {"published"}),
    (["expose=7002-7009"], {"published"}),
    (["expose=8080"], set()),
    (["ancestor=derived:1"], {"derived"}),
    (["ancestor=busybox"], ALL),
    (["ancestor=busybox:latest"], ALL),
    (["ancestor=nothing:1"], set()),
    (["before=ended-3"], {"oldest"}),
    (["since=paused"], {"newest"}),
    (["since=ended-3", "before=published"], {"ended-0"}),
    (["since=newest"], set()),
    (["before=newest", "status=exited"], {"ended-3", "ended-0"}),
    (["label=tier", "status=running"], {"oldest"}),
    (["name=ended", "exited=3"], {"ended-3"}),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_filters(scene, filters, names):
    options = [part for one in filters for part in ("--filter", one)]
    assert scene.names(*options) == names


@pytest.mark.parametrize("one, names", [
    ("status=exited", {"ended-3", "ended-0"}),
    ("status=created", {"newest"}),
    ("exited=3", set()),
    ("before=ended-0", {"oldest"}),
    ("name=newest", set()),
])
def test_which_filters_show_what_does_not_run(scene, one, names):
    shown = scene.docker("ps", "--filter", one, "--format", "{{.Names}}").splitlines()
    assert {name.rsplit("/")[-1] for name in shown} == names


def test_filter_by_id(scene):
    container_id = scene.ids["published"]
    for part in (container_id, container_id[:12], container_id[:5]):
        assert "published" in scene.names("--filter", f"id={part}")
    assert scene.names("--filter", f"id={container_id}") == {"published"}
    assert scene.names("--filter", f"before={scene.ids['ended-3']}") == {"oldest"}


def test_filter_by_network_id(scene):
    network = next(n for n in scene.lab.engines[0].get("/networks") if n["Name"] == "front")
    assert scene.names("--filter", f"network={network['Id']}") == {"networked"}
    assert scene.names("--filter", f"network={network['Id'][:12]}") == {"networked"}


def test_newest_first_and_not_too_many(scene):
    order = [name for name in scene.docker.listed()]
    assert order[0] == "newest" and order[-1] == "oldest"
    assert list(scene.docker.listed("-n", "2")) == order[:2]
    assert list(scene.docker.listed("-l")) == ["newest"]
    assert list(scene.docker.listed("-n", "1", "--filter", "status=exited")) == ["ended-0"]


def test_created_in_one_second_is_still_in_order(scene):
    """Scripts say docker run -d, and then docker ps -lq."""
    made = []
    try:
        for number in range(6):
            made.append(f"quick-{number}")
            scene.docker("create", "--name", made[-1], "busybox")
            assert list(scene.docker.listed("-l")) == [made[-1]]
        assert list(scene.docker.listed("--filter", "name=quick")) == made[::-1]
        assert set(scene.docker.listed("--filter", f"before={made[3]}", "--filter", "name=quick")) == set(made[:3])
    finally:
        scene.docker("rm", "-f", *made)


def test_sizes(scene):
    shown = scene.docker("ps", "-a", "-s", "--filter", "name=oldest", "--format", "{{.Size}}")
    assert shown.startswith("0B (virtual ") and "(virtual 0B)" not in shown
    assert scene.docker("ps", "-a", "--filter", "name=oldest", "--format", "{{.Names}}").endswith("oldest")


def test_quiet_and_formats(scene):
    assert scene.docker("ps", "-q", "--no-trunc", "--filter", "name=oldest") == scene.ids["oldest"]
    assert scene.docker("ps", "-q", "--filter", "name=oldest") == scene.ids["oldest"][:12]
    shown = json.loads(scene.docker("ps", "--format", "{{json .}}", "--filter", "name=oldest"))
    assert shown["Image"] == "busybox" and shown["State"] == "running"
    assert shown["Command"] == '"sleep 1000"' and set(shown["Labels"].split(",")) >= {"lang=c", "tier=front"}
    table = scene.docker("ps", "--filter", "name=oldest").splitlines()
    assert table[0].split()[:2] == ["CONTAINER", "ID"] and len(table) == 2


#
# The request behind it
#


def ask(scene, query):
    return rawhttp.get(scene.docker.address, f"/v1.41/containers/json?{query}")


def short_names(answer):
    assert answer.status == 200, answer.text
    return {container["Names"][0].rsplit("/", 1)[-1] for container in answer.json}


def filters(document):
    return "filters=" + urllib.parse.quote(document if isinstance(document, str) else json.dumps(document))


@pytest.mark.parametrize("document", [{"status": {"exited": True}}, {"status": ["exited"]}], ids=["map", "list"])
def test_both_ways_to_write_filters(scene, document):
    assert short_names(ask(scene, filters(document))) == {"ended-3", "ended-0"}


@pytest.mark.parametrize("query, names", [
    ("all=0", RUNNING), ("all=false", RUNNING), ("all=True", ALL), ("all=1&limit=0", ALL), ("all=1&limit=-1", ALL),
    ("limit=1", {"newest"}), ("filters=", RUNNING), ("filters=%7B%7D", RUNNING), ("all=1&nobody-knows=this", ALL),
])
def test_parameters(scene, query, names):
    assert short_names(ask(scene, query)) == names


@pytest.mark.parametrize("query", [
    filters({"colour": ["red"]}),
    filters({"status": ["asleep"]}),
    filters({"health": ["fine"]}),
    filters({"exited": ["soon"]}),
    filters({"is-task": ["perhaps"]}),
    filters({"publish": ["port"]}),
    filters("{not json"),
    filters('["status"]'),
])
def test_what_makes_no_sense_is_refused(manager_scene, query):
    """With 400, as engines of today do; 20.10 answers 500 to some."""
    answer = ask(manager_scene, query)
    assert answer.status == 400
    assert answer.head.get("Content-Type") == "application/json"
    assert answer.json["message"]


@pytest.mark.parametrize("key", ["before", "since"])
def test_bounds_that_are_not_there(manager_scene, key):
    answer = ask(manager_scene, filters({key: ["nobody"]}))
    assert (answer.status, answer.json["message"]) == (404, "No such container: nobody")


def test_nothing_is_an_empty_list(scene):
    answer = ask(scene, filters({"name": ["nobody"]}))
    assert answer.body.strip() == b"[]"


#
# What only a cluster has
#


def test_names_tell_the_node(manager_scene):
    scene = manager_scene
    placed = scene.manager.placed()
    for version, wanted in (("1.41", lambda node, name: [f"/{node}/{name}"]),
                            ("1.52", lambda node, name: [f"/{name}", f"/{node}/{name}"])):
        for container in scene.manager.get(f"/v{version}/containers/json?all=1").json:
            name = container["Names"][0].rsplit("/")[-1]
            assert sorted(container["Names"]) == sorted(wanted(placed[name], name)), version


def test_filter_by_node(manager_scene):
    scene = manager_scene
    placed = scene.manager.placed()
    for engine in scene.lab.engines:
        there = {name for name, node in placed.items() if node == engine.name}
        assert there and scene.names("--filter", f"node={engine.name}") == there
    assert scene.names("--filter", "node=node-9") == set()
    assert scene.names("--filter", "node=node-0", "--filter", "node=node-1", "--filter", "node=node-2") == ALL


def test_filter_by_name_with_its_node(manager_scene):
    scene = manager_scene
    node = scene.manager.placed()["oldest"]
    assert scene.names("--filter", f"name={node}/oldest") == {"oldest"}
    assert scene.names("--filter", f"name=^/{node}/oldest$") == {"oldest"}


def test_published_addresses_can_be_reached(manager_scene):
    scene = manager_scene
    engine = next(e for e in scene.lab.engines if e.name == scene.manager.placed()["published"])
    (container,) = ask(scene, filters({"name": ["published"]})).json
    public = {(port["IP"], port["PublicPort"], port["Type"]) for port in container["Ports"] if "PublicPort" in port}
    assert public == {(engine.ip, 8080, "tcp"), (engine.ip, 9053, "udp")}
    assert {"PrivatePort": 7000, "Type": "tcp"} in container["Ports"]


def test_everything_else_is_the_engines_own(manager_scene):
    """Every key of the engine's entry is there, and but for the few that are about the cluster with its value."""
    scene = manager_scene
    ours = {container["Id"]: container for container in ask(scene, "all=1").json}
    for engine in scene.lab.engines:
        for theirs in engine.get("/v1.41/containers/json?all=1"):
            entry = ours.pop(theirs["Id"])
            assert set(entry) >= set(theirs)
            different = {key for key in theirs if entry[key] != theirs[key]}
            assert different <= {"Names", "Ports", "Status"}, (entry, theirs)
            assert entry["Status"].split(" ")[0] == theirs["Status"].split(" ")[0]
    assert ours == {}


def test_hosts_that_were_cloned_show_what_each_has(fakes, start_manager):
    """The copy of a host's disk has its containers, too, with the same ids."""
    original, clone = fakes(2)
    container_id = original.add_container("web")
    clone.configure(containers=original.state.containers)
    manager = start_manager([original.address, clone.address]).wait_healthy()
    shown = [(entry["Id"], entry["Names"][0]) for entry in manager.list()]
    assert sorted(shown) == [(container_id, "/fake-0/web"), (container_id, "/fake-1/web")]
