"""The page for operators: what it shows, that it shows it as text, and that nothing can be written from it."""

import html.parser
import re

import pytest

from harness import rawhttp
from harness.manager import free_port, run_swarm
from harness.wait import eventually

SCREENS = ["/", "/page/nodes", "/page/containers", "/page/activity"]
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; "
          "base-uri 'none'; frame-ancestors 'none'")


class Document(html.parser.HTMLParser):
    """The text of a page, its cells by row, and every tag with its attributes."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.texts, self.rows, self.open = [], [], [], []
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in ("meta", "link", "input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in ("option",):
            assert tag in self.open, tag
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        self.texts.append(data)
        if self.rows and {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


def show(manager, path="/"):
    answer = manager.get(path)
    assert (answer.status, answer.head.get("Content-Type")) == (200, "text/html; charset=utf-8"), path
    return Document(answer.text)


@pytest.fixture
def pool(start_manager, fakes):
    engines = fakes(3)
    for i, engine in enumerate(engines):
        engine.add_container(f"web{i}")
    engines[0].add_container("old", running=False)
    return start_manager([engine.address for engine in engines], "--engine-failure-retry", "1").wait_healthy(), engines


def test_figures_are_those_of_the_api(pool):
    manager, engines = pool
    info = manager.get("/info").json
    text = show(manager).text
    assert "Leader this manager, the only one" in text
    assert "Nodes 3 healthy of 3" in text and "None: every node answers." in text
    assert "{ContainersRunning} running, {ContainersPaused} paused, {ContainersStopped} stopped".format(**info) in text
    rows = {row[0].split("127.")[0]: row for row in show(manager, "/page/nodes").rows[1:]}
    assert sorted(rows) == sorted(engine.name for engine in engines)
    for name, node in manager.nodes().items():
        state, engine, containers, memory = (rows[name][i] for i in (1, 3, 4, 6))
        assert (state, engine) == (node["Status"], node["ServerVersion"])
        assert memory == node["Reserved Memory"].replace(" / ", " of ")
        assert "{} running, {} paused, {} stopped".format(*re.findall(r"\d+", node["Containers"])[1:]) == containers
    listed = [(row[0][:-12], row[1], row[3]) for row in show(manager, "/page/containers").rows[1:]]
    assert sorted(listed) == sorted((c["Names"][-1].split("/")[-1], c["Names"][0].split("/")[1], c["State"])
                                    for c in manager.list())


def test_a_lost_node_shows_with_cause_and_what_to_do(pool):
    manager, engines = pool
    engines[1].refuse()
    engines[1].drop_connections()
    text = eventually(lambda: (t := show(manager).text) and "2 healthy of 3" in t and t)
    name, address = engines[1].name, engines[1].address
    assert f"Node {name} at {address}: Unhealthy Cause: Cannot connect to the Docker daemon" in text
    assert "What to do: Start the Docker engine of the node" in text
    assert "Containers last known on it: 1." in text
    first = show(manager, "/page/nodes?sort=state").rows[1]
    assert first[0].startswith(name) and first[1].startswith("Unhealthy")
    assert len(show(manager, "/page/nodes?state=Unhealthy").rows) == 2
    (row,) = show(manager, f"/page/containers?node={name}").rows[1:]
    assert re.search(r"running.*last known \d+ s ago", row[3])
    assert [row[0][:-12] for row in show(manager, "/page/containers?q=OLD&state=created").rows[1:]] == ["old"]


HOSTILE = '<script>alert(1)</script>"\'&\u202eevil\x1b[31m'


def test_hostile_names_are_text(start_manager, fakes):
    (fake,) = fakes()
    fake.configure(name=HOSTILE, labels=[f"a={HOSTILE}", "big=" + "x" * 65536])
    fake.add_container("web", Image=HOSTILE)
    manager = start_manager([fake.address]).wait_healthy()
    for path in [*SCREENS, "/page/nodes?q=" + "%22%3E%3Cscript%3E", "/page/containers?node=%22%3E%3Cscript%3E&from=-1"]:
        source = manager.get(path).text
        tags = {tag for tag, _ in Document(source).tags}
        assert re.findall("<script[^>]*>", source) == ['<script src="/page/page.js" defer>']
        assert "iframe" not in tags and "\u202e" not in source and "\x1b" not in source
        assert len(source) < 10_000
    assert "<script>alert(1)</script>\"'&\\u202eevil" in show(manager, "/page/nodes").text


def test_nothing_can_be_written_from_it(pool):
    manager, _ = pool
    container = manager.list()[0]["Id"]
    for path in [*SCREENS, f"/page/container?id={container}", "/page/style.css", "/page/page.js"]:
        answer = manager.get(path)
        assert answer.head.get("Content-Security-Policy") == POLICY
        assert manager.request("POST", path).status == 404
        if "text/html" not in answer.head.get("Content-Type"):
            continue
        for tag, attributes in Document(answer.text).tags:
            assert tag not in ("iframe", "object", "embed", "img"), path
            assert tag != "script" or attributes == {"src": "/page/page.js", "defer": None}
            assert not [name for name in attributes if name.startswith("on") or name == "style"]
            assert tag != "form" or attributes["method"] == "get" and attributes["action"] in SCREENS
            target = attributes.get("href", "/")
            assert re.match(r"(/|/page/(nodes|containers?|activity|style\.css))?([?#].*)?$", target), target


def test_many_containers_come_by_pages(start_manager, fakes):
    (fake,) = fakes()
    for i in range(250):
        fake.add_container(f"c{i}")
    manager = start_manager([fake.address]).wait_healthy()
    first, second = (show(manager, f"/page/containers?from={n}&q=c") for n in (0, 200))
    assert "1 to 200 of 250." in first.text and "201 to 250 of 250." in second.text
    assert (len(first.rows), len(second.rows)) == (201, 51)
    assert ("a", {"href": "?q=c&from=200"}) in first.tags


def test_off(start_manager):
    manager = start_manager(["127.0.0.1:1"], "--no-page")
    for path in [*SCREENS, "/page/container", "/page/live/now", "/page/log?id=a", "/page/style.css", "/page/page.js"]:
        assert (manager.get(path).status, manager.get(path).json["message"]) == (404, "page not found")


def hear(connection, wanted):
    """The events of an open page up to the first with this text."""
    heard = b""
    while wanted.encode() not in heard:
        heard += connection.read_chunk()
    return heard.decode()


def test_what_changes_is_told_and_nothing_else(pool):
    manager, engines = pool
    with manager.connect() as page:
        page.send_request("GET", "/page/live/nodes?sort=name")
        head = page.read_head()
        assert (head.status, head.get("Content-Type")) == (200, "text/event-stream")
        first = hear(page, "event: now")
        assert first.count("<tr id=") == 3 and "data: rows" in first
        engines[1].refuse()
        engines[1].drop_connections()
        later = hear(page, ">Unhealthy<")
        assert "data: rows" not in later and later.count("<tr id=") == later.count(f"<bdi>{engines[1].name}<") > 0


def test_what_happened_is_told(pool):
    manager, engines = pool
    manager.create("newcomer", Image="busybox")
    engines[1].refuse()
    engines[1].drop_connections()
    eventually(lambda: len(show(manager, f"/page/activity?kind=node&node={engines[1].name}&q=").rows) > 1)
    rows = show(manager, "/page/activity?kind=create&q=NEWcomer").rows[1:]
    assert [(row[1], row[2], row[3]) for row in rows] == [("created or gone", "create", "newcomer")]
    assert any(row[4] == engines[1].name and row[1] == "node" for row in show(manager, "/page/activity").rows[1:])
    assert show(manager, "/page/activity?kind=leader").text.count("Nothing of this kind") == 1


def test_pages_are_open_in_limits(pool):
    """More than so many are refused; the manager stops (at the end of the test) with all of them open."""
    manager, _ = pool
    pages = [manager.connect() for _ in range(201)]
    for number, page in enumerate(pages):
        page.send_request("GET", f"/page/live/nodes?q={number}")
    answers = sorted(page.read_head().status for page in pages)
    assert answers == [200] * 200 + [503]
    assert manager.get("/page/live/nothing").status == 404


def test_a_port_of_its_own(start_manager, fakes):
    """It shows what the page shows and does nothing else; the API's port has no page then."""
    [engine] = fakes(1)
    engine.add_container("web")
    page = f"127.0.0.1:{free_port()}"
    manager = start_manager([engine.address], "--page", f"tcp://{page}").wait_healthy()

    def ask(path, method="GET"):
        return rawhttp.request(page, method, path)

    assert [manager.get(path).status for path in SCREENS] == [404] * len(SCREENS)
    assert [ask(path).status for path in SCREENS] == [200] * len(SCREENS)
    assert "web" in ask("/page/containers").text
    assert ask("/page/style.css").status == ask("/page/page.js").status == 200
    for method, path in [("GET", "/containers/json"), ("GET", "/v1.41/info"), ("GET", "/metrics"), ("GET", "/v1/nodes"),
                         ("POST", "/containers/create"), ("DELETE", "/containers/web"), ("POST", "/session")]:
        answer = ask(path, method)
        assert (answer.status, answer.json["message"]) == (
            404, "this port has the page only; the API is at the manager's --host"), path
    assert manager.list()[0]["Names"][-1] == "/web"


def test_a_port_for_a_page_that_is_off():
    done = run_swarm("manage", "--page", "127.0.0.1:1", "--no-page", "nodes://127.0.0.1:1")
    assert done.returncode == 1 and "--page and --no-page: only one of them" in done.stderr
