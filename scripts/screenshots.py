"""Makes the pictures of the documentation from the running product, so that they never grow old."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
PASSWORD = "keqiao-demo"  # noqa: S105 - published with the invented people
# Of the demo company: 李销售, 王经理, 钱管理员.
SELLER, REVIEWER, ADMINISTRATOR = "li", "wang", "qian"
DESK, POCKET = (1440, 900), (390, 844)
LARGEST = 300 * 1024
START_SECONDS = 120
FEWEST_PAIRS = 10  # of the demo company, when the comparison has come so far
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
         "--font-render-hinting=none"]  # fmt: skip


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Start the product with small demo data in a folder of its own and stop it afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "KEQIAO_DATA": str(folder), "KEQIAO_LOG_LEVEL": "ERROR"}
    for name in ("DATABASE_URL", "REDIS_URL", "KEQIAO_HTTPS", "DJANGO_SETTINGS_MODULE"):
        environment.pop(name, None)
    serve = [sys.executable, "-m", "keqiao.config.command_line", "serve", "--with-demo"]
    server = subprocess.Popen(  # noqa: S603
        [*serve, "--port", str(port)], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    base = f"http://127.0.0.1:{port}"
    try:
        _await(f"{base}/readyz", server)
        yield base
    finally:
        server.terminate()
        server.wait(timeout=60)


def _await(address: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=2):  # noqa: S310 - our own server
                return
        except OSError:
            time.sleep(0.3)
    msg = "The product did not start; run `keqiao serve --with-demo` to see why."
    raise SystemExit(msg)


@dataclass
class Camera:
    """One person at one screen."""

    browser: Browser
    base: str
    user: str
    size: tuple[int, int] = DESK
    theme: str = "light"
    language: str = "zh-hans"

    @contextmanager
    def page(self) -> Iterator[Page]:
        width, height = self.size
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            locale="zh-CN" if self.language == "zh-hans" else "en-GB",
            timezone_id="Asia/Shanghai",
            color_scheme="dark" if self.theme == "dark" else "light",
            reduced_motion="reduce",
            is_mobile=width < 500,
            has_touch=width < 500,
        )
        page = context.new_page()
        page.goto(f"{self.base}/auth/login/")
        page.fill("#id_login", self.user)
        page.fill("#id_password", PASSWORD)
        page.press("#id_password", "Enter")
        page.wait_for_url(f"{self.base}/")
        self._prefer(page)
        yield page
        context.close()

    def _prefer(self, page: Page) -> None:
        """Choose look and language as a person does, through the own menu's form."""
        token = page.locator("input[name=csrfmiddlewaretoken]").first.get_attribute("value")
        chosen: dict[str, str | float | bool] = {
            "theme": self.theme,
            "language": self.language,
            "csrfmiddlewaretoken": token or "",
        }
        page.request.post(
            f"{self.base}/preferences/", form=chosen, headers={"Referer": f"{self.base}/"}
        )

    def shoot(self, page: Page, name: str) -> None:
        page.wait_for_load_state("networkidle")
        page.evaluate("document.fonts.ready")
        path = PICTURES / f"{name}.png"
        page.screenshot(path=path, animations="disabled")
        if path.stat().st_size > LARGEST:
            msg = f"{path.name} has {path.stat().st_size // 1024} KB; make its content simpler."
            raise SystemExit(msg)

    def visit(self, page: Page, address: str, name: str) -> None:
        page.goto(self.base + address)
        self.shoot(page, name)


def first_record(page: Page, base: str, path: str = "accounts") -> str:
    page.goto(f"{base}/{path}/?sort=-annual_revenue" if path == "accounts" else f"{base}/{path}/")
    address = page.locator("td.tt a").first.get_attribute("href")
    return str(address)


def daily_work(browser: Browser, base: str) -> None:
    camera = Camera(browser, base, SELLER)
    with camera.page() as page:
        record = first_record(page, base)
        camera.visit(page, "/", "home")
        camera.visit(page, "/accounts/", "list")
        camera.visit(page, "/accounts/?where=region:within:320000", "list-filtered")
        page.locator("tbody .tick").nth(0).check()
        page.locator("tbody .tick").nth(2).check()
        camera.shoot(page, "list-selected")
        camera.visit(page, record, "record")
        camera.visit(page, f"{record}?tab=history", "record-log")
        page.goto(base + record)
        page.fill("[data-composer] textarea", "对方确认预算，下周一前给最终报价")
        page.wait_for_selector("[data-composer] [name=next_day], [data-composer] [name=next]")
        camera.shoot(page, "follow-up")
        camera.visit(page, "/calendar/", "calendar")
        camera.visit(page, "/leads/?display=board", "board")
        page.goto(f"{base}/accounts/")
        page.keyboard.press("?")
        page.wait_for_selector("#dialog .dlg")
        camera.shoot(page, "keys")
        camera.visit(page, f"{record}edit/", "form")
        camera.visit(page, "/search/?q=bo", "search")
        camera.visit(page, "/pool/", "pool")
        camera.visit(page, "/pool/forecast/", "pool-returning")
        page.goto(f"{base}/accounts/")
        page.keyboard.press("Control+k")
        page.keyboard.type("精密")
        page.wait_for_selector("#commands a, dialog a", timeout=5000)
        page.wait_for_timeout(400)
        camera.shoot(page, "commands")
        page.goto(f"{base}/accounts/")
        page.locator("a[href*='/export/']").first.click()
        page.wait_for_selector("#dialog .dlg")
        camera.shoot(page, "export")
    for name, theme, language in (
        ("list-dark", "dark", "zh-hans"),
        ("list-english", "light", "en"),
    ):
        other = Camera(browser, base, SELLER, theme=theme, language=language)
        with other.page() as page:
            other.visit(page, "/accounts/", name)
            if language == "en":
                other.visit(page, "/pool/", "pool-english")
                other.visit(page, "/pool/forecast/", "pool-returning-english")
            if theme == "dark":
                other.visit(page, first_record(page, base), "record-dark")
    phone = Camera(browser, base, SELLER, size=POCKET)
    with phone.page() as page:
        phone.visit(page, "/accounts/", "phone")
        phone.visit(page, first_record(page, base), "phone-record")


def own_field(page: Page, base: str) -> None:
    """Add a field of the company's own, as an administrator does."""
    page.goto(f"{base}/settings/fields/new/?object=account")
    page.fill("[name=label]", "合作阶段")
    page.fill("[name=label_en]", "Stage")
    page.select_option("[name=kind]", "choice")
    page.fill("[name=choices]", "接洽 | blue\n试单 | amber\n长期合作 | jade")
    page.fill("[name=standard]", "以最近一次订单为准。")
    page.click("[data-save]")
    page.wait_for_url("**/settings/fields/?object=account")


def administration(browser: Browser, base: str) -> None:
    camera = Camera(browser, base, ADMINISTRATOR)
    with camera.page() as page:
        own_field(page, base)
        camera.visit(page, "/settings/fields/", "settings-fields")
        camera.visit(page, "/settings/fields/new/?object=account", "settings-field")
        camera.visit(page, "/settings/people/", "settings-people")
        seller = page.get_by_role("link", name="李销售").first.get_attribute("href")
        camera.visit(page, f"{seller}leaving/", "settings-leaving")
        camera.visit(page, "/settings/working-days/", "settings-working-days")
        page.goto(f"{base}/settings/roles/")
        role = page.get_by_role("link", name="销售", exact=True).first.get_attribute("href")
        camera.visit(page, str(role), "settings-roles")
        camera.visit(page, f"{role}fields/", "settings-field-rights")
        camera.visit(page, "/settings/tokens/", "settings-tokens")
        camera.visit(page, "/api/docs", "api")


def importing(browser: Browser, base: str, folder: Path) -> None:
    sample = folder / "客户名单.xlsx"
    command = [
        sys.executable,
        "-m",
        "keqiao.config.command_line",
        "demo",
        "--sample-file",
        str(sample),
    ]
    subprocess.run(  # noqa: S603
        command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
        env={**os.environ, "KEQIAO_DATA": str(folder)},
    )  # fmt: skip
    camera = Camera(browser, base, ADMINISTRATOR)
    with camera.page() as page:
        camera.visit(page, "/import/?object=account", "import-upload")
        page.set_input_files("input[type=file]", sample)
        page.locator("main form button:not([type=button])").last.click()
        page.wait_for_url("**/columns/")
        camera.shoot(page, "import-columns")
        page.locator("form[action$='/check/'] button, button[formaction$='/check/']").last.click()
        page.wait_for_selector("form[action$='/run/']", timeout=60_000)
        camera.shoot(page, "import-checked")
        page.locator("form[action$='/run/'] button").last.click()
        page.wait_for_selector("a[href$='/undo/'], form[action$='/undo/']", timeout=60_000)
        camera.shoot(page, "import-report")
        camera.visit(page, "/jobs/", "jobs")
        camera.visit(page, "/quality/desk/", "quality-desk")
        camera.visit(page, "/quality/profile/accounts/name/", "data-profile")
        camera.visit(
            page, "/quality/profile/accounts/name/variants/?by=core", "data-profile-variants"
        )
        camera.visit(page, "/settings/notices/", "settings-notices")


def likely_duplicates(browser: Browser, base: str) -> None:
    """Type a customer that is there, a little otherwise, and show the rules of the duplicate check."""
    camera = Camera(browser, base, ADMINISTRATOR)
    with camera.page() as page:
        page.goto(f"{base}/accounts/")
        known = page.locator("#rows .tt a").first.inner_text().split()[-1]
        page.goto(f"{base}/leads/new/")
        page.locator("#id-name").press_sequentially(known.removesuffix("有限公司"))
        page.wait_for_selector(".likely .same")
        camera.shoot(page, "duplicate-hint")
        camera.visit(page, "/settings/duplicates/?object=lead", "duplicate-rules")
        camera.visit(page, "/settings/match-models/", "duplicate-models")


def standards_and_corrections(browser: Browser, base: str) -> None:
    """Try a data standard out, correct what is there, and show what the night did."""
    manager = Camera(browser, base, ADMINISTRATOR)
    with manager.page() as page:
        page.goto(f"{base}/settings/standards/new/?object=account")
        page.fill("#r-name", "大客户必须填写电话")
        page.fill("#r-zh", "100 人以上的客户请填写电话。")
        page.select_option("#r-field", "phone")
        page.click("button[value^=line]")
        page.wait_for_timeout(800)
        page.select_option("select[name^=field-]", "employees")
        page.wait_for_selector("select[name^=operator-]")
        page.select_option("select[name^=operator-]", "at_least")
        page.wait_for_timeout(800)
        page.fill("input[name^=value-]", "100")
        page.click("button[value=try]")
        page.wait_for_selector("section[aria-live]")
        page.locator("#r-name").scroll_into_view_if_needed()
        manager.shoot(page, "standards-rule")
        page.goto(f"{base}/quality/corrections/?object=account")
        page.click("button[value=apply]")
        page.wait_for_timeout(15_000)
        page.goto(f"{base}/settings/cleaning-schedule/")
        page.locator("form[action$='/run/'] button").first.click()
        page.wait_for_timeout(15_000)
        manager.visit(page, "/settings/cleaning-schedule/", "cleaning-schedule")
        manager.visit(page, "/quality/corrections/?object=account", "corrections")


def second_look(browser: Browser, base: str) -> None:
    """Set up review and double entry, enter something, and show the desks where it is decided."""
    manager = Camera(browser, base, ADMINISTRATOR)
    with manager.page() as page:
        page.goto(f"{base}/settings/review-rules/new/?object=account")
        page.fill("#r-name", "客户名称与联系方式复核")
        for name in ("name", "phone", "uscc"):
            page.check(f"input[name=fields][value={name}]")
        page.locator("input[name=roles]").nth(1).check()
        page.check("input[name=is_active]")
        page.click("button[value=try]")
        page.wait_for_selector("section[aria-live]")
        manager.shoot(page, "review-rule")
        page.click("button[value=save]")
        page.wait_for_url("**/settings/review-rules/")
        page.goto(f"{base}/settings/double-entry/new/?object=contact")
        page.fill("#r-name", "联系人抽样复录")
        for name in ("phone", "email", "position"):
            page.check(f"input[name=fields][value={name}]")
        for place in range(2):
            page.locator("input[name=roles]").nth(place).check()
        page.check("input[name=is_active]")
        page.click("button[value=save]")
        page.wait_for_url("**/settings/double-entry/")
        manager.visit(page, "/settings/double-entry/report/", "double-entry-report")
    seller = Camera(browser, base, SELLER)
    with seller.page() as page:
        for name, phone in (
            ("苏州博远精密科技有限公司", "0512-62881234"),
            ("无锡恒信商贸有限公司", ""),
        ):
            page.goto(f"{base}/accounts/new/")
            page.fill("#id-name", name)
            page.fill("#id-phone", phone)
            page.click("[data-save]")
            page.wait_for_url("**/accounts/")
        page.goto(f"{base}/contacts/new/")
        page.fill("#id-name", "周文斌")
        page.fill("#id-phone", "13862001234")
        page.fill("#id-position", "采购经理")
        page.click("[data-save]")
        page.wait_for_selector("[data-edit]")
    reviewer = Camera(browser, base, REVIEWER)
    with reviewer.page() as page:
        reviewer.visit(page, "/quality/queue/review/", "review-desk")
        _await_entry(page, base)
        reviewer.shoot(page, "second-entry")


def duplicates(browser: Browser, base: str) -> None:
    """Compare all records now, and show what looks like one customer twice."""
    manager = Camera(browser, base, ADMINISTRATOR)
    with manager.page() as page:
        page.goto(f"{base}/quality/duplicates/")
        page.locator("form[action$='/compare/'] button").click()
        for _try in range(60):
            page.goto(f"{base}/quality/duplicates/")
            if page.locator(".dup-table tbody tr").count() > FEWEST_PAIRS:
                break
            page.wait_for_timeout(1000)
        manager.visit(page, "/quality/duplicates/?object=lead", "duplicates")
        manager.visit(page, "/quality/queue/duplicates/", "duplicates-desk")


def asking_and_archiving(browser: Browser, base: str) -> None:
    """Ask a customer by a link, show what he sees on his phone, and what a rule would archive."""
    seller = Camera(browser, base, SELLER)
    with seller.page() as page:
        page.goto(f"{base}/contacts/")
        page.locator("main a[href^='/contacts/']").first.click()
        page.wait_for_selector("[data-edit]")
        page.goto(f"{page.url.split('?')[0]}ask-customer/")
        page.check("input[name=fields][value=phone]")
        page.check("input[name=shows_values]")
        seller.shoot(page, "customer-form-choose")
        page.locator("form.card button.p").click()
        link = page.locator("#link").inner_text()
    outside = browser.new_context(
        viewport={"width": POCKET[0], "height": POCKET[1]}, locale="zh-CN"
    )
    customer = outside.new_page()
    customer.goto(link)
    customer.screenshot(path=PICTURES / "customer-form.png")
    outside.close()
    manager = Camera(browser, base, ADMINISTRATOR)
    with manager.page() as page:
        page.goto(f"{base}/settings/archive/new/?object=account")
        page.fill("#r-name", "两年没有动态的客户")
        page.click("button[value=try]")
        page.wait_for_selector("section[aria-live]")
        manager.shoot(page, "archive-rule")


def _await_entry(page: Page, base: str) -> None:
    """Events are handled in the background: what was keyed waits for its second entry a moment later."""
    for _try in range(30):
        page.goto(f"{base}/quality/second-entry/")
        if page.locator("form.desk-entry").count():
            return
        page.wait_for_timeout(1000)


def tidying_up(browser: Browser, folder: Path) -> None:
    """Show the practice list as a newcomer finds it: what lifts the score most, and a desk of it."""
    environment = {**os.environ, "KEQIAO_DATA": str(folder)}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "-m", "keqiao.config.command_line", "demo", "--scale", "practice"]
    subprocess.run(  # noqa: S603
        command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, env=environment
    )
    with running(folder) as base:
        camera = Camera(browser, base, REVIEWER)
        with camera.page() as page:
            camera.visit(page, "/quality/desk/", "tidy-up-desk")
            camera.visit(page, "/quality/queue/verify/", "tidy-up-verify")


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    folder = Path(tempfile.mkdtemp(prefix="keqiao-pictures-"))
    try:
        with running(folder) as base, sync_playwright() as library:
            browser = library.chromium.launch(executable_path=chromium, args=FLAGS)
            daily_work(browser, base)
            administration(browser, base)
            importing(browser, base, folder)
            likely_duplicates(browser, base)
            second_look(browser, base)
            duplicates(browser, base)
            standards_and_corrections(browser, base)
            asking_and_archiving(browser, base)
            tidying_up(browser, folder / "practice")
            browser.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    names = sorted(path.name for path in PICTURES.glob("*.png"))
    sys.stdout.write(f"{len(names)} pictures in {PICTURES.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
