"""docker run, in all the ways that people use it."""

import concurrent.futures

import pytest

from conftest import DIRECT
from harness.docker import Docker, commands
from harness.lab import holder
from harness.wait import eventually

TALK = ["busybox", "sh", "-c", "echo out; echo err >&2; exit 3"]
MIB = 1 << 20


def test_detached_prints_the_id_and_goes_on(docker, engines):
    container_id = docker("run", "-d", "--name", "web", "busybox", "sleep", "1000")
    engine = holder(engines, "web")
    assert engine.containers()["web"]["Id"] == container_id
    assert docker("ps", "-q", "--no-trunc") == container_id
    assert docker.listed() == {"web": "running"}


def test_foreground_keeps_stdout_and_stderr_apart(docker):
    done = docker.run("run", "--rm", *TALK, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("out\n", "err\n", 3)


def test_rm_leaves_nothing(docker, engines):
    docker.run("run", "--rm", "--name", "gone", *TALK, check=False)
    eventually(lambda: docker("ps", "-aq") == "")
    assert all(engine.containers() == {} for engine in engines)


def test_many_at_once_lose_no_byte_and_no_status(docker, is_long):
    """The client closes its side of the attach before the container has written anything."""

    def run(number):
        done = docker.run("run", "--rm", "busybox", "sh", "-c", f"echo out {number}; echo err {number} >&2; exit 3",
                          check=False, timeout=180)
        return done.stdout, done.stderr, done.returncode

    count = 60 if is_long else 30
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        results = list(pool.map(run, range(count)))
    assert results == [(f"out {n}\n", f"err {n}\n", 3) for n in range(count)]


@pytest.mark.parametrize("command, status", [
    (["true"], 0),
    (["sh", "-c", "exit 255"], 255),
    (["sh", "-c", "sh -c 'kill -9 $$'; exit $?"], 137),
    (["nonsense"], 127),
    (["/proc"], 126),
])
def test_exit_status_and_words_are_the_engines(docker, engines, command, status):
    ours = docker.run("run", "--rm", "busybox", *command, check=False)
    theirs = engines[0].docker.run("run", "--rm", "busybox", *command, check=False)
    assert ours.returncode == theirs.returncode == status
    assert (ours.stdout, words(ours.stderr)) == (theirs.stdout, words(theirs.stderr))


def words(stderr):
    """Without a line that docker 20.10 prints now and then, with an engine alone as well: when a container does not
    start, it cancels its own wait, and ends before or after it has said so."""
    return [line for line in stderr.splitlines() if "error waiting for container: context canceled" not in line]


def test_an_entrypoint_that_is_not_there_leaves_the_container_behind(docker, engines):
    said = docker.fails("run", "--name", "broken", "--entrypoint", "/nonsense", "busybox")
    assert "/nonsense" in said and "no such file or directory" in said
    assert docker.listed() == {"broken": "created"}
    holder(engines, "broken")


def test_a_missing_image_that_must_not_be_pulled(docker):
    done = docker.run("run", "--pull", "never", "nowhere.invalid/nothing:1", check=False)
    assert done.returncode == 125
    assert "nowhere.invalid" in done.stderr
    assert docker("ps", "-aq") == ""


#
# Standard input
#


def test_input_ends_and_the_output_still_comes(docker):
    assert docker("run", "-i", "--rm", "busybox", "sh", "-c", "cat >/dev/null; echo done", input="a few words") == "done"


def test_empty_input(docker):
    assert docker("run", "-i", "--rm", "busybox", "wc", "-c", input="") == "0"


def run_with_file(docker, path, *command):
    with open(path, "rb") as file:
        process = docker.start("run", "-i", "--rm", "busybox", *command, stdin=file)
        out, err = process.communicate(timeout=170)
    assert process.returncode == 0, err
    return out


@pytest.mark.parametrize("command, answer", [
    (["sh", "-c", "cat >/dev/null; echo done"], "done\n"),
    (["wc", "-c"], f"{100 * MIB}\n"),
])
def test_a_hundred_mebibytes_of_input(docker, tmp_path, command, answer):
    path = tmp_path / "input"
    with open(path, "wb") as file:
        file.truncate(100 * MIB)
    assert run_with_file(docker, path, *command) == answer


def test_input_comes_back_as_it_went(docker, tmp_path):
    path = tmp_path / "input"
    text = "".join(f"line {n}\n" for n in range(400_000))
    path.write_text(text)
    assert run_with_file(docker, path, "cat") == text


def test_a_command_that_does_not_read_its_input(docker, tmp_path):
    path = tmp_path / "input"
    with open(path, "wb") as file:
        file.truncate(16 * MIB)
    assert run_with_file(docker, path, "echo", "enough") == "enough\n"


#
# Terminals
#


@pytest.fixture(params=commands(), ids=lambda path: path.strip("/").replace("/", "-"))
def docker_of_each_kind(request, docker):
    each = Docker(docker.address, request.param)
    yield each
    each.close()


def test_terminal_follows_the_window(docker_of_each_kind):
    with docker_of_each_kind.terminal("run", "-it", "--rm", "busybox", rows=30, columns=100) as terminal:
        terminal.expect("# ")
        eventually(lambda: terminal.size_inside() == "30 100")
        eventually(lambda: terminal.resize(41, 123) or terminal.size_inside() == "41 123")
        terminal.send("exit 7\n")
        assert terminal.wait() == 7


@pytest.fixture(params=commands(), ids=lambda path: path.strip("/").replace("/", "-"))
def docker_on_a_socket(request, engines, tmp_path):
    """Over TCP the docker command does not understand its own keys to detach; over a unix socket it does."""
    path = tmp_path / "swarm.sock"
    if DIRECT:
        request.getfixturevalue("forward")(path, engines[0].address)
    else:
        nodes = [engine.address for engine in engines]
        request.getfixturevalue("start_manager")(nodes, "-H", f"unix://{path}").wait_healthy()
    docker = Docker(f"unix://{path}", request.param)
    yield docker
    docker.close()


def test_detach_and_attach_again(docker_on_a_socket):
    docker = docker_on_a_socket
    with docker.terminal("run", "-it", "--name", "shell", "busybox") as terminal:
        terminal.expect("# ")
        terminal.send("word=kept\n")
        terminal.expect("# ")
        assert terminal.detach() == 0
    assert docker("inspect", "-f", "{{.State.Running}}", "shell") == "true"
    with docker.terminal("attach", "shell") as terminal:
        terminal.send("echo still-$word\n")
        terminal.expect("still-kept")
        terminal.send("exit 5\n")
        assert terminal.wait() == 5


def test_keys_to_detach_can_be_chosen(docker_on_a_socket):
    docker = docker_on_a_socket
    with docker.terminal("run", "-it", "--detach-keys", "ctrl-a,d", "--name", "shell", "busybox") as terminal:
        terminal.expect("# ")
        assert terminal.detach("\x01d") == 0
    assert docker("inspect", "-f", "{{.State.Running}}", "shell") == "true"


def test_a_killed_client_leaves_the_container_running(docker):
    with docker.terminal("run", "-it", "--name", "shell", "busybox") as terminal:
        terminal.expect("# ")
    assert docker("inspect", "-f", "{{.State.Running}}", "shell") == "true"
    assert docker("exec", "shell", "echo", "alive") == "alive"
