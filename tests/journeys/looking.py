"""What eyes would notice, asked of the page itself: what sticks out, is faint or not translated."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Error, Page

from keqiao.access.models import User
from tests.attacks.conftest import BACKEND

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}

# Boxes that reach over the right edge, unless they lie in something that scrolls or cuts on purpose.
WIDE = """() => {
  const edge = document.documentElement.clientWidth, found = [];
  if (document.documentElement.scrollWidth > edge)
    found.push(`the page is ${document.documentElement.scrollWidth} wide`);
  const held = e => { for (let p = e.parentElement; p && p !== document.body; p = p.parentElement)
    if (getComputedStyle(p).overflowX !== 'visible') return true; return false; };
  for (const e of document.querySelectorAll('body *')) {
    const box = e.getBoundingClientRect();
    if (box.width && box.right > edge + 1 && box.left < edge && e.checkVisibility({visibilityProperty: true})
        && !held(e))
      found.push(`${e.tagName}.${e.className} reaches to ${Math.round(box.right)}`);
  }
  for (const e of document.querySelectorAll(':is(main, #dialog) :is(select, input, button, .btn)')) {
    if (!e.checkVisibility({visibilityProperty: true})) continue;
    const box = e.getBoundingClientRect();
    const frame = e.parentElement.closest('.card, fieldset, dialog, td, th')?.getBoundingClientRect();
    const strip = e.parentElement.closest('ul, ol, .scroll');
    const slides = strip && ['auto', 'scroll'].includes(getComputedStyle(strip).overflowX);
    if (frame && !slides && box.width > 2 && box.right > frame.right + 2)
      found.push(`${e.tagName}.${e.className} ${e.name || ''} is cut off at the right`);
  }
  return found.slice(0, 4);
}"""

# The texts whose colour stands out too little from what lies behind them (WCAG 2.2: 4.5 to 1).
FAINT = """() => {
  const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const lum = ([r, g, b]) => { const f = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
    return .2126 * f(r) + .7152 * f(g) + .0722 * f(b); };
  const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c[3] > .9) return c; } return [0, 0, 0, 1]; };
  const bad = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own) continue;
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    if (!box.width || style.visibility === 'hidden'
        || e.closest('[aria-disabled],[disabled],[aria-hidden]')
        || e.closest('details:not([open])') && !e.closest('summary') || style.opacity < 1) continue;
    const a = lum(parse(style.color)), b = lum(behind(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    const name = `${e.tagName}.${e.className} "${e.textContent.trim().slice(0, 20)}"`;
    if (ratio < 4.5) bad.push(`${name} ${ratio.toFixed(2)}`);
  }
  return bad.slice(0, 6);
}"""

# Texts of another language, also those that only a reader hears. A part that says by `lang` that it
# speaks another language means it; code, keys and what people typed are data.
FOREIGN = """([pattern, allowed]) => {
  const wrong = new RegExp(pattern, 'g'), fine = new Set(allowed), found = new Set();
  const page = document.documentElement.lang;
  const quoted = 'code, kbd, pre, samp, script, style, noscript, textarea, article.guide, .hits';
  const skipped = e => e.closest(quoted)
    || (e.closest('[lang]') || document.documentElement).lang !== page;
  const look = text => { const bad = (text.match(wrong) || []).filter(word => !fine.has(word));
    if (bad.length) found.add(text.trim().replace(/\\s+/g, ' ').slice(0, 90)); };
  look(document.title);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (!skipped(walker.currentNode.parentElement)) look(walker.currentNode.data);
  for (const e of document.querySelectorAll('[aria-label],[title],[placeholder],[alt],[data-tip]'))
    if (!skipped(e)) for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
      look(e.getAttribute(name) || '');
  return [...found].slice(0, 8);
}"""

# Opens each menu not seen before and tells which reach over an edge; returns the kinds it opened, too.
MENUS = """async ([seen]) => {
  const known = new Set(seen), outside = [], opened = [], pause = ms => new Promise(r => setTimeout(r, ms));
  const plain = text => text.replace(/\\d+/g, '#').trim();
  for (const menu of document.querySelectorAll('details')) {
    const summary = menu.querySelector('summary');
    if (menu.open || !summary?.checkVisibility()) continue;
    const source = menu.querySelector('[hx-get]')?.getAttribute('hx-get').split('?')[0] || '';
    const named = source || menu.matches('.why') ? source : summary.textContent;
    const kind = plain(`${menu.className} ${named}`);
    if (known.has(kind)) continue;
    known.add(kind); opened.push(kind);
    summary.scrollIntoView({block: 'center'});
    menu.open = true;
    await pause(20);
    for (let left = 100; left && document.querySelector('.htmx-request'); left--) await pause(20);
    await pause(20);
    for (const part of menu.children) {
      const box = part.getBoundingClientRect();
      if (part !== summary && box.width && (box.right > innerWidth + 1 || box.left < -1))
        outside.push(`the menu ${kind} lies from ${Math.round(box.left)} to ${Math.round(box.right)}`);
    }
    menu.open = false;
  }
  return [outside, opened];
}"""
# The addresses of the other tabs of a page.
TABS = """() => [...document.querySelectorAll('main nav.tabs a[href], main .seg a[href]')]
  .map(e => e.getAttribute('href')).filter(href => href.startsWith('/'))"""
# The addresses of the dialogs a page can open.
DIALOGS = """() => [...document.querySelectorAll('[hx-get][hx-target="#dialog"]')]
  .map(e => e.getAttribute('hx-get'))"""
HAN = "[\u3400-\u9fff]+"
# A word with a small letter that is no part of an address, a path or a key (utf-8, li@x.cn, Asia/Tokyo).
LATIN = "(?<![\\w@./:+-])(?=[A-Za-z]*[a-z])[A-Za-z][A-Za-z'’]{2,}(?![\\w@/:+-]|\\.\\w)"
# Names that people in China write in Latin letters as well.
NAMED = ["Excel", "Office", "Mac", "Kappa"]


# Counts what a page's own scripts ask for; htmx marks its requests itself. A page whose form is sent
# or whose link is followed is on its way out, though the browser shows it until the answer comes; an
# answer that is a file leaves it standing, so the mark wears off.
WATCH = """window.underway = 0;
  window.leaving = 0;
  const plain = window.fetch, leave = () => { window.leaving = Date.now() + 4000; };
  window.fetch = (...given) => { window.underway += 1;
    return plain(...given).finally(() => { window.underway -= 1; }); };
  addEventListener('submit', (event) => {
    if (!event.defaultPrevented && event.target.method !== 'dialog') leave(); });
  addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href]');
    if (link && !event.defaultPrevented && !link.target && !link.hasAttribute('download')
        && link.href.split('#')[0] !== location.href.split('#')[0]) leave(); });"""
# A swap is over when its marks are gone; until then what came in does not yet hear a click. A part
# that loads itself is not there before it has begun, which some do after a pause.
SETTLED = """() => new Promise((answer) => requestAnimationFrame(() => requestAnimationFrame(() => answer(
  document.readyState === 'complete' && !window.underway && Date.now() > window.leaving
  && !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling, .htmx-added')
  && [...document.querySelectorAll('[hx-trigger^="load"]')].every(
    (part) => part['htmx-internal-data']?.loaded)))))"""
# A journey is about what happens, not about how soon on a machine that does other things as well.
PATIENCE = 20_000  # milliseconds


def look_around(browser: Browser, locale: str = "zh-CN", **options: Any) -> BrowserContext:
    """Return a window without the small films of a page and without what a phone keeps of it."""
    context = browser.new_context(
        viewport=DESK,
        locale=locale,
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
        service_workers="block",
        **options,
    )
    prepare(context)
    return context


def prepare(context: BrowserContext) -> None:
    context.set_default_timeout(PATIENCE)
    context.add_init_script(WATCH)


def signed_in(context: BrowserContext, user: User, base: str) -> None:
    client = Client()
    client.force_login(user, backend=BACKEND)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": base}])


def settle(page: Page) -> None:
    """Wait until everything the page asked for is in its place and hears clicks."""
    until = time.monotonic() + PATIENCE / 1000
    # Not `wait_for_function`: to it a promise is an answer, whatever it comes to.
    while time.monotonic() < until:
        with suppress(Error):  # the page made way for the next one
            if page.evaluate(SETTLED):
                return
    raise AssertionError(f"{page.url} does not come to rest")


def menus_outside(page: Page, seen: set[str]) -> list[str]:
    """Open the menus of a kind not in `seen` and return those that do not fit; `seen` grows."""
    outside, opened = page.evaluate(MENUS, [sorted(seen)])
    seen.update(opened)
    return list(outside)


def tabs(page: Page) -> list[str]:
    return list(page.evaluate(TABS))


def dialogs(page: Page) -> list[str]:
    return list(page.evaluate(DIALOGS))


def wide(page: Page) -> list[str]:
    return list(page.evaluate(WIDE))


def faint(page: Page) -> list[str]:
    return list(page.evaluate(FAINT))


def foreign(page: Page, language: str, data: Sequence[str] = ()) -> list[str]:
    """Return the texts of a page that are not in its language; words that are `data` may be."""
    asked: list[Any] = [HAN, [*data]] if language == "en" else [LATIN, [*NAMED, *data]]
    return list(page.evaluate(FOREIGN, asked))
