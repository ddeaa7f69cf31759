"""Tells which activities are work still to be done, so that it may go along with a customer."""

from __future__ import annotations

from django.db.models import Q

from keqiao.activities.activity import ACTIVITIES, PLANNED
from keqiao.records.handing_over import register_open_work

for _key in ACTIVITIES:
    register_open_work(_key, Q(state=PLANNED))
