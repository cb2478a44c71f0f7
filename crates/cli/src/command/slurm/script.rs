//! The text of `submit.sh`: it submits itself as the script of every job.

use std::{fmt, path::Path};

use radiograph_run::Plan;

/// A script that submits what is left of a plan.
pub(super) struct Script<'s> {
    /// Run folder, from the root.
    pub(super) run: &'s Path,
    /// The program, from the root.
    pub(super) program: &'s Path,
    pub(super) plan: &'s Plan,
    /// Options of `sbatch` for every job.
    pub(super) options: &'s [String],
    /// Maximum number of jobs of an array that run at once.
    pub(super) at_most: Option<u32>,
}

/// What each job does, and how a phase is submitted.
const BODY: &str = r#"
# In a job: does the task. Slurm's notice before the time limit goes on to it, and exit code 75 asks for another start.
if [ "${1:-}" = --job ]; then
    shift
    "$radiograph" "$@" ${SLURM_ARRAY_TASK_ID:+--number "$SLURM_ARRAY_TASK_ID"} &
    task=$!
    trap 'kill -USR1 "$task" 2>/dev/null' USR1 TERM
    code=0
    wait "$task" || code=$?
    case $code in 138 | 143) code=0; wait "$task" || code=$? ;; esac # the notice ended the waiting, not the task
    case $code in 75 | 138 | 143) scontrol requeue "$SLURM_JOB_ID" ;; esac
    exit "$code"
fi

mkdir -p "$run/tasks/logs"
after=() # the option that lets a job wait for the one before

# submit NAME LOG ARRAY ARGUMENT...: the arguments are those of the program
submit() {
    local name=$1 log=$2 array=$3 job
    shift 3
    job=$(sbatch --parsable "${options[@]}" ${array:+"$array"} ${after[@]+"${after[@]}"} --job-name="$name" \
        --output="$run/tasks/logs/$log" "$0" --job "$@")
    job=${job%%;*} # without the name of the cluster
    after=(--dependency="afterok:$job")
    echo "$name: job $job"
}

"#;

impl fmt::Display for Script<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { run, program, plan, options, at_most } = self;
        writeln!(formatter, "#!/usr/bin/env bash")?;
        writeln!(
            formatter,
            "# Submits what is left of a run to Slurm: one array for each phase, each after the one before."
        )?;
        writeln!(formatter, "# `radiograph slurm` wrote it. Change the options if a job needs more.")?;
        writeln!(formatter, "set -euo pipefail\n")?;
        writeln!(formatter, "run={}", quoted(&run.to_string_lossy()))?;
        writeln!(formatter, "radiograph={}", quoted(&program.to_string_lossy()))?;
        writeln!(formatter, "options=(")?;
        for option in *options {
            writeln!(formatter, "    {}", quoted(option))?;
        }
        writeln!(formatter, "    --requeue                 # a node that fails does not end a task")?;
        writeln!(formatter, "    --kill-on-invalid-dep=yes # nothing waits for a task that failed")?;
        writeln!(formatter, "    --open-mode=append        # a task that starts again keeps its log")?;
        writeln!(formatter, ")")?;
        formatter.write_str(BODY)?;
        for phase in plan.phases() {
            let left = plan.tasks().iter().filter(|task| task.phase == phase && !plan.is_done(task));
            let numbers: Vec<usize> = left.map(|task| task.number).collect();
            if numbers.is_empty() {
                continue;
            }
            let limit = at_most.map_or_else(String::new, |jobs| format!("%{jobs}"));
            let array = format!("--array={}{limit}", ranges(&numbers));
            let task = format!("run-task \"$run\" --plan {} --phase {phase}", plan.id());
            writeln!(formatter, "submit {phase} %x-%a.log {array} {task}")?;
        }
        writeln!(formatter, "submit collect %x.log '' collect \"$run\"")
    }
}

/// Numbers as Slurm writes an array: `1-3,7`.
fn ranges(numbers: &[usize]) -> String {
    let consecutive = numbers.chunk_by(|one, next| one + 1 == *next);
    let written = consecutive.map(|range| match range {
        [one] => one.to_string(),
        [first, .., last] => format!("{first}-{last}"),
        [] => String::new(),
    });
    written.collect::<Vec<_>>().join(",")
}

/// A word of a shell.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./=:,@%+".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consecutive_numbers_are_a_range() {
        assert_eq!(ranges(&[1, 2, 3, 7, 9, 10]), "1-3,7,9-10");
        assert_eq!(ranges(&[4]), "4");
    }

    #[test]
    fn a_word_stays_one_word() {
        assert_eq!(quoted("--mem=16G"), "--mem=16G");
        for word in ["my run", "it's", "$HOME", "a;b", ""] {
            let line = format!("printf %s {}", quoted(word));
            let output = std::process::Command::new("sh").args(["-c", &line]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), word);
        }
    }
}
