"""Where the image of a create comes from: an engine that has it, or a registry."""

import pytest
from fakes.actions import Reply


@pytest.fixture
def pool(fakes, start_manager):
    """start(digests) -> three engines and their manager; "app:1" is on fake-1 only, which has the most containers, so
    that others are chosen first."""

    def start(*digests):
        engines = fakes(3)
        for number, engine in enumerate(engines):
            engine.configure(labels=[f"number={number}"])
        for name in ("one", "two"):
            engines[1].add_container(name)
        engines[1].add_image("app:1", digests)
        return engines, start_manager([engine.address for engine in engines]).wait_healthy()

    return start


def create(manager, image, **more):
    return manager.request("POST", "/v1.44/containers/create?name=new", body={"Image": image, **more})


def pulls(engines):
    return [engine.name for engine in engines if engine.requests("POST", "/images/create")]


@pytest.mark.parametrize("digests", [[], [f"host:5000/app@sha256:{64 * 'a'}"]], ids=["built", "pushed-elsewhere"])
def test_what_no_registry_has_is_not_asked_for(pool, digests):
    engines, manager = pool(*digests)
    assert create(manager, "app:1").status == 201
    assert manager.placed()["new"] == "fake-1"
    assert pulls(engines) == []


def test_it_matters_more_than_the_network(pool):
    """One that spreads is made where the image is."""
    engines, manager = pool()
    assert manager.request("POST", "/v1.44/networks/create", body={"Name": "net"}).status == 201
    assert not engines[1].requests("POST", "/networks/create")
    assert create(manager, "app:1", HostConfig={"NetworkMode": "net"}).status == 201
    assert manager.placed()["new"] == "fake-1" and engines[1].requests("POST", "/networks/create")
    assert pulls(engines) == []


def test_an_id_is_no_name_in_a_registry(pool):
    engines, manager = pool(f"app@sha256:{64 * 'a'}")
    (image,) = [image for image in manager.get("/images/json").json if "app:1" in image["RepoTags"]]
    assert create(manager, image["Id"]).status == 201
    assert manager.placed()["new"] == "fake-1"
    assert pulls(engines) == []


@pytest.mark.parametrize("name", [64 * "0", f"sha256:{64 * '0'}"])
def test_an_id_that_nobody_has(pool, name):
    engines, manager = pool()
    answer = create(manager, name)
    assert (answer.status, answer.json["message"]) == (404, f"No such image: {name}")
    assert pulls(engines) == []


def test_what_a_registry_has_is_pulled_where_there_is_room(pool):
    engines, manager = pool(f"app@sha256:{64 * 'a'}")
    assert create(manager, "app:1").status == 201
    node = manager.placed()["new"]
    assert node != "fake-1" and pulls(engines) == [node]


@pytest.mark.parametrize("wish", ["constraint:number==2", "constraint:node==fake-2"])
def test_where_no_holder_fits_it_is_pulled(pool, wish):
    engines, manager = pool()
    assert create(manager, "app:1", Env=[wish]).status == 201
    assert manager.placed()["new"] == "fake-2" and pulls(engines) == ["fake-2"]


def test_a_holder_that_lost_the_image_pulls_it(pool):
    """What the manager remembers may be older than what the engine says."""
    engines, manager = pool()
    engines[1].script("POST", "/containers/create", Reply(404, {"message": "No such image: app:1"}), times=1)
    assert create(manager, "app:1").status == 201
    assert manager.placed()["new"] == "fake-1" and pulls(engines) == ["fake-1"]


MISMATCH = "image with reference app:1 was found but does not match the specified platform: wanted linux/s390x, actual: linux/amd64"
FOREIGN = "/v1.44/containers/create?name=new&platform=linux/s390x"


def test_a_platform_that_no_node_has(pool):
    """An engine may know how to emulate it; what it has for another platform only, it pulls."""
    engines, manager = pool(f"app@sha256:{64 * 'a'}")
    for engine in engines:
        engine.script("POST", "/containers/create", Reply(404, {"message": MISMATCH}), times=1)
    answer = manager.request("POST", FOREIGN, body={"Image": "app:1"})
    assert answer.status == 201, answer.text
    (pulled,) = [engine for engine in engines if engine.requests("POST", "/images/create")]
    assert pulled.name == manager.placed()["new"]
    assert pulled.requests("POST", "/images/create")[0].query["platform"] == "linux/s390x"


def test_a_platform_that_cannot_be_pulled(pool):
    """The engine's own 404, upon which clients pull."""
    engines, manager = pool(f"app@sha256:{64 * 'a'}")
    for engine in engines:
        engine.script("POST", "/containers/create", Reply(404, {"message": MISMATCH}))
        engine.script("POST", "/images/create", Reply(500, {"message": "no route to host"}))
    answer = manager.request("POST", FOREIGN, body={"Image": "app:1"})
    assert (answer.status, answer.json["message"]) == (404, MISMATCH)
    assert "new" not in manager.placed()
