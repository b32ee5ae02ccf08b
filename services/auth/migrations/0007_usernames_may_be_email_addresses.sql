-- 254 is the length of the longest e-mail address.
ALTER TABLE users
  DROP CONSTRAINT users_username_check,
  ADD CONSTRAINT users_username_check CHECK (username ~ '^[a-z0-9._@+''-]{3,254}$');
