"""Objects of every kind on one engine, made once, for questions about lists of them."""

import io
import tarfile
import time

from harness.wait import eventually

SLEEP = ["busybox", "sleep", "1000"]
# One probe, and then a long one: an engine remembers only so many events.
PROBE = ["--health-interval", "200ms", "--health-retries", "1", "--health-timeout", "1h"]
DOCKERFILE = b"""FROM busybox
LABEL tier=front
RUN touch /first
RUN touch /second
"""


def archive(name, content):
    text = io.BytesIO()
    with tarfile.open(fileobj=text, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return text.getvalue()


class Scene:
    """containers, images and networks are {name: id}; since and until are when the events of it happened."""

    bound = "/tmp"

    def __init__(self, engine):
        self.engine = engine
        self.docker = engine.docker
        self.containers, self.images, self.networks = {}, {}, {}
        engine.clean()
        self.since = self._next_second()
        self._make_networks()
        self._make_images()
        self._make_containers()
        eventually(self._is_settled)
        self.until = self._next_second()

    @staticmethod
    def _next_second():
        """Lists tell times in seconds, and what is made in the same one has no order."""
        wanted = int(time.time()) + 1
        eventually(lambda: time.time() >= wanted)
        return wanted

    def _make(self, name, *arguments, command="create"):
        detach = ["-d"] if command == "run" else []
        self.containers[name] = self.docker(command, *detach, "--name", name, *arguments)

    def _run(self, name, *arguments):
        self._make(name, *arguments, command="run")

    def _make_networks(self):
        for name, *options in (["front", "--label", "tier=front"], ["back", "--internal", "--label", "lang=c"],
                               ["lonely"]):
            self.networks[name] = self.docker("network", "create", *options, name)

    def _build(self):
        """With the classic builder, which leaves images of its steps."""
        answer = self.engine.request("POST", "/build?t=built:1", headers=[("Content-Type", "application/x-tar")],
                                     body=archive("Dockerfile", DOCKERFILE))
        assert answer.status == 200 and b"error" not in answer.body, answer.text

    def _make_images(self):
        """Two are left without their name, or never had one."""
        self._build()
        self.docker("create", "--name", "seed", "--label", "from=seed", "busybox")
        for key, name, change in (("derived:1", "derived:1", "tier=front"), ("old", "moved:1", "n=1"),
                                  ("moved:1", "moved:1", "n=2"), ("nameless", None, "n=3")):
            self._next_second()
            names = [name] if name else []
            self.images[key] = self.docker("commit", "-c", f"LABEL {change}", "seed", *names)
        self.docker("rm", "seed")
        for name in ("derived:2", "far.away/team/tool:1"):
            self.docker("tag", "derived:1", name)

    def _make_containers(self):
        self._run("oldest", "--label", "tier=front", "--label", "lang=c", "--label", "empty=", *SLEEP)
        self._run("ended-3", "busybox", "sh", "-c", "exit 3")
        self._run("ended-0", "--label", "tier=back", "busybox", "true")
        self._run("published", "-p", "8080:80", "-p", "9053:53/udp", "--expose", "7000-7002", *SLEEP)
        self._make("with-volume", "-v", "data:/var/data", *SLEEP)
        self._make("bound", "-v", f"{self.bound}:/mnt", "-v", "/anonymous", "--net", "none", *SLEEP)
        self._run("networked", "--network", "front", *SLEEP)
        self._make("derived", "derived:1")
        self._make("of-old", self.images["old"])
        self._make("built", "--net", "back", "built:1")
        self._run("well", "--health-cmd", "mkdir /probed || sleep 1000", *PROBE, *SLEEP)
        self._run("ill", "--health-cmd", "mkdir /probed && exit 1; sleep 1000", *PROBE, *SLEEP)
        self._make("hosted", "--net", "host", *SLEEP)
        self._run("paused", *SLEEP)
        self.docker("pause", "paused")
        self._make("newest", *SLEEP)
        self.docker("volume", "create", "--label", "tier=front", "lone")
        self.docker("volume", "create", "--label", "lang=c", "--label", "tier=back", "lonely")
        mounts = self.engine.get(f"/containers/{self.containers['bound']}/json")["Mounts"]
        self.anonymous = next(mount["Name"] for mount in mounts if mount["Type"] == "volume")

    def _is_settled(self):
        shown = {c["Names"][0]: c["Status"] for c in self.engine.get("/containers/json?all=1")}
        assert "(healthy)" in shown["/well"] and "(unhealthy)" in shown["/ill"], shown
        return shown["/ended-3"].startswith("Exited") and shown["/ended-0"].startswith("Exited")
