"""What a project said when it was returned, so that the desk sees what has changed since."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0003_statuschange_parts")]

    operations = [
        migrations.AddField(
            model_name="project",
            name="returned_content",
            field=models.JSONField(
                blank=True,
                editable=False,
                help_text="Damit die Moderation sieht, was sich seitdem geändert hat; nach der Entscheidung leer.",
                null=True,
                verbose_name="Inhalt bei der letzten Rückgabe",
            ),
        ),
    ]
