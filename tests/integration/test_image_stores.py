"""The list of images with what memory does not have: the sizes of shared layers, and manifests.

Real engines of several versions, one of them with the image store of containerd, which alone has manifests.
"""

import concurrent.futures
import itertools
import json
from urllib.parse import quote

import pytest
from harness import compose
from harness.image_stores import CONTAINERD, KINDS
from harness.wait import eventually
from test_build import builder, second_generation

TELLS = {"Docker 20.10": set(), "Docker 26.1": {"SharedSize"}, "Docker 28.5": {"SharedSize"},
         CONTAINERD: {"SharedSize", "Manifests"}}

# 1.45 is the newest of 26.1 and 1.51 that of 28.5; manifests came with 1.47, the number of containers with 1.51.
VERSIONS = ("1.45", "1.47", "1.48", "1.51", "1.54")
QUERIES = ("", "shared-size=1", "manifests=1", "manifests=1&shared-size=1", "all=1&manifests=1&identity=1",
           "manifests=1&shared-size=1&identity=1")
FACTS = ("Id", "Size", "Descriptor", "SharedSize", "Manifests")


def make_own_image(engine):
    """It shares a layer with busybox; a container of each is there.  One name and one second would be one image."""
    own = f"own-{engine.name}"
    engine.docker("run", "--name", "once", "--net", "none", "busybox", "sh", "-c", f"echo {engine.name} >/name")
    engine.docker("commit", "once", own)
    engine.docker("create", "--name", "user", "--net", "none", own)


@pytest.fixture(scope="module")
def image_engines(store_engines):
    """{kind: engine}, each with busybox and an image of its own."""
    with concurrent.futures.ThreadPoolExecutor() as threads:
        list(threads.map(lambda engine: engine.clean(), store_engines.values()))
        list(threads.map(make_own_image, store_engines.values()))
    return store_engines


@pytest.fixture
def pool(image_engines, start_manager):
    return start_manager([engine.address for engine in image_engines.values()]).wait_healthy()


def facts(images):
    return {image["Id"]: {key: image.get(key) for key in FACTS} for image in images}


def other_ids(image_engines):
    engine = image_engines.get(CONTAINERD)
    return {engine.get("/images/busybox/json")["Id"]} if engine and len(image_engines) > 1 else set()


def ask_engine(engine, version, query):
    newest = engine.get("/version")["ApiVersion"]
    return engine.get(f"/v{min(version, newest)}/images/json?{query}")


def ask_pool(pool, version, query, **filters):
    return pool.get(f"/v{version}/images/json?{query}&filters={quote(json.dumps(filters))}").json


def test_engines_tell_what_they_should(image_engines):
    """Or the other tests here would compare nothing with nothing."""
    for kind, engine in image_engines.items():
        images = ask_engine(engine, "1.51", "manifests=1&shared-size=1")
        assert len(images) == 2
        for image in images:
            told = {key for key in ("SharedSize", "Manifests") if image.get(key, -1) != -1}
            assert told == TELLS[kind], kind
        assert all((image["SharedSize"] > 0) == ("SharedSize" in TELLS[kind]) for image in images), kind


def test_identity_is_told_with_manifests_only(pool):
    answer = pool.get("/v1.54/images/json?identity=1")
    assert answer.status == 400 and answer.json == {"message": "identity requires manifests=1"}
    assert isinstance(pool.get("/v1.53/images/json?identity=1").json, list)


def test_each_node_as_its_engine_tells(pool, image_engines):
    for (kind, engine), version, query in itertools.product(image_engines.items(), VERSIONS, QUERIES):
        own = ask_engine(engine, version, query)
        told = ask_pool(pool, version, query, node=[engine.name])
        assert facts(told) == facts(own), (kind, version, query)
        counted = -1 if version < "1.51" else 1
        assert {image["Containers"] for image in told} == {counted}, (kind, version, query)
        if version <= engine.get("/version")["ApiVersion"]:
            assert {image["Containers"] for image in own} == {counted}, (kind, version, query)


def test_all_nodes_together(pool, image_engines):
    """An image is as an engine tells it that has it, and asks for more than memory has where one can tell."""
    for version, query in itertools.product(VERSIONS, QUERIES):
        known = {}
        for engine in image_engines.values():
            for identifier, fact in facts(ask_engine(engine, version, query)).items():
                known.setdefault(identifier, []).append(fact)
        told = facts(ask_pool(pool, version, query))
        # busybox came from one file, and is one image with two ids, of which the first node's is told
        assert known.keys() - told.keys() == other_ids(image_engines), (version, query)
        assert told.keys() <= known.keys(), (version, query)
        for identifier, fact in told.items():
            assert fact in known[identifier], (version, query)
            assert fact["SharedSize"] == max(one["SharedSize"] for one in known[identifier]), (version, query)


#
# Both stores in one pool: one image, two ids
#

PROJECT = """
version: "3"
services:
  near: &service
    image: {image}
    command: sleep 1000
    network_mode: none
    environment: ["constraint:node=={node}"]
    stop_grace_period: 0s
  anywhere:
    <<: *service
    environment: []
"""


@pytest.fixture
def both(image_engines, start_manager):
    """(manager, classic, containerd): the latter is asked last where nothing else counts."""
    if not {"Docker 28.5", CONTAINERD} <= image_engines.keys():
        pytest.skip("there are not both stores on this machine")
    stores = [image_engines[kind] for kind in ("Docker 28.5", CONTAINERD)]
    yield start_manager([engine.address for engine in stores]).wait_healthy(), *stores
    for engine in stores:
        for name in ("app", "greets"):
            engine.docker.run("rmi", "-f", name, check=False)


def listed(manager, name):
    return [image["Id"] for image in manager.get("/images/json").json if f"{name}:latest" in image["RepoTags"]]


def identifiers(manager):
    return {c["Id"] for c in manager.list()}


def test_compose_recreates_nothing(both, tmp_path):
    """The first `up` is told the id of the only engine that has the image; then the other one has it, too."""
    manager, classic, containerd = both
    containerd.docker("tag", f"own-{containerd.name}", "app")
    eventually(lambda: listed(manager, "app"))
    projects = []
    for number, command in enumerate(compose.commands()):
        (tmp_path / f"{number}").mkdir()
        text = PROJECT.format(image="app", node=containerd.name)
        projects.append(compose.Project(command, manager.address, tmp_path / f"{number}", f"demo{number}", text))
    try:
        for project in projects:
            project("up", "-d")
        before = identifiers(manager)
        archive = tmp_path / "app.tar"
        manager.docker("save", "-o", archive, "app")
        manager.docker("load", "-i", archive)
        ids = [engine.get("/images/app/json")["Id"] for engine in (classic, containerd)]
        assert ids[0] != ids[1]
        assert len(eventually(lambda: len(listed(manager, "app")) == 1 and listed(manager, "app"))) == 1
        for project in projects:
            project("up", "-d")
            project("up", "-d")
        assert identifiers(manager) == before
    finally:
        for project in projects:
            project.close()


def test_one_image_with_two_ids(both, tmp_path):
    """Whatever was asked for by one id is found in both stores; readers are told that of the container they look at."""
    manager, classic, containerd = both
    classic.docker("tag", "busybox", "app")
    containerd.docker("tag", "busybox", "app")
    ids = {engine.name: engine.get("/images/app/json")["Id"] for engine in (classic, containerd)}
    listing = eventually(lambda: listed(manager, "app"))
    assert listing == [ids[classic.name]]
    for node, identifier in ids.items():
        assert manager.get(f"/images/{identifier}/json").json["Id"] == identifier
        manager.docker("run", "-d", "--name", f"on-{node}", "--net", "none", "-e", f"constraint:node=={node}", "app",
                       "sleep", "1000")
    for node, identifier in ids.items():
        assert manager.get(f"/containers/on-{node}/json").json["Image"] == identifier
        assert manager.get("/images/app/json").json["Id"] == identifier, "as of the container that was looked at"
    manager.docker("rm", "-f", *(f"on-{node}" for node in ids))
    manager.docker("tag", ids[classic.name], "greets")
    assert {engine.get("/images/greets/json")["Id"] for engine in (classic, containerd)} == set(ids.values())
    for node in ids:  # what was made last is in both stores
        manager.docker("run", "--rm", "--net", "none", "-e", f"constraint:node=={node}", "greets", "true")
    manager.docker("rmi", "greets")
    assert listed(manager, "greets") == []


GREETING = 'FROM busybox\nRUN echo {} >/greeting\nCMD ["cat", "/greeting"]\n'


@pytest.mark.skipif(not second_generation(), reason="no buildx on this machine")
def test_what_was_just_built_is_what_runs(pool, image_engines, tmp_path):
    """The build flows through a stream that nobody reads, and this store takes a while to list what it has."""
    if CONTAINERD not in image_engines:
        pytest.skip(f"there is no {KINDS[CONTAINERD]} on this machine")
    node = image_engines[CONTAINERD].name
    with builder(pool, "1", second_generation()) as docker:
        for text in ("first", "second"):
            (tmp_path / "Dockerfile").write_text(GREETING.format(text))
            docker("build", "-t", "fresh", "--build-arg", f"constraint:node=={node}", tmp_path)
            assert docker("run", "--rm", "--net", "none", "fresh") == text
        assert docker("images", "-q", "fresh") != ""
