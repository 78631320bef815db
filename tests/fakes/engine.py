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
import hashlib
import itertools
import json
import os
import re
import threading
import time
import urllib.parse

_addresses = itertools.count(1)


def next_address():
    """A loopback address that no other engine of this process has, and hardly one of another."""
    number = next(_addresses)
    return f"127.{64 + os.getpid() % 128}.{number // 250}.{number % 250 + 1}"


#
# What can be done to a request
#


class Action:
    """One way to treat a request; run() returns True when the connection can be used again."""

    async def run(self, engine, request, writer):
        raise NotImplementedError


class Hang(Action):
    """Take the request and never answer."""

    async def run(self, engine, request, writer):
        await asyncio.Event().wait()


class Close(Action):
    """End the connection without a word."""

    async def run(self, engine, request, writer):
        return False


class Reset(Action):
    """End the connection with a reset."""

    async def run(self, engine, request, writer):
        writer.transport.abort()
        return False


class Reply(Action):
    """A fixed answer; a body that is neither bytes nor text is sent as JSON."""

    def __init__(self, status=200, body=b"", headers=None):
        self.status = status
        self.body = encode(body)
        self.headers = {"Content-Type": "application/json", **(headers or {})}

    async def run(self, engine, request, writer):
        await send(writer, request, self.status, self.headers, self.body)
        return True


class Raw(Action):
    """These bytes and no others, then the end of the connection unless it is to stay open."""

    def __init__(self, data, keep_open=False):
        self.data = data
        self.keep_open = keep_open

    async def run(self, engine, request, writer):
        writer.write(self.data)
        await writer.drain()
        if self.keep_open:
            await asyncio.Event().wait()
        return False


class Altered(Action):
    """Let the engine answer, then do something to the bytes of its answer."""

    async def run(self, engine, request, writer):
        capture = Capture()
        await engine.answer(request, capture)
        await self.pass_on(bytes(capture.data), writer)
        return False

    async def pass_on(self, data, writer):
        raise NotImplementedError


class Cut(Altered):
    """The connection ends after so many bytes of the answer."""

    def __init__(self, after):
        self.after = after

    async def pass_on(self, data, writer):
        writer.write(data[: self.after])
        await writer.drain()


class Drip(Altered):
    """The answer comes a few bytes at a time."""

    def __init__(self, size=1, pause_seconds=0.01):
        self.size = size
        self.pause_seconds = pause_seconds

    async def pass_on(self, data, writer):
        for start in range(0, len(data), self.size):
            writer.write(data[start : start + self.size])
            await writer.drain()
            await asyncio.sleep(self.pause_seconds)


class Delay(Action):
    """The engine answers, but only after a while."""

    def __init__(self, seconds):
        self.seconds = seconds

    async def run(self, engine, request, writer):
        await asyncio.sleep(self.seconds)
        return await engine.answer(request, writer)


class Huge(Action):
    """A body without end, or of this size: blanks before a JSON document that is never closed."""

    def __init__(self, size=None):
        self.size = size

    async def run(self, engine, request, writer):
        length = f"Content-Length: {self.size}\r\n" if self.size else ""
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{length}\r\n".encode())
        sent, block = 0, b" " * 65536
        while self.size is None or sent < self.size:
            part = block if self.size is None else block[: self.size - sent]
            writer.write(part)
            await writer.drain()
            sent += len(part)
        return False


class Endless(Action):
    """These bytes once, then these again and again, as fast as the peer takes them; count bounds it."""

    def __init__(self, first, again, count=None):
        self.first = first
        self.again = again
        self.count = count

    async def run(self, engine, request, writer):
        writer.write(self.first)
        sent = 0
        while self.count is None or sent < self.count:
            writer.write(self.again)
            await writer.drain()
            sent += 1
        await asyncio.Event().wait()


#
# HTTP, as little as an engine needs
#


class Capture:
    """Stands in for a connection, and keeps what is written."""

    def __init__(self):
        self.data = bytearray()

    def write(self, data):
        self.data += data

    async def drain(self):
        pass


class Request:
    """What the engine was asked."""

    def __init__(self, method, target, headers, body):
        self.method = method
        self.target = target
        self.headers = headers  # [(name, value)] as they came
        self.body = body
        url = urllib.parse.urlsplit(target)
        self.version, self.path = split_version(url.path)
        self.query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))

    def header(self, name, default=None):
        return next((value for key, value in self.headers if key.lower() == name.lower()), default)

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def filters(self):
        """The query's filters as {name: [value]}; both forms that clients send."""
        filters = json.loads(self.query.get("filters") or "{}")
        return {name: list(values) for name, values in filters.items()}

    def __repr__(self):
        return f"<{self.method} {self.target}>"


def split_version(path):
    """("1.41" or None, the rest)"""
    match = re.match(r"/v(\d+\.\d+)(/.*)", path)
    return match.groups() if match else (None, path)


def encode(body):
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    return json.dumps(body).encode() + b"\n"


REASONS = {101: "UPGRADED", 200: "OK", 201: "Created", 204: "No Content", 304: "Not Modified", 400: "Bad Request",
           404: "Not Found", 409: "Conflict", 500: "Internal Server Error"}


async def send(writer, request, status, headers, body):
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if status not in (204, 304):
        lines.append(f"Content-Length: {len(body)}")
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
    if request.method != "HEAD" and status not in (204, 304):
        writer.write(body)
    await writer.drain()


async def read_chunked(reader):
    parts = []
    while True:
        size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
        if size == 0:
            break
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    while (await reader.readuntil(b"\r\n")).strip():
        pass
    return b"".join(parts)


async def read_request(reader):
    """The next request; None at the end of the connection."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    lines = raw.decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ", 2)
    headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:] if line]
    request = Request(method, target, headers, b"")
    if "chunked" in (request.header("Transfer-Encoding") or "").lower():
        request.body = await read_chunked(reader)
    else:
        request.body = await reader.readexactly(int(request.header("Content-Length") or 0))
    return request


class ApiError(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status
        self.message = message


#
# The engine
#


def new_id(seed):
    return hashlib.sha256(seed.encode()).hexdigest()


def timestamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000000Z", time.gmtime(seconds))


class State:
    """What one engine holds; only the loop's thread touches it."""

    def __init__(self, name):
        self.name = name
        self.id = ":".join(new_id(name).upper()[i : i + 4] for i in range(0, 48, 4))
        self.labels = []
        self.cpus = 4
        self.memory = 8 << 30
        self.info = {}  # overrides
        self.version = "20.10.24"
        self.api_min, self.api_max = "1.12", "1.41"
        self.containers = {}
        self.images = {}
        self.networks = {}
        self.volumes = {}
        self.execs = {}
        for driver in ("bridge", "host", "none"):
            driver_id = new_id(f"{name}/{driver}")
            self.networks[driver_id] = {"Name": driver, "Id": driver_id, "Scope": "local", "Containers": {},
                                        "Driver": "null" if driver == "none" else driver, "Labels": {}}


class Scripted:
    def __init__(self, method, path, action, times):
        self.method = method
        self.path = path
        self.action = action
        self.left = times


class FakeEngine:
    def __init__(self, group, name, ip):
        self.group = group
        self.name = name
        self.ip = ip
        self.port = 0  # chosen by the kernel when it listens for the first time, and kept
        self.state = State(name)
        self.server = None
        self._scripts = []
        self._requests = []
        self._connections = set()
        self._listeners = set()  # queues of /events
        self._past = []  # events so far
        self._numbers = itertools.count(1)

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

    def add_image(self, name):
        return self._call(lambda: self._add_image(name))

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

    async def answer(self, request, writer):
        """Answer from memory; True when the connection can be used again."""
        try:
            self._check_version(request)
            handler, captures = self._route(request)
            result = handler(self, request, *captures)
            if asyncio.iscoroutine(result):
                return await self._stream(await result, request, writer)
            status, body = result
        except ApiError as error:
            status, body = error.status, {"message": error.message}
        except (ValueError, KeyError, TypeError) as error:
            status, body = 400, {"message": f"bad request: {error!r}"}
        await send(writer, request, status, self._headers(body), b"" if body is None else encode(body))
        return (request.header("Connection") or "").lower() != "close"

    def _headers(self, body):
        kind = "text/plain; charset=utf-8" if isinstance(body, (str, bytes)) else "application/json"
        return {"Api-Version": self.state.api_max, "Docker-Experimental": "false", "Ostype": "linux",
                "Server": f"Docker/{self.state.version} (linux)", "Content-Type": kind}

    def _check_version(self, request):
        if request.version is None:
            return
        asked, low, high = (tuple(map(int, v.split("."))) for v in
                            (request.version, self.state.api_min, self.state.api_max))
        if asked > high:
            raise ApiError(400, f"client version {request.version} is too new. "
                                f"Maximum supported API version is {self.state.api_max}")
        if asked < low:
            raise ApiError(400, f"client version {request.version} is too old. Minimum supported API version is "
                                f"{self.state.api_min}, please upgrade your client to a newer version")

    def _route(self, request):
        for methods, pattern, handler in ROUTES:
            match = pattern.fullmatch(request.path)
            if match and request.method in methods:
                return handler, [urllib.parse.unquote(part) for part in match.groups()]
        raise ApiError(404, "page not found")

    async def _stream(self, source, request, writer):
        """A chunked answer that lasts as long as its source."""
        headers = {**self._headers({}), "Transfer-Encoding": "chunked"}
        lines = ["HTTP/1.1 200 OK"] + [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
        await writer.drain()
        async for data in source:
            writer.write(b"%x\r\n%s\r\n" % (len(data), data))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    #
    # Events
    #

    def _clear(self):
        fresh = State(self.state.name)
        for kind in ("containers", "images", "networks", "volumes", "execs"):
            setattr(self.state, kind, getattr(fresh, kind))
        self._past.clear()

    def _event(self, kind, action, actor_id, attributes):
        now = time.time()
        event = {"Type": kind, "Action": action, "Actor": {"ID": actor_id, "Attributes": attributes},
                 "scope": "local", "time": int(now), "timeNano": int(now * 1e9)}
        if kind == "container":
            event.update(status=action, id=actor_id, **{"from": attributes.get("image", "")})
        self._past.append(event)
        for queue in self._listeners:
            queue.put_nowait(encode(event))

    def _container_event(self, container, action, **more):
        attributes = {"name": container["Name"].lstrip("/"), "image": container["Config"]["Image"],
                      **(container["Config"].get("Labels") or {}), **more}
        self._event("container", action, container["Id"], attributes)

    async def _follow(self, request):
        since, until = (float(request.query.get(key) or 0) for key in ("since", "until"))
        queue = asyncio.Queue()
        self._listeners.add(queue)
        for event in self._past:
            if since and event["timeNano"] >= since * 1e9:
                queue.put_nowait(encode(event))

        async def source():
            try:
                while not until or not queue.empty():
                    yield await queue.get()
            finally:
                self._listeners.discard(queue)

        return source()

    #
    # System
    #

    def _ping(self, request):
        return 200, b"OK"

    def _info(self, request):
        running = sum(c["State"]["Running"] for c in self.state.containers.values())
        total = len(self.state.containers)
        return 200, {
            "ID": self.state.id, "Name": self.state.name, "Labels": self.state.labels,
            "NCPU": self.state.cpus, "MemTotal": self.state.memory, "Driver": "overlay2",
            "KernelVersion": "6.1.0", "OperatingSystem": "Debian GNU/Linux 12 (bookworm)", "OSType": "linux",
            "Architecture": "x86_64", "ServerVersion": self.state.version, "Containers": total,
            "ContainersRunning": running, "ContainersPaused": 0, "ContainersStopped": total - running,
            "Images": len(self.state.images), "SystemTime": timestamp(time.time()), **self.state.info,
        }

    def _version(self, request):
        return 200, {"Version": self.state.version, "ApiVersion": self.state.api_max,
                     "MinAPIVersion": self.state.api_min, "Os": "linux", "Arch": "amd64", "KernelVersion": "6.1.0",
                     "Components": [{"Name": "Engine", "Version": self.state.version}]}

    #
    # Containers
    #

    def _container(self, name):
        name = name.lstrip("/")
        for container in self.state.containers.values():
            if container["Name"] == f"/{name}" or container["Id"] == name:
                return container
        found = [c for c in self.state.containers.values() if c["Id"].startswith(name)]
        if len(found) != 1:
            raise ApiError(404, f"No such container: {name}")
        return found[0]

    def _image(self, name):
        for image in self.state.images.values():
            if name in image["RepoTags"] or f"{name}:latest" in image["RepoTags"] or image["Id"] == name:
                return image
        raise ApiError(404, f"No such image: {name}")

    def _add_image(self, name):
        name = name if ":" in name.rsplit("/", 1)[-1] else f"{name}:latest"
        image_id = "sha256:" + new_id(f"image {name}")
        image = self.state.images.setdefault(image_id, {
            "Id": image_id, "ParentId": "", "RepoTags": [], "RepoDigests": [], "Created": int(time.time()),
            "Size": 1024, "SharedSize": -1, "Containers": -1, "Labels": {}})
        if name not in image["RepoTags"]:
            image["RepoTags"].append(name)
        self._event("image", "pull", name, {"name": name})
        return image_id

    def _add_container(self, name, running, config):
        config = {"Image": "busybox", **config}
        host = config.pop("HostConfig", None) or {}
        networking = config.pop("NetworkingConfig", None) or {}
        container_id = new_id(f"{self.name} {name} {next(self._numbers)}")
        container = {
            "Id": container_id, "Name": f"/{name}", "Created": timestamp(time.time()), "Path": "sh", "Args": [],
            "Image": "sha256:" + new_id(f"image {config['Image']}"), "RestartCount": 0, "Driver": "overlay2",
            "Platform": "linux", "Mounts": [],
            "State": {"Status": "created", "Running": False, "Paused": False, "Restarting": False,
                      "OOMKilled": False, "Dead": False, "Pid": 0, "ExitCode": 0, "Error": "",
                      "StartedAt": "0001-01-01T00:00:00Z", "FinishedAt": "0001-01-01T00:00:00Z"},
            "Config": config,
            "HostConfig": host,
            "NetworkSettings": {"Ports": {}, "Networks": networking.get("EndpointsConfig") or {"bridge": {}}},
        }
        self.state.containers[container_id] = container
        self._container_event(container, "create")
        if running:
            self._start_one(container)
        return container_id

    def _entry(self, container):
        config, state = container["Config"], container["State"]
        status = {"running": "Up 1 second", "created": "Created", "paused": "Up 1 second (Paused)"}
        return {
            "Id": container["Id"], "Names": [container["Name"]], "Image": config["Image"],
            "ImageID": container["Image"], "Command": " ".join(config.get("Cmd") or ["sh"]),
            "Created": 1700000000, "State": state["Status"], "Labels": config.get("Labels") or {},
            "Status": status.get(state["Status"], f"Exited ({state['ExitCode']}) 1 second ago"),
            "Ports": self._ports(container), "Mounts": [],
            "HostConfig": {"NetworkMode": container["HostConfig"].get("NetworkMode") or "default"},
            "NetworkSettings": {"Networks": container["NetworkSettings"]["Networks"]},
        }

    def _ports(self, container):
        ports = []
        for private, bindings in container["NetworkSettings"]["Ports"].items():
            number, kind = private.split("/")
            for binding in bindings or []:
                ports.append({"IP": binding["HostIp"] or "0.0.0.0", "PrivatePort": int(number),
                              "PublicPort": int(binding["HostPort"]), "Type": kind})
        return ports

    def _list(self, request):
        everything = request.query.get("all", "0").lower() not in ("", "0", "false")
        wanted = request.filters
        ids = tuple(wanted.get("id", [""]))
        return 200, [
            self._entry(container)
            for container in self.state.containers.values()
            if (everything or container["State"]["Running"] or "status" in wanted) and container["Id"].startswith(ids)
        ]

    def _inspect(self, request, name):
        return 200, self._container(name)

    def _spoken(self, request):
        return tuple(map(int, (request.version or self.state.api_max).split(".")))

    def _check_endpoints(self, request, body):
        version = self._spoken(request)
        endpoints = (body.get("NetworkingConfig") or {}).get("EndpointsConfig") or {}
        if version < (1, 44) and len(endpoints) > 1:
            raise ApiError(400, "Container cannot be created with multiple network endpoints: "
                           + ", ".join(endpoints))
        if version >= (1, 52) and body.get("MacAddress"):
            raise ApiError(400, "container-wide MAC address no longer supported; use endpoint-specific MAC address "
                                "instead")
        for name in endpoints:
            if name != "default":
                self._network(name)

    def _create(self, request):
        body = request.json
        self._check_endpoints(request, body)
        self._image(body["Image"])
        name = request.query.get("name") or f"fake_{next(self._numbers)}"
        for container in self.state.containers.values():
            if container["Name"] == f"/{name}":
                raise ApiError(409, f'Conflict. The container name "/{name}" is already in use by container '
                                    f'"{container["Id"]}". You have to remove (or rename) that container to be '
                                    f"able to reuse that name.")
        return 201, {"Id": self._add_container(name, False, body), "Warnings": []}

    def _start_one(self, container):
        for private, bindings in (container["HostConfig"].get("PortBindings") or {}).items():
            container["NetworkSettings"]["Ports"][private] = [
                {"HostIp": b.get("HostIp", ""), "HostPort": b.get("HostPort") or str(32768 + next(self._numbers))}
                for b in bindings or []]
        container["State"].update(Status="running", Running=True, Pid=4242, StartedAt=timestamp(time.time()))
        self._container_event(container, "start")

    def _end_one(self, container, exit_code):
        container["State"].update(Status="exited", Running=False, Paused=False, Pid=0, ExitCode=exit_code,
                                  FinishedAt=timestamp(time.time()))
        container["NetworkSettings"]["Ports"] = {}
        self._container_event(container, "die", exitCode=str(exit_code))

    def _start(self, request, name):
        container = self._container(name)
        if container["State"]["Running"]:
            return 304, None
        self._start_one(container)
        return 204, None

    def _stop(self, request, name):
        container = self._container(name)
        if not container["State"]["Running"]:
            return 304, None
        self._end_one(container, 137)
        self._container_event(container, "stop")
        return 204, None

    def _kill(self, request, name):
        container = self._container(name)
        if not container["State"]["Running"]:
            raise ApiError(409, f"Cannot kill container: {name}: Container {container['Id']} is not running")
        self._container_event(container, "kill")
        self._end_one(container, 137)
        return 204, None

    def _restart(self, request, name):
        container = self._container(name)
        if container["State"]["Running"]:
            self._end_one(container, 137)
        self._start_one(container)
        self._container_event(container, "restart")
        return 204, None

    def _pause(self, request, name, action):
        container = self._container(name)
        paused = action == "pause"
        container["State"].update(Status="paused" if paused else "running", Paused=paused)
        self._container_event(container, action)
        return 204, None

    def _rename(self, request, name):
        container = self._container(name)
        old, container["Name"] = container["Name"], "/" + request.query["name"].lstrip("/")
        self._container_event(container, "rename", oldName=old)
        return 204, None

    def _update(self, request, name):
        container = self._container(name)
        container["HostConfig"].update(request.json)
        self._container_event(container, "update")
        return 200, {"Warnings": []}

    def _wait(self, request, name):
        return 200, {"StatusCode": self._container(name)["State"]["ExitCode"]}

    def _remove(self, container):
        if container["State"]["Running"]:
            self._end_one(container, 137)
        del self.state.containers[container["Id"]]
        self._container_event(container, "destroy")

    def _delete(self, request, name):
        container = self._container(name)
        if container["State"]["Running"] and request.query.get("force", "0") in ("", "0", "false"):
            raise ApiError(409, f"You cannot remove a running container {container['Id']}. Stop the container "
                                f"before attempting removal or force remove")
        self._remove(container)
        return 204, None

    #
    # Images, networks, volumes
    #

    def _images(self, request):
        def wants(parameter, since):
            return self._spoken(request) >= since and request.query.get(parameter) in ("1", "true")

        more = {}
        if wants("shared-size", (1, 42)):
            more["SharedSize"] = 512
        if wants("manifests", (1, 47)):
            more["Manifests"] = [{"ID": f"of {self.name}", "Kind": "image", "Available": True}]
        return 200, [{**image, **more} for image in self.state.images.values()]

    def _inspect_image(self, request, name):
        return 200, self._image(name)

    async def _pull(self, request):
        name, tag = request.query["fromImage"], request.query.get("tag") or "latest"
        self._add_image(f"{name}:{tag}" if ":" not in name.rsplit("/", 1)[-1] else name)

        async def source():
            yield encode({"status": f"Pulling from {name}", "id": tag})
            yield encode({"status": f"Status: Downloaded newer image for {name}:{tag}"})

        return source()

    def _networks(self, request):
        return 200, list(self.state.networks.values())

    def _network(self, name):
        for network in self.state.networks.values():
            if name in (network["Name"], network["Id"]):
                return network
        raise ApiError(404, f"network {name} not found")

    def _inspect_network(self, request, name):
        return 200, self._network(name)

    def _create_network(self, request):
        network_id = new_id(f"{self.name} network {next(self._numbers)}")
        self.state.networks[network_id] = {"Scope": "local", "Driver": "bridge", "Containers": {}, "Labels": {},
                                           **request.json, "Id": network_id}
        self._event("network", "create", network_id, {"name": request.json["Name"]})
        return 201, {"Id": network_id, "Warning": ""}

    def _delete_network(self, request, name):
        network = self._network(name)
        del self.state.networks[network["Id"]]
        self._event("network", "destroy", network["Id"], {"name": network["Name"]})
        return 204, None

    def _connect(self, request, name):
        network, body = self._network(name), request.json
        container = self._container(body["Container"])
        container["NetworkSettings"]["Networks"][network["Name"]] = body.get("EndpointConfig") or {}
        return 200, None

    def _volumes(self, request):
        return 200, {"Volumes": list(self.state.volumes.values()), "Warnings": None}

    def _volume(self, name):
        if name not in self.state.volumes:
            raise ApiError(404, f"get {name}: no such volume")
        return self.state.volumes[name]

    def _inspect_volume(self, request, name):
        return 200, self._volume(name)

    def _create_volume(self, request):
        name = request.json.get("Name") or new_id(f"volume {next(self._numbers)}")
        volume = {"Driver": "local", "Scope": "local", "Labels": {}, "Options": {}, **request.json, "Name": name,
                  "Mountpoint": f"/var/lib/docker/volumes/{name}/_data"}
        self.state.volumes[name] = volume
        self._event("volume", "create", name, {"driver": volume["Driver"]})
        return 201, volume

    def _delete_volume(self, request, name):
        self._volume(name)
        del self.state.volumes[name]
        self._event("volume", "destroy", name, {"driver": "local"})
        return 204, None


def route(methods, pattern, handler):
    return methods.split(), re.compile(pattern), handler


ONE = "([^/]+)"
ROUTES = [
    route("GET HEAD", "/_ping", FakeEngine._ping),
    route("GET", "/info", FakeEngine._info),
    route("GET", "/version", FakeEngine._version),
    route("GET", "/events", FakeEngine._follow),
    route("GET", "/containers/json", FakeEngine._list),
    route("POST", "/containers/create", FakeEngine._create),
    route("GET", f"/containers/{ONE}/json", FakeEngine._inspect),
    route("POST", f"/containers/{ONE}/start", FakeEngine._start),
    route("POST", f"/containers/{ONE}/stop", FakeEngine._stop),
    route("POST", f"/containers/{ONE}/kill", FakeEngine._kill),
    route("POST", f"/containers/{ONE}/restart", FakeEngine._restart),
    route("POST", f"/containers/{ONE}/(pause|unpause)", FakeEngine._pause),
    route("POST", f"/containers/{ONE}/rename", FakeEngine._rename),
    route("POST", f"/containers/{ONE}/update", FakeEngine._update),
    route("POST", f"/containers/{ONE}/wait", FakeEngine._wait),
    route("DELETE", f"/containers/{ONE}", FakeEngine._delete),
    route("GET", "/images/json", FakeEngine._images),
    route("POST", "/images/create", FakeEngine._pull),
    route("GET", "/images/(.+)/json", FakeEngine._inspect_image),
    route("GET", "/networks", FakeEngine._networks),
    route("POST", "/networks/create", FakeEngine._create_network),
    route("GET", f"/networks/{ONE}", FakeEngine._inspect_network),
    route("DELETE", f"/networks/{ONE}", FakeEngine._delete_network),
    route("POST", f"/networks/{ONE}/connect", FakeEngine._connect),
    route("GET", "/volumes", FakeEngine._volumes),
    route("POST", "/volumes/create", FakeEngine._create_volume),
    route("GET", f"/volumes/{ONE}", FakeEngine._inspect_volume),
    route("DELETE", f"/volumes/{ONE}", FakeEngine._delete_volume),
]


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
