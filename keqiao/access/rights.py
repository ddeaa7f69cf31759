"""The vocabulary of rights: actions, how far they reach, and what may be done with a field."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from django.utils.translation import gettext_lazy as _

ANY_OBJECT = "*"  # in a role's rights: every object type that has no line of its own


class Action(StrEnum):
    """What can be done with records."""

    VIEW = "view"
    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"
    TRANSFER = "transfer"
    EXPORT = "export"
    IMPORT = "import"
    REVEAL = "reveal"


class Level(StrEnum):
    """Whose records an action reaches; each level includes those before it."""

    NONE = "none"
    SHARED = "shared"
    OWN = "own"
    TEAM = "team"
    SUBTREE = "subtree"
    ALL = "all"

    @property
    def rank(self) -> int:
        return _LEVELS.index(self)


_LEVELS = list(Level)

ACTION_LABELS = {
    Action.VIEW: _("View"),
    Action.CREATE: _("Create"),
    Action.CHANGE: _("Change"),
    Action.DELETE: _("Delete"),
    Action.TRANSFER: _("Transfer"),
    Action.EXPORT: _("Export"),
    Action.IMPORT: _("Import"),
    Action.REVEAL: _("Reveal masked values"),
}
LEVEL_LABELS = {
    Level.NONE: _("none"),
    Level.SHARED: _("shared with me"),
    Level.OWN: _("own"),
    Level.TEAM: _("own department"),
    Level.SUBTREE: _("department and below"),
    Level.ALL: _("all"),
}


class Right(IntEnum):
    """What a person may do with a field."""

    HIDDEN = 0
    MASKED = 1
    READ = 2
    WRITE = 3


RIGHT_LABELS = {
    Right.HIDDEN: _("hidden"),
    Right.MASKED: _("masked"),
    Right.READ: _("read only"),
    Right.WRITE: _("editable"),
}


def right_named(name: str) -> Right:
    return Right[name.upper()]
