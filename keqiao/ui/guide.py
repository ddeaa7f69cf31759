"""The guide people read in the product: the pages of docs/guide, searched and shown as safe HTML."""

from __future__ import annotations

import re
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from keqiao.ui.matching import fit, spoken

LANGUAGES = ("zh-hans", "en")
CONTENTS = "README"
PAGE_LINK = re.compile(r"(?:\./)?([a-z0-9-]+)\.md(?:#.*)?")
PICTURE = re.compile(r"(?:\.\./)*pictures/([a-z0-9-]+\.png)")
OUTSIDE = re.compile(r"https?://")
INSIDE = re.compile(r"/(?![/\\])")
EXCERPT = 60


@dataclass(frozen=True)
class GuidePage:
    """One page of the guide in one language."""

    slug: str
    title: str
    html: SafeString
    text: str

    @property
    def url(self) -> str:
        return f"/help/{self.slug}/"


@cache
def documents() -> Path:
    """Return the folder of guide and pictures: beside the source, or where the package put it."""
    checkout = Path(__file__).resolve().parents[2] / "docs"
    if (checkout / "guide").is_dir():
        return checkout
    installed = Path(sysconfig.get_path("data")) / "share" / "keqiao"
    if (installed / "guide").is_dir():
        return installed
    try:
        files = distribution("keqiao").files or []
    except PackageNotFoundError:
        return installed
    found = next((one for one in files if one.as_posix().endswith("guide/en/README.md")), None)
    return Path(str(found.locate())).resolve().parents[2] if found else installed


def guide_language() -> str:
    return "en" if (get_language() or "").startswith("en") else "zh-hans"


@lru_cache(maxsize=len(LANGUAGES))
def guide_pages(language: str) -> dict[str, GuidePage]:
    """Return every page by its name, in the order of the table of contents."""
    folder = documents() / "guide" / language
    sources = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md"))}
    first = PAGE_LINK.findall(sources.pop(CONTENTS, ""))
    ordered = dict.fromkeys([*(slug for slug in first if slug in sources), *sources])
    return {slug: _page(slug, sources[slug]) for slug in ordered}


def _page(slug: str, source: str) -> GuidePage:
    tokens = _reader().parse(source)
    title = slug
    if tokens and tokens[0].type == "heading_open":
        title, tokens = tokens[1].content, tokens[3:]  # the frame shows the title itself
    reader = _reader()
    html = reader.renderer.render(tokens, reader.options, {})
    return GuidePage(slug, title, SafeString(html), " ".join(strip_tags(html).split()))


@cache
def pictures() -> dict[str, Path]:
    """Return the pictures the guide shows; no other file leaves the folder."""
    folder = documents() / "pictures"
    named: set[str] = set()
    for path in (documents() / "guide").glob("*/*.md"):
        named.update(PICTURE.findall(path.read_text(encoding="utf-8")))
    return {name: folder / name for name in named if (folder / name).is_file()}


# --- markdown ------------------------------------------------------------------------------------


@cache
def _reader() -> MarkdownIt:
    # HTML within the text is shown as text: the guide needs none, so none can slip in.
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.add_render_rule("image", _image)
    reader.add_render_rule("link_open", _link)
    reader.add_render_rule("table_open", lambda *_given: '<div class="wide-table"><table>')
    reader.add_render_rule("table_close", lambda *_given: "</table></div>")
    return reader


def _image(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[index]
    found = PICTURE.fullmatch(str(token.attrGet("src") or ""))
    if found is None:
        return ""
    token.attrs = {
        "src": f"/help/pictures/{found[1]}",
        "alt": renderer.renderInlineAsText(token.children or [], options, env),
        "loading": "lazy",
    }
    return renderer.renderToken(tokens, index, options, env)


def _link(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[index]
    address = str(token.attrGet("href") or "")
    found = PAGE_LINK.fullmatch(address)
    if found is not None:
        token.attrs = {"href": f"/help/{found[1]}/" if found[1] != CONTENTS else "/help/"}
    elif OUTSIDE.match(address):
        token.attrs = {"href": address, "rel": "noopener noreferrer", "target": "_blank"}
    elif INSIDE.match(address):
        token.attrs = {"href": address}
    else:
        token.attrs = {}  # a page for developers beside the guide: its name is enough here
    return renderer.renderToken(tokens, index, options, env)


# --- search --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GuideHit:
    """A page that tells about what was asked, with the words around it."""

    page: GuidePage
    excerpt: str


def find_in_guide(language: str, asked: str) -> list[GuideHit]:
    """Return the pages named like the question, then those that speak of it."""
    named, speaking = [], []
    for page in guide_pages(language).values():
        at = page.text.casefold().find(asked.casefold())
        excerpt = page.text[:EXCERPT] if at < 0 else _around(page.text, at, len(asked))
        if fit(spoken(page.title), page.slug.replace("-", " "), asked) is not None:
            named.append(GuideHit(page, excerpt))
        elif at >= 0:
            speaking.append(GuideHit(page, excerpt))
    return named + speaking


def _around(text: str, at: int, length: int) -> str:
    start, end = max(0, at - EXCERPT // 2), at + length + EXCERPT
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"
