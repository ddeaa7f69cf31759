"""Gives the standard roles of an installation that has them already what a new one starts with."""

from django.db import migrations

LINES = (
    ("sales", "task", "transfer", "own"),
    ("service", "task", "transfer", "own"),
    ("service", "comment", "delete", "own"),
)


def give_rights(apps, _schema_editor):
    rights = apps.get_model("access", "RoleRight")
    roles = dict(apps.get_model("access", "Role").objects.values_list("key", "pk"))
    for role, object_key, action, level in LINES:
        if role in roles:
            rights.objects.get_or_create(
                role_id=roles[role], object_key=object_key, action=action,
                defaults={"level": level},
            )


class Migration(migrations.Migration):

    dependencies = [
        ("access", "0001_initial"),
        ("activities", "0004_attachments"),
    ]

    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
