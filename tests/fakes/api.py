"""The Docker API, answered from a small state in memory as Docker would."""

import asyncio
import hashlib
import itertools
import re
import time
import urllib.parse

from fakes.http import ApiError, encode, send


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


class Api:
    """One engine's answers and events; only the loop's thread calls it."""

    def __init__(self, name):
        self.name = name
        self.state = State(name)
        self._listeners = set()  # queues of /events
        self._past = []  # events so far
        self._numbers = itertools.count(1)

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

    def _add_image(self, name, digests=()):
        name = name if ":" in name.rsplit("/", 1)[-1] else f"{name}:latest"
        image_id = "sha256:" + new_id(f"image {name}")
        image = self.state.images.setdefault(image_id, {
            "Id": image_id, "ParentId": "", "RepoTags": [], "RepoDigests": [*digests], "Created": int(time.time()),
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
            "HostConfig": {"NetworkMode": container["HostConfig"].get("NetworkMode") or "default",
                           "Annotations": container["HostConfig"].get("Annotations")},
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
    route("GET HEAD", "/_ping", Api._ping),
    route("GET", "/info", Api._info),
    route("GET", "/version", Api._version),
    route("GET", "/events", Api._follow),
    route("GET", "/containers/json", Api._list),
    route("POST", "/containers/create", Api._create),
    route("GET", f"/containers/{ONE}/json", Api._inspect),
    route("POST", f"/containers/{ONE}/start", Api._start),
    route("POST", f"/containers/{ONE}/stop", Api._stop),
    route("POST", f"/containers/{ONE}/kill", Api._kill),
    route("POST", f"/containers/{ONE}/restart", Api._restart),
    route("POST", f"/containers/{ONE}/(pause|unpause)", Api._pause),
    route("POST", f"/containers/{ONE}/rename", Api._rename),
    route("POST", f"/containers/{ONE}/update", Api._update),
    route("POST", f"/containers/{ONE}/wait", Api._wait),
    route("DELETE", f"/containers/{ONE}", Api._delete),
    route("GET", "/images/json", Api._images),
    route("POST", "/images/create", Api._pull),
    route("GET", "/images/(.+)/json", Api._inspect_image),
    route("GET", "/networks", Api._networks),
    route("POST", "/networks/create", Api._create_network),
    route("GET", f"/networks/{ONE}", Api._inspect_network),
    route("DELETE", f"/networks/{ONE}", Api._delete_network),
    route("POST", f"/networks/{ONE}/connect", Api._connect),
    route("GET", "/volumes", Api._volumes),
    route("POST", "/volumes/create", Api._create_volume),
    route("GET", f"/volumes/{ONE}", Api._inspect_volume),
    route("DELETE", f"/volumes/{ONE}", Api._delete_volume),
]
