"""Scripted Docker engines: enough of the API for a manager to believe them, and every fault on demand.

All engines of a group live in one thread with one event loop, each on a loopback address of its own, so that
a hundred cost next to nothing.  A test speaks to an engine from outside through its methods, which are safe
to call from the test's thread:

    engine, = fakes(1)
    engine.add_container("web", Labels={"tier": "front"})
    engine.script("GET", "/containers/json", Hang())          # until unscript()
    engine.script("POST", "/containers/create", Reply(500, {"message": "no"}), times=1)
    assert engine.requests("POST", "/containers/create")[0].json["Image"] == "busybox"

What is not scripted is answered from a small state in memory, as Docker would.
"""

import asyncio
import copy
import fnmatch
import itertools
import os
import threading

from fakes.api import Api
from fakes.http import read_request

_addresses = itertools.count(1)


def next_address():
    """A loopback address that no other engine of this process has, and hardly one of another."""
    number = next(_addresses)
    return f"127.{64 + os.getpid() % 128}.{number // 250}.{number % 250 + 1}"


class Scripted:
    def __init__(self, method, path, action, times):
        self.method = method
        self.path = path
        self.action = action
        self.left = times


class FakeEngine(Api):
    def __init__(self, group, name, ip):
        super().__init__(name)
        self.group = group
        self.ip = ip
        self.port = 0  # chosen by the kernel when it listens for the first time, and kept
        self.server = None
        self._scripts = []
        self._requests = []
        self._connections = set()

    #
    # For the test's thread
    #

    @property
    def address(self):
        return f"{self.ip}:{self.port}"

    def script(self, method, path, action, times=None):
        """From now on treat matching requests like this, for so many times; the newest script wins.

        method may be "*"; path is without version, with shell wildcards.
        """
        self._call(lambda: self._scripts.insert(0, Scripted(method, path, action, times)))

    def unscript(self):
        self._call(self._scripts.clear)

    def requests(self, method="*", path="*"):
        """What came so far, oldest first."""
        found = self._call(lambda: list(self._requests))
        return [r for r in found if fnmatch.fnmatch(r.method, method) and fnmatch.fnmatch(r.path, path)]

    def forget_requests(self):
        self._call(self._requests.clear)

    def connection_count(self):
        return self._call(lambda: len(self._connections))

    def listener_count(self):
        """How many are following /events."""
        return self._call(lambda: len(self._listeners))

    def refuse(self):
        """Close the listener and all connections: what comes now is refused."""
        self.group.wait_for(self.close_listener())

    def accept(self):
        self.group.wait_for(self.open_listener())

    def drop_connections(self):
        self._call(self._abort_all)

    def configure(self, **settings):
        """Change fields of State: labels, cpus, memory, info, version, api_min, api_max, id, name."""
        self._call(lambda: [setattr(self.state, key, value) for key, value in settings.items()])

    def add_image(self, name, digests=()):
        return self._call(lambda: self._add_image(name, digests))

    def add_container(self, name, running=True, **config):
        """Appears as if somebody had used the engine directly; returns the id."""
        return self._call(lambda: self._add_container(name, running, config))

    def remove_container(self, name):
        self._call(lambda: self._remove(self._container(name)))

    def clear(self):
        """Forget all containers, images, networks, volumes and past events, as if the disk had been wiped."""
        self._call(self._clear)

    def containers(self):
        """{name: inspect document}"""
        return self._call(lambda: {c["Name"].lstrip("/"): copy.deepcopy(c) for c in self.state.containers.values()})

    def emit(self, kind, action, actor_id, attributes=None):
        """Send an event to everybody who follows."""
        self._call(lambda: self._event(kind, action, actor_id, attributes or {}))

    def emit_raw(self, data):
        """Send bytes into the event streams, sense or not."""
        self._call(lambda: [queue.put_nowait(data) for queue in self._listeners])

    def _call(self, function):
        return self.group.call(function)

    #
    # Connections
    #

    async def open_listener(self):
        self.server = await asyncio.start_server(self._serve, self.ip, self.port, limit=16 << 20, backlog=256)
        self.port = self.server.sockets[0].getsockname()[1]

    async def close_listener(self):
        if self.server:
            self.server.close()
            self.server = None
        self._abort_all()

    def _abort_all(self):
        for task, writer in list(self._connections):
            writer.transport.abort()
            task.cancel()

    async def _serve(self, reader, writer):
        connection = (asyncio.current_task(), writer)
        self._connections.add(connection)
        try:
            while request := await read_request(reader):
                self._requests.append(request)
                if not await self._treat(request, reader, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(connection)
            writer.close()

    async def _treat(self, request, reader, writer):
        """True when the connection can take another request."""
        action = self._scripted(request)
        treat = action.run(self, request, writer) if action else self.answer(request, writer)
        work = asyncio.ensure_future(treat)
        # A peer that goes away ends what it waited for; a byte that comes belongs to the next request.
        gone = asyncio.ensure_future(self._until_gone(reader, writer))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            return work.result() if work.done() else False
        finally:
            for task in (work, gone):
                task.cancel()

    async def _until_gone(self, reader, writer):
        while not writer.transport.is_closing() and not reader.at_eof():
            await asyncio.sleep(0.2)

    def _scripted(self, request):
        for script in self._scripts:
            if not fnmatch.fnmatch(request.method, script.method) or not fnmatch.fnmatch(request.path, script.path):
                continue
            if script.left is not None:
                script.left -= 1
                if script.left == 0:
                    self._scripts.remove(script)
            return script.action
        return None


class FakeEngines:
    """So many engines in one thread."""

    def __init__(self, count, first_name=0):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="fake engines", daemon=True)
        self.thread.start()
        self.engines = []
        for number in range(first_name, first_name + count):
            engine = FakeEngine(self, f"fake-{number}", next_address())
            engine.accept()
            engine.add_image("busybox")
            self.engines.append(engine)

    def wait_for(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout=30)

    def call(self, function):
        """Run in the loop's thread; return the result."""

        async def run():
            return function()

        return self.wait_for(run())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        async def close_all():
            for engine in self.engines:
                await engine.close_listener()
            pending = asyncio.all_tasks() - {asyncio.current_task()}
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

        self.wait_for(close_all())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()
