"""Files: taken by their content, kept out of reach, given only to who may see the record, never run."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image, ImageFile

from keqiao.access.access import Access
from keqiao.access.models import User
from keqiao.access.rights import Right
from keqiao.access.roles import set_field_right
from keqiao.activities import attaching, file_store, previews
from keqiao.activities.file_cleaning import clean, stock
from keqiao.activities.file_types import safe_name, type_of
from keqiao.catalog.registry import object_type
from keqiao.records.query import records
from keqiao.records.removal import delete_records
from tests.company import SYSTEM, TEST, Company, make, save_one

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PART = {"HX-Request": "true"}
UPLOAD = "/attachments/upload/"
PDF = b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\n%%EOF\n"
SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
)
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 40
NO_PREVIEW = "本服务器无法显示 HEIC 照片"


@pytest.fixture(autouse=True)
def data(settings: Any, tmp_path: Path) -> Path:
    settings.DATA = tmp_path
    return tmp_path


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def photo(width: int = 400, height: int = 200, *, turned: bool = False) -> bytes:
    picture = Image.new("RGB", (width, height), "#0b7a66")
    marks = Image.Exif()
    marks[0x010F] = "SecretPhone"
    if turned:
        marks[0x0112] = 6
    marks.get_ifd(0x8825)[2] = (30.0, 39.0, 1.0)
    file = io.BytesIO()
    picture.save(file, "JPEG", exif=marks)
    return file.getvalue()


def upload(client: Client, about: str, name: str, content: bytes) -> Any:
    file = SimpleUploadedFile(name, content, content_type="text/html")
    return client.post(UPLOAD, {"about": about, "files": file}, headers=PART)


def attached() -> list[Any]:
    return list(records(SYSTEM, object_type("attachment")).order_by("pk"))


@pytest.fixture
def account(company: Company) -> int:
    return make("account", owner=company.li, name="成都山海医疗器械有限公司")


# --- taking ---------------------------------------------------------------------------------------


def test_a_file_is_kept_and_given_back(company: Company, account: int) -> None:
    client = browser(company.li)
    answer = upload(client, f"account:{account}", "报价单.pdf", PDF)
    assert answer.status_code == 200
    assert "报价单.pdf" in answer.content.decode()
    [row] = attached()
    assert (row.size, row.media_type, row.account_id) == (len(PDF), "application/pdf", account)
    sent = client.get(f"/attachments/{row.pk}/file/")
    assert b"".join(sent.streaming_content) == PDF  # type: ignore[attr-defined]
    assert sent.headers["Content-Type"] == "application/pdf"
    assert sent.headers["X-Content-Type-Options"] == "nosniff"
    assert sent.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "no-store" in sent.headers["Cache-Control"]
    download = client.get(f"/attachments/{row.pk}/file/?download=1")
    assert download.headers["Content-Disposition"].startswith("attachment")
    assert "报价单.pdf" in client.get(f"/accounts/{account}/?tab=files").content.decode()


def test_a_photo_goes_with_a_follow_up(company: Company, account: int) -> None:
    client = browser(company.li)
    file = SimpleUploadedFile("IMG_1.jpg", photo(), content_type="image/jpeg")
    given = {"about": f"account:{account}", "type": "visit", "body": "现场", "files": file}
    assert client.post("/activities/log/", given, headers=PART).status_code == 204
    [row] = attached()
    [visit] = records(SYSTEM, object_type("visit"))
    assert (row.about, row.account_id) == (f"visit:{visit.pk}", account)
    page = client.get(f"/accounts/{account}/").content.decode()
    assert f"/attachments/{row.pk}/preview/" in page
    assert "IMG_1.jpg" in client.get(f"/accounts/{account}/?tab=files").content.decode()


def test_files_of_a_record_stand_on_its_timeline_together(company: Company, account: int) -> None:
    client = browser(company.li)
    for name in ("合同.pdf", "补充协议.pdf"):
        upload(client, f"account:{account}", name, PDF)
    page = client.get(f"/activities/timeline/account/{account}/").content.decode()
    assert "添加了 2 个文件" in page
    assert "补充协议.pdf" in page
    found = client.get(f"/activities/timeline/account/{account}/?q=补充").content.decode()
    assert "补充协议.pdf" in found
    assert "合同.pdf" not in found
    set_field_right(company.li.roles.get(), "attachment", "name", Right.HIDDEN)
    assert "补充" not in client.get(f"/activities/timeline/account/{account}/").content.decode()


def test_a_bad_file_takes_the_follow_up_back_and_keeps_the_text(
    company: Company, account: int
) -> None:
    file = SimpleUploadedFile("x.svg", SVG)
    given = {"about": f"account:{account}", "type": "visit", "body": "现场写的字", "files": file}
    answer = browser(company.li).post("/activities/log/", given, headers=PART)
    assert answer.status_code == 422
    assert "现场写的字" in answer.content.decode()
    assert not records(SYSTEM, object_type("visit")).exists()
    assert attached() == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("picture.svg", SVG),
        ("picture.png", SVG),
        ("page.html", b"<!doctype html><script>alert(1)</script>"),
        ("page.txt", b"  <HTML><body onload=alert(1)>"),
        ("page.html", PDF),
        ("evil.exe", b"MZ\x90\x00" + b"\x00" * 100),
        ("evil.pdf", b"MZ\x90\x00" + b"\x00" * 100),
        ("noname", b"just text"),
        ("empty.txt", b""),
    ],
)
def test_what_could_run_is_not_taken(
    name: str, content: bytes, company: Company, account: int
) -> None:
    answer = upload(browser(company.li), f"account:{account}", name, content)
    assert answer.status_code == 422
    assert attached() == []


def test_a_picture_that_is_a_page_as_well_is_only_ever_a_picture(
    company: Company, account: int
) -> None:
    mixed = b"GIF89a/*<html><script>alert(1)</script>*/=1;"
    client = browser(company.li)
    assert upload(client, f"account:{account}", "a.gif", mixed).status_code == 200
    [row] = attached()
    sent = client.get(f"/attachments/{row.pk}/file/")
    assert sent.headers["Content-Type"] == "image/gif"
    assert "sandbox" in sent.headers["Content-Security-Policy"]
    assert sent.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"/attachments/{row.pk}/preview/").status_code == 404


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("..\\..\\windows\\a.pdf", "a.pdf"),
        ("a\u202efdp.exe.pdf", "afdp.exe.pdf"),
        ("a\r\nX-Evil: 1.pdf", "aX-Evil: 1.pdf"),
        ("x" * 400 + ".pdf", "x" * 146 + ".pdf"),
        ("photo", "photo.pdf"),
        (".pdf", "pdf.pdf"),
    ],
)
def test_names_are_names_and_no_paths(given: str, kept: str) -> None:
    kind = type_of(PDF, "a.pdf")
    assert kind is not None
    assert safe_name(given, kind) == kept


def test_stored_names_are_fingerprints(data: Path, company: Company, account: int) -> None:
    client = browser(company.li)
    upload(client, f"account:{account}", "../../evil.pdf", PDF)
    upload(client, f"account:{account}", "again.pdf", PDF)
    stored = [path for path in (data / "files").rglob("*") if path.is_file()]
    assert len(stored) == 1
    assert len(stored[0].name) == 64
    assert not list(data.parent.glob("evil.pdf"))
    for wrong in ("../secret", "a" * 63, "A" * 64, ""):
        with pytest.raises(FileNotFoundError):
            file_store.path_of(wrong)


def test_size_and_room_have_limits_told_kindly(
    settings: Any, company: Company, account: int
) -> None:
    client, about = browser(company.li), f"account:{account}"
    settings.KEQIAO_ATTACHMENT_LIMIT = 1000
    answer = upload(client, about, "big.pdf", PDF + b"x" * 1000)
    assert answer.status_code == 422
    assert "big.pdf" in answer.content.decode()
    settings.KEQIAO_ATTACHMENT_QUOTA_PERSON = 50
    assert upload(client, about, "one.pdf", PDF).status_code == 200
    assert upload(client, about, "two.pdf", PDF).status_code == 422
    settings.KEQIAO_ATTACHMENT_QUOTA = 50
    assert upload(browser(company.qian), about, "three.pdf", PDF).status_code == 422
    assert len(attached()) == 1


# --- previews ---------------------------------------------------------------------------------------


def test_a_preview_is_upright_small_and_without_place(company: Company, account: int) -> None:
    client = browser(company.li)
    upload(client, f"account:{account}", "p.jpg", photo(1200, 600, turned=True))
    [row] = attached()
    answer = client.get(f"/attachments/{row.pk}/preview/")
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert answer.headers["Content-Type"] == "image/webp"
    with Image.open(io.BytesIO(content)) as shown:
        assert shown.size == (80, 160)
        assert not shown.getexif()
    assert b"SecretPhone" not in content


def test_heic_is_taken_with_or_without_a_preview(company: Company, account: int) -> None:
    client = browser(company.li)
    assert upload(client, f"account:{account}", "IMG.HEIC", HEIC).status_code == 200
    [row] = attached()
    assert row.media_type == "image/heic"
    assert client.get(f"/attachments/{row.pk}/preview/").status_code == 404


def test_without_the_reader_a_heic_photo_is_kept_and_says_so(
    monkeypatch: pytest.MonkeyPatch, company: Company, account: int
) -> None:
    monkeypatch.setattr(attaching, "can_show_heic", False)
    client = browser(company.li)
    page = upload(client, f"account:{account}", "IMG_1.HEIC", HEIC).content.decode()
    assert NO_PREVIEW in page
    [row] = attached()
    assert f"/attachments/{row.pk}/preview/" not in page
    kept = client.get(f"/attachments/{row.pk}/file/?download=1")
    assert b"".join(kept.streaming_content) == HEIC  # type: ignore[attr-defined]
    assert "IMG_1.HEIC" in kept.headers["Content-Disposition"]


def test_with_the_reader_a_heic_photo_has_a_preview_every_browser_shows(
    monkeypatch: pytest.MonkeyPatch, company: Company, account: int
) -> None:
    class Reader(ImageFile.ImageFile):
        """Stands for the optional reader of HEIC, which hands such photos to the library."""

        format = "HEIF"

        def _open(self) -> None:
            self._size, self._mode, self.tile = (400, 300), "RGB", []

        def load(self) -> Any:
            self._im = Image.new("RGB", (400, 300), "teal").im
            return None

    Image.register_open("HEIF", Reader, lambda head: head[4:12] == b"ftypheic")
    monkeypatch.setattr(attaching, "can_show_heic", True)
    monkeypatch.setattr(previews, "_FORMATS", (*previews._FORMATS, "HEIF"))
    client = browser(company.li)
    page = upload(client, f"account:{account}", "IMG_2.HEIC", HEIC).content.decode()
    [row] = attached()
    assert NO_PREVIEW not in page
    assert f"/attachments/{row.pk}/preview/?size=l" in page
    shown = client.get(f"/attachments/{row.pk}/preview/?size=l")
    assert shown.headers["Content-Type"] == "image/webp"
    with Image.open(io.BytesIO(b"".join(shown.streaming_content))) as picture:  # type: ignore[attr-defined]
        assert picture.size == (400, 300)
    kept = client.get(f"/attachments/{row.pk}/file/?download=1")
    assert b"".join(kept.streaming_content) == HEIC  # type: ignore[attr-defined]


def test_a_photo_of_thirty_megabytes_is_taken_and_a_larger_one_told(
    company: Company, account: int
) -> None:
    client, about = browser(company.li), f"account:{account}"
    begin = photo()
    whole = begin + b"\x00" * (30 * 1024 * 1024 - len(begin))
    assert upload(client, about, "刚好.jpg", whole).status_code == 200
    answer = upload(client, about, "太大.jpg", whole + b"\x00")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "太大.jpg" in page
    assert "30" in page.split("太大.jpg")[1][:40]
    given = {"about": about, "type": "visit", "body": "现场照片"}
    given["files"] = SimpleUploadedFile("太大.jpg", whole + b"\x00")  # type: ignore[assignment]
    answer = client.post("/activities/log/", given, headers=PART)
    assert answer.status_code == 422
    assert "太大.jpg" in answer.content.decode()
    assert "现场照片" in answer.content.decode()  # what was written is still there
    assert [row.name for row in attached()] == ["刚好.jpg"]


# --- who may -----------------------------------------------------------------------------------------


def test_a_file_of_others_does_not_exist(company: Company, account: int) -> None:
    upload(browser(company.li), f"account:{account}", "密.pdf", PDF)
    [row] = attached()
    stranger = browser(company.zhou)
    for address in ("file/", "file/?download=1", "preview/", ""):
        assert stranger.get(f"/attachments/{row.pk}/{address}").status_code == 404
    assert upload(stranger, f"account:{account}", "x.pdf", PDF).status_code == 404
    refused = stranger.post(f"/activities/attachment/{row.pk}/remove/", headers=PART)
    assert refused.status_code == 404
    assert Client().get(f"/attachments/{row.pk}/file/").status_code == 302
    assert len(attached()) == 1


def test_who_takes_over_the_customer_has_its_files(company: Company, account: int) -> None:
    upload(browser(company.li), f"account:{account}", "a.pdf", PDF)
    [row] = attached()
    save_one(SYSTEM, "account", {"owner": company.zhou.pk}, record_id=account)
    assert browser(company.zhou).get(f"/attachments/{row.pk}/file/").status_code == 200


def test_nobody_takes_a_stored_file_by_its_fingerprint(company: Company, account: int) -> None:
    upload(browser(company.li), f"account:{account}", "a.pdf", PDF)
    [row] = attached()
    mine = make("account", owner=company.zhou)
    access = Access.for_user(company.zhou)
    for values in ({"digest": row.digest}, {"media_type": "application/pdf"}, {"size": 1}):
        outcome = save_one(
            access, "attachment", {"name": "x", "about": f"account:{mine}", **values}
        )
        assert type(outcome).__name__ == "Rejected"


def test_a_hidden_fingerprint_hides_the_file(company: Company, account: int) -> None:
    upload(browser(company.li), f"account:{account}", "a.pdf", PDF)
    [row] = attached()
    set_field_right(company.li.roles.get(), "attachment", "digest", Right.HIDDEN)
    assert browser(company.li).get(f"/attachments/{row.pk}/file/").status_code == 404


# --- tidying up ---------------------------------------------------------------------------------------


def test_left_over_files_go_and_others_stay(data: Path, company: Company, account: int) -> None:
    client = browser(company.li)
    upload(client, f"account:{account}", "a.pdf", PDF)
    upload(client, f"account:{account}", "b.pdf", PDF + b"%second\n")
    [first, _second] = attached()
    lost, _size = file_store.keep([b"%PDF-lost"], 1000)
    fresh, _size = file_store.keep([b"%PDF-fresh"], 1000)
    old = time.time() - 3 * 24 * 3600
    for digest in (lost, first.digest):
        os.utime(file_store.path_of(digest), (old, old))
    delete_records(SYSTEM, object_type("attachment"), [first.pk], source=TEST)
    assert clean() == 1
    assert not file_store.path_of(lost).exists()
    assert file_store.path_of(fresh).exists()
    assert file_store.path_of(first.digest).exists()  # it can still be brought back
    found = stock()
    assert (found.files, found.left_over, found.missing) == (3, 1, 0)
    file_store.remove(first.digest)
    assert stock().missing == 1
