ALTER TABLE signing_keys ADD COLUMN revoked_at timestamptz(3);
