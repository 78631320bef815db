"""What once ended the manager, or could have: each of these was found by test_api_fuzz or by reading."""

import pytest

from harness.wait import eventually


@pytest.fixture
def pair(fakes, start_manager):
    """(scripted engine, manager over it)"""
    (engine,) = fakes()
    return engine, start_manager([engine.address]).wait_healthy()


@pytest.fixture
def engine(pair):
    return pair[0]


@pytest.fixture
def manager(pair):
    return pair[1]


def test_rename_of_nothing(manager):
    answer = manager.request("POST", "/containers/nobody/rename?name=somebody")
    assert (answer.status, answer.json) == (404, {"message": "No such container: nobody"})


def test_inspect_of_an_image(manager):
    answer = manager.get("/images/busybox/json")
    assert answer.status == 200
    assert "busybox:latest" in answer.json["RepoTags"]
