"""A key that something kept for review still needs is not reported as free."""

from __future__ import annotations

from keqiao.base.rotation import _leftovers
from tests.company import Company
from tests.quality.review.rules import enter, review_rule


def test_secrets_under_review_tell_which_key_they_need(company: Company) -> None:
    review_rule(company.wang, object_key="contact", fields=[])
    enter(company.li, {"name": "王伟", "id_number": "11010519491231002X"}, key="contact")
    enter(company.li, {"name": "李娜"}, key="contact")
    counted = _leftovers["entries under review"]()
    assert list(counted.values()) == [1]
