from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0005_departures"),
    ]

    operations = [
        migrations.AddField(
            model_name="collaborator",
            name="with_below",
            field=models.BooleanField(default=True),
        ),
    ]
