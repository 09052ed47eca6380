"""The database refuses to change or delete lines of the logs and published versions."""

from django.db import migrations

TABLES = ("projects_statuschange", "projects_consent", "projects_projectversion")
REFUSE = "\n".join(
    f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change();"
    for table in TABLES
)
ALLOW = "\n".join(f"DROP TRIGGER append_only ON {table};" for table in TABLES)


class Migration(migrations.Migration):
    dependencies = [("projects", "0001_initial"), ("municipalities", "0002_append_only")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
