"""A container's life: what every command does, and that the next command sees it at once."""

import concurrent.futures
import json
import re

import pytest

from harness import rawhttp
from harness.lab import holder
from harness.wait import eventually, seconds

SLEEP = ["busybox", "sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done"]


@pytest.fixture
def web(docker):
    docker("run", "-d", "--name", "web", *SLEEP)
    return "web"


def inspect(docker, name, template):
    return docker("inspect", "-f", template, name)


#
# Every command, and ps after it
#


def test_create_and_start(docker):
    container_id = docker("create", "--name", "web", *SLEEP)
    assert re.fullmatch("[0-9a-f]{64}", container_id)
    assert docker.listed() == {"web": "created"}
    assert docker("start", "web") == "web"
    assert docker.listed() == {"web": "running"}
    assert docker("start", "web") == "web"  # once more is no error


def test_stop(docker, web):
    assert docker("stop", web) == web
    assert docker.listed() == {web: "exited"}
    assert inspect(docker, web, "{{.State.ExitCode}}") == "0"
    assert docker("stop", web) == web


def test_stop_waits_as_long_as_it_is_told(docker):
    docker("run", "-d", "--name", "stubborn", "busybox", "sh", "-c", "trap '' TERM; while :; do sleep 0.1; done")
    _, duration = seconds(lambda: docker("stop", "-t", "2", "stubborn"))
    assert 2 <= duration < 10
    assert inspect(docker, "stubborn", "{{.State.ExitCode}}") == "137"
    assert docker.listed() == {"stubborn": "exited"}


def test_restart(docker, web):
    before = inspect(docker, web, "{{.State.StartedAt}}")
    assert docker("restart", web) == web
    assert docker.listed() == {web: "running"}
    assert inspect(docker, web, "{{.State.StartedAt}}") > before


def test_kill(docker, web):
    assert docker("kill", web) == web
    assert docker.listed() == {web: "exited"}
    assert inspect(docker, web, "{{.State.ExitCode}}") == "137"
    assert "is not running" in docker.fails("kill", web)


def test_kill_with_a_signal(docker, web):
    docker("kill", "-s", "TERM", web)
    assert docker("wait", web) == "0"
    eventually(lambda: docker.listed() == {web: "exited"})


def test_pause_and_unpause(docker, web):
    assert docker("pause", web) == web
    assert docker.listed() == {web: "paused"}
    assert docker("ps", "--format", "{{.Status}}").endswith("(Paused)")
    assert "is already paused" in docker.fails("pause", web)
    assert docker("unpause", web) == web
    assert docker.listed() == {web: "running"}


def test_rename(docker, web):
    docker("rename", web, "other")
    assert docker.listed() == {"other": "running"}
    assert inspect(docker, "other", "{{.Name}}") == "/other"
    assert "No such container: web" in docker.fails("stop", web)
    assert "Renaming a container with the same name as its current name" in docker.fails("rename", "other", "other")
    docker("run", "-d", "--name", web, *SLEEP)  # the name is free again
    said = docker.fails("rename", "other", web)
    assert "onflict" in said and web in said
    assert docker.listed() == {"other": "running", web: "running"}


def test_update(docker, web):
    docker("update", "--restart", "on-failure:3", web)
    policy = json.loads(inspect(docker, web, "{{json .HostConfig.RestartPolicy}}"))
    assert policy == {"Name": "on-failure", "MaximumRetryCount": 3}


def test_update_counts_for_placement_at_once(manager, docker):
    docker("create", "--name", "web", "-m", "64m", *SLEEP)
    docker("update", "-m", "128m", "--memory-swap", "-1", "web")
    node = manager.nodes()[manager.placed()["web"]]
    assert node["Reserved Memory"].startswith("128 MiB / ")


def test_remove(docker, web):
    said = docker.fails("rm", web)
    assert "remove" in said and "running" in said
    assert docker.listed() == {web: "running"}
    assert docker("rm", "-f", web) == web
    assert docker.listed() == {}
    assert "No such container: web" in docker.fails("rm", web)


def test_remove_with_its_volumes(docker, engines):
    docker("run", "--name", "data", "-v", "/anonymous", "busybox", "true")
    engine = holder(engines, "data")
    assert len(engine.get("/volumes")["Volumes"]) == 1
    docker("rm", "-v", "data")
    assert not engine.get("/volumes")["Volumes"]


def test_prune(docker, web):
    for number in range(4):
        docker("create", "--name", f"old-{number}", "--label", f"half={number % 2}", "busybox")
    said = docker("container", "prune", "-f", "--filter", "label=half=1")
    assert "Total reclaimed space: 0B" in said
    assert len(re.findall("^[0-9a-f]{64}$", said, re.M)) == 2
    assert docker.listed() == {web: "running", "old-0": "created", "old-2": "created"}
    docker("container", "prune", "-f")
    assert docker.listed() == {web: "running"}
    assert "Deleted Containers" not in docker("container", "prune", "-f")


def test_many_at_once_are_all_seen(docker):
    """Twenty clients; each of them sees its own change in its next command."""

    def live(number):
        name = f"busy-{number}"
        docker("create", "--name", name, "busybox", "sleep", "1000", timeout=120)
        created = name in docker.listed()
        docker("start", name, timeout=120)
        running = docker.listed().get(name) == "running"
        docker("rm", "-f", name, timeout=120)
        return created, running, name not in docker.listed()

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        assert list(pool.map(live, range(20))) == [(True, True, True)] * 20


#
# wait
#


def test_wait_prints_the_status(docker):
    docker("run", "-d", "--name", "short", "busybox", "sh", "-c", "exit 12")
    assert docker("wait", "short") == "12"
    assert docker("wait", "short") == "12"


def wait_for(endpoint, name, condition):
    """A connection on which the wait's head has come, while nothing else has happened yet."""
    connection = rawhttp.Connection(endpoint)
    connection.send_request("POST", f"/v1.41/containers/{name}/wait?condition={condition}")
    head = connection.read_head()
    assert head.status == 200
    return connection, head


def answer_of(connection, head):
    with connection:
        return json.loads(connection.read_body(head, "POST")[0])["StatusCode"]


@pytest.mark.parametrize("condition", ["next-exit", "removed"])
def test_wait_has_its_head_before_the_start(endpoint, docker, condition):
    docker("create", "--name", "short", "busybox", "sh", "-c", "exit 5")
    waiting = wait_for(endpoint, "short", condition)
    docker("start", "short")
    if condition == "removed":
        eventually(lambda: docker.listed() == {"short": "exited"})
        docker("rm", "short")
    assert answer_of(*waiting) == 5


def test_wait_until_it_does_not_run(endpoint, docker, web):
    waiting = wait_for(endpoint, web, "not-running")
    docker("kill", web)
    assert answer_of(*waiting) == 137
    assert answer_of(*wait_for(endpoint, web, "not-running")) == 137


def test_wait_for_nothing(docker):
    assert "No such container: nothing" in docker.fails("wait", "nothing")


#
# Looking at it
#


def test_top_is_the_engines_own(docker, engines):
    docker("run", "-d", "--name", "web", "busybox", "sleep", "1234")
    ours = docker("top", "web", "-o", "pid,args")
    assert ours == holder(engines, "web").docker("top", "web", "-o", "pid,args")
    assert ours.endswith("sleep 1234")


def test_stats_once(docker, web):
    name, cpu, pids = docker("stats", "--no-stream", "--format", "{{.Name}} {{.CPUPerc}} {{.PIDs}}", web).split()
    assert name == web
    assert cpu.endswith("%") and int(pids) >= 1


def test_stats_of_everything(docker):
    for number in range(4):
        docker("run", "-d", "--name", f"web-{number}", *SLEEP)
    names = docker("stats", "--no-stream", "--format", "{{.Name}}").splitlines()
    assert sorted(names) == ["web-0", "web-1", "web-2", "web-3"]


def test_stats_go_on(endpoint, docker, web):
    with rawhttp.Connection(endpoint) as connection:
        connection.send_request("GET", f"/v1.41/containers/{web}/stats?stream=1")
        assert connection.read_head().status == 200
        reads = [json.loads(connection.read_chunk())["read"] for _ in range(3)]
    assert reads == sorted(set(reads))


def test_changes_are_the_engines_own(docker, engines):
    docker("run", "--name", "writer", "busybox", "sh", "-c", "echo x >/new; rm /etc/group")
    ours = docker("diff", "writer")
    theirs = holder(engines, "writer").docker("diff", "writer")
    # An engine that compares folders instead of layers walks them in no order.
    assert sorted(ours.splitlines()) == sorted(theirs.splitlines()) == ["A /new", "C /etc", "D /etc/group"]


def test_commit(docker, engines):
    docker("run", "--name", "writer", "busybox", "sh", "-c", "echo kept >/new")
    engine = holder(engines, "writer")
    image_id = docker("commit", "-m", "words & more", "-a", "me", "-c", "LABEL a=b", "writer", "made/here:1")
    image = engine.get("/images/made/here:1/json")
    assert image["Id"] == image_id
    assert (image["Comment"], image["Author"], image["Config"]["Labels"]["a"]) == ("words & more", "me", "b")


def test_start_of_several_and_of_nothing(docker):
    for name in ("one", "two"):
        docker("create", "--name", name, *SLEEP)
    done = docker.run("start", "one", "nothing", "two", check=False)
    assert done.returncode == 1
    assert done.stdout.splitlines() == ["one", "two"]
    assert "No such container: nothing" in done.stderr
    assert docker.listed() == {"one": "running", "two": "running"}


def test_a_start_that_fails_says_why(docker, engines):
    docker("create", "--name", "broken", "busybox", "/nonsense")
    ours = docker.run("start", "broken", check=False)
    theirs = holder(engines, "broken").docker.run("start", "broken", check=False)
    assert (ours.returncode, ours.stderr) == (theirs.returncode, theirs.stderr)
    assert "/nonsense" in ours.stderr
    assert docker.listed() == {"broken": "created"}


def test_health_is_followed(docker):
    docker("run", "-d", "--name", "web", "--health-cmd", "test -e /well", "--health-interval", "200ms",
           "--health-retries", "1", *SLEEP)
    eventually(lambda: docker("ps", "--format", "{{.Status}}").endswith("(unhealthy)"))
    docker("exec", "web", "touch", "/well")
    eventually(lambda: docker("ps", "--format", "{{.Status}}").endswith("(healthy)"))


def test_what_ends_by_itself_is_seen(docker):
    docker("run", "-d", "--name", "short", "busybox", "sh", "-c", "sleep 0.5; exit 3")
    eventually(lambda: docker("ps", "-a", "--format", "{{.Status}}").startswith("Exited (3)"))
    assert docker("ps", "-q") == ""


def test_a_name_is_free_when_run_rm_has_ended(docker):
    for _ in range(5):
        assert docker("run", "--rm", "--name", "again", "-p", "18080:80", "busybox", "echo", "hi") == "hi"
        assert docker.listed() == {}
