"""Rules that say what happens to a draft which looks like a record that is there."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('quality', "0014_customer_forms"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ScenarioRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('object_key', models.CharField(max_length=40)),
                ('filter', models.JSONField(null=True)),
                ('fields', models.JSONField(default=list)),
                ('is_active', models.BooleanField(default=False)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('changed_at', models.DateTimeField()),
                ('scenario', models.CharField(choices=[('entry', 'Entered by hand'), ('import', 'Import'), ('api', 'API'), ('web_form', 'Web form'), ('conversion', 'Conversion of a lead'), ('nightly', 'Nightly comparison')], max_length=12)),
                ('scope', models.JSONField(default=list)),
                ('by', models.CharField(default='weight', max_length=20)),
                ('low', models.FloatField(null=True)),
                ('high', models.FloatField(null=True)),
                ('action', models.CharField(choices=[('block', 'Refuse'), ('warn', 'Ask first'), ('review', 'Hold for review'), ('link', 'Save and put the pair on the desk'), ('attach', 'Fill what is empty in the record that is there')], max_length=8)),
                ('replaces', models.CharField(blank=True, default='', max_length=20)),
                ('changed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['position', 'pk'],
                'abstract': False,
            },
        ),
    ]
