"""Random requests, and engines that misbehave at random: the manager stays alive, correct, quick and small.

SWARM_FUZZ_SECONDS makes it longer, SWARM_FUZZ_SEED repeats the requests of another run.
"""

import json
import os
import random
import re
import socket
import struct
import threading
import time

import pytest

from fakes.actions import Altered, Close, Cut, Delay, Drip, Hang, Raw, Reply, Reset
from harness import rawhttp
from harness.apifuzz import Generator
from harness.wait import eventually

SECONDS = float(os.environ.get("SWARM_FUZZ_SECONDS", "20"))
SEED = int(os.environ.get("SWARM_FUZZ_SEED", "1"))
WARM_UP_SECONDS = 4
CLIENTS = 6
PATIENCE_SECONDS = 0.4  # a stream is no fault: whoever waits for its end has read enough
PING_LIMIT_SECONDS = 5
MEMORY_SLACK_BYTES = 16 << 20

STATUS_LINE = re.compile(r"HTTP/1\.1 \d{3} [^\x00-\x1f]*")
FIELD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+: ?[^\x00-\x08\x0a-\x1f]*")


class Fault(Exception):
    """The manager did what it must not."""


class CheckedConnection(rawhttp.Connection):
    """Reads answers and believes nothing."""

    def read_checked(self, method):
        """One answer, with all that must hold of it; False when nothing of HTTP comes after it."""
        head = self.read_checked_head()
        while head.status == 100:
            head = self.read_checked_head()
        if head.status == 101:
            return False
        body, _ = self.read_body(head, method)
        if head.status >= 400 and head.has_body(method):
            check_error(head, body)
        return head.get("Connection") != "close" and method != "CONNECT"

    def read_checked_head(self):
        raw = self.read_until(b"\r\n\r\n")
        lines = raw.decode("latin-1").split("\r\n")
        if not STATUS_LINE.fullmatch(lines[0]) or not all(FIELD.fullmatch(line) for line in lines[1:]):
            raise Fault(f"malformed head {raw[:500]!r}")
        head = rawhttp.Head(raw)
        if head.get("Content-Length") and head.get("Transfer-Encoding"):
            raise Fault(f"two framings in one head {raw[:500]!r}")
        return head


def check_error(head, body):
    try:
        good = head.get("Content-Type") == "application/json" and isinstance(json.loads(body)["message"], str)
    except (ValueError, KeyError, TypeError):
        good = False
    if not good:
        raise Fault(f"an error that is not JSON: {head.raw[:300]!r} {body[:300]!r}")


def send(connection, plan):
    for data, pause in plan.pieces:
        if pause:
            time.sleep(pause)
        connection.send(data)


def end(connection, plan):
    if plan.ending == "half-close":
        connection.half_close()
    elif plan.ending == "reset":
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def carry_out(address, plan):
    with CheckedConnection(address, timeout=PATIENCE_SECONDS) as connection:
        try:
            send(connection, plan)
            end(connection, plan)
            if plan.ending in ("close", "reset"):
                return
            if not plan.methods:
                connection.read_checked_head()  # whose answer it is, and how long, is not known
            for method in plan.methods:
                if not connection.read_checked(method):
                    return
        except OSError:
            pass  # it ended early, or lasts longer than we wait


class Crowd:
    """Threads that do something until they are stopped; the first fault of any is kept."""

    def __init__(self):
        self.over = threading.Event()
        self.threads = []
        self.faults = []

    def add(self, action):
        def run():
            try:
                while not self.over.is_set():
                    action()
            except Exception as fault:  # noqa: BLE001: whatever it is, the test must end and show it
                self.faults.append(fault)
                self.over.set()

        self.threads.append(threading.Thread(target=run, daemon=True))
        self.threads[-1].start()

    def run_for(self, duration):
        self.over.wait(duration)
        self.over.set()
        for thread in self.threads:
            thread.join()
        if self.faults:
            raise self.faults[0]


class Client:
    def __init__(self, manager, seed):
        self.manager = manager
        self.seed = seed
        self.generator = Generator(random.Random(seed))
        self.count = 0
        self.last = []

    def act(self):
        plan = self.generator.plan()
        self.count += 1
        self.last = [*self.last[-4:], plan]
        try:
            carry_out(self.manager.address, plan)
        except Fault as fault:
            raise AssertionError(f"seed {self.seed}, request {self.count}: {fault}\nafter {plan}") from None
        if self.manager.process.poll() is not None:
            raise AssertionError(f"the manager ended; seed {self.seed}, last:\n" + "\n".join(map(repr, self.last)))


class Falsified(Altered):
    """What the engine answers when all is well, with other numbers and texts in some places."""

    TOKEN = re.compile(rb'-?\d+|"[^"]*"(?!:)|true|false')
    VALUES = [b"9223372036854775807", b"-9223372036854775808", b"18446744073709551615", b"1e300", b"-1", b"0", b"null",
              b'""', b'"\\u0000"', b'"x"', b"[]", b"{}", b"true", b'"Exited (99999999999) 1 day ago"', b'"9999-99-99T99:99:99Z"']

    def __init__(self, random):
        self.random = random

    def falsify(self, match):
        return self.random.choice(self.VALUES) if self.random.random() < 0.1 else match.group()

    async def pass_on(self, data, writer):
        head, _, body = data.partition(b"\r\n\r\n")
        if head.startswith(b"HTTP/1.1 2"):  # errors are passed on as they are
            body = self.TOKEN.sub(self.falsify, body)
        head = re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % len(body), head)
        writer.write(head + b"\r\n\r\n" + body)
        await writer.drain()


class Misfortune:
    """Something happens to the engines from time to time; the first of them is spared most of it."""

    PATHS = ["*", "/containers/*", "/containers/json", "/containers/*/json", "/containers/create", "/_ping", "/info",
             "/events", "/images/*", "/networks*", "/volumes*", "/version"]
    NONSENSE = [b"null", b"[]", b"{}", b"[null]", b"[{}]", b'[{"Id":5}]', b'{"Id":"\\u0000"}', b'"x"', b"[" * 9000, b"",
                b'{"Id":[],"Names":{},"State":7}', b'[{"Id":"' + b"z" * 200 + b'","Names":[null]}]', b"\xff\xfe"]
    RAW = [b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
           b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"HTTP/1.1 101 X\r\n\r\n", b"HTTP/1.1 100 C\r\n\r\n" * 50,
           b"HTTP/1.1 204 No\r\nContent-Length: 9\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 2000000, b"\x15\x03\x01\x00\x02"]
    EVENTS = [b"{}\n", b"null\n", b"[[[\n", b"\x00\n", b'{"Type":"container","Action":"start","Actor":{"ID":"zz"}}\n',
              b'{"Type":"container","Action":"destroy","Actor":{"ID":null}}\n', b"x" * 70000 + b"\n", b'{"half":',
              b'{"Type":"network","Action":"connect","Actor":{"ID":"a","Attributes":{"container":"../x?y#z"}},"timeNano":1}\n']

    def __init__(self, engines, seed):
        self.engines = engines
        self.random = random.Random(seed)

    def action(self):
        r = self.random
        return r.choice([
            Hang(), Close(), Reset(), Cut(r.randrange(400)), Drip(r.randrange(1, 200), 0.002), Delay(r.random()),
            Raw(r.choice(self.RAW)), Raw(r.choice(self.RAW), keep_open=True), Reply(200, r.choice(self.NONSENSE)),
            Reply(201, r.choice(self.NONSENSE)), Reply(500, {"message": "out of luck"}), Reply(404, {"message": "gone"}),
            Reply(409, {"message": "Conflict"}), Reply(304, b""), Falsified(r), Falsified(r),
        ])

    def act(self):
        time.sleep(self.random.uniform(0.02, 0.3))
        engine = self.random.choice(self.engines)
        kind = self.random.randrange(12)
        if kind < 6:
            if engine is not self.engines[0]:
                engine.script("*", self.random.choice(self.PATHS), self.action(), times=self.random.choice([1, 1, 3, 20]))
        elif kind < 8:
            engine.unscript()
        elif kind == 8:
            engine.emit_raw(self.random.choice(self.EVENTS))
        elif kind == 9:
            engine.drop_connections()
        elif kind == 10:
            engine.add_container(self.random.choice(["web", "db", "x"]) + str(self.random.randrange(9)))
        engine.forget_requests()


def watch_ping(manager, slowest):
    start = time.monotonic()
    answer = manager.get("/_ping", timeout=60)
    slowest[0] = max(slowest[0], time.monotonic() - start)
    if answer.text != "OK":
        raise AssertionError(f"/_ping answered {answer.status} {answer.text!r}")
    time.sleep(0.1)


def metrics(manager):
    lines = manager.get("/metrics").text.splitlines()
    return {name: float(value) for name, value in (line.split() for line in lines if line and line[0] != "#")}


def calm(manager, engines):
    """Engines as new, nothing under way: what is left then is what the manager keeps."""
    for engine in engines:
        engine.unscript()
        engine.clear()
        engine.forget_requests()
        engine.drop_connections()
    manager.wait_healthy(timeout=60)

    def quiet():
        found = metrics(manager)
        assert manager.list() == []
        assert found["swarm_http_connections"] <= 1, found
        assert found["swarm_tunnels"] == found["swarm_event_listeners"] == 0, found
        return True

    eventually(quiet, timeout=90)


def fuzz(manager, engines, seed, duration):
    clients = [Client(manager, f"{seed}/{number}") for number in range(CLIENTS)]
    misfortune = Misfortune(engines, f"{seed}/engines")
    slowest = [0.0]
    crowd = Crowd()
    for client in clients:
        crowd.add(client.act)
    crowd.add(misfortune.act)
    crowd.add(lambda: watch_ping(manager, slowest))
    crowd.run_for(duration)
    print(f"{sum(client.count for client in clients)} requests, slowest ping {slowest[0]:.3f} s")
    assert slowest[0] < PING_LIMIT_SECONDS
    calm(manager, engines)


@pytest.fixture
def small_manager(fakes, start_manager):
    """(manager, engines); a sanitizer and malloc keep what was freed, unless they are told not to."""
    engines = fakes(3)
    options = os.environ.get("ASAN_OPTIONS", "")
    env = {"ASAN_OPTIONS": f"{options}:quarantine_size_mb=0:thread_local_quarantine_size_kb=0"
           ":allocator_release_to_os_interval_ms=0",
           "MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
    return start_manager([engine.address for engine in engines], env=env).wait_healthy(), engines


def test_random_requests_and_misbehaving_engines(small_manager):
    manager, engines = small_manager
    fuzz(manager, engines, f"{SEED}/warm-up", WARM_UP_SECONDS)
    memory, files = manager.resident_bytes(), manager.open_files()

    fuzz(manager, engines, SEED, SECONDS)

    eventually(lambda: manager.open_files() <= files + 4, timeout=90, what=f"back to {files} open files")

    def small_again():
        grown = manager.resident_bytes() - memory
        assert manager.list() == [] and grown < MEMORY_SLACK_BYTES, f"grown by {grown >> 10} KiB from {memory >> 10} KiB"
        return True

    eventually(small_again, timeout=30)
