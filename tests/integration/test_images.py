"""Images on several engines: what `docker images`, pull, push, tag, rmi, save, load and import do."""

import base64
import io
import json
import os
import pathlib
import tarfile
from urllib.parse import quote

import pytest
from fakes.actions import Close, Cut, Hang, Reply
from harness.memory import Peak
from harness.registry import PASSWORD, USER
from harness.wait import eventually

MiB = 1024 * 1024


def names(engine):
    """Every tag on the engine."""
    return {tag for image in engine.get("/images/json") for tag in image["RepoTags"] or []} - {"<none>:<none>"}


def holders(engines, name):
    return [engine.name for engine in engines if name in names(engine)]


def archive_of(size):
    """A root file system with a file of that size, as tar."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        info = tarfile.TarInfo("random")
        info.size = size
        noise = os.urandom(min(size, MiB))
        tar.addfile(info, io.BytesIO((noise * (size // len(noise) + 1))[:size]))
    return data.getvalue()


def make_image(engine, name, size=1000):
    """An image that is only on this engine; its id."""
    response = engine.request(
        "POST", f"/images/create?fromSrc=-&repo={name}", headers=[("Content-Type", "text/plain")], body=archive_of(size)
    )
    assert response.status == 200 and b"sha256:" in response.body, response.text
    return json.loads(response.text.splitlines()[-1])["status"]


def listed(manager, query=""):
    """{tag: id} of the manager's list."""
    return {tag: image["Id"] for image in manager.get(f"/images/json{query}").json for tag in image["RepoTags"]}


def lines_of(response):
    return [json.loads(line) for line in response.text.splitlines()]


def test_list_is_the_union(manager, engines, docker):
    one = make_image(engines[0], "one:1")
    two = make_image(engines[1], "two:2")
    engines[2].docker("tag", "busybox", "mine:3")
    eventually(lambda: {"one:1", "two:2", "mine:3"} <= listed(manager).keys())

    images = manager.get("/images/json").json
    assert len({image["Id"] for image in images}) == len(images)
    assert listed(manager)["one:1"] == one and listed(manager)["two:2"] == two
    busybox = next(image for image in images if "busybox:latest" in image["RepoTags"])
    assert "mine:3" in busybox["RepoTags"], "names of one image on several nodes are united"
    assert [image["Created"] for image in images] == sorted((image["Created"] for image in images), reverse=True)
    printed = docker("images", "--format", "{{.Repository}}:{{.Tag}}").splitlines()
    assert sorted(printed) == ["busybox:latest", "mine:3", "one:1", "two:2"]
    assert docker("images", "-q", "two").strip() == two.removeprefix("sha256:")[:12]
    assert listed(manager, '?filters={"node":["node-2"]}').keys() == {"busybox:latest", "mine:3"}


LIVE = {"shared-size", "manifests", "identity"}


def ask(manager, engines, target):
    """The list by tag, and for each engine what it was asked on the way."""
    for engine in engines:
        engine.forget_requests()
    images = {tag: image for image in manager.get(target).json for tag in image["RepoTags"]}
    return images, [[(request.version, {key: request.query[key] for key in LIVE & request.query.keys()})
                     for request in engine.requests("GET", "/images/json") if request.query.keys() - {"all"}]
                    for engine in engines]


def engines_of(fakes, versions):
    """Scripted engines of these API versions; beside busybox each has an image of its own."""
    engines = fakes(len(versions))
    for number, (engine, newest) in enumerate(zip(engines, versions)):
        engine.configure(api_max=newest)
        engine.add_image(f"only:{number}")
    return engines


def test_list_asks_for_what_memory_lacks(fakes, start_manager):
    engines = engines_of(fakes, ["1.41", "1.44", "1.47", "1.52"])
    manager = start_manager([engine.address for engine in engines]).wait_healthy()
    for target in ("/v1.52/images/json", "/v1.52/images/json?all=1&shared-size=0&manifests=false&identity=",
                   "/v1.41/images/json?shared-size=1&manifests=1", "/v1.46/images/json?manifests=1"):
        images, asked = ask(manager, engines, target)
        assert asked == [[]] * 4, target
        assert images.keys() == {"busybox:latest", "only:0", "only:1", "only:2", "only:3"}
        assert {image["SharedSize"] for image in images.values()} == {-1}

    images, asked = ask(manager, engines, "/v1.52/images/json?shared-size=1")
    size = {"shared-size": "1"}
    assert asked == [[], [("1.44", size)], [("1.47", size)], [("1.52", size)]]
    assert {tag: image["SharedSize"] for tag, image in images.items()} == {
        "busybox:latest": 512, "only:0": -1, "only:1": 512, "only:2": 512, "only:3": 512}
    assert not any("Manifests" in image for image in images.values())

    images, asked = ask(manager, engines, "/v1.48/images/json?shared-size=1&manifests=true&identity=1")
    both = {"shared-size": "1", "manifests": "true"}
    assert asked == [[], [("1.44", size)], [("1.47", both)], [("1.48", both)]]
    assert {tag: image["Manifests"][0]["ID"] for tag, image in images.items() if "Manifests" in image} == {
        "busybox:latest": "of fake-2", "only:2": "of fake-2", "only:3": "of fake-3"}
    assert images["only:1"]["SharedSize"] == 512 and images["only:0"]["SharedSize"] == -1
    assert all(image["Containers"] == -1 for image in images.values())


def test_list_asks_with_the_filters_that_engines_know(fakes, start_manager):
    engines = engines_of(fakes, ["1.52", "1.52"])
    manager = start_manager([engine.address for engine in engines]).wait_healthy()
    filters = json.dumps({"node": ["fake-1"], "reference": ["only"], "until": ["4000000000"]})
    images, asked = ask(manager, engines, f"/v1.52/images/json?manifests=1&all=1&filters={quote(filters)}")
    assert images.keys() == {"only:1"} and images["only:1"]["Manifests"]
    assert asked[0] == []
    (request,) = [r for r in engines[1].requests("GET", "/images/json") if "manifests" in r.query]
    assert request.filters == {"reference": ["only"]} and request.query["all"] == "1"
    answer = manager.get(f"/v1.52/images/json?manifests=1&filters={quote(json.dumps({'nonsense': ['x']}))}")
    assert (answer.status, answer.json) == (400, {"message": "invalid filter 'nonsense'"})


@pytest.mark.parametrize("action", [Reply(500, {}), Reply(200, {"no": "list"}), Close(), Cut(150), Hang()],
                         ids=["error", "nonsense", "close", "cut", "hang"])
def test_list_remembers_what_an_engine_does_not_tell(fakes, start_manager, action):
    engines = engines_of(fakes, ["1.52", "1.52"])
    manager = start_manager([engine.address for engine in engines]).wait_healthy()
    engines[0].script("GET", "/images/json", action)
    images, _ = ask(manager, engines, "/v1.52/images/json?manifests=1&shared-size=1")
    assert {tag: (image["SharedSize"], "Manifests" in image) for tag, image in images.items()} == {
        "busybox:latest": (512, True), "only:0": (-1, False), "only:1": (512, True)}


def test_list_remembers_when_no_engine_tells(fakes, start_manager):
    engines = engines_of(fakes, ["1.52", "1.52"])
    manager = start_manager([engine.address for engine in engines]).wait_healthy()
    for engine in engines:
        engine.script("GET", "/images/json", Reply(500, {"message": "no"}))
    images, asked = ask(manager, engines, "/v1.52/images/json?manifests=1")
    assert asked == [[("1.52", {"manifests": "1"})]] * 2
    assert images.keys() == {"busybox:latest", "only:0", "only:1"}
    assert not any("Manifests" in image for image in images.values())


def test_inspect_history_and_unknown(manager, engines, docker):
    one = make_image(engines[1], "one:1")
    eventually(lambda: "one:1" in listed(manager))
    assert docker("inspect", "-f", "{{.Id}}", "one:1") == one
    assert docker("inspect", "-f", "{{.Id}}", one[7:19]) == one
    assert one[7:19] in docker("history", "-q", "one:1") + one
    assert "No such image: nosuch:1" in docker.fails("image", "inspect", "nosuch:1")
    for target in ("/images/nosuch/json", "/images/nosuch/history", "/images/nosuch/get"):
        response = manager.get(target)
        assert (response.status, response.json) == (404, {"message": "No such image: nosuch:latest"})


def test_inspect_asks_another_node_when_one_is_lost(manager, engines):
    assert manager.get("/images/busybox/json").status == 200
    engines[0].kill()
    response = manager.get("/images/busybox/json")
    assert response.status == 200 and "busybox:latest" in response.json["RepoTags"]


def test_tag_and_remove_everywhere(manager, engines, docker):
    docker("tag", "busybox", "everywhere:1")
    assert holders(engines, "everywhere:1") == ["node-0", "node-1", "node-2"]
    assert "everywhere:1" in listed(manager), "seen by the next command"
    printed = docker("rmi", "everywhere:1").splitlines()
    assert printed == ["Untagged: everywhere:1"] * 3
    assert holders(engines, "everywhere:1") == []
    assert "everywhere:1" not in listed(manager)
    response = manager.request("DELETE", "/images/everywhere:1")
    assert (response.status, response.json["message"]) == (404, "No such image: everywhere:1")


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_engines_that_are_lost_while_images_change(fakes, start_manager, lost):
    """They are named, and fail nothing where others succeed."""
    engines = fakes(3)
    manager = start_manager([engine.address for engine in engines]).wait_healthy()
    names = [engine.state.name for engine in engines[:lost]]
    for engine in engines:
        is_lost = engine.state.name in names
        engine.script("POST", "/images/*/tag", Close() if is_lost else Reply(201))
        engine.script("DELETE", "/images/*", Close() if is_lost else Reply(200, [{"Deleted": "x"}]))
    tagged = manager.request("POST", "/images/busybox/tag?repo=other&tag=1", body=b"")
    removed = manager.request("DELETE", "/images/busybox")
    for answer, success in ((tagged, 201), (removed, 200)):
        assert answer.status == (500 if lost == 3 else success), answer.text
        told = answer.json["message"].splitlines() if lost == 3 else answer.head.all("Warning")
        assert len(told) == lost and all(f"{name}: " in line for name, line in zip(names, told))
    if lost < 3:
        assert sorted(entry["Node"] for entry in removed.json if "Error" in entry) == names


def test_remove_what_one_node_uses(manager, engines, docker):
    docker("tag", "busybox", "used:1")
    for engine in engines:  # the last name of the image is the one that is protected
        engine.request("DELETE", "/images/busybox:latest?force=1")
    eventually(lambda: listed(manager).keys() == {"used:1"})
    engines[1].docker("run", "-d", "--name", "user", "used:1", "sleep", "1000")
    response = manager.request("DELETE", "/images/used:1")
    try:
        lines = response.json["message"].splitlines()
        assert response.status == 409
        assert lines[0].startswith("node-1: conflict: ")
        assert lines[1:] == ["node-0: removed", "node-2: removed"]
        assert holders(engines, "used:1") == ["node-1"]
    finally:
        engines[1].docker("tag", "used:1", "busybox:latest")
        tar = engines[1].request("GET", "/images/busybox:latest/get").body
        for engine in (engines[0], engines[2]):
            engine.request("POST", "/images/load?quiet=1", headers=[("Content-Type", "application/x-tar")], body=tar)


def test_save_load_round_trip(manager, engines, docker, tmp_path):
    image = make_image(engines[2], "only:1", MiB)
    eventually(lambda: "only:1" in listed(manager))
    docker("save", "-o", tmp_path / "only.tar", "only:1")
    printed = docker("load", "-i", tmp_path / "only.tar").splitlines()
    for engine in engines:
        assert f"{engine.name}: Loaded image: only:1" in printed
    for engine in engines:
        assert engine.get("/images/only:1/json")["Id"] == image
    assert docker("run", "--rm", "busybox", "echo", "fine") == "fine"


def test_save_of_images_that_are_apart(manager, engines, docker, tmp_path):
    ids = {"one:1": make_image(engines[0], "one:1"), "two:2": make_image(engines[1], "two:2", MiB)}
    ids["three:3"] = make_image(engines[2], "three:3")
    eventually(lambda: ids.keys() <= listed(manager).keys())
    text = docker.fails("save", "-o", tmp_path / "x.tar", "one:1", "nosuch:1")
    assert "No such image: nosuch:1" in text
    assert holders(engines, "one:1") == ["node-0"]

    docker("save", "-o", tmp_path / "all.tar", *ids, "busybox")
    for name in ids:
        docker("rmi", name)
    docker("load", "-i", tmp_path / "all.tar")
    for engine in engines:
        assert ids == {name: engine.get(f"/images/{name}/json")["Id"] for name in ids}
    docker("save", "-o", tmp_path / "x.tar", "one:1", "busybox")


@pytest.mark.parametrize("where, reply, text", [
    ("source", Reply(500, {"message": "no more files"}), "node fake-1: no more files"),
    ("source", Reply(500, b"no more files " * 20000), "node fake-1: no more files"),
    ("source", Cut(300), "node fake-1: "),
    ("target", Reply(500, {"message": "disk full"}), "fake-0: disk full"),
    ("target", Reply(500, b"disk full " * 20000), "fake-0: disk full"),
    ("target", Reply(200, b'{"errorDetail":{"message":"bad archive"},"error":"bad archive"}\n'), "bad archive"),
    ("target", Reply(200, b'{"stream":"Loaded image: two:2"}\n'), "node fake-0 does not list what it loaded"),
])
def test_save_of_images_that_cannot_be_brought_together(fakes, start_manager, where, reply, text):
    """`docker save` gets an error, and never a part of what it asked for."""
    engines = fakes(2)
    engines[0].add_image("one:1")
    engines[1].add_image("two:2")
    for engine in engines:
        engine.script("GET", "/images/get", Reply(200, bytes(1000)))
        engine.script("POST", "/images/load", Reply(200, b'{"stream":"Loaded image: two:2"}\n'))
    if where == "source":
        engines[1].script("GET", "/images/get", reply)
    else:
        engines[0].script("POST", "/images/load", reply)
    manager = start_manager([engine.address for engine in engines]).wait_healthy()
    answer = manager.get("/images/get?names=one:1&names=two:2&names=busybox")
    assert answer.status == 500
    assert answer.json["message"].startswith("the images are on several nodes, and could not be brought to one: ")
    assert text in answer.json["message"]
    (asked,) = engines[1].requests("GET", "/images/get")  # failing is failing: there is no second try
    assert asked.target.endswith("/images/get?names=two%3A2")
    assert not engines[0].requests("GET", "/images/get")


def test_import_makes_one_image(manager, engines, docker, tmp_path):
    (tmp_path / "root.tar").write_bytes(archive_of(MiB))
    printed = docker("import", tmp_path / "root.tar", "imported:1").splitlines()
    assert printed[-1].startswith("sha256:")
    assert {engine.get("/images/imported:1/json")["Id"] for engine in engines} == {printed[-1]}
    assert "imported:1" in listed(manager)
    unnamed = docker("import", tmp_path / "root.tar").splitlines()[-1]
    assert {engine.get(f"/images/{unnamed}/json")["Id"] for engine in engines} == {unnamed}
    for engine in engines:
        engine.request("DELETE", f"/images/{unnamed}")


def test_commit_is_seen_at_once(manager, docker):
    docker("run", "--name", "worker", "busybox", "touch", "/new")
    docker("commit", "worker", "committed:1")
    assert "committed:1" in docker("images", "--format", "{{.Repository}}:{{.Tag}}")
    assert docker("run", "--rm", "committed:1", "ls", "/new") == "/new"


def test_prune(manager, engines, docker):
    image = make_image(engines[0], "x:1")
    make_image(engines[0], "x:1")  # takes the name
    assert image in {i["Id"] for i in engines[0].get("/images/json")}
    assert image in docker("image", "prune", "-f")
    assert image not in {i["Id"] for i in engines[0].get("/images/json?all=1")}


def test_push_and_pull_with_a_password(manager, engines, docker, registry):
    name = f"{registry.address}/team/tool:1"
    image = make_image(engines[1], name)
    eventually(lambda: name in listed(manager))
    assert "no basic auth credentials" in docker.fails("push", name)
    registry.login(docker)
    docker("push", name)
    docker("rmi", name)
    assert holders(engines, name) == []

    printed = docker("pull", name)
    assert holders(engines, name) == ["node-0", "node-1", "node-2"]
    assert {engine.get(f"/images/{name}/json")["Id"] for engine in engines} == {image}
    for engine in engines:
        assert f"{engine.name}: Pulling {name}..." in printed
    assert name in listed(manager)


def test_run_of_what_must_be_pulled_with_a_password(manager, engines, docker, registry):
    """A create carries no credentials: the docker command must come to pull with its own."""
    name = f"{registry.address}/team/secret:1"
    engines[0].docker("tag", "busybox", name)
    eventually(lambda: name in listed(manager))
    registry.login(docker)
    docker("push", name)
    docker("rmi", name)
    assert docker("run", "--rm", name, "echo", "fine") == "fine"
    docker("rmi", name)


def credentials():
    return base64.urlsafe_b64encode(json.dumps({"username": USER, "password": PASSWORD}).encode()).decode()


def test_pull_goes_where_a_constraint_says(manager, engines, docker, registry):
    name = f"{registry.address}/tool:1"
    make_image(engines[0], name)
    eventually(lambda: name in listed(manager))
    registry.login(docker)
    docker("push", name)
    docker("rmi", name)
    target = f"/images/create?fromImage={name.removesuffix(':1')}&tag=1"
    auth = [("X-Registry-Auth", credentials())]

    response = manager.request("POST", f"{target}&constraint=storage==disk", headers=auth)
    assert response.status == 200 and not any("error" in line for line in lines_of(response))
    assert holders(engines, name) == ["node-1", "node-2"]
    response = manager.request("POST", f"{target}&constraint=node==nowhere", headers=auth)
    assert response.status == 500 and "nowhere" in response.json["message"]

    docker("rmi", name)
    config = pathlib.Path(docker.home.name) / "config.json"
    fields = {"HttpHeaders": {"X-Swarm-Constraint": "node==node-0"}}
    config.write_text(json.dumps({**json.loads(config.read_text()), **fields}))
    docker("pull", name)
    assert holders(engines, name) == ["node-0"]


@pytest.mark.parametrize("name, familiar", [
    ("busybox&tag=1", "busybox:1"), ("docker.io%2Flibrary%2Fbusybox%3A1", "busybox:1")])
@pytest.mark.parametrize("newer", [0, 1, 2])
def test_a_pull_ends_with_what_came(fakes, start_manager, name, familiar, newer):
    """One line for all nodes, of none of them: clients look for it."""
    engines = fakes(2)
    for n, engine in enumerate(engines):
        done = "Downloaded newer image" if n < newer else "Image is up to date"
        engine.script("POST", "/images/create", Reply(200, json.dumps({"status": f"Status: {done} for {familiar}"}) + "\n"))
    manager = start_manager([engine.address for engine in engines]).wait_healthy()
    lines = lines_of(manager.request("POST", f"/images/create?fromImage={name}", body=b""))
    done = "Downloaded newer image" if newer else "Image is up to date"
    assert lines[-1] == {"status": f"Status: {done} for {familiar}"}
    assert [line for line in lines if line["status"].startswith("Status: ")] == lines[-1:]


GONE = Reply(404, {"message": "manifest unknown"})
DENIED = Reply(403, {"message": "denied"})
OTHER = Reply(404, {"message": "no such thing"})
CAME = Reply(200, b'{"status":"Pulling"}\n{"status":"Status: Downloaded newer image for busybox:1"}\n')
BROKE = Reply(200, b'{"status":"Pulling"}\n{"errorDetail":{"message":"disk full"},"error":"disk full"}\n')


@pytest.mark.parametrize("replies, status, text", [
    ([GONE], 404, "manifest unknown"), ([GONE, GONE], 404, "manifest unknown"), ([BROKE], 200, "disk full"),
    ([BROKE, BROKE], 200, "disk full"), ([GONE, DENIED], 200, "fake-0: manifest unknown\nfake-1: denied"),
    ([GONE, OTHER], 200, "fake-0: manifest unknown\nfake-1: no such thing"),
    ([CAME, GONE], 200, "fake-1: manifest unknown"), ([CAME, BROKE], 200, "fake-1: Failed to load busybox:1: disk full"),
    ([GONE, BROKE], 200, "fake-0: manifest unknown\nfake-1: Failed to load busybox:1: disk full"),
])
@pytest.mark.parametrize("target", ["/images/create?fromImage=busybox:1", "/images/load"])
def test_what_fails_on_all_nodes_is_told_as_an_engine_tells_it(fakes, start_manager, target, replies, status, text):
    """Before anything comes by the status, then within the stream; what does not fail everywhere names its node."""
    engines = fakes(len(replies))
    for engine, reply in zip(engines, replies):
        engine.script("POST", target.split("?")[0], reply)
    manager = start_manager([engine.address for engine in engines]).wait_healthy()
    answer = manager.request("POST", target, body=b"archive")
    if "load" in target:
        text = text.replace("load busybox:1", "load image")
    assert answer.status == status
    if status == 200:
        assert lines_of(answer)[-1] == {"error": text, "errorDetail": {"code": 1, "message": text}}
    else:
        assert answer.json == {"message": text}


def test_a_pull_that_fails(manager, engines, docker, registry):
    name = f"{registry.address}/nosuch:1"
    registry.login(docker)
    registry.login(engines[0].docker)
    assert docker.fails("pull", name) == engines[0].docker.fails("pull", name)
    response = manager.request("POST", "/images/create?fromImage=Bad/NAME&tag=1")
    assert response.status == 400
    assert response.json["message"] == "invalid reference format: repository name (NAME) must be lowercase"


def test_create_of_an_image_that_is_there_asks_no_registry(manager, docker):
    docker("tag", "busybox", "registry.invalid/tool:1")
    assert docker("run", "--rm", "registry.invalid/tool:1", "echo", "here") == "here"


def test_no_healthy_node(engines, start_manager):
    manager = start_manager("127.0.0.1:1")
    for method, target in (("POST", "/images/create?fromImage=busybox&tag=1"), ("POST", "/images/load")):
        response = manager.request(method, target)
        assert response.status == 500
        assert response.json["message"] == "No healthy node available in the cluster"


class Upload:
    """POST /images/load, chunked, piece by piece."""

    def __init__(self, manager):
        self.connection = manager.connect(timeout=300)
        self.connection.send_request(
            "POST",
            "/images/load?quiet=1",
            [("Content-Type", "application/x-tar"), ("Transfer-Encoding", "chunked")],
        )

    def send(self, data):
        for at in range(0, len(data), MiB):
            piece = data[at:at + MiB]
            self.connection.send(b"%x\r\n" % len(piece) + piece + b"\r\n")

    def finish(self):
        self.connection.send(b"0\r\n\r\n")
        return lines_of(self.connection.read_response("POST"))


@pytest.fixture
def big_archive(engines):
    """big_archive(size): such an image as `docker save` writes it, which no engine has any more; (archive, id)."""
    def make(size):
        image = make_image(engines[0], "big:1", size)
        data = engines[0].request("GET", "/images/big:1/get").body
        engines[0].request("DELETE", "/images/big:1?force=1")
        return data, image

    return make


@pytest.mark.parametrize("loss", ["kill", "freeze"])
def test_load_while_one_node_is_lost(manager, engines, big_archive, loss):
    data, image = big_archive(100 * MiB)
    upload = Upload(manager)
    upload.send(data[:len(data) // 2])
    getattr(engines[1], loss)()
    upload.send(data[len(data) // 2:])
    lines = upload.finish()

    failed = lines[-1]
    assert failed["error"].startswith("node-1: ") and failed["errorDetail"]["message"] == failed["error"]
    assert "node-0" not in failed["error"] and "node-2" not in failed["error"]
    loaded = [line["id"] for line in lines if "Loaded image: big:1" in line.get("stream", "")]
    assert sorted(loaded) == ["node-0", "node-2"]
    for engine in (engines[0], engines[2]):
        assert engine.get("/images/big:1/json")["Id"] == image
        assert engine.request("GET", "/images/big:1/get").status == 200
    assert "big:1" in listed(manager)


def test_load_ends_with_its_client(manager, engines, big_archive):
    data, _ = big_archive(100 * MiB)
    files = manager.open_files()
    upload = Upload(manager)
    upload.send(data[:len(data) // 4])
    upload.connection.close()
    eventually(lambda: manager.open_files() <= files, what="the uploads to the engines are gone")
    assert holders(engines, "big:1") == []


def test_load_of_nonsense(manager, engines, tmp_path):
    (tmp_path / "nonsense").write_bytes(b"this is no archive" * 1000)
    said = manager.docker.fails("load", "-i", tmp_path / "nonsense")
    assert said == engines[0].docker.fails("load", "-i", tmp_path / "nonsense")


def test_load_memory_is_bounded(frugal, big_archive):
    data, _ = big_archive(200 * MiB)
    upload = Upload(frugal)
    upload.send(data[:10 * MiB])
    peak = Peak(frugal)
    upload.send(data[10 * MiB:])
    assert "error" not in upload.finish()[-1]
    assert peak.growth() < 8 * MiB
