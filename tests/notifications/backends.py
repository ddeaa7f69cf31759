"""A mail server that answers as a test wishes, in place of a real one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

sent: list[EmailMessage] = []
answers: list[Callable[[EmailMessage], None]] = []
refuses_line = False


class ServerOfTheTest(BaseEmailBackend):
    def open(self) -> bool:
        if refuses_line:
            raise ConnectionRefusedError(111, "Connection refused")
        return True

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        for message in messages:
            for answer in answers:
                answer(message)
            message.message()  # headers are checked here
            sent.append(message)
        return len(messages)
