#!/bin/sh
# The one-shot job `secrets` of docker-compose.yml. It generates each secret once and keeps all of them in /secrets/vault. No
# other container mounts that folder. At every start the job writes the files for each consumer again: an upgrade that changes
# a file below takes effect, and an existing secret never changes.
# Any user of a container can read the files, because only the container of their consumer mounts them.
set -eu
cd /secrets

write() { # FILE: writes standard input to the file, in one step
  cat >"$1.new"
  mv "$1.new" "$1"
}

secret() { # NAME BYTES: prints the secret as base64url, and generates it if it does not exist
  [ -s "vault/$1" ] || head -c "$2" /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n' | write "vault/$1"
  cat "vault/$1"
}

sha256() {
  printf %s "$1" | sha256sum | cut -d ' ' -f 1
}

# The functions below print SQL for psql. Running it repeatedly is safe.
role() { # NAME PASSWORD
  cat <<SQL
SELECT 'CREATE ROLE $1 LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '$1') \gexec
ALTER ROLE $1 PASSWORD '$2';
SQL
}

database() { # NAME OWNER
  cat <<SQL
SELECT 'CREATE DATABASE $1 OWNER $2 TEMPLATE template0 ENCODING ''UTF8'' LOCALE ''C.UTF-8'''
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '$1') \gexec
REVOKE ALL ON DATABASE $1 FROM PUBLIC;
SQL
}

# The role of the service auth must not own its tables, because an owner could change the audit. The migration grants its
# rights: services/auth/src/db/grant-service-rights.ts. In a database from before there were two roles, the service owns
# objects; they go to the owner. Until the migration, the next job, processes that still serve keep the rights they need.
service_role() { # DATABASE ROLE OWNER
  cat <<SQL
\connect $1
SET lock_timeout = '5s';
BEGIN;
DO \$\$ BEGIN
  IF EXISTS (SELECT FROM pg_class WHERE relowner = '$2'::regrole) THEN
    REASSIGN OWNED BY $2 TO $3;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO $2;
  END IF;
END \$\$;
ALTER DATABASE $1 OWNER TO $3;
GRANT CONNECT ON DATABASE $1 TO $2; -- last: a new owner takes over the rights of the previous owner
COMMIT;
SQL
}

postgres=$(secret postgres 32)
postgres_auth_owner=$(secret postgres-auth-owner 32)
postgres_auth=$(secret postgres-auth 32)
postgres_customers=$(secret postgres-customers 32)
redis_auth=$(secret redis-auth 32)
redis_customers=$(secret redis-customers 32)
key_encryption_key=$(secret key-encryption-key 32)
admin_password=$(secret admin-password 15)
customers_database_url=postgres://customers:$postgres_customers@postgres:5432/customers

printf %s "$postgres" | write postgres/superuser-password

printf %s "$postgres" | write databases/superuser-password
{
  role auth_owner "$postgres_auth_owner"
  role auth "$postgres_auth"
  role customers "$postgres_customers"
  database auth auth_owner
  database customers customers
  service_role auth auth auth_owner
} | write databases/databases.sql

# default: no client can log in as this user, but Redis reads its own AOF as this user. Redis skips a command that the user may
# not run, with only a line in the log (seen with 8.0: transactions). auth: its own keys, and no commands on the whole server.
# customers: may read the revocation feed and the epoch. Both write which proofs of possession (DPoP) were used at them.
write redis/users.acl <<ACL
user default off resetpass ~* &* +@all
user health on nopass -@all +ping
user auth on #$(sha256 "$redis_auth") ~{auth}:* %W~{dpop}:auth:* -@all +@connection +@read +@write +@transaction -@dangerous +eval +evalsha +script|load +time +info +config|get
user customers on #$(sha256 "$redis_customers") %R~{auth}:revocations %R~{auth}:epoch %W~{dpop}:customers:* -@all +hello +auth +ping +info +select +quit +command +client|setname +client|setinfo +client|id +xread +xrange +get +set
ACL

printf %s "postgres://auth:$postgres_auth@postgres:5432/auth" | write auth/database-url
printf %s "redis://auth:$redis_auth@redis:6379" | write auth/redis-url
printf %s "$key_encryption_key" | write auth/key-encryption-key

printf %s "postgres://auth_owner:$postgres_auth_owner@postgres:5432/auth" | write auth-migrate/database-url
printf %s "${ADMIN_PASSWORD:-$admin_password}" | write auth-migrate/admin-password

printf %s "$customers_database_url" | write customers/database-url
printf %s "redis://customers:$redis_customers@redis:6379" | write customers/redis-url

printf %s "$customers_database_url" | write customers-migrate/database-url

[ ! -e /ha/secrets.sh ] || . /ha/secrets.sh
