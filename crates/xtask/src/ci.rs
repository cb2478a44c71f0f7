//! `cargo xtask ci`: runs every required check, cheapest first.

use std::{process::Command, time::Instant};

use clap::ValueEnum;

use crate::{
    checkout::Checkout,
    error::Error,
    examples, fuzz,
    lane::Lane,
    lint, outside, package, run, say, slurm,
    test::{self, Arguments as Words, Strictness},
};

/// Run all that must pass, or the named steps of it
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct Arguments {
    /// Steps to run [default: all but slurm, in this order]
    #[arg(value_enum, value_name = "STEP")]
    steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Formatting, spelling, dependencies, clippy, documentation
    Lint,
    /// The program as a machine without libtorch builds it
    WithoutLibtorch,
    /// Every fuzz target, compiled
    Fuzz,
    /// Every test; none may be skipped whose need is met
    Tests,
    /// Every benchmark once, on less
    Benches,
    /// The short examples, run
    Examples,
    /// A phantom run on a real Slurm, with tasks that are killed
    Slurm,
    /// Projects outside of the workspace, built and run
    Outside,
    /// Every package as a registry would get it; those without libtorch are checked in it
    Package,
    /// The tests of the libtorch packages, and the outside project with libtorch, in the kepler lane
    Kepler,
}

/// Runs the steps, then prints the time of each one and the checks that were skipped.
pub(crate) fn ci(arguments: &Arguments, checkout: &Checkout) -> Result<(), Error> {
    let steps = if arguments.steps.is_empty() { Step::required() } else { arguments.steps.clone() };
    let (mut times, mut skipped) = (Vec::new(), Vec::new());
    for step in steps {
        let started = Instant::now();
        skipped.extend(step.run(checkout)?);
        times.push(format!("{} {:.0} s", step.name(), started.elapsed().as_secs_f64()));
    }
    for what in &skipped {
        say(&format!("SKIPPED {what}"));
    }
    say(&format!("all steps passed: {}", times.join(", ")));
    Ok(())
}

impl Step {
    /// What must pass before a change is taken. Killing tasks of a Slurm takes minutes more, and depends on the speed of the machine.
    fn required() -> Vec<Self> {
        Self::value_variants().iter().copied().filter(|step| *step != Self::Slurm).collect()
    }

    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Runs the step and returns the checks that could not run.
    fn run(self, checkout: &Checkout) -> Result<Vec<String>, Error> {
        match self {
            Self::Lint => return lint::lint(checkout),
            Self::WithoutLibtorch => program_without_libtorch(checkout)?,
            Self::Fuzz => fuzz::check(checkout)?,
            Self::Tests => test::test(None, &Words::default(), Strictness::Checked, checkout)?,
            Self::Benches => test::benches(checkout)?,
            Self::Examples => examples::run_all(checkout)?,
            Self::Slurm => return slurm::try_it(checkout),
            Self::Outside => {
                outside::plain(checkout)?;
                outside::with_libtorch(None, checkout)?;
            }
            Self::Package => package::check(checkout)?,
            Self::Kepler => {
                test::test_libtorch_packages(Lane::Kepler, Strictness::Checked, checkout)?;
                outside::with_libtorch(Some(Lane::Kepler), checkout)?;
            }
        }
        Ok(Vec::new())
    }
}

fn program_without_libtorch(checkout: &Checkout) -> Result<(), Error> {
    let mut cargo: Command = run::cargo();
    cargo.current_dir(checkout.root()).env_remove("LIBTORCH");
    run::check(cargo.args(["check", "--package", "radiograph-cli", "--no-default-features"]))
}
