-- The only way in which signing keys leave. It runs as the owner of the table, because the service may delete no key. It takes
-- keys that another key succeeded, or that were revoked, 90 days ago: the audit keeps their events as long. No token, cache or
-- feed knows such a key. The last key that was due 90 days ago stays, so all other keys keep their state: see keys/key-states.ts.
CREATE FUNCTION remove_gone_signing_keys() RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  WITH removed AS (
    DELETE FROM signing_keys WHERE kid IN (
      SELECT gone.kid FROM signing_keys AS gone
      WHERE coalesce(gone.revoked_at, '-infinity') < now() - interval '90 days'
        AND EXISTS (
          SELECT FROM signing_keys AS later
          WHERE later.active_from > gone.active_from
            AND later.active_from < now() - interval '90 days'
            AND (later.revoked_at IS NULL OR later.active_from < later.revoked_at)
        )
      LIMIT 5000
    )
    RETURNING kid
  )
  SELECT count(*)::integer FROM removed;
END;
--> statement-breakpoint
REVOKE ALL ON FUNCTION remove_gone_signing_keys() FROM PUBLIC;
