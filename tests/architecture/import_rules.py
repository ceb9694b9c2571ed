"""Who may import whom, and what pure code must not touch.

import-linter checks the layers of `node`; it takes no single module such as `cli` as a root and does not see parts of
the standard library such as `datetime.now`. These rules read the syntax tree, so they cover both.
"""

import ast
from collections.abc import Iterator

from tests.architecture.source_tree import Finding, SourceModule

LAYERS = (
    ("cli",),
    ("node.commands",),
    ("node.app",),
    ("node.jobs",),
    ("node.opening",),
    ("node.web", "node.federation"),
    ("node.operations",),
    ("node.store",),
    ("node.domain", "node.sheets"),
    ("protocol",),
)
"""From the top down. A layer may import those below it; the members of one layer may not import each other."""

LEAVES: dict[str, tuple[str, ...]] = {
    "schemas": (),
    "node.settings": ("protocol",),
    "node.keys": ("protocol",),
    "node.sheets": (),
    "protocol": (),
}
"""Parts that stand alone, with the parts of ours that they may import all the same."""

OURS = ("cli", "node", "protocol", "schemas", "tests")

PURE = ("protocol", "node.domain", "node.sheets")
"""Parts that take values and give values: no clock, no randomness, no files, no network, no log."""

IMPURE_MODULES = frozenset(
    (
        *("aiohttp", "apscheduler", "asyncio", "concurrent", "http.client", "http.server", "logging"),
        *("multiprocessing", "os", "pathlib", "random", "secrets", "select", "selectors", "shutil", "signal"),
        *("socket", "socketserver", "sqlite3", "sqlite_utils", "ssl", "subprocess", "sys", "tempfile", "threading"),
        *("time", "typer", "urllib.request", "uuid"),
    )
)

IMPURE_CALLS = frozenset({"open", "print", "input", "breakpoint", "exec", "eval", "__import__"})
CLOCK_METHODS = frozenset({"now", "utcnow", "today"})

ONLY_IN: dict[str, tuple[str, ...]] = {
    "sqlite_utils": ("node.store",),
    "apscheduler": ("node.jobs",),
    "tomllib": ("node.settings",),
    "typer": ("cli", "node.commands"),
    "rich": ("cli", "node.commands"),
    "aiohttp": ("node.web", "node.federation", "node.jobs", "node.app", "node.commands"),
    "openpyxl": ("node.sheets",),
    "node.keys": ("node.app", "node.opening", "node.commands", "node.federation", "node.jobs"),
    "node.settings": (
        "node.app",
        "node.opening",
        "node.commands",
        "node.federation",
        "node.jobs",
        "node.operations",
        "node.web",
    ),
}
"""What has one home: which parts may import it."""

STORE = "node.store"
SQLITE_TYPES = frozenset({"Connection", "DatabaseError", "Error", "IntegrityError", "OperationalError"})
"""What other parts may name of sqlite3: the type of what the store's functions take, and what they raise."""

SQL_METHODS = frozenset({"execute", "executemany", "executescript", "cursor"})

SYNCHRONOUS = ("protocol", "node.domain", "node.sheets", "node.store", "node.operations")
"""Parts where nothing waits on the event loop."""


def imports_of(module: SourceModule) -> Iterator[tuple[int, str]]:
    """Every imported name, dotted, with its line. `from a import b` gives `a.b`, which may be a module or not."""
    for node in module.nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = _origin_of(module, node)
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__"):
            yield from ((node.lineno, text) for argument in node.args[:1] for text in _texts_in(argument))


def _origin_of(module: SourceModule, node: ast.ImportFrom) -> str:
    if node.level == 0:
        return node.module or ""
    is_package = module.path.endswith("__init__.py")
    parts = module.name.split(".")
    kept = parts[: len(parts) - node.level + is_package]
    return ".".join([*kept, *([node.module] if node.module else [])])


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _texts_in(node: ast.expr) -> list[str]:
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def _within(name: str, packages: tuple[str, ...] | frozenset[str]) -> str | None:
    """The longest of these packages that holds this name."""
    holders = [package for package in packages if name == package or name.startswith(f"{package}.")]
    return max(holders, key=len, default=None)


def _layer_of(name: str) -> tuple[int, str] | None:
    """The index of a name's layer, counted from the top, and the member of the layer that holds it."""
    for index, layer in enumerate(LAYERS):
        member = _within(name, layer)
        if member is not None:
            return index, member
    return None


def find_wrong_direction(module: SourceModule) -> list[Finding]:
    """Imports of our own that point up, sideways, out of a leaf, or that come from a module outside every layer."""
    leaf = _within(module.name, tuple(LEAVES))
    own_layer = _layer_of(module.name)
    if own_layer is None and leaf is None and module.name != "node":
        return [Finding(module.path, 1, "stands in no layer: see tests/architecture/import_rules.py")]
    found = []
    for line, target in imports_of(module):
        if _within(target, OURS) is None:
            continue
        if leaf is not None:
            if _within(target, (leaf, *LEAVES[leaf])) is None:
                found.append(Finding(module.path, line, f"{leaf} stands alone but imports {target}"))
            continue
        if _within(target, ("tests", "cli")):
            found.append(Finding(module.path, line, f"nothing imports {target}"))
            continue
        found.extend(_wrong_layer(module, own_layer, line, target))
    return found


def _wrong_layer(module: SourceModule, own_layer: tuple[int, str] | None, line: int, target: str) -> list[Finding]:
    target_layer = _layer_of(target)
    if own_layer is None:
        return [Finding(module.path, line, f"the package node itself imports {target}")]
    if target_layer is None:
        return []
    (own_index, own_member), (index, member) = own_layer, target_layer
    if index < own_index:
        return [Finding(module.path, line, f"{own_member} imports {target}, which is above it")]
    if index == own_index and member != own_member:
        return [Finding(module.path, line, f"{own_member} imports {target}, its neighbour")]
    if own_member == "cli" and member != "node.commands":
        return [Finding(module.path, line, f"cli only assembles node.commands but imports {target}")]
    return []


def find_misplaced_libraries(module: SourceModule) -> list[Finding]:
    """Libraries imported outside their home, and pure parts that reach for the world."""
    found = []
    for line, target in imports_of(module):
        library = _within(target, tuple(ONLY_IN))
        if library is not None and not module.is_in(*ONLY_IN[library]):
            found.append(Finding(module.path, line, f"{library} is imported only by {', '.join(ONLY_IN[library])}"))
        if module.is_in(*PURE) and _within(target, IMPURE_MODULES) is not None:
            found.append(Finding(module.path, line, f"pure code imports {target}"))
        if not module.is_in("node.settings") and target in ("os.environ", "os.getenv"):
            found.append(Finding(module.path, line, "the environment is read in node/settings.py"))
    return found


def find_reading_of_the_world(module: SourceModule) -> list[Finding]:
    """Clock, files and input in pure code; the process environment read anywhere but in the settings."""
    found = []
    for node in module.nodes:
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb"):
            is_os = isinstance(node.value, ast.Name) and node.value.id == "os"
            if is_os and not module.is_in("node.settings"):
                found.append(Finding(module.path, node.lineno, "the environment is read in node/settings.py"))
        if not (isinstance(node, ast.Call) and module.is_in(*PURE)):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in IMPURE_CALLS:
            found.append(Finding(module.path, node.lineno, f"pure code calls {node.func.id}()"))
        if isinstance(node.func, ast.Attribute) and _reads_the_clock(node.func):
            found.append(Finding(module.path, node.lineno, f"pure code reads the clock: .{node.func.attr}()"))
    return found


def _reads_the_clock(method: ast.Attribute) -> bool:
    owner = method.value
    name = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
    return method.attr in CLOCK_METHODS and name in ("datetime", "date")


def find_sql_elsewhere(module: SourceModule) -> list[Finding]:
    """SQL, and more of sqlite3 than its types, outside the store."""
    if module.is_in(STORE):
        return []
    found = []
    for line, target in imports_of(module):
        if target.startswith("sqlite3.") and target.removeprefix("sqlite3.") not in SQLITE_TYPES:
            found.append(Finding(module.path, line, f"{target} belongs in {STORE}"))
    for node in module.nodes:
        if not isinstance(node, ast.Attribute):
            continue
        is_sqlite = isinstance(node.value, ast.Name) and node.value.id == "sqlite3"
        if is_sqlite and node.attr not in SQLITE_TYPES:
            found.append(Finding(module.path, node.lineno, f"sqlite3.{node.attr} belongs in {STORE}"))
        elif node.attr in SQL_METHODS and not is_sqlite:
            found.append(Finding(module.path, node.lineno, f".{node.attr} belongs in {STORE}: the only SQL"))
    return found


def find_waiting(module: SourceModule) -> list[Finding]:
    """Coroutines in the parts that are synchronous."""
    if not module.is_in(*SYNCHRONOUS):
        return []
    waiting = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    return [
        Finding(module.path, node.lineno, "this part is synchronous")
        for node in module.nodes
        if isinstance(node, waiting)
    ]
