"""docker exec: more processes in a container that runs."""

import json

import pytest

from harness import rawhttp
from harness.lab import holder
from harness.wait import eventually

MIB = 1 << 20


@pytest.fixture
def box(docker):
    """The name of a container that waits for commands."""
    docker("run", "-d", "--name", "box", "busybox", "sleep", "1000")
    return "box"


def test_output_and_status(docker, box):
    done = docker.run("exec", box, "sh", "-c", "echo out; echo err >&2; exit 9", check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("out\n", "err\n", 9)


def test_environment_folder_and_user(docker, box):
    said = docker("exec", "-e", "WORD=a b", "-w", "/tmp", "-u", "7:8", box, "sh", "-c", 'echo "$WORD"; pwd; id -u; id -g')
    assert said.splitlines() == ["a b", "/tmp", "7", "8"]


def test_input_ends(docker, box):
    assert docker("exec", "-i", box, "sh", "-c", "cat >/dev/null; echo done", input="x" * MIB) == "done"
    assert docker("exec", "-i", box, "wc", "-c", input="x" * MIB) == str(MIB)
    assert docker("exec", "-i", box, "cat", input="one\ntwo\n") == "one\ntwo"


def test_terminal_follows_the_window(docker, box):
    with docker.terminal("exec", "-it", box, "sh", rows=31, columns=101) as terminal:
        terminal.expect("# ")
        eventually(lambda: terminal.size_inside() == "31 101")
        eventually(lambda: terminal.resize(42, 124) or terminal.size_inside() == "42 124")
        terminal.send("exit 6\n")
        assert terminal.wait() == 6


def test_detached_runs_once(docker, box):
    for _ in range(5):
        assert docker("exec", "-d", box, "sh", "-c", "echo x >>/tmp/runs") == ""
    eventually(lambda: docker("exec", box, "cat", "/tmp/runs") == "x\n" * 4 + "x")


@pytest.mark.parametrize("command", ["nonsense", "/proc"])
def test_what_cannot_be_run_is_said_as_the_engine_says_it(docker, engines, box, command):
    ours = docker.run("exec", box, command, check=False)
    theirs = holder(engines, box).docker.run("exec", box, command, check=False)
    assert ours.returncode == theirs.returncode == 126
    assert (ours.stdout, ours.stderr) == (theirs.stdout, theirs.stderr)


def test_a_container_that_does_not_run(docker, engines, box):
    docker("kill", box)
    ours = docker.run("exec", box, "true", check=False)
    theirs = holder(engines, box).docker.run("exec", box, "true", check=False)
    assert (ours.returncode, ours.stderr) == (theirs.returncode, theirs.stderr)
    assert "is not running" in ours.stderr


def test_a_container_that_is_not_there(docker):
    assert "No such container: nothing" in docker.fails("exec", "nothing", "true")


@pytest.mark.parametrize("method, action", [("GET", "json"), ("POST", "start"), ("POST", "resize?h=1&w=1")])
def test_an_exec_that_is_not_there(endpoint, method, action):
    body = {} if action == "start" else None
    answer = rawhttp.request(endpoint, method, f"/exec/{'0' * 64}/{action}", body=body)
    assert answer.status == 404
    assert answer.head.get("Content-Type") == "application/json"
    assert "0" * 64 in answer.json["message"]


def create(endpoint, name, *command, **more):
    body = {"Cmd": list(command), "AttachStdout": True, "AttachStderr": True, **more}
    answer = rawhttp.request(endpoint, "POST", f"/v1.41/containers/{name}/exec", body=body)
    assert answer.status == 201, answer.text
    return answer.json["Id"]


START = json.dumps({"Detach": False, "Tty": False}).encode()


def test_upgraded_stream(endpoint, box):
    exec_id = create(endpoint, box, "sh", "-c", "cat; echo err >&2; exit 4", AttachStdin=True)
    with rawhttp.Connection(endpoint) as connection:
        head = connection.upgrade(f"/v1.41/exec/{exec_id}/start", START)
        assert head.start_line == "HTTP/1.1 101 UPGRADED"
        assert (head.get("Connection"), head.get("Upgrade")) == ("Upgrade", "tcp")
        connection.send(b"in\n")
        assert connection.read_frame() == (1, b"in\n")
        connection.half_close()
        assert connection.read_frames() == (b"", b"err\n")
    state = rawhttp.get(endpoint, f"/v1.41/exec/{exec_id}/json").json
    assert (state["Running"], state["ExitCode"]) == (False, 4)


def test_stream_for_clients_that_do_not_upgrade(endpoint, box):
    exec_id = create(endpoint, box, "echo", "out")
    with rawhttp.Connection(endpoint) as connection:
        connection.send_request("POST", f"/v1.41/exec/{exec_id}/start", [("Content-Type", "application/json")], START)
        head = connection.read_head()
        assert head.status == 200
        assert head.get("Content-Type") == "application/vnd.docker.raw-stream"
        assert connection.read_frames() == (b"out\n", b"")


def test_bytes_sent_along_with_the_request_reach_the_process(manager, box):
    """An engine loses them when they come so early; the manager keeps them until it has an answer."""
    endpoint = manager.address
    exec_id = create(endpoint, box, "head", "-n", "1", AttachStdin=True)
    with rawhttp.Connection(endpoint) as connection:
        connection.send(
            f"POST /v1.41/exec/{exec_id}/start HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(START)}\r\n\r\n".encode() + START + b"early\n"
        )
        assert connection.read_head().status == 101
        assert connection.read_frames() == (b"early\n", b"")


def test_what_was_made_on_the_engine_is_found(manager, engines, docker, box):
    exec_id = create(holder(engines, box).address, box, "sleep", "1000")
    with rawhttp.Connection(holder(engines, box).address) as stream:
        stream.upgrade(f"/v1.41/exec/{exec_id}/start", START)
        state = eventually(lambda: (answer := manager.get(f"/exec/{exec_id}/json")).status == 200 and answer.json)
        assert state["Running"] is True and state["ProcessConfig"]["entrypoint"] == "sleep"
