"""Every Docker client that the compatibility matrix knows, and where this machine has it."""

import dataclasses
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess

from harness.lab import TOP

UNPACKED = TOP / "build-stores"
SCRIPTS = pathlib.Path(__file__).resolve().parents[1] / "clients"
MODULES = UNPACKED / "npm" / "node_modules"
PYTHON = "/usr/bin/python3"
PLUGINS = "usr/libexec/docker/cli-plugins"


@functools.cache
def version_of(*command):
    """The first two numbers that the command says: "26.1"."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except OSError:
        return None
    match = re.search(r"(\d+\.\d+)\.\d+", done.stdout)
    return match and match.group(1)


def of_version(wanted, candidates, *arguments):
    """The first of these programs that is of this version."""
    paths = dict.fromkeys(os.path.realpath(path) for path in candidates if path and os.path.exists(path))
    return next((path for path in paths if version_of(path, *arguments) == wanted), None)


def unpacked(pattern):
    return sorted(map(str, UNPACKED.glob(pattern)))


def docker(version):
    installed = [shutil.which("docker"), "/usr/bin/docker"]
    return of_version(version, installed + unpacked("engine-*/usr/bin/docker"), "--version")


def compose(version):
    installed = [shutil.which("docker-compose")]
    return of_version(version, installed + unpacked(f"compose-*/{PLUGINS}/docker-compose"), "version")


def buildx(version):
    return of_version(version, unpacked(f"buildx-*/{PLUGINS}/docker-buildx"), "version")


def newest_docker():
    return docker("28.5") or docker("26.1") or shutil.which("docker")


def newest_buildx():
    return buildx("0.29") or buildx("0.13")


def module(name):
    """The version of a package for Node, None when it is not there or nothing runs it."""
    try:
        package = json.loads((MODULES / name / "package.json").read_text())
    except OSError:
        return None
    return package["version"] if shutil.which("node") else None


def script(name):
    """What runs one of tests/integration/clients."""
    return [PYTHON if name.endswith(".py") else shutil.which("node"), str(SCRIPTS / name)]


@dataclasses.dataclass(frozen=True)
class Client:
    title: str
    kind: str  # which of the scripts in harness/cells.py plays it
    operations: tuple
    find: object  # () -> what runs it, None when this machine does not have it

    @property
    def id(self):
        return self.title.lower().replace(" ", "-")


CONTAINER = ("run", "run --rm", "exec", "logs", "cp")
REGISTRY = ("push", "pull")
PROJECT = ("up", "ps", "logs", "exec", "run", "scale", "down")


def has_docker_py():
    return version_of(PYTHON, "-c", "import docker; print(docker.__version__)") and script("docker_py.py")


CLIENTS = (
    *(Client(f"docker {version}", "docker", (*CONTAINER, "build", "buildkit", "login", *REGISTRY),
             functools.partial(docker, version)) for version in ("20.10", "26.1", "28.2", "28.5")),
    *(Client(f"buildx {version}", "buildx", ("buildkit", "login", "push"),
             functools.partial(buildx, version)) for version in ("0.13", "0.29")),
    Client("Compose 1.29", "compose", (*PROJECT, "build", *REGISTRY), functools.partial(compose, "1.29")),
    *(Client(f"Compose {version}", "compose", (*PROJECT, "cp", "build", "buildkit", *REGISTRY),
             functools.partial(compose, version)) for version in ("2.26", "2.40")),
    Client("docker-py", "script", (*CONTAINER, "build", *REGISTRY), has_docker_py),
    Client("dockerode", "script", (*CONTAINER, "build", *REGISTRY),
           lambda: module("dockerode") and script("dockerode.js")),
    Client("Testcontainers", "script", ("run", "exec", "logs", "cp", "build", "buildkit", "pull"),
           lambda: module("testcontainers") and script("testcontainers.js")),
)
