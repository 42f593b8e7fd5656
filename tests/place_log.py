"""When runs got their places and gave them up, by the database's own clock and a trigger that a test puts there."""

from tests import doors
from tests.conftest import Installation
from tests.records import rows

_LOG = """
    CREATE TABLE place_log (run_id uuid, organization_id uuid, change integer, at timestamptz);
    GRANT INSERT ON place_log TO PUBLIC;
    CREATE FUNCTION log_place() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO place_log VALUES (NEW.id, NEW.organization_id,
            CASE WHEN NEW.admitted_at IS NULL THEN -1 ELSE 1 END, clock_timestamp());
        RETURN NULL;
    END $$;
    CREATE TRIGGER place_log AFTER UPDATE ON orchestration_runs FOR EACH ROW
        WHEN ((OLD.admitted_at IS NULL) <> (NEW.admitted_at IS NULL)) EXECUTE FUNCTION log_place()"""
_HELD = """
    SELECT organization_id, max(held) AS most, min(held) AS least, count(*) FILTER (WHERE change = 1) AS given
      FROM (SELECT organization_id, change, sum(change) OVER (PARTITION BY organization_id ORDER BY at) AS held
              FROM place_log) log
     GROUP BY organization_id"""


def log_places(installation: Installation) -> None:
    """From now on each place that is given or given up is noted, in the transaction that does it."""
    with doors.admin(installation.database) as connection:
        connection.execute(_LOG)


def most_at_once(installation: Installation) -> dict[object, int]:
    """Organization -> how many places it had at once at most. A place is given up before the next one is given."""
    return {found["organization_id"]: found["most"] for found in rows(installation, _HELD)}


def places_given(installation: Installation) -> int:
    """How often a run got a place."""
    return sum(found["given"] for found in rows(installation, _HELD))
