"""The activity objects and their index, named here so that Django finds them."""

from __future__ import annotations

from keqiao.activities.attachment import Attachment
from keqiao.activities.call import Call
from keqiao.activities.comment import Comment
from keqiao.activities.composer_models import FollowUpDraft, Phrase, SentFollowUp
from keqiao.activities.day_models import CalendarFeed, Escalation, FollowUpRules
from keqiao.activities.email_note import EmailNote
from keqiao.activities.entries import TimelineEntry
from keqiao.activities.event import CalendarEvent
from keqiao.activities.note import Note
from keqiao.activities.task import Task
from keqiao.activities.visit import Visit

__all__ = [
    "Attachment",
    "CalendarEvent",
    "CalendarFeed",
    "Call",
    "Comment",
    "EmailNote",
    "Escalation",
    "FollowUpDraft",
    "FollowUpRules",
    "Note",
    "Phrase",
    "SentFollowUp",
    "Task",
    "TimelineEntry",
    "Visit",
]
