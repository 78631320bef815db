"""What is refused without an engine, in the words of an engine and with its status."""

import pytest

from harness.wire import error_of


@pytest.mark.parametrize("method, target, body, status, text", [
    ("POST", "/containers/nobody/kill", None, 404, "cannot kill container: nobody: No such container: nobody"),
    ("GET", "/images/get?names=busybox&names=nobody", None, 404, "No such image: nobody:latest"),
    ("GET", "/images/get?names=a%20b", None, 400, "invalid reference format"),
    ("POST", "/images/create?fromImage=a&tag=-", None, 400, "invalid tag format"),
    ("POST", "/images/busybox/push?tag=-", None, 400, "invalid tag format"),
    ("POST", "/containers/create?name=/", {"Image": "busybox"}, 400,
     "Invalid container name (/), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"),
    ("POST", "/containers/create", {"Image": "busybox", "HostConfig": {"VolumesFrom": ["a:b:c"]}}, 400, "invalid mode: b:c"),
    ("POST", "/containers/create", {"Image": "busybox", "HostConfig": {"VolumesFrom": [""]}}, 400,
     "volumes-from specification cannot be an empty string"),
    ("POST", "/containers/create", {"Image": "busybox", "HostConfig": {"Links": ["a:b:c"]}}, 500, "bad format for links: a:b:c"),
    ("POST", "/containers/create", {"Image": "busybox", "HostConfig": {"Links": [""]}}, 500, "empty string specified for links"),
    ("POST", "/containers/create", {"Image": "busybox", "HostConfig": {"MemoryReservation": 1, "NanoCpus": 1 << 50}}, 400,
     "Minimum memory reservation allowed is 6MB"),
])
def test_refused_as_an_engine_does(engine, manager, method, target, body, status, text):
    engine.add_image("busybox:latest")
    assert error_of(manager.request(method, f"/v1.41{target}", body=body), status) == text
