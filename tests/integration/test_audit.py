"""What a manager writes for those who must know later: the audit file, logs in JSON, trace contexts."""

import json
import os
import re
import signal

from harness.manager import Manager
from harness.wait import eventually

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def records(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_audit_file(start_manager, fakes, tmp_path):
    (fake,) = fakes()
    path = tmp_path / "audit"
    manager = start_manager([fake.address], "--audit", str(path)).wait_healthy()
    assert manager.create("web", Image="busybox").status == 201
    manager.get("/containers/json")
    manager.request("DELETE", "/v1.44/containers/none?token=secret", headers=[("traceparent", TRACE)])
    created, refused = records(path)
    assert (created["method"], created["path"], created["name"], created["status"]) == ("POST", "/containers/create", "web", 201)
    assert created["client"] == "ip:127.0.0.1" and created["peer"].startswith("127.0.0.1:")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*Z", created["time"]) and created["duration_ms"] >= 0
    assert (refused["method"], refused["path"], refused["status"], refused["traceparent"]) == ("DELETE", "/containers/none", 404, TRACE)
    assert path.stat().st_mode & 0o777 == 0o600


def test_audit_file_that_was_moved_away(start_manager, fakes, tmp_path):
    (fake,) = fakes()
    path = tmp_path / "audit"
    manager = start_manager([fake.address], "--audit", str(path)).wait_healthy()
    manager.request("POST", "/containers/one/stop")
    os.rename(path, tmp_path / "audit.1")
    manager.signal(signal.SIGHUP)
    eventually(path.exists)
    manager.request("POST", "/containers/two/stop")
    assert [r["path"] for r in records(tmp_path / "audit.1")] == ["/containers/one/stop"]
    assert [r["path"] for r in records(path)] == ["/containers/two/stop"]


def test_traces_go_on_to_the_engine(fakes, tmp_path):
    (fake,) = fakes()
    fake.add_container("web")
    manager = Manager(tmp_path, [fake.address])
    manager.arguments[1:1] = ["--log-format", "json", "--debug"]
    manager.start().wait_healthy()
    fields = [("traceparent", TRACE), ("tracestate", "a=b")]
    manager.request("GET", "/containers/web/json", headers=fields)
    manager.request("POST", "/containers/create?name=new", headers=fields, body={"Image": "busybox"})
    manager.stop()
    for method, where in (("GET", "/containers/*/json"), ("POST", "/containers/create")):
        assert TRACE in [asked.header("traceparent") for asked in fake.requests(method, where)], where
    lines = [json.loads(line) for line in manager.log.splitlines()]
    assert [line["uri"] for line in lines if line.get("traceparent") == TRACE][0] == "/containers/web/json"
    assert {"time", "level", "msg"} <= lines[0].keys()
