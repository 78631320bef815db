"""What is installed: where a distribution expects it, and in step with the program."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from harness.lab import TOP
from harness.manager import binary, run_swarm

COMMANDS = ["manage", "join", "list", "create", "cert", "node ls", "node ps", "node inspect", "node update", "node rm", "node lost",
            "status", "top", "place"]
LAYOUT = [
    "bin/swarm",
    "lib/systemd/system/swarm.service",
    "lib/systemd/system/swarm.socket",
    "share/bash-completion/completions/swarm",
    "share/man/man1/swarm.1",
    "share/swarm/grafana/swarm.json",
    "share/swarm/prometheus/swarm.rules.yml",
    "share/zsh/site-functions/_swarm",
]


def output(*words, **options):
    return subprocess.run([*map(str, words)], check=True, capture_output=True, text=True, timeout=60, **options).stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The prefix, below a folder of its own as packages are made."""
    build = pathlib.Path(binary()).resolve().parent
    if not (build / "meson-private").is_dir():
        pytest.skip(f"{binary()} does not stand in the folder of a build")
    folder = tmp_path_factory.mktemp("installed")
    output("meson", "install", "-C", build, "--no-rebuild", "--destdir", folder)
    return next(path for path in folder.rglob("bin")).parent


def test_layout(installed):
    files = [path for path in installed.rglob("*") if path.is_file()]
    assert sorted(str(path.relative_to(installed)) for path in files) == LAYOUT
    assert {str(path.relative_to(installed)) for path in files if os.access(path, os.X_OK)} == {"bin/swarm"}


def test_the_unit_names_the_installed_program(installed):
    unit = (installed / "lib/systemd/system/swarm.service").read_text()
    program = re.search("^ExecStart=(.*?) manage", unit, re.M).group(1)
    assert str(installed / "bin/swarm").endswith(program) and os.path.isabs(program)


def options_of(command):
    """["-H", "--host", ...] as the help of the command shows them; of the program without one."""
    text = run_swarm(*(command or "").split(), "--help").stdout
    return re.findall(r"(?:^ +|, )(--?[a-zA-Z][a-z-]*)", text.partition("Options:")[2], re.M)


MANUAL = TOP / "docs/man/swarm.1"


def test_the_manual_can_be_read():
    if not shutil.which("man"):
        pytest.skip("man is not installed")
    done = subprocess.run(["man", "--warnings", "-l", MANUAL], capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "100"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "swarm manage" in done.stdout


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_the_manual_has_every_option(command):
    options = options_of(command)
    assert len(options) >= 2
    manual = MANUAL.read_text().replace("\\-", "-")
    missing = [option for option in options if not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", manual)]
    assert missing == []


def complete(*words):
    """What bash offers for the last word."""
    script = """
        . "$0"
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        $(complete -p swarm | sed -n 's/.*-F \\([^ ]*\\).*/\\1/p')
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    return output("bash", "-c", script, TOP / "completions/swarm.bash", "swarm", *words).split()


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_every_option_is_completed(command):
    retired = {"--engine-refresh-retry"}  # any value but the default is an error
    wanted = {option for option in options_of(command) if option.startswith("--")} - retired
    offered = set(complete(*(command or "").split(), "--"))
    # One spelling of an option is enough.
    assert offered - wanted <= {"--help"}
    assert wanted - offered <= {"--addr", "--cors", "--net"}


@pytest.mark.parametrize("option, table", [("strategy", "## Strategies"), ("filter", "## Filters")])
def test_the_words_of_an_option(option, table):
    """The help has them from the table that the program works with; everybody else follows."""
    words = re.search(rf"^ +--{option}.*: (\w.*)$", run_swarm("manage", "--help").stdout, re.M).group(1).split(", ")
    assert len(words) > 2
    assert complete("manage", f"--{option}", "") == words
    section = (TOP / "docs/scheduling.md").read_text().partition(table)[2]
    rows = section.partition("|---|---|\n")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)`", rows, re.M) == words
    manual = re.search(rf"^\.BI?R? \\-\\-{option}[ ,].*?\n\.TP", MANUAL.read_text(), re.M | re.S).group()
    assert re.findall(r"^\.BR? (\w+)", manual, re.M) == words


@pytest.mark.parametrize("words, offered", [
    (["ma"], ["manage"]),
    ([""], ["create", "list", "manage", "join", "node", "status", "top", "place", "cert", "help"]),
    (["-l", "debug", "li"], ["list"]),
    (["-l", "w"], ["warn"]),
    (["manage", "--strategy", "b"], ["binpack"]),
    (["manage", "-f", "con"], ["containerslots", "constraint"]),
    (["manage", "--tls", "--tlsc"], ["--tlscacert", "--tlscert"]),
    (["join", "--advertise", ""], []),
    (["cert", "m"], ["manager"]),
    (["node", "l"], ["ls", "lost"]),
    (["node", "update", "--availability", "d"], ["drain"]),
    (["help", "j"], ["join"]),
    (["list", "c"], ["consul://"]),
    (["join", "--addr=h:1", ""], ["consul://", "etcd://", "zk://", "token://"]),
    (["list", "zzz"], []),
])  # fmt: skip
def test_completion(words, offered):
    assert complete(*words) == offered


def test_files_are_completed(tmp_path):
    (tmp_path / "ca.pem").touch()
    assert complete("manage", "--tlscacert", f"{tmp_path}/c") == [f"{tmp_path}/ca.pem"]
    # readline splits words at colons
    assert complete("manage", "file", ":", f"//{tmp_path}/c") == [f"//{tmp_path}/ca.pem"]


# A zsh on a terminal of its own, in which "swarm" only says what it was called with.
ZSH = r"""
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "fpath=($1 \$fpath); autoload -U compinit; compinit -D -u; swarm() { print -r -- \$0: \$* }"
zpty -w -n z "swarm $2"$'\t\n'
zpty -r z seen "*swarm: *"$'\n'
print -r -- ${${seen##*swarm: }%%$'\r'*}
zpty -d z
"""


@pytest.mark.parametrize("typed, run", [
    ("man", "manage"), ("manage --strategy bin", "manage --strategy binpack"), ("list con", "list consul://"),
])  # fmt: skip
def test_completion_in_zsh(installed, typed, run):
    if not shutil.which("zsh"):
        pytest.skip("zsh is not installed")
    functions = installed / "share/zsh/site-functions"
    assert output("zsh", "-f", "-c", ZSH, "zsh", functions, typed).strip() == run
