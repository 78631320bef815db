"""docker build: the classic builder and both generations of BuildKit's protocol, on the node it is wished for."""

import concurrent.futures
import contextlib
import io
import json
import pathlib
import subprocess
import tarfile
import urllib.parse

import pytest

from fakes.actions import Hang, Reply
from harness import docker as docker_module
from harness import rawhttp
from harness.docker import Docker
from harness.lab import TOP
from harness.memory import Peak
from harness.wait import eventually

MIB = 1 << 20
SLACK = 8 * MIB
GREETING = """FROM busybox
ARG greeting
RUN echo "$greeting" >/greeting
CMD ["cat", "/greeting"]
"""


def client_version(command):
    done = subprocess.run([command, "version", "--format", "{{.Client.Version}}"], capture_output=True, text=True)
    return tuple(int(part) for part in done.stdout.split("+")[0].split(".")[:2])


def first_generation():
    """A docker command that asks POST /build for BuildKit, as all did before 23."""
    return next((command for command in docker_module.commands() if client_version(command) < (23, 0)), None)


def second_generation():
    """A docker command that leaves docker build to its buildx plugin."""
    command = next((command for command in docker_module.commands() if client_version(command) >= (23, 0)), None)
    return command if buildx() else None


def buildx():
    """The plugin, as tools/setup has unpacked it."""
    return next(iter((TOP / "build-stores").glob("buildx-*/usr/libexec/docker/cli-plugins/docker-buildx")), None)


@contextlib.contextmanager
def builder(manager, buildkit, command=None):
    docker = Docker(manager.address, command, {"DOCKER_BUILDKIT": buildkit})
    if buildx():
        plugins = pathlib.Path(docker.home.name) / "cli-plugins"
        plugins.mkdir()
        (plugins / "docker-buildx").symlink_to(buildx())
    try:
        yield docker
    finally:
        docker.close()


@pytest.fixture
def classic(manager):
    with builder(manager, "0") as docker:
        yield docker


def need(command):
    if not command:
        pytest.skip("no docker command of this kind on this machine")
    return command


@pytest.fixture(params=[first_generation, second_generation], ids=["build", "grpc"])
def buildkit(request, manager):
    """BuildKit by POST /build (docker before 23), and by POST /grpc (buildx)."""
    with builder(manager, "1", need(request.param())) as docker:
        yield docker


@pytest.fixture
def context(tmp_path):
    """context(text): a folder with this Dockerfile."""
    folders = iter(range(1000))

    def make(text=GREETING):
        folder = tmp_path / f"context-{next(folders)}"
        folder.mkdir()
        (folder / "Dockerfile").write_text(text)
        return folder

    return make


def arguments(*pairs):
    return [word for pair in pairs for word in ("--build-arg", pair)]


def holders(engines, tag):
    return [engine.name for engine in engines if engine.request("GET", f"/images/{tag}/json").status == 200]


def listed(docker, tag):
    return docker("images", "-q", tag) != ""


#
# The classic builder
#


@pytest.mark.parametrize("node", ["node-1", "node-2"])
def test_a_build_lands_where_it_is_wished_for_and_is_known_at_once(classic, engines, context, node):
    classic("build", "-t", "wished", *arguments("greeting=x", f"constraint:node=={node}"), context())
    assert listed(classic, "wished")
    assert holders(engines, "wished") == [node]


def test_c74_an_impossible_wish(classic, engines, context):
    said = classic.fails("build", "-t", "nowhere", *arguments("constraint:node==node-9"), context())
    assert "Unable to find a node that satisfies the following conditions" in said
    assert "[node==node-9]" in said
    assert holders(engines, "nowhere") == []


def test_c75_arguments_reach_the_image_and_wishes_do_not(classic, manager, engines, context):
    out = classic("build", "-t", "greeter", *arguments("greeting=hello", "constraint:node==node-1"), context())
    assert "constraint" not in out  # an argument that nobody consumes is complained about
    assert classic("run", "--name", "greets", "greeter") == "hello"
    assert manager.placed() == {"greets": "node-1"}
    config = engines[1].get("/images/greeter/json")["Config"]
    assert not any("constraint" in text for text in [*(config["Env"] or []), *(config["Labels"] or {})])


def test_a_name_means_what_was_built_last(classic, manager, engines, context):
    """As on one host, wherever it was built, and until a name is given to an older image again."""
    def build(greeting, node):
        classic("build", "-t", "app", *arguments(f"greeting={greeting}", f"constraint:node=={node}"), context())

    build("first", "node-0")
    build("second", "node-1")
    assert holders(engines, "app") == ["node-0", "node-1"]
    assert {classic("run", "--rm", "app") for _ in range(4)} == {"second"}
    assert classic("inspect", "-f", "{{.Id}}", "app") == engines[1].get("/images/app/json")["Id"]
    done = classic.run("run", "--rm", "-e", "constraint:node==node-0", "app")
    assert done.stdout.strip() == "first"
    assert "node node-0 has an older image of the name app than was made last in the pool" in done.stderr
    build("first", "node-0")  # out of the cache
    assert {classic("run", "--rm", "app") for _ in range(2)} == {"first"}
    classic("tag", engines[1].get("/images/app/json")["Id"], "app")
    assert {classic("run", "--rm", "app") for _ in range(2)} == {"second"}
    build("third", "node-0")
    assert {classic("run", "--rm", "app") for _ in range(4)} == {"third"}
    classic("rmi", "-f", "app")
    assert holders(engines, "app") == []


def test_labels_and_affinities_choose_the_node(classic, engines, context):
    classic("build", "-t", "fast", *arguments("constraint:storage==ssd"), context())
    assert holders(engines, "fast") == ["node-0"]
    classic("build", "-t", "beside", *arguments("affinity:image==fast"), context())
    assert holders(engines, "beside") == ["node-0"]
    classic("build", "-t", "listed", *arguments("whitelist:node==node-2"), context())
    assert holders(engines, "listed") == ["node-2"]


def test_a_build_that_fails_says_so_as_the_engine_does(classic, engines, context):
    broken = context("FROM busybox\nRUN exit 3\n")
    ours = classic.run("build", *arguments("constraint:node==node-1"), broken, check=False)
    with builder(engines[1], "0") as direct:
        theirs = direct.run("build", broken, check=False)
    assert ours.returncode == theirs.returncode != 0
    assert ours.stderr.splitlines()[-1] == theirs.stderr.splitlines()[-1]


def test_a_file_that_is_no_dockerfile_is_the_engines_to_refuse(classic, engines, context):
    wrong = context("NONSENSE\n")
    with builder(engines[0], "0") as direct:
        assert classic.fails("build", wrong).splitlines()[-1] == direct.fails("build", wrong).splitlines()[-1]


def packed(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


TAR = [("Content-Type", "application/x-tar")]


def test_a_client_that_leaves_ends_its_build(manager, engines):
    context = packed({"Dockerfile": "FROM busybox\nRUN sleep 1000\n"})
    with manager.connect() as connection:
        connection.send_request("POST", "/v1.41/build?rm=1&forcerm=1&t=never", TAR, context)
        eventually(lambda: any(engine.containers() for engine in engines), what="the build runs something")
    eventually(lambda: not any(engine.containers() for engine in engines), what="nothing of the build runs on")


def large_context(connection, size):
    """Sends a context of this size in pieces, with an ignored file."""
    def chunk(data):
        connection.send(b"%x\r\n" % len(data) + data + b"\r\n")

    small = packed({"Dockerfile": "FROM busybox\n", ".dockerignore": "large\n"})
    chunk(small.rstrip(b"\0") + bytes(-len(small.rstrip(b"\0")) % 512))
    member = tarfile.TarInfo("large")
    member.size = size
    chunk(member.tobuf())
    block = bytes(MIB)
    for _ in range(size // MIB):
        chunk(block)
    chunk(bytes(1024))
    connection.send(b"0\r\n\r\n")


def build_large(manager, tag, size):
    wish = urllib.parse.quote(json.dumps({"constraint:node": "=node-1"}))
    with rawhttp.Connection(manager.address, 120) as connection:
        connection.send(f"POST /v1.41/build?t={tag}&buildargs={wish} HTTP/1.1\r\nHost: x\r\n"
                        "Content-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n")
        large_context(connection, size)
        return connection.read_response("POST")


def test_a_large_context_streams(frugal, engines):
    assert build_large(frugal, "small", MIB).status == 200
    peak = Peak(frugal)
    answer = build_large(frugal, "large", 200 * MIB)
    assert answer.status == 200 and "Successfully tagged large" in answer.text
    assert peak.growth() <= SLACK
    assert holders(engines, "large") == ["node-1"]


#
# BuildKit
#


def test_buildkit_builds_and_the_image_is_known(buildkit, engines, context):
    buildkit("build", "-t", "kit", *arguments("greeting=kit"), context(), timeout=120)
    assert len(holders(engines, "kit")) == 1
    eventually(lambda: listed(buildkit, "kit"))
    assert buildkit("run", "--rm", "kit") == "kit"


def test_buildkit_says_what_is_wrong(buildkit, context):
    said = buildkit.fails("build", context("FROM busybox\nRUN exit 3\n"), timeout=120)
    assert "exit code: 3" in said


def build_numbered(docker, number, folder):
    return docker.run("build", "-t", f"kit-{number}", *arguments(f"greeting={number}"), folder, timeout=180, check=False)


def test_several_buildkit_builds_at_once(buildkit, engines, context):
    numbers = range(4)
    folders = [context() for _ in numbers]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        done = list(pool.map(lambda n: build_numbered(buildkit, n, folders[n]), numbers))
    assert [d.returncode for d in done] == [0] * 4, [d.stderr[-500:] for d in done]
    # one client's builds share an engine, and its layers
    assert len({tuple(holders(engines, f"kit-{n}")) for n in numbers}) == 1


def test_both_generations_and_the_classic_builder_at_once(manager, engines, context):
    with (builder(manager, "0") as one, builder(manager, "1", need(first_generation())) as two,
          builder(manager, "1", need(second_generation())) as three):
        dockers = [one, two, three]
        folders = [context() for _ in dockers]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            done = list(pool.map(lambda n: build_numbered(dockers[n], n, folders[n]), range(3)))
    assert [d.returncode for d in done] == [0] * 3, [d.stderr[-500:] for d in done]


@pytest.mark.parametrize("node", ["node-0", "node-2"])
def test_the_first_generation_takes_wishes(manager, engines, context, node):
    with builder(manager, "1", need(first_generation())) as docker:
        docker("build", "-t", "wished", *arguments("greeting=x", f"constraint:node=={node}"), context(), timeout=120)
        assert listed(docker, "wished")
    assert holders(engines, "wished") == [node]


def test_a_context_from_the_pipe(manager, context):
    """The first generation then brings it by a second request: buildid=upload-request:ID."""
    with builder(manager, "1", need(first_generation())) as docker:
        docker.run("build", "-t", "piped", "-", input=packed({"Dockerfile": GREETING}), text=False, timeout=120)
        assert listed(docker, "piped")


def test_layers_are_found_again(buildkit, context):
    folder = context()
    buildkit("build", "-t", "first", "--build-arg", "greeting=x", folder, timeout=120)
    again = buildkit.run("build", "-t", "second", "--build-arg", "greeting=x", folder, timeout=120)
    assert "CACHED" in again.stderr


#
# What is asked of which engine
#


@pytest.fixture
def three(fakes, start_manager):
    engines = fakes(3)
    yield engines, start_manager([engine.address for engine in engines]).wait_healthy()
    for engine in engines:
        engine.drop_connections()  # the manager need not wait for what hangs


def requests(engines, method, path):
    return [(engine, request) for engine in engines for request in engine.requests(method, path)]


def test_the_query_passes_as_it_was_written(three):
    engines, manager = three
    for engine in engines:
        engine.script("POST", "/build", Reply(200, '{"stream":"done"}\n'))
    query = "t=a%3ab&rm&extrahosts=x%3A1&buildargs=%7b%22a%22%3anull%7d&new-one=%7b"
    assert manager.request("POST", f"/v1.41/build?{query}", headers=TAR, body=b"").status == 200
    ((_, request),) = requests(engines, "POST", "/build")
    assert request.target == f"/v1.41/build?{query}"


def test_credentials_reach_the_builder_and_nobody_else(three):
    engines, manager = three
    for engine in engines:
        engine.script("POST", "/build", Reply(200, '{"stream":"done"}\n'))
    wish = urllib.parse.quote(json.dumps({"constraint:node": "=fake-1", "keep": None}))
    answer = manager.request("POST", f"/v1.41/build?buildargs={wish}&cpushares=1", body=b"x" * 100,
                             headers=[*TAR, ("X-Registry-Config", "c2VjcmV0")])
    assert (answer.status, answer.text) == (200, '{"stream":"done"}\n')
    told = [(e.name, r.path) for e, r in requests(engines, "*", "*") if r.header("X-Registry-Config")]
    assert told == [("fake-1", "/build")]
    (request,) = engines[1].requests("POST", "/build")
    assert request.body == b"x" * 100
    assert json.loads(request.query["buildargs"]) == {"keep": None}
    assert request.query["cpushares"] == "256"  # one CPU of four


@pytest.mark.parametrize("version", [1, 2])
def test_a_platform_chooses_a_node_of_its_kind_if_there_is_one(fakes, start_manager, version):
    engines = fakes(3)
    engines[1].configure(info={"Architecture": "aarch64"})
    for engine in engines:
        engine.script("POST", "/build", Reply(200, '{"stream":"done"}\n'))
    manager = start_manager([engine.address for engine in engines]).wait_healthy()

    def build(platform, args=None):
        query = {"platform": platform, "version": version, "buildargs": json.dumps(args or {})}
        return manager.request("POST", f"/v1.41/build?{urllib.parse.urlencode(query)}", headers=TAR, body=b"").status

    assert [build("linux/arm64") for _ in range(3)] == 3 * [200]
    assert [len(engine.requests("POST", "/build")) for engine in engines] == [0, 3, 0]
    assert [build("linux/amd64") for _ in range(3)] == 3 * [200]
    assert len(engines[1].requests("POST", "/build")) == 3
    assert build("linux/riscv64") == 200
    assert build("linux/arm64", {"constraint:node": "=fake-0"}) == 200


def test_buildkit_goes_where_it_can_do_most(fakes, start_manager):
    """The newest API, then the containerd store; what the build wishes for comes before both."""
    engines = fakes(5)
    of_containerd = {"DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]}
    for engine, newest, info in zip(engines, ["1.41", "1.52", "1.52", "1.41", "1.52"],
                                    [of_containerd, {}, of_containerd, {}, {}]):
        engine.configure(api_min="1.24", api_max=newest, info=info)
        engine.script("POST", "/build", Reply(200, '{"stream":"done"}\n'))
    manager = start_manager([engine.address for engine in engines]).wait_healthy()
    assert manager.request("POST", "/v1.41/build?version=2&t=a", headers=TAR, body=b"").status == 200
    assert the_one(engines, "/build") is engines[2]
    wish = urllib.parse.quote(json.dumps({"constraint:node": "=/fake-[034]/"}))
    engines[2].forget_requests()
    assert manager.request("POST", f"/v1.41/build?version=2&buildargs={wish}", headers=TAR, body=b"").status == 200
    assert the_one(engines, "/build") is engines[4]


def test_images_are_read_again_before_the_answer_ends(three):
    engines, manager = three
    for engine in engines:
        engine.script("POST", "/build", Reply(200, '{"stream":"done"}\n'))
        engine.forget_requests()
    manager.request("POST", "/v1.41/build", headers=TAR, body=b"")
    ((engine, _),) = requests(engines, "POST", "/build")
    assert engine.requests("GET", "/images/json")


def test_requests_that_make_no_sense(three):
    _, manager = three
    for target, status, text in [
        ("/build?version=3", 400, 'invalid version "3"'),
        ("/build/cancel", 400, "build ID not provided"),
        ("/session", 400, "no session ID provided"),
        (f"/build?version=2&session={'x' * 1000}", 400, "the session ID is longer than 256 characters"),
    ]:
        answer = manager.request("POST", target, body=b"")
        assert (answer.status, answer.json) == (status, {"message": text})


def test_a_build_that_nobody_knows_is_cancelled_at_once(three):
    engines, manager = three
    answer = manager.request("POST", "/build/cancel?id=nothing", body=b"")
    assert (answer.status, answer.body) == (200, b"")
    assert not requests(engines, "POST", "/build/cancel")


def open_session(manager, name):
    connection = manager.connect()
    connection.send_request("POST", "/session", [("Connection", "Upgrade"), ("Upgrade", "h2c"),
                                                 ("X-Docker-Expose-Session-Uuid", name)])
    return connection


def open_build(manager, query):
    connection = manager.connect()
    connection.send_request("POST", f"/v1.41/build?version=2&{query}", body=b"")
    return connection


def the_one(engines, path):
    """The engine that is asked for this, once it is."""
    ((engine, _),) = eventually(lambda: requests(engines, "POST", path))
    return engine


@pytest.mark.parametrize("order", [["build", "session"], ["session", "build"]], ids="-".join)
def test_session_cancel_and_upload_follow_their_build(three, order):
    engines, manager = three
    for engine in engines:
        for path in ("/build", "/session"):
            engine.script("POST", path, Hang())
    wish = urllib.parse.quote(json.dumps({"constraint:node": "=fake-2"}))
    opened = {"build": lambda: open_build(manager, f"session=s1&buildid=b1&buildargs={wish}"),
              "session": lambda: open_session(manager, "s1")}
    with contextlib.ExitStack() as stack:
        for kind in order:
            stack.enter_context(opened[kind]())
        assert the_one(engines, "/build") is the_one(engines, "/session") is engines[2]
        for engine in engines:
            engine.script("POST", "/build/cancel", Reply(200))
        assert manager.request("POST", "/build/cancel?id=b1", body=b"").status == 200
        assert the_one(engines, "/build/cancel") is engines[2]
        # the same id twice would mean that nobody knows which of them is cancelled
        answer = manager.request("POST", "/v1.41/build?version=2&session=s9&buildid=b1", body=b"")
        assert (answer.status, answer.json["message"]) == (500, "build already started")
        stack.enter_context(open_build(manager, "buildid=upload-request:b1"))
        eventually(lambda: len(engines[2].requests("POST", "/build")) == 2)


def test_a_build_whose_session_is_where_it_does_not_want_to_be(three):
    engines, manager = three
    for engine in engines:
        engine.script("POST", "/build", Hang())
        engine.script("POST", "/session", Hang())
    with open_build(manager, "session=s1&buildid=b1"):
        where = the_one(engines, "/build")
        other = next(engine for engine in engines if engine is not where)
        wish = urllib.parse.quote(json.dumps({"constraint:node": f"={other.name}"}))
        answer = manager.request("POST", f"/v1.41/build?version=2&session=s1&buildid=b2&buildargs={wish}", body=b"")
    assert answer.status == 500 and f"[node=={other.name}]" in answer.json["message"]


def test_one_client_stays_on_one_engine(three):
    engines, manager = three
    for engine in engines:
        engine.script("POST", "/grpc", Hang())
        engine.script("POST", "/session", Hang())
    with contextlib.ExitStack() as stack:
        for _ in range(5):
            connection = stack.enter_context(manager.connect())
            connection.send_request("POST", "/grpc", [("Connection", "Upgrade"), ("Upgrade", "h2c")])
        for number in range(5):
            stack.enter_context(open_session(manager, f"s{number}"))
        eventually(lambda: len(requests(engines, "POST", "/session")) == 5)
        assert len(requests(engines, "POST", "/grpc")) == 5
        assert len({e.name for e, _ in requests(engines, "POST", "*")}) == 1


def test_what_was_just_built_is_on_the_engine_of_its_builds(three):
    """buildx pushes within the connection of its build, before anybody has seen the image in a list."""
    engines, manager = three
    for engine in engines:
        engine.script("POST", "/grpc", Hang())
        engine.script("POST", "/images/new/push", Reply(200, '{"status":"pushed"}\n'))
    with manager.connect() as connection:
        connection.send_request("POST", "/grpc", [("Connection", "Upgrade"), ("Upgrade", "h2c")])
        builder = the_one(engines, "/grpc")
        assert manager.request("POST", "/v1.41/images/new/push", body=b"").status == 200
    assert the_one(engines, "/images/new/push") is builder


PODMAN = {"Version": "4.3.1", "ApiVersion": "1.41", "MinAPIVersion": "1.24", "Os": "linux", "Arch": "amd64",
          "KernelVersion": "6.1.0", "Components": [{"Name": "Podman Engine", "Version": "4.3.1"}]}


@pytest.fixture
def two_are_podman(three):
    engines, manager = three
    for engine in engines[:2]:
        engine.script("GET", "/version", Reply(200, PODMAN))
    for engine in engines:
        engine.refuse()
    eventually(lambda: manager.states() == ["Unhealthy"] * 3)
    for engine in engines:
        engine.accept()
    manager.wait_healthy()
    return engines, manager


def test_buildkit_prefers_an_engine_that_has_it(two_are_podman):
    engines, manager = two_are_podman
    for engine in engines:
        engine.script("POST", "/grpc", Hang())
    with manager.connect() as connection:
        connection.send_request("POST", "/grpc", [("Connection", "Upgrade"), ("Upgrade", "h2c")])
        assert the_one(engines, "/grpc") is engines[2]


def test_a_login_is_tried_by_docker(two_are_podman):
    engines, manager = two_are_podman
    for engine in engines:
        engine.script("POST", "/auth", Reply(200, {"Status": "Login Succeeded"}))
    for _ in range(3):
        assert manager.request("POST", "/auth", body={"username": "alice", "password": "secret"}).status == 200
    assert [(e.name, json.loads(r.body)["password"]) for e, r in requests(engines, "POST", "/auth")] == [
        ("fake-2", "secret")] * 3


def test_the_ping_offers_buildkit(three):
    _, manager = three
    assert manager.get("/_ping").head.get("Builder-Version") == "2"
