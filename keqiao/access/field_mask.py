"""What somebody may do with each field of one object type: hidden, masked, read or written."""

from __future__ import annotations

from dataclasses import dataclass

from keqiao.access.rights import Right


@dataclass(frozen=True)
class FieldMask:
    """What may be done with each field of one object type."""

    default: Right
    rights: dict[str, Right]

    def __getitem__(self, name: str) -> Right:
        return self.rights.get(name, self.default)

    def is_hidden(self, name: str) -> bool:
        return self[name] is Right.HIDDEN

    def is_readable(self, name: str) -> bool:
        return self[name] >= Right.READ

    def is_writable(self, name: str) -> bool:
        return self[name] is Right.WRITE
