#!/bin/sh
# Checks and measures one device with the programs of build.sh, where nothing can be built and no network is.
#
#     tests/gpu/run.sh PROGRAMS LIBTORCH DEVICE OUT
#
# DEVICE is `cuda:0`, or `cpu` for a rehearsal. OUT receives check.json (`radiograph devices --check`), tests.txt (the tests
# across crates, with RADIOGRAPH_TEST_DEVICE) and device.json, which says in one object whether both passed and how long each took.
# Run it from the root of a checkout: the tests read tests/golden. The exit status is 0 if both passed.
set -u
[ $# -eq 4 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2; }
programs=$1 libtorch=$2 device=$3 out=$4
mkdir -p "$out"
LD_LIBRARY_PATH=$libtorch/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH RADIOGRAPH_TEST_DEVICE="$device"

card=$(nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | head -n 1)
begin=$(date +%s)
timeout 240 "$programs/radiograph" devices --check "$device" --json >"$out/check.json" 2>"$out/check.txt"
check=$?
between=$(date +%s)
# What computes on the device; whole runs and other software's files are left to the processor's tests.
(cd tests && timeout 240 "$programs/tests" --test-threads=1 backbone:: backbone_more:: backbone_contract:: devices:: gradcam:: \
    head:: keras_lineage:: layers:: pointing::) >"$out/tests.txt" 2>&1
tests=$?
end=$(date +%s)
passed=$(sed -n 's/^test result: [a-zA-Z]*\. \([0-9]*\) passed; \([0-9]*\) failed.*/"passed":\1,"failed":\2/p' "$out/tests.txt")

printf '{"device":"%s","card":"%s","check":{"exit":%d,"seconds":%d},"tests":{"exit":%d,"seconds":%d,%s}}\n' \
    "$device" "$card" "$check" $((between - begin)) "$tests" $((end - between)) "${passed:-\"passed\":0}" >"$out/device.json"
cat "$out/device.json"
[ "$check" -eq 0 ] && [ "$tests" -eq 0 ]
