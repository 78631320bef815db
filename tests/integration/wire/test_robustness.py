"""What once ended or starved the manager, or could have: found by test_api_fuzz, by reading, by lying to it."""

import contextlib
import os
import pathlib
import resource
import time

import pytest

from fakes.actions import Endless, Hang, Reply
from harness.manager import Manager
from harness.memory import Peak
from harness.wait import eventually


def test_rename_of_nothing(manager):
    answer = manager.request("POST", "/containers/nobody/rename?name=somebody")
    assert (answer.status, answer.json) == (404, {"message": "No such container: nobody"})


def test_inspect_of_an_image(manager):
    answer = manager.get("/images/busybox/json")
    assert answer.status == 200
    assert "busybox:latest" in answer.json["RepoTags"]


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_out_of_descriptors(engine, manager):
    """That is the manager's own trouble: it blames no engine, does not spin, and goes on when there are some again."""
    limits = resource.prlimit(manager.pid, resource.RLIMIT_NOFILE)
    with manager.connect() as early:
        early.request("GET", "/_ping")
        resource.prlimit(manager.pid, resource.RLIMIT_NOFILE, (3, limits[1]))
        engine.drop_connections()
        with manager.connect() as late:
            late.send_request("GET", "/info")
            before, end = cpu_seconds(manager.pid), time.monotonic() + 4
            while time.monotonic() < end:
                rows = dict(early.request("GET", "/info").json["SystemStatus"])
                assert "Healthy" in rows.values(), rows
                time.sleep(0.1)
            assert cpu_seconds(manager.pid) - before < 1
            resource.prlimit(manager.pid, resource.RLIMIT_NOFILE, limits)
            assert late.read_response().status == 200
    eventually(lambda: engine.listener_count() == 1)
    assert engine.add_container("web") and eventually(lambda: manager.placed() == {"web": engine.name})
    assert manager.log.count("too many open files") < 10


def test_nobody_reads_the_log(engine, tmp_path):
    """As when what it is piped to is stopped: the log has a gap, and nothing else happens."""
    manager = Manager(tmp_path, [engine.address], env={"DEBUG": "1"})
    pipe = manager.log_path
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    manager.start()
    manager.log_path = tmp_path / "unused"
    manager.log_path.touch()
    try:
        with manager.connect() as client:
            for _ in range(1000):  # lines of more than 100 bytes each, and a pipe holds 65536
                assert client.request("GET", "/_ping").status == 200
        assert read_all(reader).count(b"HTTP request received") < 1000
        assert manager.get("/_ping").status == 200
        assert eventually(lambda: b"Left out of this log, which nobody was reading" in read_all(reader))
    finally:
        manager.stop()
        os.close(reader)


def read_all(pipe):
    """What is there at the moment."""
    text = b""
    with contextlib.suppress(BlockingIOError):
        while piece := os.read(pipe, 1 << 16):
            text += piece
    return text


#
# Engines that lie without end
#

CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
CLOSED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
BLOCK = 1 << 16

ENDLESS = [
    Endless(b"HTTP/1.1 200 ", b"x" * BLOCK),
    Endless(b"HTTP/1.1 200 OK\r\nX: ", b"y" * BLOCK),
    Endless(b"HTTP/1.1 200 OK\r\nX: ", b" " * BLOCK),
    Endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 1000),
    Endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    Endless(CHUNKED, b"0" * BLOCK),
    Endless(CHUNKED + b"1;", b"x" * BLOCK),
    Endless(CHUNKED, b"1;xxxxxxxxxxxxxxxx\r\n \r\n" * 1000),
    Endless(CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: y\r\n" * 1000),
    Endless(CHUNKED + b"2\r\n{}\r\n0\r\nX: ", b"y" * BLOCK),
    Endless(CHUNKED + b"2\r\n{}\r\n0\r\nX: ", b" " * BLOCK),
    Endless(CLOSED, b" " * BLOCK),
    Endless(CLOSED + b"[", b"0," * (BLOCK // 2)),
    Endless(CLOSED, b"{}\n" * 10000),
]
LIE_SECONDS = 4
LIE_BYTES = 128 << 20


def frugal_env():
    """A sanitizer keeps what was freed, unless it is told not to."""
    options = os.environ.get("ASAN_OPTIONS", "")
    return {"ASAN_OPTIONS": f"{options}:quarantine_size_mb=0:thread_local_quarantine_size_kb=0"
                            ":allocator_release_to_os_interval_ms=0"}


def list_for(manager, duration):
    """Whether somebody who asks again and again is answered all the time."""
    end = time.monotonic() + duration
    while time.monotonic() < end:
        assert len(manager.list()) == 1
        time.sleep(0.05)


@pytest.mark.parametrize("path", ["/info", "/events"])
def test_answers_without_end(fakes, start_manager, path):
    good, *liars = fakes(1 + len(ENDLESS))
    good.add_container("web")
    manager = start_manager([engine.address for engine in (good, *liars)], env=frugal_env()).wait_healthy()
    peak, lines = Peak(manager), manager.log.count("\n")
    for liar, lie in zip(liars, ENDLESS):
        liar.forget_requests()
        liar.script("GET", path, lie)
        liar.drop_connections()
    eventually(lambda: all(liar.requests("GET", path) for liar in liars))

    list_for(manager, LIE_SECONDS)
    assert peak.growth() < LIE_BYTES
    assert manager.log.count("\n") - lines < 25 * len(liars)
    # in the first seconds a few times, then ever more rarely
    assert max(len(liar.requests("GET", path)) for liar in liars) < 12
    for liar in liars:
        liar.unscript()
        liar.drop_connections()
    manager.wait_healthy(timeout=60)


def test_large_events_do_not_pile_up(fakes, start_manager):
    """Each waits for the answer to what the first of them asked."""
    (engine,) = fakes()
    container_id = engine.add_container("web")
    manager = start_manager([engine.address], env=frugal_env()).wait_healthy()
    peak = Peak(manager)
    engine.script("GET", "/containers/*/json", Hang())
    for _ in range(200):
        engine.emit("container", "update", container_id, {"name": "web", "filler": "x" * 1000000})
    eventually(lambda: "Too many events at once" in manager.log)
    assert manager.placed() == {"web": engine.name}
    assert peak.growth() < LIE_BYTES


def test_an_engine_that_makes_no_sense_is_told_of_once_and_back_soon(fakes, start_manager):
    (engine,) = fakes()
    engine.script("GET", "/info", Reply(200, {}), times=2)
    manager = start_manager([engine.address]).wait_healthy(timeout=8)
    warnings = [line for line in manager.log.splitlines() if "Failed to validate pending node" in line]
    assert len(warnings) == 1 and "level=warning" in warnings[0] and engine.address in warnings[0]
