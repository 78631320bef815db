"""What the endpoint as a whole answers: disk usage, prune, plugins, swarm mode, unknown paths."""

import pytest


def test_disk_usage(manager, engines, every_docker):
    every_docker("run", "-d", "--name", "web", "-v", "data:/data", "busybox", "sleep", "1000")
    node = manager.placed()["web"]
    total = manager.get("/system/df").json
    own = [engine.get("/system/df") for engine in engines]
    assert total["LayersSize"] == sum(one["LayersSize"] for one in own)
    assert len(total["Images"]) == sum(len(one["Images"]) for one in own)
    assert [c["Names"] for c in total["Containers"]] == [[f"/{node}/web", "/web"]]
    assert [c["Names"] for c in manager.get("/v1.44/system/df").json["Containers"]] == [[f"/{node}/web"]]
    assert [v["Name"] for v in total["Volumes"]] == [f"{node}/data"]
    assert every_docker("system", "df", "--format", "{{.Type}} {{.TotalCount}}").splitlines()[1] == "Containers 1"


def test_disk_usage_of_what_there_is_not(manager):
    answer = manager.get("/v1.44/system/df?type=image&type=nonsense")
    assert (answer.status, answer.json["message"]) == (400, "unknown object type: nonsense")
    assert manager.get("/v1.44/system/df?type=image&type=build-cache").status == 200


def test_disk_usage_without_an_engine(manager, engines):
    engines[1].kill()
    assert len(manager.get("/system/df").json["Images"]) == 2


def test_system_prune(manager, engines, every_docker):
    for name in ("one", "two", "three"):
        every_docker("run", "--name", name, "busybox", "true")
    every_docker("network", "create", "idle")
    printed = every_docker("system", "prune", "-f", "--volumes")
    assert "Deleted Containers:" in printed and "Deleted Networks:" in printed
    assert manager.list() == []
    assert all(engine.containers() == {} for engine in engines)


def test_plugins(manager, every_docker):
    assert manager.get("/plugins").json == []
    assert every_docker("plugin", "ls", "-q") == ""
    assert manager.get("/plugins/none/json").status == 404
    answer = manager.request("POST", "/plugins/none/enable")
    assert (answer.status, answer.json["message"]) == (501, "plugin management is not available on this endpoint")


def test_inspect_of_nothing_asks_everybody(every_docker):
    """docker inspect goes on to the next kind of object only after a 404."""
    assert "No such object: nothing" in every_docker.fails("inspect", "nothing")


@pytest.mark.parametrize("method, path, status, beginning", [
    ("GET", "/swarm", 503, "This node is not a swarm manager."),
    ("GET", "/tasks", 503, "This node is not a swarm manager."),
    ("GET", "/services", 503, "This node is not a swarm manager."),
    ("POST", "/services/create", 503, "This node is not a swarm manager."),
    ("DELETE", "/secrets/one", 503, "This node is not a swarm manager."),
    ("GET", "/tasks/one/logs", 503, "This node is not a swarm manager."),
    ("POST", "/swarm/leave", 503, "This node is not part of a swarm"),
    ("POST", "/swarm/init", 501, "swarm mode is managed on the engines"),
])
def test_outside_swarm_mode(manager, method, path, status, beginning):
    answer = manager.request(method, f"/v1.41{path}")
    assert answer.status == status
    assert answer.head.get("Content-Type") == "application/json"
    assert answer.json["message"].startswith(beginning)


def test_commands_of_swarm_mode_say_so(every_docker):
    for words in (["service", "ls"], ["secret", "ls"], ["stack", "ls"]):
        said = every_docker.fails(*words)
        assert "This node is not a swarm manager" in said and "docker compose up" in said


def test_unknown_paths(manager, docker):
    for path in ("/nothing", "/containers", "/containers/none/nothing", "/v1.41/nothing"):
        answer = manager.get(path)
        assert (answer.status, answer.json["message"]) == (404, "page not found"), path


def test_an_unknown_path_of_a_container_is_its_engines(manager, engines, docker):
    id = docker("run", "-d", "--name", "web", "busybox", "sleep", "1000")
    engine = next(e for e in engines if e.name == manager.placed()["web"])
    answer = manager.get(f"/containers/{engine.name}/web/tomorrow?a=b")
    own = engine.request("GET", f"/v1.41/containers/{id}/tomorrow?a=b")
    assert (answer.status, answer.body) == (own.status, own.body)


#
# For those who watch over the manager
#


def test_probes(start_manager, fakes):
    (fake,) = fakes()
    manager = start_manager([fake.address]).wait_healthy()
    for path in ("/healthz", "/livez", "/readyz"):
        answer = manager.get(path)
        assert (answer.status, answer.text) == (200, "ok\n"), path


def test_probes_without_an_engine(start_manager):
    manager = start_manager(["127.0.0.1:1"])
    assert manager.get("/livez").status == 200
    answer = manager.get("/readyz")
    assert (answer.status, answer.text) == (503, "no engine is healthy\n")


def test_metrics_of_the_process(start_manager):
    manager = start_manager(["127.0.0.1:1"])
    text = manager.get("/metrics").text
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    version = manager.get("/version").json
    commit = version["GitCommit"]
    assert any(name.startswith("swarm_build_info{version=") and f'commit="{commit}"' in name for name in values)
    assert abs(int(float(values["process_open_fds"])) - manager.open_files()) <= 1
    assert float(values["process_resident_memory_bytes"]) > 1 << 20
    assert float(values["process_cpu_seconds_total"]) > 0
