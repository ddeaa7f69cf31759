"""The `keqiao` command as an administrator meets it: help, exit codes, set-up, import and export."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from keqiao.config.command_line import main
from tests.faults.installation import ROOT, Installation, prepared

COMMANDS = sorted(main.commands)
CSV = """客户名称,电话,地区
苏州博远精密机械有限公司,0512-62881234,江苏省苏州市
杭州云栖科技有限公司,１３８００１３８０００,浙江杭州
,12,
"""


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("installation"), prepared())
    yield made
    made.stop()


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, "-m", "keqiao.config.command_line", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "keqiao.config.settings", **environment},
    )


def test_the_promised_commands_exist() -> None:
    promised = "serve worker init demo import export reindex doctor bench"
    assert set(promised.split()) <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    from click.testing import CliRunner

    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output
    assert main.commands[name].help
    if name not in {"serve", "worker"}:
        assert "--json" in result.output


def test_help_loads_nothing_of_the_product() -> None:
    script = (
        "import sys\nfrom keqiao.config.command_line import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "assert not {'django', 'pypinyin', 'httpx'} & set(sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, timeout=30).returncode == 0


def test_wrong_usage_and_wrong_settings_have_codes_and_sentences(tmp_path: Path) -> None:
    assert run("import").returncode == 2
    assert run("nothing").returncode == 2
    broken = run("doctor", KEQIAO_DATA=str(tmp_path), KEQIAO_WEB_WORKERS="2", KEQIAO_HTTPS="maybe")
    assert broken.returncode == 1
    assert "KEQIAO_HTTPS must be 1 or 0" in broken.stderr
    assert "Traceback" not in broken.stderr


def test_a_new_installation_has_no_account_and_one_key(installation: Installation) -> None:
    first = json.loads(installation.command("init", "--yes", "--json"))
    second = json.loads(installation.command("init", "--yes", "--json"))
    assert first["set_up_token"] != second["set_up_token"]
    used = installation.script(
        "from django.db import transaction\n"
        "from keqiao.access.models import SetupToken, User\n"
        "from keqiao.access.set_up import use_token\n"
        "with transaction.atomic():\n"
        f"    tries = [use_token({first['set_up_token']!r}), use_token({second['set_up_token']!r}),"
        f" use_token({second['set_up_token']!r})]\n"
        "kept = repr(list(SetupToken.objects.values_list()))\n"
        f"result = [tries, User.objects.count(), {second['set_up_token']!r} in kept]\n"
    )
    assert used == [[False, True, False], 0, False]


def test_import_and_export_add_up(installation: Installation, tmp_path: Path) -> None:
    source = tmp_path / "list.csv"
    source.write_bytes(CSV.encode("gb18030"))
    arguments = ("import", str(source), "--object", "account", "--json")
    dry = json.loads(installation.command(*arguments, "--dry-run"))
    done = json.loads(installation.command(*arguments))
    for counts in (dry, done):
        parts = ("created", "updated", "duplicates", "rejected")
        assert counts["rows_read"] == sum(counts[part] for part in parts) == 3
        assert (counts["created"], counts["rejected"]) == (2, 1)
    target = tmp_path / "accounts.csv"
    written = json.loads(
        installation.command("export", str(target), "--object", "account", "--json")
    )
    assert written["rows"] == 2
    with target.open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == 3
    counts = json.loads(installation.command("reindex", "--json"))
    assert counts["account"] == 2


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("export", "x.pdf", "--object", "account"), ".xlsx or .csv"),
        (("export", "x.csv", "--object", "nothing"), "account"),
        (("export", "x.csv", "--object", "account", "--where", "nope:equals:1"), "nope"),
        (("export", "x.csv", "--object", "account", "--user", "nobody"), "nobody"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    arguments: tuple[str, ...], word: str, installation: Installation, tmp_path: Path
) -> None:
    arguments = tuple(str(tmp_path / part) if part.startswith("x.") else part for part in arguments)
    done = run(*arguments, **installation.own_environment())
    assert done.returncode == 1
    assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_doctor_finds_a_broken_change_log(installation: Installation) -> None:
    healthy: dict[str, Any] = json.loads(installation.command("doctor", "--json"))
    assert healthy["healthy"], healthy
    assert {"database", "change log", "queue", "keys"} <= {
        finding["part"] for finding in healthy["findings"]
    }
    installation.script(
        "from keqiao.records.models import ChangeEntry\n"
        "first = ChangeEntry.objects.order_by('id').first()\n"
        "ChangeEntry.objects.filter(pk=first.pk).update(actor_name='somebody else')\n"
        "result = 0\n"
    )
    sick = run("doctor", "--json", **installation.own_environment())
    assert sick.returncode == 1
    [line] = [one for one in json.loads(sick.stdout)["findings"] if not one["is_well"]]
    assert line["part"] == "change log"
