"""What the benches share: the simulator's pool, a manager over it, proxies beside it, load.

Everything is asked of in the same run, by the same load generators, because only ratios compare
between machines.
"""
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HERE = os.path.join(TOP, "bench")
BUILD = os.path.join(TOP, "build-bench")


def build():
    if not os.path.exists(os.path.join(BUILD, "build.ninja")):
        subprocess.run(["meson", "setup", BUILD, TOP, "--buildtype=release", "-Dbench=true",
                        "-Dtests=false"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", BUILD], check=True, stdout=subprocess.DEVNULL)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Process:
    """A child that is ended by its pid, whatever happens."""

    def __init__(self, *argv, **kwargs):
        self.child = subprocess.Popen(argv, **kwargs)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(15)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def memory_kib(pid, key):
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            if line.startswith(key + ":"):
                return int(line.split()[1])
    raise RuntimeError(key)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ask(address, path):
    with urllib.request.urlopen(f"http://{address}{path}", timeout=60) as answer:
        return json.load(answer)


def load(*args):
    out = subprocess.run([os.path.join(BUILD, "bench", "load"), *map(str, args)],
                         stdout=subprocess.PIPE, check=False, timeout=300)
    result = json.loads(out.stdout)
    if result["errors"]:
        raise RuntimeError(f"load {args}: {result}")
    return result


def wait_until_known(address, engines, containers, began):
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        try:
            info = ask(address, "/info")
        except OSError:
            time.sleep(0.02)
            continue
        healthy = sum(1 for row in info["SystemStatus"] if row[1] == "Healthy")
        if healthy == engines and info["Containers"] == engines * containers:
            return time.monotonic() - began
        time.sleep(0.05)
    raise RuntimeError(f"only {healthy} engines and {info['Containers']} containers known")


def metrics(address):
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    samples = (l.rsplit(" ", 1) for l in lines if not l.startswith("#"))
    return {name: float(value) for name, value in samples}


@contextlib.contextmanager
def pool(engines, containers):
    """The addresses of simulated engines."""
    with Process(os.path.join(BUILD, "bench", "simulator"), str(engines), str(containers),
                 stdout=subprocess.PIPE, text=True) as sim:
        members = []
        for line in sim.child.stdout:
            if line.strip() == "ready":
                break
            members.append(line.strip())
        yield members


class Manager:
    """A program under test over the pool, with what its start took."""

    def __init__(self, binary, members, containers, work):
        self.address = f"127.0.0.1:{free_port()}"
        nodes = os.path.join(work, "nodes")
        with open(nodes, "w") as f:
            f.write("\n".join(members) + "\n")
        with open(os.path.join(work, "log"), "w") as log:
            began = time.monotonic()
            self.process = Process(binary, "manage", "-H", f"tcp://{self.address}", f"file://{nodes}",
                                   stdout=log, stderr=log)
        self.pid = self.process.child.pid
        try:
            self.start_s = wait_until_known(self.address, len(members), containers, began)
        except BaseException:
            self.process.__exit__()
            raise
        self.start_cpu_s = cpu_seconds(self.pid)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.process.__exit__(*exc)

    def pids(self):
        return [self.pid]


class Proxy:
    """HAProxy or nginx, who know which engine has which container."""

    def __init__(self, kind, owners, work):
        self.address = f"127.0.0.1:{free_port()}"
        folder = os.path.join(work, kind)
        os.makedirs(folder)
        argv = getattr(self, "_" + kind)(owners, folder)
        self.process = Process(*argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while True:
            try:
                ask(self.address, f"/containers/{next(iter(owners))}/json")
                return
            except OSError:
                if time.monotonic() > deadline or self.process.child.poll() is not None:
                    self.process.__exit__()
                    raise
                time.sleep(0.1)

    def _haproxy(self, owners, folder):
        engines = sorted(set(owners.values()))
        with open(os.path.join(folder, "map"), "w") as f:
            f.writelines(f"{i} e{a.replace(':', '_')}\n" for i, a in owners.items())
        with open(os.path.join(folder, "conf"), "w") as f:
            f.write(f"""global
 nbthread 2
 maxconn 4000
defaults
 mode http
 timeout connect 5s
 timeout client 60s
 timeout server 60s
 http-reuse always
frontend all
 bind {self.address}
 use_backend %[path,field(3,/),map({folder}/map)]
""")
            f.writelines(f"backend e{a.replace(':', '_')}\n server s {a}\n" for a in engines)
        return ["haproxy", "-db", "-f", os.path.join(folder, "conf")]

    def _nginx(self, owners, folder):
        engines = sorted(set(owners.values()))
        with open(os.path.join(folder, "conf"), "w") as f:
            f.write(f"""daemon off;
worker_processes 2;
pid {folder}/pid;
error_log /dev/null;
events {{ worker_connections 4000; }}
http {{
 access_log off;
 client_body_temp_path {folder}/body;
 proxy_temp_path {folder}/proxy;
 fastcgi_temp_path {folder}/fastcgi;
 uwsgi_temp_path {folder}/uwsgi;
 scgi_temp_path {folder}/scgi;
 keepalive_requests 1000000;
 map_hash_max_size 262144;
 map_hash_bucket_size 128;
 map $uri $engine {{
""")
            f.writelines(f"  /containers/{i}/json e{a.replace(':', '_')};\n" for i, a in owners.items())
            f.write(" }\n")
            f.writelines(f" upstream e{a.replace(':', '_')} {{ server {a}; keepalive 16; keepalive_requests 1000000; }}\n"
                         for a in engines)
            f.write(f""" server {{
  listen {self.address};
  location / {{ proxy_pass http://$engine; proxy_http_version 1.1; proxy_set_header Connection ""; }}
 }}
}}
""")
        return ["nginx", "-c", os.path.join(folder, "conf"), "-p", folder]

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.process.__exit__(*exc)

    def pids(self):
        """With its workers."""
        pid = self.process.child.pid
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            return [pid, *map(int, f.read().split())]


def can_run(program):
    return shutil.which(program) is not None


def many(target, paths, seconds, clients=64):
    """Requests a second, and microseconds of the target's processor time for each."""
    env = {**os.environ, "PATHS": paths}
    pids = target.pids()
    before = sum(map(cpu_seconds, pids))
    out = subprocess.run(["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "-s", os.path.join(HERE, "paths.lua"),
                          f"http://{target.address}"], env=env, check=True, capture_output=True, text=True,
                         timeout=seconds + 60).stdout
    cpu = sum(map(cpu_seconds, pids)) - before
    if "Non-2xx" in out:
        raise RuntimeError(f"{target.address}: {out}")
    answered = int(next(line.split()[0] for line in out.splitlines() if "requests in" in line))
    return {"per_s": answered / seconds, "cpu_us": cpu / answered * 1e6}


class Engine:
    """One simulated engine asked directly: the limit that nobody between can beat."""

    def __init__(self, address, pid):
        self.address, self.pid = address, pid

    def pids(self):
        return [self.pid]


def owners_of(members):
    """Which engine has which container, as the engines themselves say."""
    return {c["Id"]: a for a in members for c in ask(a, "/containers/json?all=1")}


def write_paths(owners, work):
    """Files for `many`: the containers of all nodes, and those of one."""
    first = next(iter(owners.values()))
    names = {"all": list(owners), "one": [i for i, a in owners.items() if a == first]}
    for name, ids in names.items():
        with open(os.path.join(work, name), "w") as f:
            f.writelines(f"/containers/{i}/json\n" for i in ids)
    return {name: os.path.join(work, name) for name in names}
