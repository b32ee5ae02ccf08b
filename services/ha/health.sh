# The health of a node: its server answers, and its Sentinel knows the two other nodes. A Sentinel learns of a replica within ten
# seconds. After a failover before that, no Sentinel would lead the replica to the next primary.
set -eu
cli=$(command -v valkey-cli || command -v redis-cli)
"$cli" -t 10 --no-auth-warning --user health --pass none ping | grep -q PONG
"$cli" -t 10 -p 26379 --no-auth-warning --user sentinel --pass "$(cat /run/secrets/sentinel-password)" sentinel master pair |
  awk '$0 == 2 && (name == "num-slaves" || name == "num-other-sentinels") { known++ } { name = $0 } END { exit known != 2 }'
