"""Every operation of the matrix with docker-py, on each node of the settings."""

import io
import json
import sys
import tarfile

import docker

settings = json.loads(sys.argv[1])
prefix = settings["prefix"]
client = docker.from_env(version="auto")


def op(name, action):
    """An operation that fails does not stop those after it."""
    error = None
    try:
        action()
    except Exception as raised:  # pylint: disable=broad-except  # whatever it is goes into the table
        error = f"{type(raised).__name__}: {raised}"
    print(json.dumps({"op": name, "error": error}), flush=True)


def expect(found, wanted):
    assert found == wanted, f"{found!r} is not {wanted!r}"


def wish(node):
    return [f"constraint:node=={node}"]


def containers():
    return [(client.containers.get(f"{prefix}-{node}"), node) for node in settings["nodes"]]


def run():
    for node in settings["nodes"]:
        container = client.containers.run(
            "busybox", ["sh", "-c", "echo logged; exec sleep 1000"],
            detach=True, name=f"{prefix}-{node}", environment=wish(node),
        )
        listed = client.containers.list(filters={"id": container.id})
        expect([entry.id for entry in listed], [container.id])


def run_once():
    for node in settings["nodes"]:
        try:
            client.containers.run("busybox", ["sh", "-c", "echo out >&2; exit 3"], remove=True, environment=wish(node))
            raise AssertionError("a status of 3 counts as success")
        except docker.errors.ContainerError as error:
            expect((error.exit_status, error.stderr), (3, b"out\n"))


def execute():
    for container, _ in containers():
        expect(tuple(container.exec_run(["sh", "-c", "echo inside; exit 4"])), (4, b"inside\n"))


def logs():
    for container, _ in containers():
        expect(container.logs(), b"logged\n")


def packed(name, data):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def copy():
    for container, _ in containers():
        assert container.put_archive("/tmp", packed("file", b"copied"))
        chunks, stat = container.get_archive("/tmp/file")
        expect((stat["name"], stat["size"]), ("file", 6))
        with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
            expect(archive.extractfile("file").read(), b"copied")


def build():
    tag = f"{prefix}-built"
    client.images.build(path=settings["context"], tag=tag, buildargs={"greeting": "hello"})
    expect(client.containers.run(tag, remove=True), b"hello\n")


NAME = f"{settings['registry']}/{prefix}"
AUTH = {"username": settings["user"], "password": settings["password"]}


def push():
    assert client.images.get("busybox").tag(NAME, "latest")
    for line in client.images.push(NAME, "latest", auth_config=AUTH, stream=True, decode=True):
        assert "error" not in line, line


def pull():
    client.images.remove(NAME)
    client.images.pull(NAME, "latest", auth_config=AUTH)
    expect(client.containers.run(NAME, ["echo", "pulled"], remove=True), b"pulled\n")


ACTIONS = {"run": run, "run --rm": run_once, "exec": execute, "logs": logs, "cp": copy, "build": build, "push": push,
           "pull": pull}
for action_name in ACTIONS:
    op(action_name, ACTIONS[action_name])
for started, _ in containers():
    started.remove(force=True)
