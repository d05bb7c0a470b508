"""What tables alone cannot promise: leaves never change, numbers are taken without waiting, lines stay in order."""

from django.db import migrations

SQLITE = (
    """CREATE TRIGGER leaf_never_changes BEFORE UPDATE ON store_leaf
       BEGIN SELECT RAISE(ABORT, 'a line of the log is never changed'); END""",
    """CREATE TRIGGER leaf_never_goes BEFORE DELETE ON store_leaf
       BEGIN SELECT RAISE(ABORT, 'a line of the log is never removed'); END""",
)

POSTGRES = (
    """CREATE FUNCTION tocsin_refuse_leaf_change() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'a line of the log is never changed or removed'; END $$""",
    """CREATE TRIGGER leaf_never_changes BEFORE UPDATE OR DELETE ON store_leaf
       FOR EACH ROW EXECUTE FUNCTION tocsin_refuse_leaf_change()""",
    """CREATE TRIGGER leaf_never_truncated BEFORE TRUNCATE ON store_leaf
       FOR EACH STATEMENT EXECUTE FUNCTION tocsin_refuse_leaf_change()""",
    # ALWAYS also holds in sessions that call themselves a replica.
    "ALTER TABLE store_leaf ENABLE ALWAYS TRIGGER leaf_never_changes",
    "ALTER TABLE store_leaf ENABLE ALWAYS TRIGGER leaf_never_truncated",
    "CREATE SEQUENCE tocsin_incident_number",
    "CREATE SEQUENCE tocsin_exhibit_number",
    # The transaction must have its id before the line takes its number; see TimelineLine.horizon.
    """CREATE FUNCTION tocsin_take_transaction_id() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN PERFORM pg_current_xact_id(); RETURN NULL; END $$""",
    """CREATE TRIGGER timeline_transaction_id BEFORE INSERT ON store_timelineline
       FOR EACH STATEMENT EXECUTE FUNCTION tocsin_take_transaction_id()""",
    # A snapshot's xmax is one more than the last id that ended, which may lie below ids at work. So an id of our
    # own is taken and given back at once (a message to nobody in a subtransaction that is undone); it is greater
    # than all taken so far, and the next snapshot's xmax lies above it.
    """CREATE FUNCTION tocsin_note_horizon() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         BEGIN
           PERFORM pg_logical_emit_message(true, 'tocsin', '');
           RAISE EXCEPTION USING ERRCODE = 'TC001';
         EXCEPTION WHEN SQLSTATE 'TC001' THEN NULL;
         END;
         NEW.horizon := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
         RETURN NEW;
       END $$""",
    """CREATE TRIGGER timeline_horizon BEFORE INSERT ON store_timelineline
       FOR EACH ROW EXECUTE FUNCTION tocsin_note_horizon()""",
)


def set_up(apps, schema_editor):
    statements = {"sqlite": SQLITE, "postgresql": POSTGRES}[schema_editor.connection.vendor]
    for statement in statements:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("store", "0001_initial")]
    operations = [migrations.RunPython(set_up, migrations.RunPython.noop)]
