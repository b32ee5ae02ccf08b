# The end of make-secrets.sh for services/ha/compose.yml: further secrets, and other addresses and users of Redis.
redis_replica=$(secret redis-replica 32)
redis_sentinel=$(secret redis-sentinel 32)
redis_client=$(secret redis-client 32)
postgres_replicator=$(secret postgres-replicator 32)
# no names: Docker's DNS takes ten seconds to say that the name of a stopped container is unknown
sentinels=$VALKEY_0_SERVICE_HOST:26379,$VALKEY_1_SERVICE_HOST:26379,$VALKEY_2_SERVICE_HOST:26379

# A verifier proves with a script that it reads from the primary: +eval. Its keys stay read-only.
{
  sed '/^user customers /s/$/ +eval/' redis/users.acl
  echo "user replica on #$(sha256 "$redis_replica") resetchannels -@all +psync +replconf +ping"
  echo "user sentinel on #$(sha256 "$redis_sentinel") allchannels -@all +multi +exec +replicaof +slaveof +ping +subscribe" \
    "+config|rewrite +role +publish +info +client|setname +client|kill +script|kill"
} | write redis/users.acl
printf %s "$redis_replica" | write redis/replica-password
printf %s "$redis_sentinel" | write redis/sentinel-password
printf %s "$redis_client" | write redis/client-password

printf %s "redis+sentinel://auth:$redis_auth@$sentinels/pair" | write auth/redis-url
printf %s "redis+sentinel://customers:$redis_customers@$sentinels/pair" | write customers/redis-url
for service in auth customers; do
  printf %s "$redis_client" | write $service/redis-sentinel-password
done

printf %s "$postgres_replicator" | write standby/replicator-password
{
  cat databases/databases.sql
  echo '\connect postgres'
  role replicator "$postgres_replicator"
  echo 'ALTER ROLE replicator REPLICATION;'
} | write databases/databases.sql
