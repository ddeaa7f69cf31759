"""Who works here and what they may do: users, departments, roles, collaborators, API tokens."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from keqiao.base.prepared import ask


class Department(models.Model):
    """A part of the company; `path` ("/1/4/") makes a subtree one prefix look-up."""

    name = models.CharField(_("name"), max_length=80)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    path = models.CharField(max_length=200, db_index=True, default="/")
    position = models.IntegerField(default=0)
    is_active = models.BooleanField(default=True)
    # Who is told when something in the department stays undone; the superior of its members.
    head: models.ForeignKey[User | None, User | None] = models.ForeignKey(
        "User", models.SET_NULL, null=True, blank=True, related_name="heads", verbose_name=_("head")
    )

    class Meta:
        ordering = ["path"]


class UserManager(BaseUserManager["User"]):
    def get(self, *args: Any, **conditions: Any) -> User:
        """Who is signed in is read so on every request: by number, from SQL that was written once."""
        # Managers of related people (`role.users`) are made of this class and ask for fewer.
        is_whole = not hasattr(self, "instance")
        if is_whole and not args and conditions.keys() == {"pk"} and type(conditions["pk"]) is int:
            found = ask("user", [conditions["pk"]], lambda marks: self.filter(pk=marks[0]))
            if found:
                return found[0]  # type: ignore[no-any-return]
        return super().get(*args, **conditions)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username__iexact=username)

    def create_user(self, username: str, password: str | None = None, **fields: object) -> User:
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who signs in. Rights come from roles; an administrator may configure everything."""

    username = models.CharField(_("sign-in name"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=60)
    email = models.EmailField(_("e-mail"), blank=True, default="")
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="members"
    )
    roles: models.ManyToManyField[Role, Any] = models.ManyToManyField(
        "Role", blank=True, related_name="users"
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_administrator = models.BooleanField(_("administrator"), default=False)
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    theme = models.CharField(_("theme"), max_length=10, default="auto")
    density = models.CharField(_("density"), max_length=12, default="comfortable")
    keys_off = models.BooleanField(_("keyboard shortcuts off"), default=False)
    # Which offers of help this person has answered, so that each is made once.
    hints_seen = models.JSONField(default=list, blank=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    objects = UserManager()

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class Role(models.Model):
    """A named set of rights."""

    key = models.CharField(max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=60, blank=True, default="")


class RoleRight(models.Model):
    """How far a role may go with one action on one object type."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="rights")
    object_key = models.CharField(max_length=40)
    action = models.CharField(max_length=12)
    level = models.CharField(max_length=8)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["role", "object_key", "action"], name="role_right_once")
        ]


class FieldRight(models.Model):
    """What a role may do with one field: hidden, masked, read or write."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="field_rights")
    object_key = models.CharField(max_length=40)
    field = models.CharField(max_length=48)
    right = models.CharField(max_length=8)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["role", "object_key", "field"], name="field_right_once")
        ]


class Collaborator(models.Model):
    """A colleague let in to one record, to read or to write, perhaps until a date."""

    object_key = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    user = models.ForeignKey(User, models.CASCADE, related_name="collaborations")
    can_write = models.BooleanField(default=False)
    # Also to what belongs to the record: its contacts, what was done with it.
    with_below = models.BooleanField(default=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    added_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["object_key", "record_id", "user"], name="collaborator_once"
            )
        ]
        indexes = [models.Index(fields=["user", "object_key"], name="collaborator_user")]


class ApiToken(models.Model):
    """A program's key to the API: shown once, kept as a hash, limited in scope and time."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)


class SetupToken(models.Model):
    """The one-time key of a new installation: whoever has it makes the first administrator."""

    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True)


class RefusedAccess(models.Model):
    """How often one person or token reached for records of others within one minute.

    One line a minute, person, object and action, so that guessing cannot fill the disk.
    """

    actor_id = models.BigIntegerField()
    actor_name = models.CharField(max_length=160)
    token_id = models.BigIntegerField(default=0)  # 0: by hand
    object_key = models.CharField(max_length=40)
    action = models.CharField(max_length=12)
    minute = models.DateTimeField()
    last_at = models.DateTimeField()
    tried = models.IntegerField(default=0)  # numbers asked for
    foreign = models.IntegerField(default=0)  # of these, records that exist
    record_ids = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["actor_id", "token_id", "object_key", "action", "minute"],
                name="refused_access_once",
            )
        ]
        indexes = [
            models.Index(fields=["-last_at", "-id"], name="refused_access_last"),
            models.Index(fields=["actor_id", "-last_at"], name="refused_access_actor"),
        ]


class Departure(models.Model):
    """Who took over what from a colleague who leaves; kept as long as the company keeps its books."""

    user_id = models.BigIntegerField()
    by_id = models.BigIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    job_id = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=200, default="", blank=True)
    # [to whom, object type, how many]; [object type, record, why it stayed]
    given = models.JSONField(default=list)
    left = models.JSONField(default=list)
    left_count = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        indexes = [models.Index(fields=["user_id", "-started_at"], name="departure_user")]
