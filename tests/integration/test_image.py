"""The image from scratch."""

import pytest

from harness import image
from harness.docker import Docker
from harness.wait import eventually


@pytest.fixture
def docker(engines):
    docker = Docker(engines[0].address)
    image.load(docker)
    yield docker
    docker.close()


def test_runs_in_an_empty_root(docker):
    assert int(docker("image", "inspect", "-f", "{{.Size}}", image.NAME)) < 15_000_000
    assert docker("run", "--rm", image.NAME).startswith("Usage: swarm [OPTIONS] COMMAND")
    listed = docker("run", "--rm", image.NAME, "list", "nodes://10.0.0.[1:2]:2375")
    assert listed.splitlines() == ["10.0.0.1:2375", "10.0.0.2:2375"]


def test_names_are_resolved_without_libraries_beside(docker):
    """Name service modules are not in the image, and not needed."""
    done = docker.run("run", "--rm", "--add-host", "hub.example:127.0.0.1", image.NAME,
                      "create", "--url", "http://hub.example:1", check=False)
    assert "connection refused" in done.stderr, done.stderr


def test_docker_machine_without_discovery(docker):
    """Its last argument is then an empty string; a manager of its own would be a surprise."""
    done = docker.run("run", "--rm", image.NAME, "--experimental", "manage", "-H", "tcp://0.0.0.0:3376",
                      "--strategy", "spread", "--advertise", "10.0.0.1:3376", "", check=False)
    assert done.returncode == 1
    assert "discovery required to manage a cluster. See 'swarm manage --help'." in done.stderr


def test_certificates_without_anything_installed(docker):
    """The image has no shell: one run for each."""
    for words in (["ca"], ["manager", "m", "10.0.0.1"]):
        docker("run", "--rm", "-v", "certs:/c", image.NAME, "cert", *words, "--dir", "/c")
    tls = ["--tlsverify", *(f"--tls{key}=/c/m/{file}.pem" for key, file in (("cacert", "ca"), ("cert", "cert"), ("key", "key")))]
    docker("run", "-d", "--name", "manager", "-v", "certs:/c", image.NAME, "manage", *tls, "127.0.0.1:1")
    eventually(lambda: "Listening for HTTP" in docker("logs", "manager"))
    docker("stop", "manager")
    assert docker("inspect", "-f", "{{.State.ExitCode}}", "manager") == "0"
