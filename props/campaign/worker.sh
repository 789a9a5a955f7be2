#!/bin/sh
# Beam's environment PROCESS starts this as a worker:
#
#	worker.sh --id='ID' --provision_endpoint=HOST:PORT
#
# Prism's endpoint serves everything, so that there is nothing to ask it for. CAMPAIGN is the
# program, and a file in PIDS is named by each worker's process.
set -eu
for argument; do
	case $argument in
	--id=*) id=$(printf %s "${argument#--id=}" | tr -d "'") ;;
	--provision_endpoint=*) endpoint=${argument#*=} ;;
	esac
done
: >"$PIDS/$$"
exec "$CAMPAIGN" --worker --id="$id" --control_endpoint="$endpoint" --logging_endpoint="$endpoint"
