"""Who wrote which line of the log, which log a checkpoint is of, and guards of all its tables.

The guards stop mistakes and SQL that somebody slipped in; who owns the database can take them away. That is seen
by the monitor, and left in `store_logtrace` where the role that migrates may make event triggers.
"""

import tocsin.store.columns
from django.db import migrations, models

SQLITE = (
    """CREATE TRIGGER waiting_never_changes BEFORE UPDATE ON store_logwaiting
       BEGIN SELECT RAISE(ABORT, 'a line that waits for its place in the log is never changed'); END""",
    """CREATE TRIGGER waiting_goes_with_its_place BEFORE DELETE ON store_logwaiting
       WHEN NOT EXISTS (SELECT 1 FROM store_leaf WHERE entry_id = OLD.entry_id)
       BEGIN SELECT RAISE(ABORT, 'a line leaves the inbox only when it has its place in the log'); END""",
    """CREATE TRIGGER checkpoint_never_changes BEFORE UPDATE ON store_checkpoint
       BEGIN SELECT RAISE(ABORT, 'a checkpoint is never changed'); END""",
    """CREATE TRIGGER checkpoint_never_goes BEFORE DELETE ON store_checkpoint
       BEGIN SELECT RAISE(ABORT, 'a checkpoint is never removed'); END""",
)

POSTGRES = (
    """CREATE FUNCTION tocsin_refuse_log_change() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'what was written to the log is never changed or removed'; END $$""",
    """CREATE FUNCTION tocsin_refuse_lost_line() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF EXISTS (SELECT 1 FROM gone LEFT JOIN store_leaf USING (entry_id)
                    WHERE store_leaf.entry_id IS NULL) THEN
           RAISE EXCEPTION 'a line leaves the inbox only when it has its place in the log';
         END IF;
         RETURN NULL;
       END $$""",
    """CREATE TRIGGER waiting_never_changes BEFORE UPDATE ON store_logwaiting
       FOR EACH ROW EXECUTE FUNCTION tocsin_refuse_log_change()""",
    """CREATE TRIGGER waiting_goes_with_its_place AFTER DELETE ON store_logwaiting
       REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION tocsin_refuse_lost_line()""",
    """CREATE TRIGGER waiting_never_truncated BEFORE TRUNCATE ON store_logwaiting
       FOR EACH STATEMENT EXECUTE FUNCTION tocsin_refuse_log_change()""",
    """CREATE TRIGGER checkpoint_never_changes BEFORE UPDATE OR DELETE ON store_checkpoint
       FOR EACH ROW EXECUTE FUNCTION tocsin_refuse_log_change()""",
    """CREATE TRIGGER checkpoint_never_truncated BEFORE TRUNCATE ON store_checkpoint
       FOR EACH STATEMENT EXECUTE FUNCTION tocsin_refuse_log_change()""",
    # ALWAYS also holds in sessions that call themselves a replica.
    *(
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}"
        for table, trigger in (
            ("store_logwaiting", "waiting_never_changes"),
            ("store_logwaiting", "waiting_goes_with_its_place"),
            ("store_logwaiting", "waiting_never_truncated"),
            ("store_checkpoint", "checkpoint_never_changes"),
            ("store_checkpoint", "checkpoint_never_truncated"),
        )
    ),
    """CREATE FUNCTION tocsin_trace_log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$
       DECLARE found text;
       BEGIN
         IF TG_EVENT = 'sql_drop' THEN
           SELECT string_agg(object_identity, ', ') INTO found FROM pg_event_trigger_dropped_objects()
           WHERE object_identity ~ 'store_(leaf|logwaiting|checkpoint|logtrace)';
         ELSE
           SELECT string_agg(object_identity, ', ') INTO found FROM pg_event_trigger_ddl_commands()
           WHERE object_identity ~ 'store_(leaf|logwaiting|checkpoint|logtrace)';
         END IF;
         IF found IS NOT NULL THEN
           INSERT INTO store_logtrace (at, who, what)
           VALUES (now(), left(session_user, 200), left(TG_TAG || ': ' || found, 2000));
         END IF;
       EXCEPTION WHEN undefined_table OR undefined_column THEN NULL;
       END $$""",
    # Only a superuser may make event triggers; without one the monitor alone notices.
    """DO $$ BEGIN
         CREATE EVENT TRIGGER tocsin_log_ddl ON ddl_command_end EXECUTE FUNCTION tocsin_trace_log_ddl();
         ALTER EVENT TRIGGER tocsin_log_ddl ENABLE ALWAYS;
         CREATE EVENT TRIGGER tocsin_log_drop ON sql_drop EXECUTE FUNCTION tocsin_trace_log_ddl();
         ALTER EVENT TRIGGER tocsin_log_drop ENABLE ALWAYS;
       EXCEPTION WHEN insufficient_privilege THEN NULL;
       END $$""",
)


def set_up(apps, schema_editor):
    statements = {"sqlite": SQLITE, "postgresql": POSTGRES}[schema_editor.connection.vendor]
    for statement in statements:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("store", "0007_response")]
    operations = [
        migrations.AddField("logwaiting", "writer", models.BigIntegerField(null=True)),
        migrations.AddField("logwaiting", "counter", models.BigIntegerField(null=True)),
        migrations.AddField("leaf", "writer", models.BigIntegerField(null=True)),
        migrations.AddField("leaf", "counter", models.BigIntegerField(null=True)),
        migrations.AddField("checkpoint", "log", models.BigIntegerField(default=1)),
        migrations.CreateModel(
            name="LogTrace",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("who", tocsin.store.columns.Text()),
                ("what", tocsin.store.columns.Text()),
            ],
        ),
        migrations.RunPython(set_up, migrations.RunPython.noop),
    ]
