"""Filters that mean nothing must never mean everything: the forms of the field, on what lists and what deletes.

All of it is the engine's own behaviour: it holds with SWARM_TEST_DIRECT=1 as well.
"""

import json
import urllib.parse

import pytest
from harness import rawhttp

# What lists, and what deletes.
PATHS = ["GET /images/json", "GET /containers/json", "GET /volumes", "GET /networks",
         "POST /images/prune", "POST /containers/prune", "POST /volumes/prune", "POST /networks/prune"]
NOT_UNDERSTOOD = ['{"label":[1]}', '{"label":"x"}', '{"label":{"x":1}}', '{"label":{"x":true},"until":["1h"]}', '[]', '"x"', "1", "x"]
UNKNOWN = ['{"nosuch":["1"]}', '{"nosuch":{}}', '{"nosuch":{"x":false}}']
# The engine looks for the label, whatever it is set to.
NOTHING_HAS_IT = ['{"label":{"x":false}}', '{"label":{"x":null}}', '{"label":[null]}', '{"label":{"keep":false,"x":true}}']


def ask(endpoint, path, filters):
    method, path = path.split()
    return rawhttp.request(endpoint, method, f"{path}?filters={urllib.parse.quote(filters)}")


@pytest.fixture
def idle(docker):
    """Something for every prune to delete."""
    docker("create", "--name", "idle", "--label", "keep=1", "busybox")
    docker("network", "create", "--label", "keep=1", "idle")
    docker("volume", "create", "--label", "keep=1", "idle")


def is_all_there(docker):
    return (docker("ps", "-aq", "--filter", "name=idle") and docker("network", "ls", "-q", "--filter", "name=idle")
            and docker("volume", "ls", "-q", "--filter", "name=idle") and docker("images", "-q", "busybox"))


def test_what_is_not_understood_is_refused(endpoint, docker, idle):
    for path in PATHS:
        for filters in NOT_UNDERSTOOD + UNKNOWN:
            answer = ask(endpoint, path, filters)
            # engines before 23.0 say some of it with 500
            assert answer.status in (400, 500), (path, filters, answer.body)
    assert is_all_there(docker)


def test_a_label_that_nothing_has_deletes_nothing(endpoint, docker, idle):
    for path in PATHS:
        for filters in NOTHING_HAS_IT:
            answer = ask(endpoint, path, filters)
            assert answer.status == 200, (path, filters, answer.body)
            listed = answer.json if isinstance(answer.json, list) else [v for k, v in answer.json.items() if k != "SpaceReclaimed"]
            assert not any(listed), (path, filters, answer.body)
    assert is_all_there(docker)


@pytest.mark.parametrize("path", ["GET /images/json", "POST /images/prune", "GET /volumes"])
def test_a_flag_that_is_off_is_no_flag(endpoint, docker, idle, path):
    for values in ({"true": False}, {"false": False}, ["x"]):
        answer = ask(endpoint, path, json.dumps({"dangling": values}))
        assert answer.status == 400, (path, values, answer.body)
    assert is_all_there(docker)


def test_a_flag_that_is_on_and_off_deletes_nothing(manager, endpoint, docker, idle):
    """Engines before 23.0 take it for off, and delete every unused image."""
    answer = ask(endpoint, "POST /images/prune", '{"dangling":["true","false"]}')
    assert (answer.status, answer.json["message"]) == (400, "invalid filter 'dangling=[true false]'")
    assert is_all_there(docker)


def test_annotations(fakes, start_manager):
    """The newest engines know the filter; the manager has it for all that list annotations."""
    engine, = fakes(1)
    engine.add_container("both", HostConfig={"Annotations": {"team": "a", "odd\"=": "=x"}})
    engine.add_container("one", HostConfig={"Annotations": {"team": "b"}})
    engine.add_container("none", HostConfig={"Annotations": None})
    manager = start_manager([engine.address]).wait_healthy()
    for wanted, found in ((["team"], ["both", "one"]), (["team=a"], ["both"]), (["team", "odd\""], []), (["te"], []),
                          (["team="], []), ([""], []), (["team=a", "team=b"], []), ([], ["both", "none", "one"])):
        answer = ask(manager.address, "GET /containers/json", json.dumps({"annotation": wanted}))
        assert sorted(c["Names"][0].split("/")[-1] for c in answer.json) == found, wanted


def test_a_limit_is_a_number(endpoint, docker, idle):
    assert rawhttp.get(endpoint, "/containers/json?limit=x").status in (400, 500)
    assert [c["Names"][0].endswith("/idle") for c in rawhttp.get(endpoint, "/containers/json?limit=1").json] == [True]


def test_more_values_than_anybody_needs(manager, endpoint):
    answer = ask(endpoint, "GET /containers/json", json.dumps({"name": [f"^x{i}$" for i in range(2000)]}))
    assert (answer.status, answer.json["message"]) == (400, "invalid filter: more than 256 values")
