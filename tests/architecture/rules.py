"""The house rules as data: each finds its offences in one file and shows good and bad examples."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

Offence = tuple[int, str]

LONGEST_FILE = 500
LONGEST_FUNCTION = 60
HTTP_CLIENTS = ("httpx", "requests", "urllib3", "aiohttp", "http.client", "urllib.request")
OPEN_ENDED_CALLS = {
    "aggregate",
    "alias",
    "annotate",
    "exclude",
    "filter",
    "get",
    "get_or_create",
    "only",
    "order_by",
    "update",
    "update_or_create",
    "values",
    "values_list",
    "Q",
}
WRITES = {"save", "asave", "delete", "adelete", "update", "bulk_create", "bulk_update"}
MANAGERS = {"objects", "_default_manager", "_base_manager"}
VAGUE_NAMES = {"utils", "util", "helpers", "misc", "common"}
# A letter in brackets, so that the rules do not find themselves.
UNFINISHED = re.compile(r"\b(TOD[O]|FIXM[E]|XX[X])\b")
MACHINE_PATH = re.compile(r"(?<![\w.~])/(?:hom[e]|User[s]|wor[k]|roo[t])/\w+")
REGISTRY = re.compile(r"\b(?:py[p]i|python[h]osted|npm[j]s|npm[m]irror)\.(?:org|com)\b")


@dataclass(frozen=True)
class Source:
    """One file as the rules see it."""

    path: str
    text: str
    records: frozenset[str] = frozenset()

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def is_in(self, *packages: str) -> bool:
        return self.path.startswith(tuple(f"keqiao/{package}/" for package in packages))


@dataclass(frozen=True)
class Rule:
    """A rule of the house: what it finds, where it does not apply, and examples that prove it."""

    name: str
    find: Callable[[Source], Iterator[Offence]]
    bad: tuple[str, ...]
    good: tuple[str, ...]
    exempt: tuple[str, ...] = ()
    example_path: str = "keqiao/sales/example.py"

    def offences(self, source: Source) -> list[Offence]:
        return [] if source.path.startswith(self.exempt) else list(self.find(source))


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def called_name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


# --- the rules --------------------------------------------------------------------------------


def record_managers(source: Source) -> Iterator[Offence]:
    """`Account.objects`, `object_type.model.objects`: rows read past the row door."""
    for node in ast.walk(source.tree):
        if not (isinstance(node, ast.Attribute) and node.attr in MANAGERS):
            continue
        owner = node.value
        name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
        if name in source.records or name == "model":
            yield (
                node.lineno,
                f"{name}.{node.attr}: read through records(), write by save_records()",
            )


def record_writes(source: Source) -> Iterator[Offence]:
    """`account.save()`, `Account(...).delete()`: rows written past the write path."""
    tree = source.tree
    tainted = {snake(name) for name in source.records} | {"record", "instance"}
    tainted |= set(_record_variables(tree, source.records))
    for call in calls(tree):
        if not (isinstance(call.func, ast.Attribute) and call.func.attr in WRITES):
            continue
        owner = call.func.value
        name = owner.id if isinstance(owner, ast.Name) else ""
        if isinstance(owner, ast.Call):
            name = called_name(owner)
        if name in tainted or name in source.records:
            yield call.lineno, f"{name}.{call.func.attr}(: write by save_records()"


def _record_variables(tree: ast.AST, records: frozenset[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Assign(value=ast.Call() as made) if called_name(made) in records:
                yield from (part.id for part in node.targets if isinstance(part, ast.Name))
            case ast.arg(annotation=ast.Name(id=name)) if name in records:
                yield node.arg


def signal_receivers(source: Source) -> Iterator[Offence]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("db.models.signals"):
            yield node.lineno, "model signals hide effects; use the write path or @on(event)"


def open_ended_keywords(source: Source) -> Iterator[Offence]:
    """`filter(**data)`: keys an attacker names become look-ups (CVE-2025-64459 and others).

    Fine are a dictionary written out with its keys, and the function's own `**changes`, whose keys
    its callers write as keywords.
    """
    tree = source.tree
    harmless = set(_written_out(tree))
    for call in calls(tree):
        if called_name(call) not in OPEN_ENDED_CALLS:
            continue
        for keyword in call.keywords:
            value = keyword.value
            if keyword.arg is not None or _has_literal_keys(value):
                continue
            if not (isinstance(value, ast.Name) and (value.id, call.lineno) in harmless):
                yield call.lineno, f"** in {called_name(call)}(): name the look-ups"


def _written_out(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Give each harmless name with the lines of the function in which it is harmless."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        names = {function.args.kwarg.arg} if function.args.kwarg else set()
        for node in ast.walk(function):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if _has_literal_keys(
                    value
                ):
                    names.add(name)
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.Dict() as value):
                    if _has_literal_keys(value):
                        names.add(name)
        for line in range(function.lineno, (function.end_lineno or function.lineno) + 1):
            yield from ((name, line) for name in names)


def _has_literal_keys(value: ast.expr) -> bool:
    return isinstance(value, ast.Dict) and all(isinstance(key, ast.Constant) for key in value.keys)


def http_clients(source: Source) -> Iterator[Offence]:
    for node in ast.walk(source.tree):
        names: Iterable[str] = ()
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if any(name == client or name.startswith(f"{client}.") for client in HTTP_CLIENTS):
                yield node.lineno, f"{name}: outgoing calls go through keqiao.base.safe_http"
                break


def long_files(source: Source) -> Iterator[Offence]:
    lines = source.text.count("\n")
    if lines > LONGEST_FILE:
        yield 1, f"{lines} lines (at most {LONGEST_FILE})"


def long_functions(source: Source) -> Iterator[Offence]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            lines = node.end_lineno - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield node.lineno, f"{node.name}: {lines} lines (at most {LONGEST_FUNCTION})"


def bare_excepts(source: Source) -> Iterator[Offence]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield node.lineno, "name the errors this can deal with"


def prints(source: Source) -> Iterator[Offence]:
    for call in calls(source.tree):
        if isinstance(call.func, ast.Name) and call.func.id == "print":
            yield call.lineno, "log it, or write it with click.echo in a command"


def vague_modules(source: Source) -> Iterator[Offence]:
    parts = set(source.path.removesuffix(".py").split("/"))
    if parts & VAGUE_NAMES:
        yield 1, "name the module after what it is for"


def module_docstrings(source: Source) -> Iterator[Offence]:
    if source.text.strip() and not ast.get_docstring(source.tree):
        yield 1, "say in one sentence what the module is for in the business"


def future_annotations(source: Source) -> Iterator[Offence]:
    if not source.tree.body or (len(source.tree.body) == 1 and ast.get_docstring(source.tree)):
        return
    imports = (node for node in source.tree.body if isinstance(node, ast.ImportFrom))
    if not any(node.module == "__future__" for node in imports):
        yield 1, "from __future__ import annotations"


def matching(pattern: re.Pattern[str], advice: str) -> Callable[[Source], Iterator[Offence]]:
    def find(source: Source) -> Iterator[Offence]:
        for number, line in enumerate(source.text.splitlines(), start=1):
            if found := pattern.search(line):
                yield number, f"{found.group(0)}: {advice}"

    return find


def csrf_exemptions(source: Source) -> Iterator[Offence]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and any(
            alias.name == "csrf_exempt" for alias in node.names
        ):
            yield node.lineno, "only the API's token door may do without the CSRF token"


_LONG_FUNCTION = "def f():\n" + "    x = 1\n" * LONGEST_FUNCTION

RULES = (
    Rule(
        "records are read through the row door",
        record_managers,
        bad=("Account.objects.all()", "object_type.model.objects.count()"),
        good=("records(access, ACCOUNT)", "Job.objects.all()"),
        exempt=(
            "keqiao/records/",
            # Below the doors: rights ask by them, and a custom field counts who uses it.
            "keqiao/access/",
            "keqiao/catalog/custom_fields.py",
            # The bare view that the doors are measured against.
            "keqiao/config/benchmark/floor.py",
            "tests/",
        ),
    ),
    Rule(
        "records are written by the write path",
        record_writes,
        bad=(
            "account.save()",
            "def f(row: Account):\n    row.delete()",
            "row = Account(name='x')\nrow.save()",
            "Account(name='x').save()",
        ),
        good=("save_records(access, ACCOUNT, [draft])", "job.save()", "values.update(extra)"),
        exempt=("keqiao/records/", "tests/"),
    ),
    Rule(
        "no model signals",
        signal_receivers,
        bad=("from django.db.models.signals import post_save",),
        good=("from keqiao.records.outbox import on",),
    ),
    Rule(
        "no open keywords into queries",
        open_ended_keywords,
        bad=(
            "rows.filter(**data)",
            "rows.annotate(**{key: value})",
            "Q(**data)",
            "def f(data):\n    rows.filter(**data)",
            "def f():\n    line = {key: 1}\n    rows.filter(**line)",
        ),
        good=(
            "rows.filter(name=data['name'])",
            "Q(**{'name__lt': 3})",
            "build(**data)",
            "def f(**changes):\n    rows.update(**changes)",
            "def f():\n    line = {'role': 1}\n    rows.filter(**line)",
        ),
        # The compiler of the filter language: the names are columns the catalog declares.
        # And the queue, which writes columns it names itself onto rows of its own.
        exempt=(
            "keqiao/records/query.py",
            "keqiao/records/belonging.py",  # columns named by the declaration (`belongs_to`)
            "keqiao/jobs/store.py",
            "tests/",
        ),
    ),
    Rule(
        "one outgoing HTTP client",
        http_clients,
        bad=("import httpx", "from urllib.request import urlopen", "from urllib import request"),
        good=("from keqiao.base import safe_http", "from urllib.parse import quote"),
        exempt=("keqiao/base/safe_http.py", "scripts/", "tests/"),
    ),
    Rule("short files", long_files, bad=("x = 1\n" * (LONGEST_FILE + 1),), good=("x = 1\n" * 500,)),
    Rule(
        "short functions",
        long_functions,
        bad=(_LONG_FUNCTION + "    return x\n",),
        good=("def f():\n    return 1\n",),
    ),
    Rule(
        "no bare except",
        bare_excepts,
        bad=("try:\n    f()\nexcept:\n    raise",),
        good=("try:\n    f()\nexcept ValueError:\n    raise",),
    ),
    Rule("no print", prints, bad=("print('x')",), good=("log.info('x')", "pprint(x)")),
    Rule(
        "modules have names that say something",
        vague_modules,
        bad=("",),
        good=(),
        exempt=("tests/",),
        example_path="keqiao/sales/utils.py",
    ),
    Rule(
        "modules say what they are for",
        module_docstrings,
        bad=("import os\n",),
        good=('"""Counts tickets."""\n', ""),
        exempt=("tests/",),
    ),
    Rule(
        "annotations are lazy",
        future_annotations,
        bad=('"""Counts."""\nimport os\n',),
        good=('"""Counts."""\nfrom __future__ import annotations\nimport os\n', '"""Doc."""\n'),
    ),
    Rule(
        "nothing unfinished",
        matching(UNFINISHED, "finish it or open an issue"),
        bad=("x = 1  # TO" + "DO later",),
        good=("x = 1  # the to-do list of a person",),
    ),
    Rule(
        "nothing of this machine",
        matching(MACHINE_PATH, "a path of one machine"),
        bad=("DATA = '/ho" + "me/li/keqiao'",),
        good=("DATA = Path('data')", "path('/settings/jobs/')"),
    ),
    Rule(
        "no registry named",
        matching(REGISTRY, "the machine's own settings name the registry"),
        bad=("index = 'https://py" + "pi.org/simple'",),
        good=("index = settings.INDEX",),
    ),
    Rule(
        "forms keep their CSRF token",
        csrf_exemptions,
        bad=("from django.views.decorators.csrf import csrf_exempt",),
        good=("from django.views.decorators.csrf import csrf_protect",),
        exempt=("keqiao/api/",),
    ),
)
