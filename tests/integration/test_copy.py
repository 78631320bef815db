"""docker cp and docker export: files into a container and out of it, of any size and at any pace."""

import base64
import hashlib
import io
import json
import os
import socket
import subprocess
import tarfile
import time

import pytest

from fakes.actions import Action
from harness import rawhttp
from harness.lab import holder
from harness.memory import Peak
from harness.wait import eventually

MIB = 1 << 20
GIB = 1 << 30
SLACK = 4 * MIB
# What the kernel may hold in the four sockets on the way, and then some.
IN_FLIGHT = 48 * MIB


@pytest.fixture
def box(docker):
    docker("run", "-d", "--name", "box", "busybox", "sleep", "1000")
    return "box"


#
# docker cp
#


def test_a_file_goes_in_and_comes_back(docker, box, tmp_path):
    content = os.urandom(5 * MIB)
    (tmp_path / "there").write_bytes(content)
    os.chmod(tmp_path / "there", 0o751)
    docker("cp", tmp_path / "there", f"{box}:/tmp/file")
    assert docker("exec", box, "sha256sum", "/tmp/file").split()[0] == hashlib.sha256(content).hexdigest()
    docker("cp", f"{box}:/tmp/file", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == content
    assert (tmp_path / "back").stat().st_mode & 0o777 == 0o751


def test_a_folder_goes_in_and_comes_back(docker, box, tmp_path):
    there = tmp_path / "there"
    (there / "deep" / "deeper").mkdir(parents=True)
    (there / "deep" / "deeper" / "file").write_text("words\n")
    (there / "empty").write_text("")
    (there / "link").symlink_to("deep/deeper/file")
    docker("cp", there, f"{box}:/tmp/folder")
    docker("cp", f"{box}:/tmp/folder", tmp_path / "back")
    assert subprocess.run(["diff", "-r", "--no-dereference", there, tmp_path / "back"]).returncode == 0


def test_a_stopped_container_can_be_copied_from(docker, tmp_path):
    docker("run", "--name", "ended", "busybox", "sh", "-c", "echo result >/answer")
    docker("cp", "ended:/answer", tmp_path / "answer")
    assert (tmp_path / "answer").read_text() == "result\n"


def test_archives_over_the_pipe(docker, box):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo("from-pipe")
        member.size = 6
        archive.addfile(member, io.BytesIO(b"words\n"))
    docker.run("cp", "-", f"{box}:/tmp", input=packed.getvalue(), text=False)
    assert docker("exec", box, "cat", "/tmp/from-pipe") == "words"
    out = docker.run("cp", f"{box}:/tmp/from-pipe", "-", text=False).stdout
    with tarfile.open(fileobj=io.BytesIO(out)) as archive:
        assert archive.extractfile("from-pipe").read() == b"words\n"


def test_errors_are_the_engines(docker, engines, box, tmp_path):
    for arguments in [("cp", f"{box}:/nowhere", tmp_path), ("cp", __file__, f"{box}:/nowhere/deep/file")]:
        ours = docker.run(*arguments, check=False)
        theirs = holder(engines, box).docker.run(*arguments, check=False)
        assert ours.returncode == theirs.returncode != 0
        assert ours.stderr == theirs.stderr
    nothing = ("cp", "nothing:/etc/passwd", tmp_path)
    assert docker.fails(*nothing) == engines[0].docker.fails(*nothing)  # every CLI has its own words for that


#
# The requests behind it
#


def test_head_tells_what_a_path_is(endpoint, engines, box):
    target = f"/v1.41/containers/{box}/archive?path=/bin/sh"
    ours = rawhttp.request(endpoint, "HEAD", target)
    theirs = rawhttp.request(holder(engines, box).address, "HEAD", target)
    assert ours.status == theirs.status == 200
    assert ours.body == b""
    stat = ours.head.get("X-Docker-Container-Path-Stat")
    assert stat == theirs.head.get("X-Docker-Container-Path-Stat")
    assert json.loads(base64.b64decode(stat))["name"] == "sh"


def test_head_of_a_path_that_is_not_there(endpoint, box):
    with rawhttp.Connection(endpoint) as connection:
        answer = connection.request("HEAD", f"/v1.41/containers/{box}/archive?path=/nowhere")
        assert (answer.status, answer.body) == (404, b"")
        # nothing of a body came that would be taken for the next answer
        assert connection.request("GET", "/_ping").text == "OK"


def test_get_is_the_same_byte_for_byte(endpoint, engines, box):
    target = f"/v1.41/containers/{box}/archive?path=/bin"
    ours = rawhttp.get(endpoint, target)
    theirs = rawhttp.get(holder(engines, box).address, target)
    assert ours.body == theirs.body and len(ours.body) > MIB / 2
    assert ours.head.get("Content-Type") == theirs.head.get("Content-Type") == "application/x-tar"
    assert ours.head.get("X-Docker-Container-Path-Stat") == theirs.head.get("X-Docker-Container-Path-Stat")


def test_compressed_when_the_client_can_read_it(endpoint, engines, box):
    target = f"/v1.41/containers/{box}/archive?path=/bin/busybox"
    ours, theirs = (rawhttp.get(address, target, headers=[("Accept-Encoding", "gzip")])
                    for address in (endpoint, holder(engines, box).address))
    assert ours.head.get("Content-Encoding") == theirs.head.get("Content-Encoding") == "gzip"
    assert ours.body == theirs.body


def test_export_is_the_same_byte_for_byte(docker, engines, tmp_path):
    docker("run", "--name", "ended", "busybox", "sh", "-c", "echo result >/answer")
    docker("export", "-o", tmp_path / "ours.tar", "ended")
    holder(engines, "ended").docker("export", "-o", tmp_path / "theirs.tar", "ended")
    ours = (tmp_path / "ours.tar").read_bytes()
    assert ours == (tmp_path / "theirs.tar").read_bytes()
    with tarfile.open(fileobj=io.BytesIO(ours)) as archive:
        assert archive.extractfile("answer").read() == b"result\n"


#
# Large and slow
#


def large_file(docker):
    docker("run", "-d", "--name", "box", "busybox", "sleep", "1000")
    docker("exec", "box", "sh", "-c", f"truncate -s {GIB} /large && truncate -s {16 * MIB} /small")


def drain(address, target):
    """(bytes that came after the head, whether the answer was complete), without keeping them."""
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), 60) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        total, tail, block = 0, b"", bytearray(MIB)
        while size := connection.recv_into(block):
            total += size
            tail = (tail + bytes(block[max(0, size - 5):size]))[-5:]
        return total, tail == b"0\r\n\r\n"


def test_a_gibibyte_out_does_not_grow_the_manager(frugal):
    large_file(frugal.docker)
    drain(frugal.address, "/v1.41/containers/box/archive?path=/small")
    peak = Peak(frugal)
    size, complete = drain(frugal.address, "/v1.41/containers/box/archive?path=/large")
    assert size > GIB and complete
    size, complete = drain(frugal.address, "/v1.41/containers/box/export")
    assert size > GIB and complete
    assert peak.growth() <= SLACK


def test_a_gibibyte_through_the_docker_command_does_not_grow_the_manager(frugal):
    large_file(frugal.docker)
    frugal.docker.start("cp", "box:/small", "-", stdout=subprocess.DEVNULL).communicate(timeout=60)
    peak = Peak(frugal)
    process = frugal.docker.start("cp", "box:/large", "-", stdout=subprocess.DEVNULL)
    assert process.communicate(timeout=120)[1] == "" and process.returncode == 0
    assert peak.growth() <= SLACK


def upload_pieces(size):
    """A tar with one file of zeros."""
    member = tarfile.TarInfo("uploaded")
    member.size = size
    yield member.tobuf()
    block = bytes(MIB)
    for _ in range(size // MIB):
        yield block
    yield bytes(1024)


def upload(address, size):
    with rawhttp.Connection(address, 120) as connection:
        connection.send("PUT /v1.41/containers/box/archive?path=/ HTTP/1.1\r\nHost: x\r\n"
                        "Content-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in upload_pieces(size):
            connection.send(b"%x\r\n" % len(piece) + piece + b"\r\n")
        connection.send(b"0\r\n\r\n")
        return connection.read_response()


def test_a_gibibyte_in_does_not_grow_the_manager(frugal):
    frugal.docker("run", "-d", "--name", "box", "busybox", "sleep", "1000")
    assert upload(frugal.address, 16 * MIB).status == 200
    peak = Peak(frugal)
    assert upload(frugal.address, GIB).status == 200
    assert peak.growth() <= SLACK
    assert frugal.docker("exec", "box", "stat", "-c", "%s", "/uploaded") == str(GIB)


class Endless(Action):
    """A body without end, that knows how much of it went out."""

    def __init__(self):
        self.sent = 0

    async def run(self, engine, request, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n")
        block = b"10000\r\n" + bytes(65536) + b"\r\n"
        while True:
            writer.write(block)
            await writer.drain()
            self.sent += 65536


def until_still(look, still_seconds=1.0):
    """The value of look() once it has not changed for a while."""
    last, since = look(), time.monotonic()

    def unchanged():
        nonlocal last, since
        now = look()
        if now != last:
            last, since = now, time.monotonic()
        return time.monotonic() - since >= still_seconds

    eventually(unchanged, what="it stands still")
    return last


def test_a_slow_reader_stops_the_engine(fakes, start_manager):
    (engine,) = fakes()
    engine.add_container("web")
    endless = Endless()
    engine.script("GET", "/containers/*/export", endless)
    env = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=0:detect_stack_use_after_return=0"}
    manager = start_manager([engine.address], env=env).wait_healthy()
    peak = Peak(manager)
    with manager.connect() as reader:
        reader.send_request("GET", "/containers/web/export")
        assert reader.read_head().status == 200
        stopped_at = until_still(lambda: endless.sent)
        assert stopped_at <= IN_FLIGHT
        assert peak.growth() <= SLACK
        read = 0
        while read < 2 * IN_FLIGHT:
            read += len(reader.receive())
        eventually(lambda: endless.sent > stopped_at, what="the engine goes on")
        assert until_still(lambda: endless.sent) <= 4 * IN_FLIGHT
    assert peak.growth() <= SLACK
    eventually(lambda: len(engine.requests("GET", "/containers/*/export")) == 1)
    settled = until_still(lambda: endless.sent)
    assert endless.sent == settled, "the client is gone, and with it the engine's stream"
    assert manager.get("/_ping").status == 200


def test_a_slow_engine_stops_the_client(engines, frugal):
    frugal.docker("run", "-d", "--name", "box", "busybox", "sleep", "1000")
    engine = holder(engines, "box")
    engine.freeze()
    peak = Peak(frugal)
    sent = 0
    with frugal.connect() as client:
        client.send("PUT /v1.41/containers/box/archive?path=/ HTTP/1.1\r\nHost: x\r\n"
                    f"Content-Type: application/x-tar\r\nContent-Length: {GIB}\r\n\r\n")
        client.socket.settimeout(1)
        with pytest.raises(socket.timeout):
            while sent < 4 * IN_FLIGHT:
                sent += client.socket.send(bytes(65536))
    assert sent <= IN_FLIGHT
    assert peak.growth() <= SLACK
