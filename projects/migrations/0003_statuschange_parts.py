"""A returned project may be returned for single parts."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0002_append_only")]

    operations = [
        migrations.AddField(
            model_name="statuschange",
            name="parts",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=20),
                blank=True,
                default=list,
                help_text="Namen aus submission.py; leer, wenn es um das Ganze geht.",
                size=None,
                verbose_name="Teile, um die es geht",
            ),
        ),
    ]
