"""Tells people what happened while they looked elsewhere: bell, page, mails, as each wishes."""
