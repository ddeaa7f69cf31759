"""Parts of a page that are written once show everybody exactly what would be written anew."""

from __future__ import annotations

import re
from itertools import product

import pytest
from django.template import Context, Template, TemplateSyntaxError, engines
from django.test import Client

from keqiao.access.models import RoleRight, User
from keqiao.access.rights import Level
from keqiao.catalog import state
from keqiao.ui.templatetags.kit import Fresh, Kept
from tests.company import Company, make
from tests.ui.test_pages import browser

PAGES = ("/", "/accounts/", "/contacts/", "/todo/", "/me/", "/settings/profile/", "/search/?q=苏州")
ANEW = re.compile(
    r'[A-Za-z0-9]{64}|data-request-id="[^"]*"|<code>[0-9a-f]{16}</code>|<time[^>]*>[^<]*'
    r'|(?:name="key" value="|fu-next-|fu-what-)[\w-]{16}'
)


def seen(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code in {200, 403, 404}, address
    return ANEW.sub("", answer.content.decode())


def test_what_is_kept_is_what_would_be_written_anew(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = make("account", owner=company.li)
    pages = (*PAGES, f"/accounts/{account}/", f"/activities/log/?about=account:{account}")
    people = [company.li, company.wang, company.zhao, company.qian, company.sun]
    for turn in ("kept for whoever comes next", "compared"):
        for language, theme in (("zh-hans", "auto"), ("en", "dark")):
            User.objects.update(language=language, theme=theme)
            for person, address in product(people, pages):
                kept = seen(browser(person), address)
                if turn == "compared":
                    with monkeypatch.context() as patch:
                        patch.setattr(
                            Kept, "render", lambda own, context: own.nodelist.render(context)
                        )
                        patch.setattr(Fresh, "render", lambda own, context: own.write(context))
                        anew = seen(browser(person), address)
                    assert kept == anew, (person.username, address, language)


def test_the_composer_offers_what_this_person_may_do_and_keeps_what_he_typed(
    company: Company,
) -> None:
    about = f"account:{make('account', owner=company.li)}"
    client = browser(company.li)
    page = seen(client, f"/accounts/{about.partition(':')[2]}/")
    assert 'value="call"' in page and f'name="about" value="{about}"' in page
    role = company.li.roles.get()
    RoleRight.objects.update_or_create(
        role=role, object_key="call", action="create", defaults={"level": Level.NONE}
    )
    state.bump(state.ACCESS)
    assert 'value="call"' not in seen(client, f"/accounts/{about.partition(':')[2]}/")
    form = {
        "about": about,
        "type": "note",
        "body": "打过<电话>",
        "next": "day",
        "next_day": "2026-13-99",
        "place": "inline",
    }
    answer = client.post("/activities/log/", form, headers={"HX-Request": "true"})
    typed = answer.content.decode()
    assert answer.status_code == 422 and "打过&lt;电话&gt;" in typed
    assert re.search(r'value="day"\s+checked', typed)


def test_a_right_taken_away_leaves_the_menus_at_once(company: Company) -> None:
    client = browser(company.li)
    assert 'href="/leads/"' in seen(client, "/todo/")
    role = company.li.roles.get()
    RoleRight.objects.filter(role=role, object_key="*").delete()
    for action in ("view", "create"):
        RoleRight.objects.create(role=role, object_key="account", action=action, level=Level.OWN)
        RoleRight.objects.create(role=role, object_key="lead", action=action, level=Level.NONE)
    state.bump(state.ACCESS)
    page = seen(client, "/todo/")
    assert 'href="/leads/' not in page and 'href="/accounts/"' in page


def test_tokens_and_addresses_are_written_for_each_request(company: Company) -> None:
    client = browser(company.li)
    tokens = [
        set(
            re.findall(
                r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(page).content.decode()
            )
        )
        for page in ("/todo/", "/todo/")
    ]
    assert tokens[0] and not tokens[0] & tokens[1]
    assert 'name="next" value="/accounts/?sort=name"' in seen(client, "/accounts/?sort=name")
    assert 'name="next" value="/todo/"' in seen(client, "/todo/")


def test_the_numbers_in_the_menu_are_not_kept(company: Company) -> None:
    client = browser(company.li)
    badge = re.compile(r'href="/accounts/"[^>]*>.*?</a>')
    for count in (1, 2):
        make("account", owner=company.li, seed=count * 100)
        client.get("/accounts/")
        found = badge.search(client.get("/todo/").content.decode())
        assert found is not None and f"<b>{count}</b>" in found[0]


def test_a_kept_part_is_written_once_per_value_and_its_fresh_pieces_each_time() -> None:
    source = (
        "{% load kit %}{% kept name %}[{{ name }} {{ other }}"
        "{% fresh %} {{ other }}{% endfresh %}]{% endkept %}"
    )
    template: Template = engines["django"].from_string(source).template
    written = [
        template.render(Context({"name": name, "other": other}))
        for name, other in (("a", 1), ("a", 2), ("b", 3), ("a", "<4>"))
    ]
    assert written == ["[a 1 1]", "[a 1 2]", "[b 3 3]", "[a 1 &lt;4&gt;]"]


def test_a_fresh_piece_inside_another_tag_is_refused() -> None:
    source = "{% load kit %}{% kept %}{% if 1 %}{% fresh %}x{% endfresh %}{% endif %}{% endkept %}"
    template = engines["django"].from_string(source)
    with pytest.raises(TemplateSyntaxError):
        template.render({})
