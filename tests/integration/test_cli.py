"""The command line: every error by status and text, every help, every variable.

Nothing here needs an engine.
"""

import os
import pathlib
import re
import select
import signal
import subprocess
import time

import pytest

from harness.manager import SANITIZER, binary

SECONDS = 20
COMMANDS = ["create", "list", "manage", "join", "node", "status", "top", "place", "cert", "help"]
ALIASES = {"c": "create", "l": "list", "m": "manage", "j": "join", "h": "help"}
VARIABLES = ["SWARM_DISCOVERY", "SWARM_HOST", "SWARM_ADVERTISE", "SWARM_HUB_URL", "STATE_DIRECTORY", "DEBUG"]
NODES = "nodes://127.0.0.1:1"
USAGE = "Incorrect Usage.\n\n"


def environment(**variables):
    clean = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    return {**clean, **variables}


def swarm(*words, program=None, **variables):
    done = subprocess.run(
        [program or binary(), *map(str, words)],
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert not SANITIZER.search(done.stdout + done.stderr), done.stderr
    return done


def assert_fails(done, text):
    """Status 1, and the text on stderr, where nothing else is."""
    assert done.returncode == 1, done
    assert text in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


# ---- without a command ----


def test_no_command_shows_help():
    done = swarm()
    assert done.returncode == 0
    assert done.stdout == swarm("--help").stdout
    assert done.stderr == ""


def test_help_layout():
    lines = swarm().stdout.splitlines()
    assert lines[0] == "Usage: swarm [OPTIONS] COMMAND [arg...]"
    assert lines[1] == ""
    assert re.fullmatch(r"Version: [0-9]+\.[0-9]+\.[0-9]+ \([0-9A-Za-z]+\)", lines[4])
    assert lines[6] == "Options:"
    assert lines[7].startswith("  --debug\t")
    assert lines[7].endswith(" [$DEBUG]")
    assert lines[8].startswith('  --log-level, -l "info"\t')
    assert lines[9].startswith('  --log-format "text"\t')
    assert lines.count("  ") == 2
    commands = lines[lines.index("Commands:") + 1 :][: len(COMMANDS)]
    assert [line.split("\t")[0] for line in commands] == [
        "  create, c",
        "  list, l",
        "  manage, m",
        "  join, j",
        "  node",
        "  status",
        "  top",
        "  place",
        "  cert",
        "  help",
    ]
    assert lines[-1] == "Run 'swarm COMMAND --help' for more information on a command."


def test_columns_are_aligned():
    lines = swarm("manage", "--help").stdout.splitlines()
    options = lines[lines.index("Options:") + 1 :]
    starts = {len(line[: line.rindex("\t") + 1].expandtabs(8)) for line in options if "*" not in line}
    assert len(starts) == 1


@pytest.mark.parametrize("words", [["-v"], ["--version"], ["-version"], ["-v", "manage", "x"]])
def test_version(words):
    done = swarm(*words)
    assert done.returncode == 0
    assert re.search(r"^swarm version [0-9]+\.[0-9]+\.[0-9]+ \(\w+\)$", done.stdout.splitlines()[0])


@pytest.mark.parametrize("words", [["--help", "list", "x"], ["-h"], ["-help", "-v"], ["help"], ["h"]])
def test_help_of_the_program(words):
    done = swarm(*words)
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: swarm [OPTIONS] COMMAND")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(command):
    texts = {swarm(*words).stdout for words in ([command, "--help"], [command, "-h"], ["help", command])}
    assert len(texts) == 1
    assert texts.pop().startswith(f"Usage: swarm {command}")
    assert swarm(command, "--help").returncode == 0


@pytest.mark.parametrize("alias", ALIASES)
def test_alias(alias):
    assert swarm(alias, "--help").stdout == swarm(ALIASES[alias], "--help").stdout


def test_help_of_manage_is_complete():
    text = swarm("manage", "--help").stdout
    for part in [
        "Usage: swarm manage [OPTIONS] <discovery>",
        "   <discovery>    discovery service to use [$SWARM_DISCOVERY]",
        "* token://<token>",
        "* consul://<ip>/<path>",
        "* etcd://<ip1>,<ip2>/<path>",
        "* file://path/to/file",
        "* zk://<ip1>,<ip2>/<path>",
        "* [nodes://]<ip1>,<ip2>",
        '   --strategy "spread"\t',
        "   --filter, -f [--filter option --filter option]\t",
        "   --host, -H [--host option --host option]\t",
        "[$SWARM_HOST]",
        "   --replication\t",
        '   --replication-ttl "20s"\t',
        "   --advertise, --addr \t",
        "[$SWARM_ADVERTISE]",
        "   --tls\t",
        "   --tlscacert \t",
        "   --tlscert \t",
        "   --tlskey \t",
        "   --tlsverify\t",
        '   --engine-refresh-min-interval "30s"\t',
        '   --engine-refresh-max-interval "60s"\t',
        '   --engine-failure-retry "3"\t',
        '   --engine-refresh-retry "3"\t',
        '   --heartbeat "60s"\t',
        "   --api-enable-cors, --cors\t",
        '   --cluster-driver, -c "swarm"\t',
        "   --discovery-opt [",
        "   --cluster-opt [",
        "* swarm.overcommit=0.05\t",
        "* swarm.createretry=0\t",
        "* swarm.apiversion=1.55\t",
        "   --refresh-on-node-filter\t",
        "   --container-name-refresh-filter \t",
    ]:
        assert part in text


def test_name_follows_the_file(tmp_path):
    other = tmp_path / "pool"
    other.symlink_to(pathlib.Path(binary()).resolve())
    assert swarm("-v", program=other).stdout.startswith("pool version ")
    assert swarm(program=other).stdout.startswith("Usage: pool ")
    assert_fails(swarm("list", program=other), "See 'pool list --help'.")


# ---- errors ----

NO_SUCH_FLAG = "flag provided but not defined: -bogus"
TWO_FORMS = "Cannot use two forms of the same flag: "
JOIN = ["join", "--addr=h:1"]
BAD_ADVERTISE = "--advertise should be of the form ip:port or hostname:port"
OPT = "--discovery-opt must contain key=value strings"
TLS_ALONE = "--tlscert, --tlskey and --tlscacert require the use of either --tls or --tlsverify"
TLS_PAIR = "--tlscert and --tlskey must be provided when using --tls"
HINT = ", please check you are using the correct discovery (missing token:// ?)"
ELECTION = "Leader election is only supported with consul, etcd and zookeeper discovery."
NO_LEADER_ADDRESS = "--advertise address must be provided when using --leader-election"
OVERCOMMIT = "swarm.overcommit should be larger than -1, -1.000000 is invalid"

ERRORS = [
    (["foo"], "No help topic for 'foo'"),
    (["-"], "No help topic for '-'"),
    (["help", "foo"], "No help topic for 'foo'"),
    (["help", "list", "x"], "help takes one command, and 'x' is another"),
    (["-l", "x", "list", NODES], 'not a valid logrus Level: "x"'),
    # create
    (["create", "x"], "the `create` command takes no arguments. See 'swarm create --help'."),
    (["create"], "the public hub is gone: start 'swarm manage' without a discovery argument"),
    (["create", "--url="], "the public hub is gone"),
    (["create", "--url=h:1"], "'h:1' is no URL of a hub"),
    (["create", "--url=http://h:1", "--discovery-opt=token.x=1"], "unknown --discovery-opt 'token.x'"),
    (["create", "--url=http://127.0.0.1:1"], "connection refused"),
    # cert
    (["cert"], "cert makes one of ca, server, manager, client. See 'swarm cert --help'."),
    (["cert", "x"], "cert makes one of ca, server, manager, client."),
    (["cert", "ca", "a", "b"], "an authority has one name, and 'b' is another"),
    (["cert", "server"], "cert server needs a name. See 'swarm cert --help'."),
    (["cert", "server", "../x"], "'../x' is neither a host name nor an IP address"),
    (["cert", "server", "::1"], "'::1' is no name for a certificate"),
    (["cert", "server", "*.x"], "'*.x' is no name for a certificate"),
    (["cert", "server", "a" * 65], "is no name for a certificate"),
    (["cert", "manager", "m", "10.0.0.1:2375"], "'10.0.0.1:2375' is neither a host name nor an IP address"),
    (["cert", "client", "c", "10.0.0.1"], "a client has one name, and '10.0.0.1' is another"),
    (["cert", "client", "c", "--dir", "/none/such"], "make an authority first, with 'swarm cert ca'"),
    (["cert", "ca", "--dir", "/none/such"], "/none/such: No such file or directory"),
    (["cert", "ca", "--days=-1"], "--days should be from 1 to 36500"),
    (["cert", "ca", "--key-type=dsa"], "--key-type should be ec or rsa"),
    # list
    (["list"], "discovery required to list a cluster. See 'swarm list --help'."),
    (["list", ""], "discovery required to list a cluster. See 'swarm list --help'."),
    (["list", NODES, "x"], "list takes one discovery argument, and 'x' is another"),
    (["list", "--timeout=60", NODES], 'invalid --timeout: time: missing unit in duration "60"'),
    (["list", "--timeout=x", NODES], 'invalid --timeout: time: invalid duration "x"'),
    (["list", "--timeout=0", NODES], "--timeout should be a positive number"),
    (["list", "--timeout", "-1s", NODES], "--timeout should be a positive number"),
    (["list", "--discovery-opt", "x", NODES], OPT),
    (["list", "mesos://h"], "discovery service not supported"),
    (["list", "NODES://h:1"], "discovery service not supported"),
    (["list", "nodes://"], "missing port in address" + HINT),
    (["list", "abc"], "address abc: missing port in address" + HINT),
    (["list", "a:1:2"], "address a:1:2: too many colons in address" + HINT),
    (["list", "a:1,"], "missing port in address" + HINT),
    (["list", "h[2:1]:80"], "'h[2:1]:80' stands for no address: its range runs backwards"),
    (["list", "h[0:65536]:1"], "stands for more than 65536 addresses"),
    (["list", "file:///none/such"], "failed to read '/none/such': No such file or directory"),
    (["list", "token://t"], "a bare token meant the public hub, which is gone"),
    (["list", "token://"], "token is empty"),
    (["list", "token+http://h:1/v1/"], "token is empty"),
    (["list", "token+http://h:1/v1/a b"], "a token is 1 to 64 of the characters"),
    # join
    (["join"], "discovery required to join a cluster. See 'swarm join --help'."),
    (["join", NODES], "missing mandatory --advertise flag"),
    (["join", "--addr=", NODES], "missing mandatory --advertise flag"),
    (["join", "--addr=h", NODES], BAD_ADVERTISE),
    (["join", "--addr=h:", NODES], BAD_ADVERTISE),
    (["join", "--addr=h:0", NODES], BAD_ADVERTISE),
    (["join", "--addr=h:65536", NODES], BAD_ADVERTISE),
    (["join", "--addr=:2375", NODES], BAD_ADVERTISE),
    (["join", "--addr=2001:db8::1:2375", NODES], BAD_ADVERTISE),
    ([*JOIN, "--delay=x", NODES], 'invalid --delay: time: invalid duration "x"'),
    ([*JOIN, "--delay=-1s", NODES], "--delay should not be a negative number"),
    ([*JOIN, "--heartbeat=60", NODES], 'invalid --heartbeat: time: missing unit in duration "60"'),
    ([*JOIN, "--heartbeat=999ms", NODES], "--heartbeat should be at least one second"),
    ([*JOIN, "--ttl=x", NODES], 'invalid --ttl: time: invalid duration "x"'),
    ([*JOIN, "--ttl=60s", NODES], "--ttl must be strictly superior to the heartbeat value"),
    ([*JOIN, "--discovery-opt=x", NODES], OPT),
    ([*JOIN, "mesos://h"], "discovery service not supported"),
    ([*JOIN, NODES], "not implemented in this discovery service"),
    ([*JOIN, "file:///none/such"], "not implemented in this discovery service"),
    # join: the order of the checks
    (["join", "--addr=h", "--delay=x", NODES], BAD_ADVERTISE),
    ([*JOIN, "--delay=-1s", "--heartbeat=x", NODES], "--delay should not"),
    ([*JOIN, "--heartbeat=1ms", "--ttl=x", NODES], "--heartbeat should"),
    ([*JOIN, "--ttl=1s", "--discovery-opt=x", NODES], "--ttl must"),
    ([*JOIN, "--discovery-opt=x", "mesos://h"], OPT),
    # manage
    (["manage", ""], "discovery required to manage a cluster. See 'swarm manage --help'."),
    (["manage", "--strategy", "spread", ""], "discovery required to manage a cluster."),
    (["manage", NODES, "x"], "manage takes one discovery argument, and 'x' is another"),
    (["manage", "--tls", "false", NODES], TLS_PAIR),
    (["manage", "--tls", NODES], TLS_PAIR),
    (["manage", "--tlsverify", NODES], TLS_PAIR),
    (["manage", "--tls", "--tlscert=c", NODES], TLS_PAIR),
    (
        ["manage", "--tlsverify", "--tlscert=c", "--tlskey=k", NODES],
        "--tlscacert must be provided when using --tlsverify",
    ),
    (["manage", "--tlscert=c", NODES], TLS_ALONE),
    (["manage", "--tlskey=c", NODES], TLS_ALONE),
    (["manage", "--tlscacert=", NODES], TLS_ALONE),
    (["manage", "--tls", "--tlscert=/none/c", "--tlskey=/none/k", NODES], "Couldn't load X509 key pair"),
    (["manage", "--engine-refresh-min-interval=0", NODES], "min refresh interval should be a positive number"),
    (["manage", "--engine-refresh-min-interval=x", NODES], "invalid --engine-refresh-min-interval: "),
    (
        ["manage", "--engine-refresh-max-interval=29s", NODES],
        "max refresh interval cannot be less than min refresh interval",
    ),
    (["manage", "--engine-refresh-max-interval=x", NODES], "invalid --engine-refresh-max-interval: "),
    (["manage", "--strategy=binpacking", "-c", "x", NODES], 'unsupported cluster "x"'),
    (
        ["manage", "--engine-refresh-retry=4", NODES],
        "--engine-refresh-retry is deprecated. Use --engine-failure-retry",
    ),
    (["manage", "--engine-failure-retry=0", NODES], "invalid failure retry count"),
    (["manage", "--heartbeat=x", NODES], 'invalid --heartbeat: time: invalid duration "x"'),
    (["manage", "--heartbeat=1ms", NODES], "--heartbeat should be at least one second"),
    (["manage", "--discovery-opt=x", NODES], OPT),
    (["manage", "mesos://h"], "discovery service not supported"),
    (["manage", "abc"], "address abc: missing port in address" + HINT),
    (["manage", "zk://h:0/p"], "zk://: address h:0: invalid port '0'"),
    (["manage", "consul://h,:1/p"], "consul://: address :1: missing host"),
    (["manage", "etcd:///p"], "etcd://: a server without a name before the path"),
    (["manage", "--discovery-opt=kv.certfile=c", "consul://h"], "kv.certfile needs kv.keyfile"),
    (["manage", "--discovery-opt=kv.keyfile=k", "consul://h"], "kv.keyfile needs kv.certfile"),
    (["manage", "--discovery-opt=kv.path=", "consul://h"], "kv.path is empty"),
    (["manage", "--discovery-opt=kv.cacert=c", "consul://h"], "unknown --discovery-opt 'kv.cacert'"),
    (["manage", "--discovery-opt=kv.token=t\n", "consul://h"], "kv.token holds a line break"),
    (["manage", "--discovery-opt=kv.etcd=v4", "etcd://h"], "kv.etcd should be auto, v2 or v3, not 'v4'"),
    (["manage", "--discovery-opt=kv.cacertfile=/none", "consul://h"], "/none"),
    (["manage", "--strategy=x", NODES], "strategy not supported"),
    (["manage", "-f", "x", NODES], "filter not supported"),
    (["manage", "--cluster-driver=mesos", NODES], 'unsupported cluster "mesos"'),
    (["manage", "-c", "x", NODES], 'unsupported cluster "x"'),
    (["manage", "--cluster-opt=swarm.overcommit=-1", NODES], OVERCOMMIT),
    (["manage", "--cluster-opt=swarm.overcommit=x", NODES], "swarm.overcommit: 'x' is not a number"),
    (["manage", "--cluster-opt=swarm.overcommit", NODES], "should be of the form key=value"),
    (
        ["manage", "--cluster-opt=swarm.createretry=-1", NODES],
        "swarm.createretry can not be negative, -1 is invalid",
    ),
    (["manage", "--cluster-opt=x=1", NODES], "unknown --cluster-opt 'x'"),
    (["manage", "--replication", NODES], NO_LEADER_ADDRESS),
    (["manage", "--replication", "--advertise=", NODES], NO_LEADER_ADDRESS),
    (["manage", "--replication", "--advertise=h", NODES], BAD_ADVERTISE),
    (
        ["manage", "--replication", "--addr=h:1", "--replication-ttl=x", NODES],
        'invalid --replication-ttl: time: invalid duration "x"',
    ),
    (
        ["manage", "--replication", "--addr=h:1", "--replication-ttl=0s", NODES],
        "--replication-ttl should be a positive number",
    ),
    (["manage", "--replication", "--addr=h:1", NODES], ELECTION),
    (["manage", "--replication", "--addr=h:1", "file:///none/such"], ELECTION),
    (["manage", "-H", "foo://x", NODES], 'unsupported protocol: "foo"'),
    (["manage", "-H", "localhost", NODES], "missing port in address"),
    # manage: the order of the checks
    (["manage", "--tls", "--engine-refresh-min-interval=0", NODES], TLS_PAIR),
    (["manage", "--engine-refresh-min-interval=0", "--engine-refresh-retry=4", NODES], "min refresh"),
    (["manage", "--engine-refresh-retry=4", "--engine-failure-retry=0", NODES], "is deprecated"),
    (["manage", "--engine-failure-retry=0"], "invalid failure retry count"),
    (["manage", "--heartbeat=1ms", ""], "discovery required"),
    (["manage", "--heartbeat=1ms"], "--heartbeat should"),
    (["manage", "--discovery-opt=registry.x=1"], "unknown --discovery-opt 'registry.x=1'"),
    (["manage", "--discovery-opt=registry.engine=x"], "registry.engine: address x: missing port"),
    (["manage", "--replication", "--addr=h:1"], ELECTION),
    (["manage", "--heartbeat=1ms", "--discovery-opt=x", NODES], "--heartbeat should"),
    (["manage", "--discovery-opt=x", "mesos://h"], OPT),
    (["manage", "--strategy=x", "mesos://h"], "discovery service not supported"),
    (["manage", "--strategy=x", "-c", "x", NODES], "strategy not supported"),
    (["manage", "-f", "x", "-c", "x", NODES], "filter not supported"),
    (["manage", "-c", "x", "--cluster-opt=x", NODES], 'unsupported cluster "x"'),
    (["manage", "--cluster-opt=x", "--replication", NODES], "should be of the form key=value"),
    (["manage", "--replication", "-H", "foo://x", NODES], NO_LEADER_ADDRESS),
]


def case_id(case):
    return " ".join(case) if isinstance(case, list) else None


@pytest.mark.parametrize("words, text", ERRORS, ids=case_id)
def test_error(words, text):
    done = swarm(*words)
    assert_fails(done, text)
    assert done.stdout == ""


def test_a_token_of_the_environment_that_ends_its_line():
    done = swarm("list", "consul://127.0.0.1:1", CONSUL_HTTP_TOKEN="s3cret\n")
    assert_fails(done, "CONSUL_HTTP_TOKEN holds a line break")
    assert "s3cret" not in done.stderr


USAGE_ERRORS = [
    (["--bogus"], NO_SUCH_FLAG),
    (["---debug"], "bad flag syntax: ---debug"),
    (["--=x"], "bad flag syntax: --=x"),
    (["-l"], "flag needs an argument: -l"),
    (["--debug=x"], 'invalid boolean value "x" for -debug: '),
    (["-l", "info", "--log-level=info"], TWO_FORMS + "l log-level"),
    (["manage", "--bogus", NODES], NO_SUCH_FLAG),
    (["manage", NODES, "-bogus=1"], NO_SUCH_FLAG),
    (["manage", "---tls", NODES], "bad flag syntax: ---tls"),
    (["manage", NODES, "--heartbeat"], "flag needs an argument: -heartbeat"),
    (["manage", "--tls=x", NODES], 'invalid boolean value "x" for -tls: '),
    (["manage", "--engine-failure-retry=x", NODES], 'invalid value "x" for flag -engine-failure-retry: '),
    (["manage", "-H", ":1", "--host", ":2", NODES], TWO_FORMS + "H host"),
    (["manage", "--addr=h:1", "--advertise=h:1", NODES], TWO_FORMS + "addr advertise"),
    (["manage", "--cors", "--api-enable-cors", NODES], TWO_FORMS + "cors api-enable-cors"),
    (["list", "--heartbeat=1s", NODES], "flag provided but not defined: -heartbeat"),
    (["create", "--bogus"], NO_SUCH_FLAG),
    (["create", "--help=x"], 'invalid boolean value "x" for -help: '),
]


@pytest.mark.parametrize("words, text", USAGE_ERRORS, ids=case_id)
def test_usage_error_shows_the_help(words, text):
    done = swarm(*words)
    command = words[0] if words[0] in COMMANDS else None
    assert_fails(done, text)
    assert done.stdout == USAGE + swarm(*filter(None, [command, "--help"])).stdout


def test_unwritable_output_is_an_error():
    with open("/dev/full", "w") as full:
        done = subprocess.run([binary(), "-v"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=SECONDS)
    assert done.returncode == 1
    assert "cannot write the output" in done.stderr


# ---- TLS files ----


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Options that name a certificate and its key."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=swarm", "-days", "1"]
        + ["-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True,
        capture_output=True,
    )
    for name in ("key.pem", "cert.pem"):
        (folder / name).chmod(0o600)
    return folder


def tls(pair, *words, cert="cert.pem", key="key.pem"):
    return ["manage", *words, f"--tlscert={pair / cert}", f"--tlskey={pair / key}"]


def test_missing_authority(pair):
    done = swarm(*tls(pair, "--tlsverify", "--tlscacert=/none/such"), NODES)
    assert_fails(done, "swarm: Couldn't read CA certificate: open /none/such: ")


def test_certificate_and_key_are_named(pair):
    done = swarm(*tls(pair, "--tls", key="cert.pem"), NODES)
    assert_fails(done, f"swarm: Couldn't load X509 key pair ({pair}/cert.pem, {pair}/cert.pem): ")
    assert done.stderr.endswith(". Key encrypted?\n")


def test_key_that_others_can_read_is_refused(pair, tmp_path):
    key = tmp_path / "key.pem"
    key.write_bytes((pair / "key.pem").read_bytes())
    key.chmod(0o644)
    done = swarm("manage", "--tls", f"--tlscert={pair}/cert.pem", f"--tlskey={key}", NODES)
    assert_fails(done, f"private key {key} is open to other users")


def test_tls_is_checked_first(pair):
    words = tls(pair, "--tlsverify", f"--tlscacert={pair}/cert.pem", "--engine-refresh-retry=4")
    assert_fails(swarm(*words, NODES), "--engine-refresh-retry is deprecated.")


# ---- list ----

LISTS = [
    (["list", "a:1,b:2"], ["a:1", "b:2"]),
    (["list", "nodes://b:1,a:1,b:1"], ["b:1", "a:1", "b:1"]),
    (["list", "10.0.0.[9:11]:2375"], ["10.0.0.9:2375", "10.0.0.10:2375", "10.0.0.11:2375"]),
    (["list", "n[01:02].x[1:2]:80"], ["n01.x1:80", "n01.x2:80", "n02.x1:80", "n02.x2:80"]),
    (["list", "[2001:db8::1]:2375"], ["[2001:db8::1]:2375"]),
    (["list", "unix:///run/docker.sock,a:1"], ["unix:///run/docker.sock", "a:1"]),
    (["list", "a:1", "--timeout=2s"], ["a:1"]),
    (["list", "--timeout=2s", "a:1"], ["a:1"]),
    (["list", "-timeout", "2s", "a:1"], ["a:1"]),
    (["list", "--timeout=1s", "a:1", "--timeout=2s"], ["a:1"]),
    (["list", "--", "a:1"], ["a:1"]),
    (["list", "--timeout=1s", "--", "a:1"], ["a:1"]),
    (["list", "--discovery-opt", "kv.path=x", "a:1"], ["a:1"]),
    (["-l", "debug", "-experimental", "l", "a:1"], ["a:1"]),
    (["list", "--help=false", "a:1"], ["a:1"]),
]


@pytest.mark.parametrize("words, members", LISTS, ids=case_id)
def test_list(words, members):
    done = swarm(*words)
    assert (done.returncode, done.stdout.splitlines(), done.stderr) == (0, members, "")


def test_list_of_a_file(tmp_path):
    path = tmp_path / "nodes"
    path.write_text("# all of them\na[1:2]:1 # two\n\n  b:1\r\n")
    done = swarm("list", f"file://{path}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "a1:1\na2:1\nb:1\n", "")


def test_list_of_an_empty_file(tmp_path):
    path = tmp_path / "nodes"
    path.write_text("")
    done = swarm("list", f"file://{path}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_list_prints_good_lines_beside_bad_ones(tmp_path):
    path = tmp_path / "nodes"
    path.write_text("a:1\nbad\nb:1\n")
    done = swarm("list", f"file://{path}")
    assert done.stdout == "a:1\nb:1\n"
    assert_fails(done, "line 2: address bad: missing port in address")


# ---- variables ----


def test_discovery_variable():
    assert swarm("list", SWARM_DISCOVERY="a:1").stdout == "a:1\n"
    assert swarm("list", "b:1", SWARM_DISCOVERY="a:1").stdout == "b:1\n"
    assert_fails(swarm("list", SWARM_DISCOVERY=""), "discovery required to list a cluster.")
    assert_fails(swarm("list", "b:1", "c:1", SWARM_DISCOVERY="a:1"), "list takes one discovery argument")


def test_advertise_variable():
    assert_fails(swarm("join", NODES, SWARM_ADVERTISE="h:1"), "not implemented in this discovery service")
    assert_fails(swarm("join", "--addr=h", NODES, SWARM_ADVERTISE="h:1"), BAD_ADVERTISE)
    assert_fails(swarm("manage", "--replication", NODES, SWARM_ADVERTISE="h:1"), ELECTION)


def test_host_variable():
    assert_fails(swarm("manage", NODES, SWARM_HOST="foo://x"), 'unsupported protocol: "foo"')
    assert_fails(swarm("manage", NODES, SWARM_HOST="127.0.0.1:0, foo://x"), 'unsupported protocol: "foo"')


def test_host_option_replaces_all_of_the_variable():
    done = swarm("manage", "-H", "bar://x", NODES, SWARM_HOST="127.0.0.1:0,foo://x")
    assert_fails(done, 'unsupported protocol: "bar"')


@pytest.mark.parametrize("value", ["yes", "0", "", "1", "true"])
def test_debug_variable_never_fails(value):
    assert swarm("list", "a:1", DEBUG=value).returncode == 0


# ---- manage ----


class Running:
    """`swarm manage` whose output is read line by line."""

    def __init__(self, *words):
        self.process = subprocess.Popen(
            [binary(), "manage", "-H", "127.0.0.1:0", *words],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.output = b""

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def wait_for(self, text, seconds=SECONDS):
        end = time.monotonic() + seconds
        while text.encode() not in self.output:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            part = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            assert part, f"'{text}' did not come in: {self.output.decode()}"
            self.output += part

    def send(self, number):
        self.process.send_signal(number)

    def end(self, number):
        self.process.send_signal(number)
        rest = self.process.stdout.read()
        assert not SANITIZER.search(rest.decode()), rest.decode()
        return self.process.wait(SECONDS)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_manage_ends_by_signal(number, tmp_path):
    missing = tmp_path / "nodes"
    with Running(f"file://{missing}") as manager:
        manager.wait_for(f"Discovery error: failed to read '{missing}': No such file or directory")
        assert manager.end(number) == 0


def test_manage_tells_its_state(tmp_path):
    with Running("127.0.0.1:1") as manager:
        manager.wait_for("Failed to validate pending node")
        manager.send(signal.SIGUSR2)  # means nothing, and does nothing
        manager.send(signal.SIGUSR1)
        manager.wait_for("State: 1 engines, 0 of them healthy")
        manager.wait_for('msg="State of engine" addr="127.0.0.1:1" containers=0 error="Cannot connect')
        manager.wait_for("State: swarm_engines 1")
        assert manager.end(signal.SIGTERM) == 0


def test_manage_names_the_malformed_line(tmp_path):
    path = tmp_path / "nodes"
    path.write_text("\nbad\n")
    with Running(f"file://{path}") as manager:
        manager.wait_for("Discovery error: '")
        manager.wait_for("line 2: address bad: missing port in address")
        replacement = tmp_path / "next"
        replacement.write_text("\n\nworse\n")
        replacement.rename(path)
        manager.wait_for("line 3: address worse: missing port in address")
        assert manager.end(signal.SIGTERM) == 0
