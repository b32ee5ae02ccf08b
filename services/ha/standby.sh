# A standby of the PostgreSQL at `postgres`: copies it at the first start, and then follows it.
set -eu
echo "postgres:5432:*:replicator:$(cat /run/secrets/replicator-password)" >/tmp/pgpass
chmod 600 /tmp/pgpass
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  until pg_basebackup --pgdata="$PGDATA" --checkpoint=fast --write-recovery-conf \
    --dbname='host=postgres user=replicator application_name=standby passfile=/tmp/pgpass'; do
    sleep 1
  done
fi
exec postgres -c hba_file=/etc/postgresql/pg_hba.conf -c 'listen_addresses=*'
