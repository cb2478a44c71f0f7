//! Reads the share of a job, and its number of cores, from the environment that a scheduler sets.
//!
//! Nothing here runs a scheduler or asks one. Indices of schedulers that count from 0 become parts that count from 1.

use std::{fmt, num::NonZeroUsize, str::FromStr, thread};

use radiograph_features::{Part, PartError};

/// The share of the work that a process does: `2/8`, or what the job array says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Share {
    /// This part.
    Fixed(Part),
    /// The part that the scheduler's environment names: `auto`, or `auto/8` where it does not tell the number of jobs.
    OfArray {
        /// Number of parts; `None`: that of the array.
        count: Option<u32>,
    },
}

/// Why the environment names no part.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ArrayJobError {
    /// No variable of a job array is set.
    #[error("this process is in no job array of {}; write the part, such as 2/8", names())]
    NoArray,
    /// A variable that the scheduler sets is missing.
    #[error("{set} is set and {missing} is not, so the number of jobs is unknown; write auto/N for N jobs")]
    NoCount {
        /// The variable that is set.
        set: &'static str,
        /// The variable that is missing.
        missing: &'static str,
    },
    /// A variable holds no number.
    #[error("{variable} is `{value}`, which is not a number")]
    NotANumber {
        /// The variable.
        variable: &'static str,
        /// Its value.
        value: String,
    },
    /// The indices of the array are not consecutive, or do not begin at 0 or 1.
    #[error(
        "the {scheduler} array has the indices {indices}, so a part of the work would be left out; number its jobs from 1 \
         without gaps, or write auto/N, where the index is the part"
    )]
    Gaps {
        /// Name of the scheduler.
        scheduler: &'static str,
        /// The indices in words.
        indices: String,
    },
    /// Two schedulers say different things.
    #[error("{first} says part {one} and {second} says part {other}; write the part, such as 2/8")]
    Contradiction {
        /// Name of a scheduler.
        first: &'static str,
        /// Its part.
        one: Part,
        /// Name of the other scheduler.
        second: &'static str,
        /// Its part.
        other: Part,
    },
    /// The index is no part.
    #[error(transparent)]
    Part(#[from] PartError),
}

/// Variables of one scheduler's job arrays.
struct Scheduler {
    name: &'static str,
    index: &'static str,
    /// Value of `index` outside of an array.
    no_array: Option<&'static str>,
    /// Index of the first job if the scheduler does not tell it.
    first: u32,
    extent: Extent,
}

/// Where the number of jobs is.
enum Extent {
    /// First and last index, and the step between indices.
    Range {
        first: Option<&'static str>,
        last: &'static str,
        step: &'static str,
        count: Option<&'static str>,
    },
    Count(&'static str),
    Unknown,
}

/// In the order in which they are asked. Slurm's were tried, AWS Batch's compared with its document; the others' are untested and
/// were not compared with manuals.
const SCHEDULERS: [Scheduler; 7] = [
    // <https://slurm.schedmd.com/job_array.html>
    Scheduler {
        name: "Slurm",
        index: "SLURM_ARRAY_TASK_ID",
        no_array: None,
        first: 1,
        extent: Extent::Range {
            first: Some("SLURM_ARRAY_TASK_MIN"),
            last: "SLURM_ARRAY_TASK_MAX",
            step: "SLURM_ARRAY_TASK_STEP",
            count: Some("SLURM_ARRAY_TASK_COUNT"),
        },
    },
    // `man qsub` of Grid Engine: SGE_TASK_ID is `undefined` outside of an array.
    Scheduler {
        name: "Grid Engine",
        index: "SGE_TASK_ID",
        no_array: Some("undefined"),
        first: 1,
        extent: Extent::Range {
            first: Some("SGE_TASK_FIRST"),
            last: "SGE_TASK_LAST",
            step: "SGE_TASK_STEPSIZE",
            count: None,
        },
    },
    // PBS Professional and OpenPBS, then Torque.
    Scheduler { name: "PBS", index: "PBS_ARRAY_INDEX", no_array: None, first: 1, extent: Extent::Unknown },
    Scheduler { name: "Torque", index: "PBS_ARRAYID", no_array: None, first: 1, extent: Extent::Unknown },
    // LSF: LSB_JOBINDEX is 0 outside of an array.
    Scheduler {
        name: "LSF",
        index: "LSB_JOBINDEX",
        no_array: Some("0"),
        first: 1,
        extent: Extent::Range {
            first: None,
            last: "LSB_JOBINDEX_END",
            step: "LSB_JOBINDEX_STEP",
            count: None,
        },
    },
    // <https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html>
    Scheduler {
        name: "AWS Batch",
        index: "AWS_BATCH_JOB_ARRAY_INDEX",
        no_array: None,
        first: 0,
        extent: Extent::Count("AWS_BATCH_JOB_ARRAY_SIZE"),
    },
    // <https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode>
    Scheduler {
        name: "Kubernetes",
        index: "JOB_COMPLETION_INDEX",
        no_array: None,
        first: 0,
        extent: Extent::Unknown,
    },
];

fn names() -> String {
    SCHEDULERS.map(|scheduler| scheduler.name).join(", ")
}

impl Share {
    /// The part, with the variables that `environment` gives.
    ///
    /// # Errors
    ///
    /// [`ArrayJobError`] if the environment names no part.
    pub fn part(self, environment: impl Fn(&str) -> Option<String>) -> Result<Part, ArrayJobError> {
        let count = match self {
            Self::Fixed(part) => return Ok(part),
            Self::OfArray { count } => count,
        };
        let mut found: Option<(&'static str, Part)> = None;
        for scheduler in &SCHEDULERS {
            let Some(other) = scheduler.part(count, &environment)? else { continue };
            match found {
                Some((first, one)) if one != other => {
                    return Err(ArrayJobError::Contradiction { first, one, second: scheduler.name, other });
                }
                _ => found = Some((scheduler.name, other)),
            }
        }
        found.map(|(_, part)| part).ok_or(ArrayJobError::NoArray)
    }

    /// The part, with the variables of this process.
    ///
    /// # Errors
    ///
    /// As [`part`](Self::part).
    pub fn part_here(self) -> Result<Part, ArrayJobError> {
        self.part(|name| std::env::var(name).ok())
    }
}

impl Scheduler {
    /// The part of this job; `None` if it is in no array of this scheduler.
    fn part(
        &self,
        asked: Option<u32>,
        environment: &impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Part>, ArrayJobError> {
        let Some(text) = environment(self.index).filter(|text| self.no_array != Some(text.trim())) else {
            return Ok(None);
        };
        let index = number(self.index, &text)?;
        if let Some(count) = asked {
            // The index is the part, whatever other indices were submitted with it.
            let part = if self.first == 0 { index.saturating_add(1) } else { index };
            return Ok(Some(Part::new(part, count)?));
        }
        let given = |variable: &'static str| {
            let missing = ArrayJobError::NoCount { set: self.index, missing: variable };
            number(variable, &environment(variable).ok_or(missing)?)
        };
        let optional = |variable: Option<&'static str>, default: u32| match variable {
            Some(variable) => given(variable),
            None => Ok(default),
        };
        match self.extent {
            Extent::Unknown => Err(ArrayJobError::NoCount { set: self.index, missing: "the number of jobs" }),
            Extent::Count(variable) => {
                Ok(Some(Part::new(index.saturating_add(1 - self.first), given(variable)?)?))
            }
            Extent::Range { first, last, step, count } => {
                let (first, last) = (optional(first, self.first)?, given(last)?);
                let step = match environment(step) {
                    Some(text) => number(step, &text)?.max(1),
                    None => 1,
                };
                let jobs = last.saturating_sub(first) / step + 1;
                let told = optional(count, jobs)?;
                if told != jobs || first > 1 || last < first || index < first || (index - first) % step != 0 {
                    let indices = format!("{first} to {last} in steps of {step}, {told} in number");
                    return Err(ArrayJobError::Gaps { scheduler: self.name, indices });
                }
                Ok(Some(Part::new((index - first) / step + 1, jobs)?))
            }
        }
    }
}

fn number(variable: &'static str, text: &str) -> Result<u32, ArrayJobError> {
    text.trim()
        .parse()
        .map_err(|_| ArrayJobError::NotANumber { variable, value: text.chars().take(40).collect() })
}

impl FromStr for Share {
    type Err = PartError;

    fn from_str(text: &str) -> Result<Self, PartError> {
        if text == "auto" {
            return Ok(Self::OfArray { count: None });
        }
        let one_of = |count: &str| format!("1/{count}").parse::<Part>().ok();
        match text.strip_prefix("auto/").and_then(one_of) {
            Some(first) => Ok(Self::OfArray { count: Some(first.count()) }),
            // What is neither of the two is a part, or refused as one.
            None => Ok(Self::Fixed(text.parse()?)),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(part) => part.fmt(formatter),
            Self::OfArray { count: None } => formatter.write_str("auto"),
            Self::OfArray { count: Some(count) } => write!(formatter, "auto/{count}"),
        }
    }
}

/// Variables in which schedulers tell a job its number of cores.
const CORES: [&str; 4] = ["SLURM_CPUS_PER_TASK", "NSLOTS", "NCPUS", "LSB_DJOB_NUMPROC"];

/// The number of cores that a scheduler gave to this job; `None` outside of a job. It is at most the number of cores that
/// the system lets the process use, by affinity or control group.
pub fn job_cores(environment: impl Fn(&str) -> Option<String>) -> Option<NonZeroUsize> {
    let told = CORES.iter().find_map(|name| environment(name)?.trim().parse::<NonZeroUsize>().ok())?;
    Some(thread::available_parallelism().map_or(told, |usable| usable.min(told)))
}

/// The number of cores that this process may use: those of its [job](job_cores), or else of the machine.
pub fn usable_cores() -> NonZeroUsize {
    job_cores(|name| std::env::var(name).ok())
        .or_else(|| thread::available_parallelism().ok())
        .unwrap_or(NonZeroUsize::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The part for `share` with these variables, as text; an error as its message.
    fn part(share: &str, variables: &[(&str, &str)]) -> Result<String, String> {
        let environment =
            |name: &str| variables.iter().find(|(of, _)| *of == name).map(|(_, value)| (*value).to_owned());
        let share: Share = share.parse().map_err(|error: PartError| error.to_string())?;
        share.part(environment).map(|part| part.to_string()).map_err(|error| error.to_string())
    }

    fn slurm<'v>(id: &'v str, min: &'v str, max: &'v str, count: &'v str) -> Vec<(&'v str, &'v str)> {
        vec![
            ("SLURM_ARRAY_TASK_ID", id),
            ("SLURM_ARRAY_TASK_MIN", min),
            ("SLURM_ARRAY_TASK_MAX", max),
            ("SLURM_ARRAY_TASK_STEP", "1"),
            ("SLURM_ARRAY_TASK_COUNT", count),
        ]
    }

    /// Slurm's and AWS Batch's variables were compared with their documents; the others' were not.
    #[test]
    fn every_scheduler_names_a_part() {
        let of = |variables: &[(&str, &str)]| part("auto", variables);
        assert_eq!(of(&slurm("3", "1", "8", "8")).unwrap(), "3/8");
        assert_eq!(of(&slurm("0", "0", "7", "8")).unwrap(), "1/8", "--array=0-7");
        let mut stepped = slurm("5", "1", "7", "4");
        stepped[3].1 = "2";
        assert_eq!(of(&stepped).unwrap(), "3/4", "--array=1-7:2");
        let grid_engine = [
            ("SGE_TASK_ID", "6"),
            ("SGE_TASK_FIRST", "1"),
            ("SGE_TASK_LAST", "8"),
            ("SGE_TASK_STEPSIZE", "1"),
        ];
        assert_eq!(of(&grid_engine).unwrap(), "6/8");
        assert_eq!(of(&[("LSB_JOBINDEX", "2"), ("LSB_JOBINDEX_END", "8")]).unwrap(), "2/8");
        let batch = [("AWS_BATCH_JOB_ARRAY_INDEX", "0"), ("AWS_BATCH_JOB_ARRAY_SIZE", "8")];
        assert_eq!(of(&batch).unwrap(), "1/8");
        assert_eq!(part("auto/8", &[("JOB_COMPLETION_INDEX", "7")]).unwrap(), "8/8");
        assert_eq!(part("auto/8", &[("PBS_ARRAY_INDEX", "8")]).unwrap(), "8/8");
        assert_eq!(part("auto/8", &[("PBS_ARRAYID", "1")]).unwrap(), "1/8");
        assert_eq!(part("2/8", &[]).unwrap(), "2/8");
    }

    #[test]
    fn a_job_outside_of_an_array_has_no_part() {
        for variables in [
            vec![],
            vec![("SLURM_JOB_ID", "17")],
            vec![("SGE_TASK_ID", "undefined")],
            vec![("LSB_JOBINDEX", "0"), ("LSB_JOBINDEX_END", "0")],
        ] {
            let error = part("auto", &variables).unwrap_err();
            assert!(
                error.contains("in no job array of Slurm, Grid Engine") && error.contains("2/8"),
                "{error}"
            );
        }
    }

    /// A job that is submitted again alone must not take the whole work for its own.
    #[test]
    fn arrays_with_gaps_are_refused_unless_the_number_of_parts_is_given() {
        for variables in [
            slurm("3", "3", "3", "1"),
            slurm("3", "1", "7", "3"),
            slurm("9", "1", "8", "7"),
            vec![
                ("SGE_TASK_ID", "5"),
                ("SGE_TASK_FIRST", "5"),
                ("SGE_TASK_LAST", "5"),
                ("SGE_TASK_STEPSIZE", "1"),
            ],
        ] {
            let error = part("auto", &variables).unwrap_err();
            assert!(error.contains("would be left out") && error.contains("auto/N"), "{error}");
        }
        assert_eq!(part("auto/8", &slurm("3", "3", "3", "1")).unwrap(), "3/8");
    }

    #[test]
    fn a_part_that_cannot_be_is_refused_in_one_sentence() {
        for (share, variables, named) in [
            ("auto/8", slurm("9", "1", "9", "9"), "`9/8` is not a part"),
            ("auto/8", slurm("0", "0", "7", "8"), "`0/8` is not a part"),
            ("auto/8", vec![("JOB_COMPLETION_INDEX", "8")], "`9/8` is not a part"),
            ("auto", vec![("AWS_BATCH_JOB_ARRAY_INDEX", "8"), ("AWS_BATCH_JOB_ARRAY_SIZE", "8")], "`9/8`"),
            ("auto", vec![("JOB_COMPLETION_INDEX", "3")], "write auto/N"),
            ("auto", vec![("PBS_ARRAY_INDEX", "3")], "write auto/N"),
            ("auto", vec![("SLURM_ARRAY_TASK_ID", "3")], "SLURM_ARRAY_TASK_MIN is not"),
            ("auto", vec![("SLURM_ARRAY_TASK_ID", "three")], "SLURM_ARRAY_TASK_ID is `three`"),
            ("auto", vec![("JOB_COMPLETION_INDEX", "4294967296")], "is not a number"),
            ("auto/0", vec![], "`auto/0` is not a part"),
            ("auto/1001", vec![], "`auto/1001` is not a part"),
            ("automatic", vec![], "`automatic` is not a part"),
            ("9/8", vec![], "`9/8` is not a part"),
        ] {
            let error = part(share, &variables).unwrap_err();
            assert!(error.contains(named) && !error.contains('\n'), "{share}: {error}");
        }
        let mut two = slurm("3", "1", "8", "8");
        two.extend([("LSB_JOBINDEX", "2"), ("LSB_JOBINDEX_END", "8")]);
        let error = part("auto", &two).unwrap_err();
        assert!(error.contains("Slurm says part 3/8 and LSF says part 2/8"), "{error}");
    }

    #[test]
    fn a_share_is_written_as_it_is_read() {
        for text in ["2/8", "auto", "auto/8"] {
            assert_eq!(text.parse::<Share>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_jobs_cores_are_those_of_the_scheduler_and_no_more_than_the_systems() {
        let of = |name: &'static str, value: &'static str| {
            job_cores(move |asked| (asked == name).then(|| value.to_owned())).map(NonZeroUsize::get)
        };
        for name in CORES {
            assert_eq!(of(name, "1"), Some(1));
        }
        let machine = thread::available_parallelism().unwrap().get();
        assert_eq!(of("SLURM_CPUS_PER_TASK", "100000"), Some(machine));
        assert_eq!((of("NSLOTS", "0"), of("NSLOTS", "many"), of("HOME", "4")), (None, None, None));
    }
}
