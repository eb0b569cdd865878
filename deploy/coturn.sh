#!/bin/sh
# Starts coturn with turnserver.conf, which stands beside this file, and with what differs from machine to machine:
# CHAT_HOST, PUBLIC_ADDRESS, PRIVATE_ADDRESS where it is another one, TURN_SECRET, and CERTIFICATE, which is the path of
# a certificate without its .crt and .key. The secret goes through a file, since everybody on a machine can read a
# command line.
set -eu
umask 077
own=${PRIVATE_ADDRESS:-$PUBLIC_ADDRESS}
scratch=$(mktemp -d)
cp "$(dirname "$0")/turnserver.conf" "$scratch/turnserver.conf"
cat >>"$scratch/turnserver.conf" <<END
realm=$CHAT_HOST
static-auth-secret=$TURN_SECRET
listening-ip=$own
relay-ip=$own
external-ip=$PUBLIC_ADDRESS/$own
userdb=$scratch/turndb
pidfile=$scratch/pid
END
if [ -r "$CERTIFICATE.crt" ] && [ -r "$CERTIFICATE.key" ]; then
    printf 'cert=%s\npkey=%s\n' "$CERTIFICATE.crt" "$CERTIFICATE.key" >>"$scratch/turnserver.conf"
else
    echo "coturn serves no TLS: there is no certificate at $CERTIFICATE yet. Restart it when there is one." >&2
    echo no-tls >>"$scratch/turnserver.conf"
fi
exec turnserver -c "$scratch/turnserver.conf"
