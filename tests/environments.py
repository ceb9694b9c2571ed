"""Finds the Python interpreters of this machine and gives each one an environment of its own.

Only the set-up belongs here: which interpreters there are, where their environments stand, when one is stale. What is
run in them is the business of `run_all.py` and the Makefile. Standard library only, because it runs before anything is
installed.

    python3.11 -m tests.environments         makes or refreshes .venv and prints nothing when there is nothing to do
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
LOCK = REPOSITORY / "requirements-dev.txt"
OLDEST = (3, 11)
SUPPORTED_MINORS = ("3.11", "3.12", "3.13", "3.14")
PROBE_SECONDS_MAX = 15
"""A starting interpreter answers in well under a second; a broken shim must not hold the run."""
RECIPE = "1"
"""Counted up when the way an environment is made changes, so that old ones are made anew."""

_PROBE = """
import importlib.util, json, platform, sys, sysconfig
print(json.dumps({
    "version": sys.version_info[:3],
    "final": sys.version_info.releaselevel == "final",
    "implementation": platform.python_implementation(),
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "executable": getattr(sys, "_base_executable", None) or sys.executable,
    "missing": [name for name in ("venv", "ensurepip", "_ssl", "_sqlite3", "_ctypes")
                if importlib.util.find_spec(name) is None],
}))
"""


class SetupFailed(Exception):
    """An environment could not be made; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """One CPython that runs and has what an environment needs."""

    path: Path
    version: tuple[int, int, int]

    @property
    def minor(self) -> str:
        """The language version, such as `3.12`."""
        return f"{self.version[0]}.{self.version[1]}"

    @property
    def label(self) -> str:
        """The full version, such as `3.12.1`."""
        return ".".join(str(part) for part in self.version)


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found: at most one interpreter per language version, oldest first, and why others were left out."""

    interpreters: tuple[Interpreter, ...]
    left_out: tuple[str, ...]

    @property
    def absent_minors(self) -> tuple[str, ...]:
        """The supported language versions that this machine does not have."""
        found = {interpreter.minor for interpreter in self.interpreters}
        return tuple(minor for minor in SUPPORTED_MINORS if minor not in found)


def find_interpreters(*, search_path: str = os.environ.get("PATH", "")) -> Discovery:
    """Every usable CPython from 3.11 on: on PATH, in pyenv's and uv's folders, behind the `py` launcher.

    A name on PATH proves nothing (pyenv leaves shims for versions that are not chosen), so each candidate is started.
    """
    best: dict[tuple[int, int], Interpreter] = {}
    left_out: list[str] = []
    seen: set[Path] = set()
    for candidate in _candidates(search_path):
        found = _probe(candidate)
        if isinstance(found, str):
            left_out.append(found)
        elif found is not None and found.path.resolve() not in seen:
            seen.add(found.path.resolve())
            rival = best.get(found.version[:2])
            if rival is None or found.version > rival.version:
                best[found.version[:2]] = found
    return Discovery(interpreters=tuple(best[minor] for minor in sorted(best)), left_out=tuple(sorted(set(left_out))))


def _candidates(search_path: str) -> Iterator[Path]:
    """Paths that may be an interpreter, without repetition. None is trusted before it has run."""
    yield from dict.fromkeys([Path(sys.executable), *_on_path(search_path), *_in_version_folders(), *_from_launcher()])


def _on_path(search_path: str) -> Iterator[Path]:
    name = re.compile(r"python(3(\.\d+)?)?")
    for folder in [*search_path.split(os.pathsep), "/usr/bin", "/usr/local/bin"]:
        place = Path(folder)
        if folder and place.is_dir():
            yield from sorted(path for path in place.glob("python*") if name.fullmatch(path.name))


def _in_version_folders() -> Iterator[Path]:
    """Interpreters that version managers keep in one folder per version."""
    home = Path.home()
    roots = [Path(os.environ.get("PYENV_ROOT") or home / ".pyenv") / "versions"]
    if shutil.which("pyenv"):
        answer = _output_of(["pyenv", "root"])
        roots.append(Path(answer.strip()) / "versions" if answer else roots[0])
    roots.append(Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or home / ".local/share/uv/python"))
    for root in dict.fromkeys(roots):
        yield from sorted(root.glob("*/bin/python3"))
    yield from sorted(Path("/opt").glob("python*/bin/python3"))


def _from_launcher() -> Iterator[Path]:
    """What the `py` launcher knows, where there is one."""
    if shutil.which("py"):
        for line in (_output_of(["py", "-0p"]) or "").splitlines():
            words = line.split()
            if words and Path(words[-1]).is_file():
                yield Path(words[-1])


def _output_of(command: list[str]) -> str | None:
    """What a command prints, or None if it fails or takes too long."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_SECONDS_MAX, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _probe(path: Path) -> Interpreter | str | None:
    """The interpreter behind a path; a sentence if it is new enough but unusable; None if it is none of ours."""
    answer = _output_of([str(path), "-I", "-c", _PROBE])
    if answer is None:
        return None
    facts = json.loads(answer)
    major, minor, micro = facts["version"]
    if (major, minor) < OLDEST:
        return None
    executable = Path(facts["executable"])
    label = f"{major}.{minor}.{micro}"
    if facts["implementation"] != "CPython":
        return f"{label} is {facts['implementation']}"
    if facts["free_threaded"]:
        return f"{label} is a free-threaded build"
    if not facts["final"]:
        return f"{label} is a pre-release"
    if facts["missing"]:
        return f"{label} at {executable} lacks {', '.join(facts['missing'])}"
    return Interpreter(path=executable, version=(major, minor, micro))


def environment_folder(interpreter: Interpreter, *, is_first: bool) -> Path:
    """Where an interpreter's environment stands: `.venv` for the first one, `.venv-3.12` and so on for the others."""
    return REPOSITORY / (".venv" if is_first else f".venv-{interpreter.minor}")


def python_in(folder: Path) -> Path:
    """The interpreter inside an environment."""
    return folder / "bin" / "python"


def is_fresh(folder: Path, interpreter: Interpreter) -> bool:
    """Whether an environment was made completely, by this recipe, from this lock, with this interpreter."""
    stamp = folder / "stamp.json"
    return python_in(folder).exists() and stamp.exists() and json.loads(stamp.read_text()) == _stamp(interpreter)


def maker_of(folder: Path) -> Interpreter | None:
    """The interpreter that an environment says it was made with; None if it is not complete."""
    stamp = folder / "stamp.json"
    if not stamp.exists():
        return None
    facts = json.loads(stamp.read_text())
    major, minor, micro = facts["version"]
    return Interpreter(path=Path(facts["path"]), version=(major, minor, micro))


def write_stamp(folder: Path, interpreter: Interpreter) -> None:
    """Mark an environment as complete."""
    (folder / "stamp.json").write_text(json.dumps(_stamp(interpreter)))


def _stamp(interpreter: Interpreter) -> dict[str, object]:
    """What an environment was made from, as a digest. Tool settings in pyproject.toml do not count."""
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    ingredients = {
        "recipe": RECIPE,
        "place": str(REPOSITORY),
        "lock": LOCK.read_text(encoding="utf-8"),
        "project": settings["project"],
        "build": settings["build-system"],
    }
    digest = hashlib.sha256(json.dumps(ingredients, sort_keys=True).encode()).hexdigest()
    return {"path": str(interpreter.path), "version": list(interpreter.version), "digest": digest}


def begin_environment(interpreter: Interpreter, folder: Path) -> None:
    """The first environment, unless it is fresh: empty but for the locked pip. Says so. Raises SetupFailed."""
    if is_fresh(folder, interpreter):
        return
    sys.stderr.write(f"Setting up {folder.name} with Python {interpreter.label} (once, about half a minute)...\n")
    shutil.rmtree(folder, ignore_errors=True)
    _run([str(interpreter.path), "-m", "venv", str(folder)])
    only_pip = folder / "pip.txt"
    only_pip.write_text(locked_pip())
    _install(python_in(folder), python_in(folder), ["--require-hashes", "-r", str(only_pip)])


def fill_environment(interpreter: Interpreter, folder: Path, *, pip_from: Path) -> None:
    """Make an environment from the lock, unless it is fresh. Raises SetupFailed.

    `pip_from` is the interpreter of an environment that `begin_environment` made: its newer pip fills this one, or
    itself, about twice as fast as the pip that comes with Python (measured 2026-11-23: 11 s against 27 s).
    """
    if is_fresh(folder, interpreter):
        return
    python = python_in(folder)
    if pip_from != python:
        shutil.rmtree(folder, ignore_errors=True)
        _run([str(interpreter.path), "-m", "venv", "--without-pip", str(folder)])
    # The lock is complete and its hashes are checked, so nothing is left to resolve: --no-deps.
    _install(pip_from, python, ["--require-hashes", "-r", str(LOCK)])
    _install(pip_from, python, ["--no-index", "--no-build-isolation", "-e", str(REPOSITORY)])
    write_stamp(folder, interpreter)


def without_compiling_again(folder: Path) -> dict[str, str]:
    """The variables of this process, changed so that what runs in an environment keeps its compiled files.

    Where Python is told to write none, each of the hundreds of commands that the tests start would compile all that it
    imports, which takes longer than what it does. They are kept inside the environment then.
    """
    variables = dict(os.environ)
    if variables.pop("PYTHONDONTWRITEBYTECODE", None):
        variables["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    return variables


def locked_pip() -> str:
    """The lock's entry for pip with its hashes."""
    entry = re.search(r"^pip==.*(?:\n    --hash.*)+", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    if entry is None:
        raise SetupFailed(f"{LOCK.name} does not lock pip: run `make locks`.")
    return entry.group() + "\n"


def _install(pip_from: Path, python: Path, wanted: list[str]) -> None:
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-deps", "--no-compile"]
    _run([str(pip_from), "-m", "pip", "--python", str(python), "install", *options, *wanted])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=REPOSITORY, text=True, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise SetupFailed(f"{' '.join(command)}\n{done.stderr}")


def main() -> int:
    """Make `.venv` with the oldest usable interpreter unless it is fresh. Returns the exit status."""
    maker = maker_of(REPOSITORY / ".venv")
    if maker is not None and maker.path.exists() and is_fresh(REPOSITORY / ".venv", maker):
        return 0
    discovery = find_interpreters()
    if not discovery.interpreters:
        reasons = "; ".join(discovery.left_out) or "none was found"
        sys.stderr.write(f"Python 3.11 or later is needed ({reasons}). On Debian: apt-get install python3-venv\n")
        return 1
    first = discovery.interpreters[0]
    folder = environment_folder(first, is_first=True)
    try:
        begin_environment(first, folder)
        fill_environment(first, folder, pip_from=python_in(folder))
    except SetupFailed as failure:
        sys.stderr.write(f"The set-up failed.\n{failure}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
