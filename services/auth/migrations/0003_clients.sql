CREATE TABLE clients (
  -- never a UUID: a token of a client has it where a token of a user has the user's id
  id text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9._-]{2,63}$' AND id !~ '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$'),
  secret_hash bytea CHECK (octet_length(secret_hash) = 32),
  redirect_uris text[] NOT NULL DEFAULT '{}',
  grants text[] NOT NULL,
  scopes text[] NOT NULL,
  may_introspect boolean NOT NULL DEFAULT false,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CHECK (secret_hash IS NOT NULL OR NOT (may_introspect OR 'client_credentials' = ANY (grants)))
);
--> statement-breakpoint
ALTER TABLE security_events ADD COLUMN client_id text;
