#!/bin/sh
# The units of systemd: no unknown or misspelt line, and nothing of the hardening lost.
#
#   sh tests/packaging/units_test.sh FOLDER_OF_UNITS
set -eu

# Of systemd-analyze security, in tenths: an unhardened service has 96.
exposure_max=20

units=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# The program and its manual page need not be installed here.
for unit in fairlead.service fairlead.socket; do
    sed -e 's#=fairlead #=/bin/true #' -e '/^Documentation=/d' "$units/$unit" >"$folder/$unit"
done
systemd-analyze verify "$folder/fairlead.service" "$folder/fairlead.socket" >"$folder/said" 2>&1 ||
    { cat "$folder/said" && exit 1; }
# A line it does not know is a warning only.
if [ -s "$folder/said" ]; then cat "$folder/said" && exit 1; fi

systemd-analyze security --offline=true --threshold=$exposure_max "$folder/fairlead.service" \
    >"$folder/said" 2>&1 || { cat "$folder/said" && exit 1; }
tail -n 1 "$folder/said"
