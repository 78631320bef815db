"""Names lead to containers: asked with dig, over scripted engines."""

import shutil
import subprocess

import pytest

from fakes.engine import next_address
from harness.wait import eventually

TIMEOUT = 60
PORT = 5300

pytestmark = pytest.mark.skipif(not shutil.which("dig"), reason="dig is missing: run tools/setup")


def ask(host, *words):
    """What dig prints of each record, sorted; of an answer without any, its status."""
    command = ["dig", f"@{host}", "-p", str(PORT), "+noall", "+answer", "+comments", "+tries=3", *words]
    text = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False).stdout
    records = sorted(" ".join(line.split()[4:]) for line in text.splitlines() if line and not line.startswith(";"))
    return records or text.partition("status: ")[2].partition(",")[0]


def publishing(port, **more):
    return {"HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": str(port)}]}}, **more}


def labels(service):
    return {"Labels": {"com.docker.compose.project": "shop", "com.docker.compose.service": service}}


def test_names_lead_to_containers(fakes, start_manager):
    engines = fakes(2)
    host = next_address()
    manager = start_manager([e.address for e in engines], f"--dns={host}:{PORT}").wait_healthy()
    addresses = [e.address.rpartition(":")[0] for e in engines]
    for number, engine in enumerate(engines):
        engine.add_container(f"web-{number}", **publishing(20080 + number), **labels("web"))

    both = eventually(lambda: len(found := ask(host, "web.shop.swarm")) == 2 and found, timeout=TIMEOUT)
    assert both == sorted(addresses)
    assert ask(host, "+tcp", "web.shop.swarm") == both
    assert ask(host, "SRV", "web.shop.swarm") == ["1 1 20080 web-0.swarm.", "1 1 20081 web-1.swarm."]
    assert ask(host, "SRV", "_80._tcp.WEB-1.swarm") == ["1 1 20081 web-1.swarm."]
    assert ask(host, "web-0.swarm") == [addresses[0]]
    assert ask(host, "fake-1.node.swarm") == [addresses[1]]
    assert ask(host, "-x", addresses[0]) == ["fake-0.node.swarm."]
    assert ask(host, "web-0.swarm", "AAAA") == "NOERROR"
    assert ask(host, "nobody.swarm") == "NXDOMAIN"
    assert ask(host, "example.com") == "REFUSED"

    engines[0].remove_container("web-0")
    eventually(lambda: ask(host, "web.shop.swarm") == [addresses[1]], timeout=TIMEOUT)
    assert ask(host, "web-0.swarm") == "NXDOMAIN"
    assert "swarm_dns_queries_total" in manager.get("/metrics").text


def test_a_long_answer_comes_by_tcp_and_relayed_ports_lead_here(fakes, start_manager):
    engine = fakes(1)[0]
    host = next_address()
    start_manager([engine.address], f"--dns={host}:{PORT}", f"--relay-host={host}", "--relay-ports",
                  "--dns-domain=pool.test.").wait_healthy()
    for number in range(40):
        engine.add_container(f"web-{number}", **publishing(20100 + number), **labels("web"))
    found = eventually(lambda: len(found := ask(host, "SRV", "web.shop.pool.test")) == 40 and found, timeout=TIMEOUT)
    assert "1 1 20139 web-39.pool.test." in found
    assert ask(host, "SRV", "+ignore", "+noedns", "web.shop.pool.test") == "NOERROR"
    eventually(lambda: ask(host, "web-7.pool.test") == [host], timeout=TIMEOUT)
