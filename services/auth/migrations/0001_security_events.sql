-- No foreign keys: a record outlives what it is about.
CREATE TABLE security_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz(3) NOT NULL,
  event text NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('succeeded', 'refused')),
  actor_id uuid,
  user_id uuid,
  session_id text,
  request_id text,
  address text,
  session_address text,
  detail text
);
--> statement-breakpoint
CREATE INDEX security_events_user_id ON security_events (user_id, id DESC);
--> statement-breakpoint
CREATE INDEX security_events_actor_id ON security_events (actor_id, id DESC);
--> statement-breakpoint
CREATE INDEX security_events_event ON security_events (event, id DESC);
--> statement-breakpoint
CREATE INDEX security_events_at ON security_events (at);
--> statement-breakpoint
-- Append-only, whatever a fault in the service may try: what is younger than 90 days cannot be changed or removed.
CREATE FUNCTION refuse_change_of_security_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND OLD.at < now() - interval '90 days' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'security_events is append-only';
END $$;
--> statement-breakpoint
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON security_events
  FOR EACH ROW EXECUTE FUNCTION refuse_change_of_security_events();
--> statement-breakpoint
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON security_events
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_security_events();
