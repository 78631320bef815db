"""What the tests of the bytes ask again and again."""

from harness.wait import eventually


def error_of(answer, status):
    assert answer.status == status, answer.text
    assert answer.head.get("Content-Type") == "application/json"
    return answer.json["message"]


def add(engine, manager, name="web", **config):
    """A container on the engine, which the manager has heard of; its id."""
    container_id = engine.add_container(name, **config)
    eventually(lambda: container_id in [c["Id"] for c in manager.list()])
    return container_id


def normal(manager):
    """The manager is as well as ever."""
    assert manager.get("/_ping").text == "OK"
    manager.wait_healthy()
