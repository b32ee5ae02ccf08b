CREATE TABLE customers (
  id uuid PRIMARY KEY,
  name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
  dob date NOT NULL CHECK (dob BETWEEN '0001-01-01' AND '9999-12-31'),
  version integer NOT NULL DEFAULT 1,
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);
--> statement-breakpoint
-- the order of the youngest; id makes it total
CREATE INDEX customers_youngest ON customers (dob DESC, id DESC);
