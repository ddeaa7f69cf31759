"""`keqiao match` reads what the import reads and writes rows a program can use."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from keqiao.config.command_line import main
from tests.quality.truth.generate import customers, true_pairs, write


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["match", *map(str, arguments)])
    return result.exit_code, result.output


def pairs_of(path: Path) -> set[tuple[int, int]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {(int(row["left_row"]), int(row["right_row"])) for row in csv.DictReader(file)}


@pytest.mark.django_db
def test_duplicates_of_a_gbk_list_with_semicolons_are_written_with_groups(tmp_path: Path) -> None:
    rows = customers(1_500, 3)
    write(rows, tmp_path / "plain.csv", with_truth=False)
    lines = list(csv.reader((tmp_path / "plain.csv").open(encoding="utf-8", newline="")))
    messy = tmp_path / "客户.csv"
    with messy.open("w", encoding="gb18030", newline="", errors="replace") as file:
        csv.writer(file, delimiter=";").writerows(lines)
    out, groups = tmp_path / "pairs.csv", tmp_path / "groups.csv"
    code, said = run(messy, "--object", "account", "--out", out, "--clusters", groups, "--json")
    assert code == 0, said
    report = json.loads(said)
    true, found = true_pairs(rows), pairs_of(out)
    assert len(found & true) >= 0.9 * len(true)
    assert len(found - true) <= 0.03 * len(found)
    assert report["pairs"] == len(found)
    assert report["columns"]["电话"] == "phone"
    assert groups.read_text(encoding="utf-8").startswith("cluster,row\n")


@pytest.mark.django_db
def test_rows_are_counted_from_the_first_data_row_with_empty_ones(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    people = [f"person{at} name{at},p{at}@mail{at}.org,021-55{at:06d}" for at in range(40)]
    path.write_text("\n".join(["name,email,phone", ",,", *people, people[0]]), encoding="utf-8")
    out = tmp_path / "pairs.csv"
    code, said = run(path, "--object", "contact", "--out", out)
    assert code == 0, said
    assert pairs_of(out) == {(1, 41)}


@pytest.mark.django_db
def test_what_cannot_be_matched_is_said_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("name\nA\nB\n", encoding="utf-8")
    out = tmp_path / "pairs.csv"
    code, said = run(path, "--object", "nonsense", "--out", out)
    assert code == 1
    assert "nonsense" in said
    wrong = tmp_path / "map.json"
    wrong.write_text('{"phone": "phone"}', encoding="utf-8")
    code, said = run(path, "--object", "account", "--out", out, "--map", wrong)
    assert code == 1
    assert "phone" in said
    code, said = run(path, path, path, "--object", "account", "--out", out)
    assert code == 2
