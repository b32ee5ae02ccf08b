-- The only way in which events leave the audit. It runs as the owner of the table, for a service that may only add to it; a
-- call takes old events alone, and so few that it is over before the time-out of a statement.
CREATE FUNCTION remove_old_security_events() RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  WITH removed AS (
    DELETE FROM security_events WHERE id IN (
      SELECT id FROM security_events WHERE at < now() - interval '90 days' LIMIT 5000
    )
    RETURNING id
  )
  SELECT count(*)::integer FROM removed;
END;
--> statement-breakpoint
REVOKE ALL ON FUNCTION remove_old_security_events() FROM PUBLIC;
