#!/usr/bin/env bash
# Starts a Slurm of one node in a folder: munged, slurmctld, slurmd. It needs root and no systemd.
#
#   source cluster.sh; start_cluster FOLDER; …; stop_cluster
#
# Afterwards SLURM_CONF is set, so that sbatch, squeue and scontrol find it.

# Ports that another Slurm of this machine is unlikely to use.
controller_port=${CONTROLLER_PORT:-17817}
node_port=${NODE_PORT:-17818}

start_cluster() {
    cluster=$1
    mkdir -p "$cluster"/{state,spool,log,run}
    chmod 755 "$cluster" "$cluster/run"
    # munged refuses a key, socket or log that others could have changed.
    dd if=/dev/urandom of="$cluster/munge.key" bs=1 count=1024 status=none
    chmod 400 "$cluster/munge.key"
    cat >"$cluster/slurm.conf" <<CONF
ClusterName=scratch
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$controller_port
SlurmdPort=$node_port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$cluster/run/munge.socket
CryptoType=crypto/munge
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/spool
SlurmctldPidFile=$cluster/run/slurmctld.pid
SlurmdPidFile=$cluster/run/slurmd.pid
SlurmctldLogFile=$cluster/log/slurmctld.log
SlurmdLogFile=$cluster/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=100000
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=5
MinJobAge=3600
MpiDefault=none
NodeName=$(hostname -s) NodeAddr=127.0.0.1 CPUs=${CLUSTER_CORES:-2} RealMemory=4096 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
    export SLURM_CONF=$cluster/slurm.conf
    munged --force --key-file="$cluster/munge.key" --socket="$cluster/run/munge.socket" \
        --pid-file="$cluster/run/munged.pid" --log-file="$cluster/log/munged.log" \
        --seed-file="$cluster/run/munged.seed" || return 1
    slurmctld -c || return 1
    slurmd -c || return 1
    local second
    for second in $(seq 60); do
        if sinfo --noheader --format=%T 2>/dev/null | grep -q idle; then
            return 0
        fi
        sleep 1
    done
    echo "the node did not come up in $second s" >&2
    tail -n 5 "$cluster"/log/*.log >&2
    return 1
}

stop_cluster() {
    local daemon pid
    scancel --user=root --state=RUNNING 2>/dev/null
    for daemon in slurmd slurmctld munged; do
        pid=$(cat "$cluster/run/$daemon.pid" 2>/dev/null) && kill "$pid" 2>/dev/null
    done
    return 0
}
