"""docker attach and docker logs: what a container says, now and before."""

import signal

import pytest

from harness import rawhttp
from harness.lab import holder
from harness.wait import eventually

# Says "tick" until somebody makes the file, then ends with status 4.
TICKER = "while [ ! -e /go ]; do echo tick; sleep 0.1; done; echo last; exit 4"
LINES = "for n in 1 2 3 4 5; do echo out $n; echo err $n >&2; sleep 0.3; done"


@pytest.fixture
def ticker(docker):
    docker("run", "-d", "--name", "ticker", "busybox", "sh", "-c", TICKER)
    return "ticker"


@pytest.fixture
def talker(docker):
    """A container that has said five lines on each stream, three of ten seconds apart, and ended."""
    docker("run", "-d", "--name", "talker", "busybox", "sh", "-c", LINES)
    docker("wait", "talker")
    return "talker"


#
# attach
#


def test_attach_without_input_ends_with_the_container(docker, ticker):
    process = docker.start("attach", "--no-stdin", ticker)
    assert process.stdout.readline() == "tick\n"
    docker("exec", ticker, "touch", "/go")
    out, _ = process.communicate(timeout=30)
    assert out.endswith("last\n")
    assert process.returncode == 4


def test_attach_gives_input(docker):
    docker("run", "-d", "-i", "--name", "echo", "busybox", "sh", "-c", "read word; echo got $word; exit 2")
    process = docker.start("attach", "echo")
    process.stdin.write("hello\n")
    process.stdin.flush()
    assert process.stdout.readline() == "got hello\n"
    assert process.wait(30) == 2
    process.communicate()


def test_start_with_input_and_output(docker):
    docker("create", "-i", "--name", "cat", "busybox", "sh", "-c", "cat; echo end")
    assert docker("start", "-ai", "cat", input="one\ntwo\n") == "one\ntwo\nend"


def test_attach_passes_signals_on(docker):
    docker("run", "-d", "--name", "trap", "busybox", "sh", "-c",
           'trap "echo caught; exit 9" TERM; while :; do echo up; sleep 0.1; done')
    process = docker.start("attach", "--no-stdin", "trap")
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    assert out.endswith("caught\n")
    assert process.returncode == 9


def test_two_can_attach(docker, ticker):
    processes = [docker.start("attach", "--no-stdin", ticker) for _ in range(2)]
    for process in processes:
        assert process.stdout.readline() == "tick\n"
    docker("exec", ticker, "touch", "/go")
    for process in processes:
        assert process.communicate(timeout=30)[0].endswith("last\n")


def test_attach_with_what_was_said_before(endpoint, docker, talker):
    """logs=1 replays; the container has ended, so the stream ends at once."""
    with rawhttp.Connection(endpoint) as connection:
        head = connection.upgrade(f"/v1.41/containers/{talker}/attach?logs=1&stream=0&stdout=1&stderr=1")
        assert head.start_line == "HTTP/1.1 101 UPGRADED"
        out, err = connection.read_frames()
    assert out == b"".join(b"out %d\n" % n for n in range(1, 6))
    assert err == b"".join(b"err %d\n" % n for n in range(1, 6))


@pytest.mark.parametrize("fields, status", [
    ([("Upgrade", "tcp")], 101), ([("Connection", "keep-alive"), ("Upgrade", "tcp")], 101), ([("Connection", "Upgrade")], 200), ([], 200)])
def test_attach_by_clients_that_say_less(endpoint, docker, talker, fields, status):
    with rawhttp.Connection(endpoint) as connection:
        connection.send_request("POST", f"/v1.41/containers/{talker}/attach?logs=1&stdout=1", [*fields, ("Content-Length", "0")], b"")
        assert connection.read_head().status == status
        assert connection.read_frames()[0] == b"".join(b"out %d\n" % n for n in range(1, 6))


def test_attach_to_what_does_not_run(docker, engines, talker):
    ours = docker.run("attach", talker, check=False)
    theirs = holder(engines, talker).docker.run("attach", talker, check=False)
    assert (ours.returncode, ours.stderr) == (theirs.returncode, theirs.stderr)
    assert ours.returncode != 0


def test_attach_to_nothing(docker):
    assert "No such container: nothing" in docker.fails("attach", "nothing")


def test_attach_over_a_web_socket(endpoint, docker):
    docker("run", "-d", "-i", "--name", "cat", "busybox", "cat")
    with rawhttp.Connection(endpoint) as connection:
        connection.send_request("GET", "/v1.41/containers/cat/attach/ws?stream=1&stdin=1&stdout=1", [
            ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Origin", "http://localhost"),
            ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ])
        head = connection.read_head()
        assert head.status == 101
        assert head.get("Upgrade").lower() == "websocket"
        assert head.get("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        connection.send(b"\x82\x83\x00\x00\x00\x00hi\n")  # binary, masked with zeros
        assert connection.read_exactly(5) == b"\x82\x03hi\n"


#
# logs
#


@pytest.mark.parametrize("options, lines", [
    ([], 10),
    (["--timestamps"], 10),
    (["--tail", "2"], 2),
    (["--tail", "0"], 0),
    (["--details"], 10),
    (["--since", "2000-01-01T00:00:00Z"], 10),
    (["--until", "2000-01-01T00:00:00Z"], 0),
    (["--since", "1h", "--tail", "3", "--timestamps"], 3),
])
def test_logs_are_the_engines_own(docker, engines, talker, options, lines):
    ours = docker.run("logs", *options, talker)
    theirs = holder(engines, talker).docker.run("logs", *options, talker)
    assert (ours.stdout, ours.stderr) == (theirs.stdout, theirs.stderr)
    assert (ours.stdout + ours.stderr).count("\n") == lines


def test_logs_between_two_moments(docker, talker):
    stamps = [line.split()[0] for line in docker("logs", "--timestamps", talker).splitlines()]
    assert len(stamps) == 5
    assert docker("logs", "--since", stamps[3], talker) == "out 4\nout 5"
    assert docker("logs", "--until", stamps[1], talker) == "out 1\nout 2"
    assert docker("logs", "--since", stamps[1], "--until", stamps[3], talker) == "out 2\nout 3\nout 4"


def test_logs_follow_until_the_container_ends(docker, ticker):
    process = docker.start("logs", "-f", ticker)
    assert process.stdout.readline() == "tick\n"
    docker("exec", ticker, "touch", "/go")
    out, err = process.communicate(timeout=30)
    assert out.endswith("last\n")
    assert (err, process.returncode) == ("", 0)


def test_logs_follow_ends_when_the_container_is_removed(docker, ticker):
    process = docker.start("logs", "-f", ticker)
    assert process.stdout.readline() == "tick\n"
    docker("rm", "-f", ticker)
    process.communicate(timeout=30)
    assert process.returncode == 0


def test_logs_of_a_terminal(docker):
    docker("run", "-d", "-t", "--name", "tty", "busybox", "sh", "-c", "echo one; echo two >&2")
    docker("wait", "tty")
    done = docker.run("logs", "tty")
    assert (done.stdout, done.stderr) == ("one\ntwo\n", "")


def test_logs_of_no_stream(endpoint, engines, docker, talker):
    ours = rawhttp.get(endpoint, f"/v1.41/containers/{talker}/logs")
    theirs = rawhttp.get(holder(engines, talker).address, f"/v1.41/containers/{talker}/logs")
    assert ours.status == theirs.status == 400
    assert ours.json == theirs.json


def test_long_logs_come_whole(docker, engines):
    docker("run", "--name", "long", "busybox", "seq", "200000")
    assert docker("logs", "long") == "\n".join(str(n) for n in range(1, 200001))


def test_a_reader_that_leaves_is_noticed(manager, docker, ticker):
    """Whoever follows and goes leaves no connection behind, on neither side."""
    before = manager.open_files()
    for _ in range(5):
        process = docker.start("logs", "-f", ticker)
        assert process.stdout.readline() == "tick\n"
        process.kill()
        process.communicate()
    eventually(lambda: manager.open_files() <= before + 2)
