# The Sentinel of a node. It writes what it learns into its file, and goes on from there. The first primary is the first node.
set -eu
server=$(command -v valkey-server || command -v redis-server)
eval "self=\$VALKEY_${HOSTNAME##*-}_SERVICE_HOST"
password=$(cat /run/secrets/sentinel-password)
[ -s /data/sentinel.conf ] || cat >/data/sentinel.conf <<CONF
port 26379
dir /tmp
user default off
user sentinel on >$password allkeys allchannels +@all
user client on >$(cat /run/secrets/client-password) resetchannels &+switch-master -@all +auth +hello +ping +client|setname +client|setinfo +subscribe +unsubscribe +sentinel|get-master-addr-by-name
sentinel sentinel-user sentinel
sentinel sentinel-pass $password
sentinel announce-ip $self
sentinel monitor pair $VALKEY_0_SERVICE_HOST 6379 2
sentinel auth-user pair sentinel
sentinel auth-pass pair $password
sentinel down-after-milliseconds pair 3000
sentinel failover-timeout pair 10000
sentinel parallel-syncs pair 2
CONF
exec "$server" /data/sentinel.conf --sentinel
