"""Keeps the house rules, and keeps the rules themselves honest with their own examples."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.rules import MACHINE_PATH, REGISTRY, RULES, Rule, Source

ROOT = Path(__file__).resolve().parents[2]
RECORDS = frozenset({"Account"})
BINARY = {".png", ".jpg", ".ico", ".woff2", ".mo", ".xls", ".xlsx", ".gz"}


def names(rules: tuple[Rule, ...]) -> list[str]:
    return [rule.name.replace(" ", "_") for rule in rules]


@cache
def record_names() -> frozenset[str]:
    from django.apps import apps

    from keqiao.records.models import Record

    return frozenset(model.__name__ for model in apps.get_models() if issubclass(model, Record))


@cache
def python_sources() -> tuple[Source, ...]:
    paths = [
        path
        for folder in ("keqiao", "tests", "scripts")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "migrations" not in path.parts
    ]
    return tuple(
        Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"), record_names())
        for path in paths
    )


@pytest.mark.parametrize("rule", RULES, ids=names(RULES))
def test_rule_finds_its_bad_examples_and_spares_the_good(rule: Rule) -> None:
    for text in rule.bad:
        assert rule.offences(Source(rule.example_path, text, RECORDS)), text
    for text in rule.good:
        assert rule.offences(Source(rule.example_path, text, RECORDS)) == [], text


@pytest.mark.parametrize("rule", RULES, ids=names(RULES))
def test_code_keeps_the_rule(rule: Rule) -> None:
    offences = [
        f"{source.path}:{line}: {message}"
        for source in python_sources()
        for line, message in rule.offences(source)
    ]
    assert not offences, "\n".join(offences)


def test_record_names_are_known() -> None:
    """The two record rules look for real names; an empty set would let everything pass."""
    assert {"Account", "Contact", "Lead"} <= record_names()


def test_committed_files_name_no_machine_and_no_registry() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    offences = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in BINARY or not path.is_file() or path.stat().st_size > 2_000_000:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for pattern in (MACHINE_PATH, REGISTRY):
            offences += [f"{name}: {found.group(0)}" for found in pattern.finditer(text)]
    assert not offences, "\n".join(offences)


def test_no_test_is_switched_off() -> None:
    marks = ("mark." + "skip", "mark." + "xfail", "pytest." + "skip(")
    offences = [
        f"{source.path}: {mark}"
        for source in python_sources()
        if source.path.startswith("tests/")
        for mark in marks
        if mark in source.text
    ]
    assert not offences, "\n".join(offences)
