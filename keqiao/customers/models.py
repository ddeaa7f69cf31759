"""The customer objects, named here so that Django finds them."""

from __future__ import annotations

from keqiao.customers.account import Account
from keqiao.customers.affiliation import Affiliation
from keqiao.customers.contact import Contact
from keqiao.customers.lead import Lead
from keqiao.customers.pool.models import (
    Pool,
    PoolCapacity,
    PoolMember,
    PoolMove,
    PoolRule,
    PoolView,
    ReturnWarning,
)

__all__ = [
    "Account",
    "Affiliation",
    "Contact",
    "Lead",
    "Pool",
    "PoolCapacity",
    "PoolMember",
    "PoolMove",
    "PoolRule",
    "PoolView",
    "ReturnWarning",
]
