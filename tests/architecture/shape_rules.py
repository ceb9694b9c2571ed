"""The house rules that can be read off the syntax tree: sizes, names, defaults, exceptions, docstrings."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.source_tree import Finding, SourceModule

FUNCTION_LINES_MAX = 70
MODULE_LINES_MAX = 500

BANNED_WORDS = frozenset({"util", "utils", "helper", "helpers", "common", "misc", "manager"})
"""Words that say nothing about what is inside, in names of modules and classes."""

BANNED_PREFIXES = re.compile(r"_{0,2}(process|handle|do)_[a-z0-9]")
"""Verbs that hide what a function does. `do_GET` is the standard library's name and stays possible."""

FOREIGN_NAMES = frozenset({"handle_starttag", "handle_endtag", "handle_data", "handle_error"})
"""Methods that html.parser and socketserver call by these names; their arguments are named there too."""

BANNED_VARIABLES = frozenset({"data", "info"})

SECURITY_ARGUMENTS = frozenset(
    (
        *("allow_http", "allow_loopback", "loopback_allowed", "created", "dev", "expected_digest", "fetched_from"),
        *("key", "key_id", "keys", "nonce", "now", "proof_keys", "public_key", "secret", "seed", "sender_iri"),
        *("tier", "transport_keys", "verified"),
    )
)
"""Arguments on which security rests: whoever calls must say them. Options of commands are declared with defaults."""

BROAD = frozenset({"Exception", "BaseException"})

BROAD_EXCEPT_PLACES: dict[str, str] = {
    "node/jobs.py": "the job runner: one failed job must not end the others",
    "node/federation/problems.py": "the HTTP error middleware: our own mistake is a 500 with its chain in the log",
    "node/store/database.py": "hands the exception to the caller who waits on another thread, where it is raised",
}
"""The only files with a broad `except` that does not raise again, and why each may."""

GROWING: dict[str, str] = {
    "protocol.ledger.Ledger": "adds up the steps of one agreement while state_of runs; never leaves it",
    "protocol.ledger.Change": "gathers the answers to one change while state_of runs; never leaves it",
}
"""The public dataclasses that are not values, and why each may change."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions_of(module: SourceModule) -> Iterator[Function]:
    """Every function and method, nested ones too."""
    for node in module.nodes:
        if isinstance(node, Function):
            yield node


def find_oversize(module: SourceModule) -> list[Finding]:
    """Modules over 500 lines, functions over 70 from `def` to their end."""
    lines = len(module.text.splitlines())
    found = [Finding(module.path, lines, f"module of {lines} lines")] if lines > MODULE_LINES_MAX else []
    for function in functions_of(module):
        size = (function.end_lineno or function.lineno) - function.lineno + 1
        if size > FUNCTION_LINES_MAX:
            found.append(Finding(module.path, function.lineno, f"{function.name} of {size} lines"))
    return found


def find_banned_names(module: SourceModule) -> list[Finding]:
    """Names that say nothing: of modules and packages, classes, functions, variables, arguments and fields."""
    found = []
    for part in module.name.split("."):
        if BANNED_WORDS & set(part.split("_")):
            found.append(Finding(module.path, 1, f"module name {part}"))
    foreign = [function for function in functions_of(module) if function.name in FOREIGN_NAMES]
    let_through = {id(node) for function in foreign for node in (function, *ast.walk(function.args))}
    for node in module.nodes:
        if id(node) in let_through:
            continue
        if isinstance(node, ast.ClassDef):
            words = {word.lower() for word in re.findall(r"[A-Z][a-z0-9]*", node.name)}
            if BANNED_WORDS & words:
                found.append(Finding(module.path, node.lineno, f"class name {node.name}"))
        if isinstance(node, Function) and BANNED_PREFIXES.match(node.name):
            found.append(Finding(module.path, node.lineno, f"function name {node.name}"))
        for line, name in _bound_names(node):
            if name in BANNED_VARIABLES:
                found.append(Finding(module.path, line, f"variable name {name}"))
    return found


def _bound_names(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Names that this node gives to a value."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.lineno, node.id
    elif isinstance(node, ast.arg):
        yield node.lineno, node.arg
    elif isinstance(node, ast.alias) and node.asname:
        yield node.lineno, node.asname
    elif isinstance(node, ast.ExceptHandler) and node.name:
        yield node.lineno, node.name
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        yield node.lineno, node.attr


def find_defaulted_security(module: SourceModule) -> list[Finding]:
    """Security-relevant arguments and fields that have a default, outside the declarations of commands."""
    if module.is_in("cli", "node.commands", "tests"):
        return []
    found = []
    for function in functions_of(module):
        for argument in _defaulted_arguments(function):
            if argument.arg in SECURITY_ARGUMENTS:
                found.append(Finding(module.path, argument.lineno, f"{function.name}({argument.arg}=...)"))
    for node in module.nodes:
        if isinstance(node, ast.ClassDef):
            found.extend(
                Finding(module.path, field.lineno, f"{node.name}.{field.target.id} = ...")
                for field in node.body
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
                if field.target.id in SECURITY_ARGUMENTS and field.value is not None and not _means_any(field)
            )
    return found


def _means_any(field: ast.AnnAssign) -> bool:
    """Whether this is the tier of a filter, where None is said to mean any tier."""
    return (
        isinstance(field.target, ast.Name)
        and field.target.id == "tier"
        and isinstance(field.value, ast.Constant)
        and field.value.value is None
    )


def _defaulted_arguments(function: Function) -> Iterator[ast.arg]:
    positional = [*function.args.posonlyargs, *function.args.args]
    if function.args.defaults:
        yield from positional[-len(function.args.defaults) :]
    for argument, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
        if default is not None:
            yield argument


def find_broad_except(module: SourceModule) -> list[Finding]:
    """`except` for everything that does not raise again, and `suppress(Exception)`, outside the listed places."""
    if module.path in BROAD_EXCEPT_PLACES:
        return []
    found = []
    for node in module.nodes:
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type) and not _raises_again(node):
            found.append(Finding(module.path, node.lineno, "broad except"))
        elif isinstance(node, ast.Call) and any(_is_broad(argument) for argument in node.args):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name == "suppress":
                found.append(Finding(module.path, node.lineno, "broad suppress"))
    return found


def _is_broad(caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    if isinstance(caught, ast.Tuple):
        return any(_is_broad(element) for element in caught.elts)
    name = caught.attr if isinstance(caught, ast.Attribute) else getattr(caught, "id", "")
    return name in BROAD


def _raises_again(handler: ast.ExceptHandler) -> bool:
    """Whether the handler's last statement is a bare `raise`: it tidies up and swallows nothing."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def find_missing_docstrings(module: SourceModule) -> list[Finding]:
    """Modules without a docstring; in protocol/, public classes, functions and methods without one."""
    found = [] if ast.get_docstring(module.tree) else [Finding(module.path, 1, "module without a docstring")]
    if not module.is_in("protocol"):
        return found
    classes = [node for node in module.tree.body if isinstance(node, ast.ClassDef)]
    for node in [*module.tree.body, *(inner for owner in classes for inner in owner.body)]:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_") or _is_overload(node):
            continue
        if not ast.get_docstring(node):
            found.append(Finding(module.path, node.lineno, f"{node.name} without a docstring"))
    return found


def _is_overload(node: Function | ast.ClassDef) -> bool:
    return any(isinstance(decorator, ast.Name) and decorator.id == "overload" for decorator in node.decorator_list)


def find_mutable_values(module: SourceModule) -> list[Finding]:
    """Dataclasses that are not frozen and slotted. A private one may count or collect inside its own module."""
    found = []
    for node in module.nodes:
        if not isinstance(node, ast.ClassDef) or node.name.startswith("_") or f"{module.name}.{node.name}" in GROWING:
            continue
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            name = call.func if call else decorator
            if (name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", "")) != "dataclass":
                continue
            switched_on = {
                keyword.arg
                for keyword in (call.keywords if call else [])
                if isinstance(keyword.value, ast.Constant) and keyword.value.value is True
            }
            if not {"frozen", "slots"} <= switched_on:
                found.append(Finding(module.path, node.lineno, f"{node.name} is not frozen and slotted"))
    return found
