"""Keeps the translations whole: collects texts from the code, proves none is missing, compiles.

Written in Python alone, so `make run` needs no GNU gettext on the machine.
"""

from __future__ import annotations

import argparse
import ast
import re
import struct
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "keqiao"
LOCALE = PACKAGE / "locale"
MARKERS = {
    "_": 1,
    "gettext": 1,
    "gettext_lazy": 1,
    "gettext_noop": 1,
    "pgettext": 2,
    "pgettext_lazy": 2,
}
CONTEXT_SEPARATOR = "\x04"
HEADER = (
    "Project-Id-Version: keqiao\n"
    "Language: {language}\n"
    "MIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=UTF-8\n"
    "Content-Transfer-Encoding: 8bit\n"
)
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w*)\}|%[sd]")
STRING = r"(u?'(?:[^'\\]|\\.)*'|u?\"(?:[^\"\\]|\\.)*\")"
TEMPLATE_CALL = re.compile(rf"\b(_|gettext|pgettext)\(\s*{STRING}\s*(?:,\s*{STRING}\s*)?[,)]")


class BadCatalogue(Exception):
    """A translation file cannot be read; the message names the line."""


@dataclass
class Catalogue:
    """One language's file: the header and every text with its translation, in file order."""

    header: str = ""
    texts: dict[str, str] = field(default_factory=dict)


# --- reading and writing the text form ------------------------------------------------------


def read_po(path: Path) -> Catalogue:
    catalogue = Catalogue()
    entry: dict[str, str] = {}
    current = ""

    def close() -> None:
        if "msgid" in entry:
            key = entry["msgid"]
            if "msgctxt" in entry:
                key = entry["msgctxt"] + CONTEXT_SEPARATOR + key
            if key:
                catalogue.texts[key] = entry.get("msgstr", "")
            else:
                catalogue.header = entry.get("msgstr", "")
        entry.clear()

    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        word, _, rest = line.partition(" ")
        if word in {"msgctxt", "msgid"} and ("msgstr" in entry):
            close()
        if word in {"msgctxt", "msgid", "msgstr"}:
            current, literal = word, rest
        elif line.startswith('"') and current:
            literal = line
        else:
            msg = f"{path.name}, line {number}: not understood: {line}"
            raise BadCatalogue(msg)
        try:
            entry[current] = entry.get(current, "") + str(ast.literal_eval(literal.strip()))
        except (SyntaxError, ValueError):
            msg = f"{path.name}, line {number}: the text is not closed: {line}"
            raise BadCatalogue(msg) from None
    close()
    return catalogue


def quoted(text: str) -> str:
    escaped = (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    )
    return f'"{escaped}"'


def write_po(path: Path, catalogue: Catalogue) -> None:
    header = catalogue.header or HEADER.format(language=path.parent.parent.name)
    lines = ['msgid ""', 'msgstr ""', *(quoted(part) for part in header.splitlines(keepends=True))]
    for key in sorted(catalogue.texts):
        context, separator, text = key.rpartition(CONTEXT_SEPARATOR)
        lines.append("")
        if separator:
            lines.append(f"msgctxt {quoted(context)}")
        lines += [f"msgid {quoted(text)}", f"msgstr {quoted(catalogue.texts[key])}"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def compile_mo(catalogue: Catalogue) -> bytes:
    """Return the binary form (GNU gettext manual, section 10.3): sorted keys, two offset tables."""
    pairs = {"": catalogue.header, **{key: text for key, text in catalogue.texts.items() if text}}
    keys = sorted(pairs, key=lambda key: key.encode())
    originals = [key.encode() for key in keys]
    translations = [pairs[key].encode() for key in keys]
    start = 7 * 4 + 16 * len(keys)
    table_of_keys: list[int] = []
    table_of_texts: list[int] = []
    position = start
    for words, table in ((originals, table_of_keys), (translations, table_of_texts)):
        for word in words:
            table += [len(word), position]
            position += len(word) + 1
    numbers = [0x950412DE, 0, len(keys), 28, 28 + 8 * len(keys), 0, start]
    head = struct.pack(f"<{7 + 4 * len(keys)}I", *numbers, *table_of_keys, *table_of_texts)
    return head + b"".join(word + b"\0" for word in originals + translations)


# --- collecting texts ---------------------------------------------------------------------------


def texts_of_python(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        count = MARKERS.get(name)
        literals = [
            part.value
            for part in node.args[: count or 0]
            if isinstance(part, ast.Constant) and isinstance(part.value, str)
        ]
        if count and len(literals) == count:
            found.add(CONTEXT_SEPARATOR.join(literals))
    return found


def texts_of_template(path: Path) -> set[str]:
    from django.utils.translation.template import templatize

    found: set[str] = set()
    source = templatize(path.read_text(encoding="utf-8"), origin=str(path))
    for name, first, second in TEMPLATE_CALL.findall(source):
        literals = [first] if name != "pgettext" else [first, second]
        found.add(CONTEXT_SEPARATOR.join(str(ast.literal_eval(part)) for part in literals))
    return found


def collect() -> set[str]:
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if "migrations" not in path.parts:
            found |= texts_of_python(path)
    for pattern in ("*.html", "*.txt"):
        for path in PACKAGE.rglob(f"templates/**/{pattern}"):
            found |= texts_of_template(path)
    found.discard("")
    return found


def configure_django() -> None:
    import django
    from django.conf import settings

    # templatize() only needs the engine's character set.
    settings.configure(TEMPLATES=[], USE_I18N=False)
    django.setup()


# --- what the command does ----------------------------------------------------------------------


def placeholders(text: str) -> set[str]:
    return {match.group(0) for match in PLACEHOLDER.finditer(text)}


def faults(path: Path, texts: set[str]) -> list[str]:
    known = read_po(path).texts
    messages = [f"not translated: {text!r}" for text in sorted(texts) if not known.get(text)]
    messages += [
        f"placeholders differ: {text!r} -> {known[text]!r}"
        for text in sorted(texts & known.keys())
        if known[text] and placeholders(text) != placeholders(known[text])
    ]
    messages += [f"no longer used: {text!r}" for text in sorted(known.keys() - texts)]
    return messages


def update(path: Path, texts: set[str]) -> None:
    catalogue = read_po(path) if path.exists() else Catalogue()
    catalogue.texts = {text: catalogue.texts.get(text, "") for text in texts}
    write_po(path, catalogue)


def compile_all() -> None:
    for path in LOCALE.rglob("*.po"):
        target = path.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < path.stat().st_mtime:
            target.write_bytes(compile_mo(read_po(path)))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when a text is not translated")
    parser.add_argument("--update", action="store_true", help="write new texts into the files")
    chosen = parser.parse_args(arguments)
    paths = sorted(LOCALE.rglob("*.po")) or [LOCALE / "zh_Hans" / "LC_MESSAGES" / "django.po"]
    found: list[str] = []
    try:
        if chosen.check or chosen.update:
            configure_django()
            texts = collect()
            if chosen.update:
                for path in paths:
                    update(path, texts)
            if chosen.check:
                found = [fault for path in paths for fault in faults(path, texts)]
        compile_all()
    except BadCatalogue as problem:
        found = [str(problem)]
    for fault in found:
        sys.stderr.write(f"{fault}\n")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
