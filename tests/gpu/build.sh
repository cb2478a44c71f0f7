#!/bin/sh
# Builds the two programs that run.sh takes, against a libtorch of any folder.
#
#     tests/gpu/build.sh LIBTORCH OUT [TCH]
#
# LIBTORCH is a folder with lib/ and include/: libtorch itself, or `torch` of a Python package. TCH is a version of the crate
# `tch` that fits it, such as 0.24.0 for PyTorch 2.11; without it the version of Cargo.lock is built. OUT receives
# `radiograph` and `tests`. The programs look for LIBTORCH where run.sh tells them, so OUT can be carried elsewhere.
set -eu
[ $# -ge 2 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2; }
root=$(cd "$(dirname "$0")/../.." && pwd)
LIBTORCH=$(cd "$1" && pwd)
export LIBTORCH
mkdir -p "$2"
out=$(cd "$2" && pwd)

# Another version of tch needs another lock file, so a copy of the checkout is built.
if [ $# -eq 3 ]; then
    source=$out/source
    mkdir -p "$source"
    (cd "$root" && git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from=- --no-recursion) |
        tar --extract --directory="$source"
    cd "$source"
    export LIBTORCH_BYPASS_VERSION_CHECK=1
    cargo update --package tch --precise "$3"
else
    cd "$root"
fi

# The path of an executable in cargo's messages.
executable() {
    sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1
}
cp "$(cargo build --workspace --bin radiograph --message-format=json-render-diagnostics | executable)" "$out/radiograph"
cp "$(cargo test --no-run --workspace --test radiograph --message-format=json-render-diagnostics | executable)" "$out/tests"
echo "built: $out/radiograph, $out/tests"
