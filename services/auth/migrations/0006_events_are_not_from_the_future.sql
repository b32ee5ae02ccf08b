-- An event from the future would be the newest for ever, and never old enough to leave.
CREATE FUNCTION date_security_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.at := least(NEW.at, now());
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER not_from_the_future BEFORE INSERT ON security_events
  FOR EACH ROW EXECUTE FUNCTION date_security_event();
