"""The page in a browser without a window: what is seen, what is heard of it, what it asks for, and what is live."""

import pytest

from fakes.actions import Raw
from harness.browser import Browser
from harness.wait import eventually
from test_page import HOSTILE, POLICY

NARROW, WIDE = {"width": 360, "dark": True}, {"width": 1400, "dark": False}
CONTRAST_MIN = 4.5  # WCAG 2, level AA, for text of this size


@pytest.fixture(scope="module")
def browser():
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture
def pool(start_manager, fakes):
    """Three nodes: one is lost, and one has names that want to be markup."""
    engines = fakes(3)
    for i, engine in enumerate(engines):
        engine.add_container(f"web{i}")
    engines[2].configure(labels=[f"a={HOSTILE}", "big=" + "x" * 65536])
    engines[2].add_container("hostile", Image=HOSTILE, Labels={HOSTILE: HOSTILE, "big": "x" * 65536})
    manager = start_manager([engine.address for engine in engines], "--engine-failure-retry", "1").wait_healthy()
    engines[1].refuse()
    engines[1].drop_connections()
    eventually(lambda: manager.nodes()[engines[1].name]["Status"] == "Unhealthy")
    return manager, engines


def screens(manager):
    return ["/", "/page/nodes", "/page/nodes?view=grid", "/page/containers", "/page/activity",
            *[f"/page/container?id={c['Id']}" for c in manager.list()]]


def check(browser, manager, path, look):
    """What holds for every screen."""
    base = f"http://{manager.address}"
    answer = browser.do("open", url=base + path, **look)
    assert answer["status"] == 200 and answer["headers"]["content-security-policy"] == POLICY
    seen = browser.do("look")
    assert seen["said"] == [], path
    assert seen["scripts"] == ["/page/page.js"] and seen["handlers"] == []
    assert all(asked.startswith(f"GET {base}/") for asked in seen["asked"]), seen["asked"]
    assert all(method == "get" and to.startswith("/page/") for method, to in seen["forms"])
    assert all(link.startswith(("/", "?", "#")) for link in seen["links"])
    assert seen["contrast"]["ratio"] >= CONTRAST_MIN, (path, seen["contrast"])
    assert seen["width"] <= look["width"], path
    tree = browser.do("tree")
    for role in ('- banner:', '- navigation "Screens":', '- main:', '- contentinfo:', '[level=1]', '- status:', 'Live'):
        assert role in tree, (path, role, tree)
    return seen, tree


def test_every_screen(browser, pool):
    manager, engines = pool
    texts = {}
    for number, path in enumerate(screens(manager)):
        seen, tree = check(browser, manager, path, (NARROW, WIDE)[number % 2])
        texts[path] = seen["text"] + tree
    assert f"Node {engines[1].name} at {engines[1].address}: Unhealthy" in texts["/"]
    assert "2 healthy of 3" in texts["/"] and 'heading "Problems" [level=2]' in texts["/"]
    assert '- columnheader "Reserved memory"' in texts["/page/nodes"]
    assert "\n!" in texts["/page/nodes?view=grid"]
    hostile = next(c for c in manager.list() if c["Image"] == HOSTILE)
    assert "<script>alert(1)</script>\"'&\\u202eevil" in texts[f"/page/container?id={hostile['Id']}"]


def test_keys_lead_everywhere(browser, pool):
    manager, _ = pool
    browser.do("open", url=f"http://{manager.address}/", **WIDE)
    for expected in ("Skip to the content", "Now", "Nodes", "Containers"):
        browser.do("press", keys=["Tab"])
        assert browser.do("look")["focus"] == expected


def test_what_happens_is_seen(browser, pool):
    manager, engines = pool
    base = f"http://{manager.address}"
    browser.do("open", url=base + "/", **WIDE)
    engines[1].accept()
    browser.do("wait", text="3 healthy of 3")
    engines[0].refuse()
    engines[0].drop_connections()
    browser.do("wait", text=f"Node {engines[0].name} at {engines[0].address}: Unhealthy")
    browser.do("open", url=base + "/page/containers", **NARROW)
    engines[2].add_container("newcomer")
    browser.do("wait", text="newcomer")
    assert browser.do("look")["said"] == []


def frame(kind, data):
    return bytes([kind, 0, 0, 0]) + len(data).to_bytes(4, "big") + data


def test_a_log_is_followed(browser, pool):
    manager, engines = pool
    written = b"".join(frame(1, f"line {n}\r\n".encode()) for n in range(300)) + frame(2, f"\x1b[31m{HOSTILE}\n".encode())
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.multiplexed-stream\r\n\r\n"
    engines[0].script("GET", "/containers/*/logs", Raw(head + written, keep_open=True))
    (container,) = [c for c in manager.list() if c["Names"][0].endswith("/web0")]
    browser.do("open", url=f"http://{manager.address}/page/container?id={container['Id']}", **WIDE)
    browser.do("wait", text="<script>alert(1)</script>\"'&\\u202eevil")
    seen = browser.do("look")
    assert seen["said"] == []
    log = seen["text"].split("\nLog\n")[1].split("\nEvents\n")[0].split("\n")
    assert "line 299" in log and "line 100" not in log and len(log) <= 202
    (asked,) = engines[0].requests("GET", "/containers/*/logs")
    assert "tail=200" in asked.target and "follow=1" in asked.target
    engines[0].remove_container("web0")
    browser.do("wait", text="It may have been removed.")
