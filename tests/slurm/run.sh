#!/usr/bin/env bash
# Runs the plan of a phantom run on a real Slurm, kills tasks under way, and compares every file with an undisturbed run.
#
#   tests/slurm/run.sh PROGRAM [FOLDER]
#
# Exit code 77: this machine cannot start a Slurm; the last line says why. FOLDER, a new one below /tmp by default, holds the
# cluster, both runs and the logs; it is removed after success.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$(realpath "${1:?the program radiograph}")
place=${2:-$(mktemp -d /tmp/radiograph-slurm.XXXXXX)}
kills=5

skip() { echo "SKIPPED: $*"; exit 77; }
fail() { echo "FAILED: $*; everything is in $place" >&2; exit 1; }
say() { printf '%4d s  %s\n' "$SECONDS" "$*"; }

if ! command -v slurmctld slurmd sbatch munged >/dev/null; then
    [ "$(id -u)" = 0 ] || skip "Slurm is not installed, and only root can install it"
    command -v apt-get >/dev/null || skip "Slurm is not installed, and there is no apt-get"
    { timeout 300 apt-get update --quiet && DEBIAN_FRONTEND=noninteractive timeout 300 apt-get install --yes --quiet \
        --no-install-recommends slurmctld slurmd slurm-client munge; } >"$place/apt.log" 2>&1 ||
        skip "Slurm cannot be installed: $(tail -n 1 "$place/apt.log")"
fi
[ "$(id -u)" = 0 ] || skip "Slurm's daemons are started as root here"

# shellcheck source=tests/slurm/cluster.sh
. "$here/cluster.sh"
start_cluster "$place/cluster" || skip "Slurm does not start here"
trap stop_cluster EXIT

# The same settings for both runs. With one thread a training has the same bits everywhere.
cd "$place"
export XDG_CACHE_HOME=$place/cache XDG_CONFIG_HOME=$place/settings
"$program" phantoms --out phantoms --patients 190 --side 96 --seed 3 >/dev/null 2>&1
printf '1%.0s' {1..64} >key
settings=(--data phantoms/collections --config "$here/settings.toml" --set data.key_file="$place/key")
"$program" assemble runs/cluster "${settings[@]}" >/dev/null 2>&1
run=$place/runs/cluster

[ "$("$program" slurm runs/cluster --extract-parts 8 --dry-run | bash -n && echo sound)" = sound ] || fail "submit.sh"
[ ! -e "$run/tasks" ] || fail "--dry-run wrote something"
"$program" plan runs/cluster --extract-parts 8 --tasks >plan.jsonl
say "$(wc -l <plan.jsonl) tasks"
"$program" slurm runs/cluster --cpus 1 --mem 100M --time 30 --submit

# Names of tasks, by phase and number.
declare -A task_of=()
while IFS=$'\t' read -r phase number task; do
    task_of[$phase/$number]=$task
done < <(sed -E 's/.*"task":"([^"]+)","phase":"([^"]+)","number":([0-9]+).*/\2\t\3\t\1/' plan.jsonl)

# Jobs that run: number of the job, phase, number of the task.
running() { squeue --noheader --array --states=RUNNING --format='%A %j %K' | grep -v collect || true; }
# The process that does a task; the script of its job has no --number.
process() { pgrep --full -- "run-task $run --plan [0-9a-f]+ --phase $1 --number $2\$" || true; }
left() { squeue --noheader --array --format=%T | wc -l; }
# Slurm lets a job that starts again wait for two minutes; here it starts at once.
hasten() {
    squeue --noheader --array --states=PENDING --format='%i %r' | while read -r job reason; do
        [ "$reason" != BeginTime ] || scontrol update jobid="$job" StartTime=now >/dev/null 2>&1 || true
    done
}

# Kills one task that runs and is unfinished, as a node that dies: the process first, without a chance to tell anybody.
# At most three of them extract, so that others train.
declare -A killed=()
kill_one() {
    local job phase number pid shell task
    read -r job phase number < <(running | shuf -n 1) || return 1
    [ "$phase" != extract ] || [ ${#killed[@]} -lt 3 ] || return 1
    task=${task_of[$phase/$number]}
    pid=$(process "$phase" "$number")
    [ -n "$pid" ] && [ -z "${killed[$task]:-}" ] || return 1
    kill -STOP "$pid" 2>/dev/null || return 1
    shell=$(ps -o ppid= -p "$pid" | tr -d ' ')
    if [ -e "$run/tasks/$task.done" ] || [ -z "$shell" ]; then
        kill -CONT "$pid"
        return 1
    fi
    if [ ${#killed[@]} = 0 ]; then
        # The same task a second time: one sentence, and nothing is disturbed.
        said=$("$program" run-task "$run" "$task" 2>&1) && fail "two processes did $task"
        [[ $said == *"another process is doing the task $task"* ]] || fail "not told of a second process: $said"
        said=$("$program" collect "$run" 2>&1) && fail "an incomplete set was collected"
        [[ $said == *"in use by another process"* ]] || fail "not told of processes at work: $said"
    fi
    kill -STOP "$shell"
    kill -KILL "$pid"
    [ ! -e "$run/tasks/$task.done" ] || fail "$task was finished when it was killed"
    scontrol requeue "$job"
    killed[$task]=yes
    say "killed $task"
}

# Asks a fold that trains to stop, as Slurm does before the time limit.
was_notified() { grep -qs "to be started again later" "$run"/tasks/logs/folds-*.log; }
notify_one() {
    local job phase number
    read -r job phase number < <(running | grep ' folds ' | shuf -n 1) || return 1
    grep -qs '^train' "$run/tasks/logs/folds-$number.log" || return 1
    scancel --signal=USR1 --batch "$job" 2>/dev/null || return 1
    say "gave notice to ${task_of[$phase/$number]}"
    sleep 1
}

at_once=0 next=$((SECONDS + 3))
while [ "$(left)" -gt 0 ]; do
    [ $SECONDS -lt 900 ] || fail "the jobs do not end"
    processes=$(pgrep --full --count -- "run-task $run --plan [0-9a-f]+ --phase [a-z]+ --number" || true)
    [ "$processes" -le "$at_once" ] || at_once=$processes
    if [ ${#killed[@]} -lt $kills ] && [ $SECONDS -ge $next ] && kill_one; then
        next=$((SECONDS + 2 + RANDOM % 5))
    fi
    was_notified || notify_one || true
    hasten
    sleep 0.3
done
say "all jobs ended; $at_once tasks ran at once; killed ${#killed[@]}"
[ ${#killed[@]} = $kills ] || fail "only ${#killed[@]} tasks were killed"
[ "$at_once" -ge 2 ] || fail "tasks ran one after another"
was_notified || fail "no notice arrived"
[ "$("$program" plan runs/cluster --tasks | wc -l)" = 0 ] || fail "tasks are left"
[ -e "$run/report.html" ] || fail "the run was not collected: $(tail -n 1 "$run/tasks/logs/collect.log")"

# Tasks that are done are not done again, and lists of other plans are refused.
said=$("$program" run-task runs/cluster --phase folds --number 1)
[[ $said == *"was done before"* ]] || fail "a task was done twice: $said"
said=$("$program" run-task runs/cluster --plan 0123456789ab --phase folds --number 1 2>&1) && fail "another plan was accepted"
[[ $said == *"that of plan 0123456789ab"* ]] || fail "not told of another plan: $said"

"$program" run runs/local "${settings[@]}" >local.log 2>&1 || fail "the undisturbed run: $(tail -n 1 local.log)"
say "undisturbed run"
# Left out: times and memory (costs.json, and report.html with its stamp), locks, and the plan itself.
files() {
    (cd "runs/$1" && find . -type f ! -name costs.json ! -path ./report.html ! -path ./.stages/report.json \
        ! -name '*.lock' ! -path './tasks/*' -print0 | sort --zero-terminated | xargs --null sha256sum)
}
diff <(files local) <(files cluster) >difference.txt || fail "files differ: $(head -n 5 difference.txt)"
say "$(files cluster | wc -l) files are equal"
stop_cluster
trap - EXIT
[ $# -gt 1 ] || { cd / && rm -rf "$place"; }
