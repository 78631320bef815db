"""A client of the hub protocol, as an agent of any make would speak it."""

from harness import rawhttp


class Hub:
    """The clusters of one hub at host:port."""

    def __init__(self, address, base="/v1"):
        self.address = address
        self.base = base

    def request(self, method, path, body=None):
        return rawhttp.request(self.address, method, self.base + path, body=body)

    def create(self):
        response = self.request("POST", "/clusters")
        assert response.status == 200, response.text
        return response.text

    def put(self, token, address, ttl=180):
        response = self.request("POST", f"/clusters/{token}?ttl={ttl}", body=address.encode())
        assert (response.status, response.text) == (200, "OK"), response.text

    def list(self, token):
        response = self.request("GET", f"/clusters/{token}")
        assert response.status == 200, response.text
        return response.json


def write_state(folder, token, count):
    """A state folder whose token has so many members, which nobody has to register."""
    folder.mkdir(exist_ok=True)
    members = "".join(f"member 10.{n >> 16}.{n >> 8 & 255}.{n & 255}:2375 100000\n" for n in range(count))
    (folder / "registry").write_text(f"swarm registry 1\ntoken {token}\n{members}end\n")


def state(folder):
    """(own token, {token: [address]}) of a state folder; the file must be whole."""
    lines = (folder / "registry").read_text().split("\n")
    assert lines[0] == "swarm registry 1"
    assert lines[-2:] == ["end", ""], lines[-3:]
    own, tokens = None, {}
    for line in lines[1:-2]:
        kind, *words = line.split(" ")
        if kind == "own":
            own = words[0]
        elif kind == "token":
            members = tokens.setdefault(words[0], [])
        else:
            assert kind == "member", line
            members.append(words[0])
    return own, tokens
