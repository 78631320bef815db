"""What each client does in a cell of the compatibility matrix, one operation after the other.

A cell belongs to itself: names of its containers, images and projects begin with its prefix, so that many cells
can use the same engines at the same time.
"""

import contextlib
import json
import pathlib
import subprocess
import tempfile
import time

from harness import clients
from harness.docker import Docker
from harness.registry import PASSWORD, USER

TIMEOUT = 120
# The label makes the image of each cell another one.
DOCKERFILE = """FROM busybox
LABEL cell={prefix}
ARG greeting
RUN echo "$greeting" >/greeting
CMD ["cat", "/greeting"]
"""

PROJECT = """
version: "3.4"
services:
  db:
    image: busybox
    command: sh -c 'echo db is up; exec httpd -f -p 80 -h /data'
    volumes: [data:/data]
    stop_grace_period: 0s
  web:
    image: busybox
    command: sh -c 'echo web is up; exec sleep 1000'
    environment: ["constraint:node=={node}"]
    depends_on: [db]
    stop_grace_period: 0s
volumes:
  data: {{}}
networks:
  default:
    labels: {{com.docker.swarm.constraints: '["node=={node}"]'}}
"""

BUILT = """
version: "3.4"
services:
  built:
    image: {image}
    build:
      context: .
      args: {{greeting: hello}}
"""


def wish(node):
    return ["-e", f"constraint:node=={node}"]


class Cell:
    """One client at one endpoint.  results is {operation: None, or why it does not work}."""

    def __init__(self, client, endpoint, nodes, prefix, registry):
        self.client = client
        self.command = client.find()
        self.endpoint = endpoint
        self.nodes = nodes
        self.prefix = prefix
        self.registry = registry
        self.image = f"{registry.address}/{prefix}"
        self.results = {}
        self.seconds = 0

    @contextlib.contextmanager
    def op(self, name):
        """An operation that fails does not stop those after it."""
        try:
            yield
            self.results.setdefault(name, None)
        except (AssertionError, OSError, subprocess.TimeoutExpired) as error:
            self.results[name] = str(error)[-2000:]

    def play(self):
        """Do all of it; returns the cell itself, whose results then say how it went."""
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="swarm-cell-") as folder:
            self.folder = pathlib.Path(folder)
            (self.folder / "Dockerfile").write_text(DOCKERFILE.format(prefix=self.prefix))
            getattr(self, f"_play_{self.client.kind}")()
        self.seconds = time.monotonic() - start
        return self

    def _docker(self, command=None, plugin=None, **settings):
        docker = Docker(self.endpoint, command, settings)
        plugin = plugin or clients.newest_buildx()
        if plugin:
            plugins = pathlib.Path(docker.home.name, "cli-plugins")
            plugins.mkdir()
            (plugins / "docker-buildx").symlink_to(plugin)
        return docker

    #
    # The docker command
    #

    def _play_docker(self):
        docker = self._docker(self.command)
        with contextlib.closing(docker):
            self._containers(docker)
            for name, buildkit in (("build", "0"), ("buildkit", "1")):
                docker.settings["DOCKER_BUILDKIT"] = buildkit
                with self.op(name):
                    self._build(docker, "build", f"{self.prefix}-{name}")
            self._log_in(docker)
            with self.op("push"):
                docker("tag", "busybox", self.image)
                docker("push", self.image, timeout=TIMEOUT)
            with self.op("pull"):
                docker("rmi", self.image)
                docker("pull", self.image, timeout=TIMEOUT)
                assert docker("run", "--rm", self.image, "echo", "pulled") == "pulled"

    def _containers(self, docker):
        names = {node: f"{self.prefix}-{node}" for node in self.nodes}
        for node, name in names.items():
            with self.op("run"):
                self._run(docker, node, name)
            with self.op("run --rm"):
                self._run_once(docker, node)
            with self.op("exec"):
                done = docker.run("exec", name, "sh", "-c", "echo inside; exit 4", check=False)
                assert (done.returncode, done.stdout) == (4, "inside\n"), done
            with self.op("logs"):
                assert docker("logs", name) == "logged"
            with self.op("cp"):
                self._copy(docker, name)
        docker("rm", "-f", *names.values(), check=False)

    def _run(self, docker, node, name):
        docker("run", "-d", "--name", name, *wish(node), "busybox", "sh", "-c", "echo logged; exec sleep 1000")
        assert docker.listed("--filter", f"name={name}") == {name: "running"}

    def _run_once(self, docker, node):
        command = ["sh", "-c", "cat; exit 3"]
        done = docker.run("run", "--rm", "-i", *wish(node), "busybox", *command, input="given\n", check=False)
        assert (done.returncode, done.stdout) == (3, "given\n"), done

    def _copy(self, docker, name):
        sent, back = self.folder / "Dockerfile", self.folder / f"back-{name}"
        docker("cp", sent, f"{name}:/tmp/sent")
        docker("cp", f"{name}:/tmp/sent", back)
        assert back.read_bytes() == sent.read_bytes()

    def _log_in(self, docker):
        """What comes after it has the password even when the command could not try it."""
        with self.op("login"):
            self.registry.login(docker)
        self._configure(docker)

    def _configure(self, docker):
        pathlib.Path(docker.home.name, "config.json").write_text(self._configuration())

    def _configuration(self):
        return json.dumps({"auths": {self.registry.address: self.registry.auth()}})

    def _build(self, docker, *command_and_tag):
        *command, tag = command_and_tag
        docker(*command, "-t", tag, "--build-arg", "greeting=hello", self.folder, timeout=TIMEOUT)
        assert docker("run", "--rm", tag) == "hello"

    def _play_buildx(self):
        with contextlib.closing(self._docker(clients.newest_docker(), self.command)) as docker:
            with self.op("buildkit"):
                assert "docker" in docker("buildx", "inspect")
                self._build(docker, "buildx", "build", self.prefix)
            self._log_in(docker)
            with self.op("push"):
                docker("buildx", "build", "--push", "-t", self.image, self.folder, timeout=TIMEOUT)

    #
    # Compose
    #

    def _play_compose(self):
        with contextlib.closing(self._docker(self.command, COMPOSE_DOCKER_CLI_BUILD="0")) as docker:
            self._project(self._compose(docker, "docker-compose.yml", PROJECT.format(node=self.nodes[0])))
            self._built(docker, self._compose(docker, "built.yml", BUILT.format(image=self.image)))

    def _compose(self, docker, name, text):
        (self.folder / name).write_text(text)

        def compose(*arguments):
            return docker("-f", self.folder / name, "-p", self.prefix, *arguments, timeout=TIMEOUT)

        return compose

    def _project(self, compose):
        try:
            with self.op("up"):
                compose("up", "-d")
            with self.op("ps"):
                shown = compose("ps")
                assert "db" in shown and "web" in shown, shown
            with self.op("exec"):
                compose("exec", "-T", "db", "sh", "-c", "echo hello >/data/index.html")
                assert compose("exec", "-T", "web", "wget", "-qO-", "http://db/") == "hello"
            with self.op("logs"):
                shown = compose("logs")
                assert "db is up" in shown and "web is up" in shown, shown
            if "cp" in self.client.operations:
                with self.op("cp"):
                    compose("cp", "db:/data/index.html", str(self.folder / "index.html"))
                    assert (self.folder / "index.html").read_text() == "hello\n"
            with self.op("run"):
                assert compose("run", "--rm", "-T", "web", "echo", "once") == "once"
            with self.op("scale"):
                compose("up", "-d", "--scale", "web=2")
                assert len(compose("ps", "-q", "web").splitlines()) == 2
        finally:
            with self.op("down"):
                compose("down", "-v")
                assert compose("ps", "-q") == ""

    def _built(self, docker, compose):
        for name, buildkit in (("build", "0"), ("buildkit", "1")):
            if name in self.client.operations:
                docker.settings["DOCKER_BUILDKIT"] = buildkit
                with self.op(name):
                    compose("build")
                    assert compose("run", "--rm", "-T", "built") == "hello"
        self._configure(docker)
        with self.op("push"):
            compose("push")
        with self.op("pull"):
            Docker(self.endpoint)("rmi", self.image)
            compose("pull")
            assert compose("run", "--rm", "-T", "built") == "hello"
        with self.op("down"):
            compose("down")

    #
    # Libraries
    #

    def _play_script(self):
        """The scripts in tests/integration/clients say a line of JSON about every operation."""
        with contextlib.closing(self._docker()) as docker:
            settings = {
                "nodes": self.nodes, "prefix": self.prefix, "context": str(self.folder), "image": self.registry.seed,
                "registry": self.registry.address, "user": USER, "password": PASSWORD,
            }
            done = subprocess.run(
                [*self.command, json.dumps(settings)],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT,
                env={**docker.environment, **self._surroundings()},
            )
        for line in done.stdout.splitlines():
            said = json.loads(line)
            self.results[said["op"]] = said["error"]
        for name in self.client.operations:
            self.results.setdefault(name, f"the script ended with {done.returncode}: {done.stderr[-2000:]}")

    def _surroundings(self):
        return {
            "NODE_PATH": str(clients.MODULES),
            "TESTCONTAINERS_RYUK_DISABLED": "true",  # the reaper is an image from a registry
            "DOCKER_AUTH_CONFIG": self._configuration(),
        }
