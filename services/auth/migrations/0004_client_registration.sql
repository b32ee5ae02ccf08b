-- sessions remember it, so that a client which is removed and added again does not get those from before
ALTER TABLE clients ADD COLUMN registration uuid NOT NULL DEFAULT gen_random_uuid();
