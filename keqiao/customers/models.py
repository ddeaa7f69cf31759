"""The customer objects, named here so that Django finds them."""

from __future__ import annotations

from keqiao.customers.account import Account
from keqiao.customers.affiliation import Affiliation
from keqiao.customers.contact import Contact
from keqiao.customers.lead import Lead

__all__ = ["Account", "Affiliation", "Contact", "Lead"]
