"""/metrics as Prometheus reads it, and what dist/ makes of it: alert rules and a Grafana dashboard."""

import json
import pathlib
import re
import subprocess

import pytest

from harness.stores import program

DIST = pathlib.Path(__file__).resolve().parents[2] / "dist"
RULES = DIST / "prometheus" / "swarm.rules.yml"
DASHBOARD = DIST / "grafana" / "swarm.json"
SAMPLE = re.compile(r'^([a-z_]+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-z]+)="((?:[^"\\]|\\.)*)"')


def scrape(manager, **options):
    """{(name, ((label, value), ...)): value}"""
    samples = {}
    for line in manager.get("/metrics", **options).text.splitlines():
        if line.startswith("#"):
            continue
        name, labels, value = SAMPLE.match(line).groups()
        key = name, tuple(LABEL.findall(labels or ""))
        assert key not in samples, line
        samples[key] = float(value)
    return samples


@pytest.fixture
def scraped(start_manager, fakes):
    """A manager over two engines, one of them lost, that has answered a few requests."""
    front, lost = fakes(2)
    front.add_container("web")
    front.add_container("old", running=False)
    manager = start_manager([front.address, lost.address]).wait_healthy()
    manager.get("/containers/json")
    manager.get("/containers/none/json")
    assert manager.create("new", Image="busybox").status == 201
    return manager, front, lost


def test_figures_are_those_of_the_api(scraped):
    manager, front, lost = scraped
    samples = scrape(manager)
    info = manager.get("/info").json

    def engine(name, fake, *more):
        return samples[name, (("node", fake.name), ("address", fake.address), *more)]

    assert samples["swarm_engines", ()] == 2 == samples["swarm_engines_healthy", ()]
    assert samples["swarm_containers", ()] == info["Containers"] == 3
    assert sum(engine("swarm_engine_containers", f, ("state", "running")) for f in (front, lost)) == info["ContainersRunning"]
    assert engine("swarm_engine_containers", front, ("state", "stopped")) >= 1
    assert sum(engine("swarm_engine_cpus", f) for f in (front, lost)) == pytest.approx(info["NCPU"], abs=1)
    assert sum(engine("swarm_engine_memory_bytes", f) for f in (front, lost)) == info["MemTotal"]
    assert engine("swarm_engine_call_duration_seconds_bucket", front, ("le", "+Inf")) \
        == engine("swarm_engine_call_duration_seconds_count", front) >= 5
    assert samples["swarm_leading", ()] == 1


def test_requests_by_route_and_status(scraped):
    manager, _, _ = scraped
    manager.get("/containers/none/json")
    samples = scrape(manager)

    def count(method, route, status):
        labels = ("method", method), ("route", route), ("status", status)
        return samples["swarm_http_request_duration_seconds_count", labels]

    assert count("GET", "/containers/json", "200") == 1
    assert count("GET", "/containers/{name}/json", "404") == 2
    assert count("POST", "/containers/create", "201") == 1
    assert samples["swarm_placement_duration_seconds_count", ()] == samples["swarm_placements_total", ()] == 1


def test_two_dialects(scraped):
    manager, _, _ = scraped
    plain = manager.get("/metrics")
    assert plain.head.get("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    # As Prometheus asks.
    accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1"
    open_ = manager.get("/metrics", headers=[("Accept", accept)])
    assert open_.head.get("Content-Type").startswith("application/openmetrics-text; version=1.0.0")
    assert open_.text.endswith("\n# EOF\n") and "# EOF" not in plain.text
    assert "# TYPE swarm_http_requests counter\n" in open_.text and "\nswarm_http_requests_total " in open_.text


def test_a_node_is_named_as_it_likes(start_manager, fakes):
    (fake,) = fakes()
    fake.configure(name='a"b\\c\nd')
    manager = start_manager([fake.address]).wait_healthy()
    assert 'swarm_engine_up{node="a\\"b\\\\c\\nd",address="%s"} 1' % fake.address in manager.get("/metrics").text.splitlines()


def metric_names(text):
    return set(re.findall(r"\b(?:swarm|process)_[a-z_]+", text))


def test_what_rules_and_dashboard_name_is_there(scraped):
    manager, _, _ = scraped
    known = {name for name, _ in scrape(manager)}
    labels = {label for _, pairs in scrape(manager) for label, _ in pairs}
    rules = "\n".join(line for line in RULES.read_text().splitlines() if "expr:" in line)
    panels = json.loads(DASHBOARD.read_text())["panels"]
    exprs = "\n".join(target["expr"] for panel in panels for target in panel["targets"])
    for text in (rules, exprs):
        assert metric_names(text) and metric_names(text) <= known
    shown = "\n".join(t["legendFormat"] for p in panels for t in p["targets"]) + RULES.read_text()
    used = set(re.findall(r"\{\{ ?(?:\$labels\.)?(\w+) ?\}\}", shown))
    assert used <= labels | {"instance"}


def test_prometheus_finds_nothing_wrong(scraped):
    promtool = program("promtool")
    manager, _, _ = scraped
    checked = subprocess.run([promtool, "check", "metrics"], input=manager.get("/metrics").text,
                             capture_output=True, text=True, timeout=60)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    subprocess.run([promtool, "check", "rules", RULES], check=True, capture_output=True, timeout=60)
