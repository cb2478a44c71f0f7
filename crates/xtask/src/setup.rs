//! `cargo xtask setup`: chooses a libtorch, installs it if it is missing, and links it into the checkout; or installs ONNX Runtime.
//!
//! Commands that build run this set-up when needed.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    cache::Cache,
    checkout::Checkout,
    error::Error,
    fetch::Origin,
    gpu, install, kepler,
    lane::{Choice, Lane},
    libtorch, machine, onnx_runtime, run, say,
};

/// Put libtorch into the cache and link it into this checkout, or ONNX Runtime with --onnx
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct Arguments {
    /// cpu, cuda, kepler (Tesla K80 and other old GPUs), or a folder with a libtorch of your own [default: what fits the GPUs found]
    #[arg(long, value_name = "LANE|PATH")]
    libtorch: Option<String>,
    /// Folder with the files, for machines without a network; otherwise pip fetches them
    #[arg(long, value_name = "DIR")]
    wheels: Option<PathBuf>,
    /// Whether the kepler lane gets its CUDA libraries [default: yes if there is a GPU]
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    cuda_libraries: Option<bool>,
    /// ONNX Runtime's shared library in place of libtorch, for networks from ONNX files
    #[arg(long, conflicts_with_all = ["libtorch", "cuda_libraries"])]
    onnx: bool,
}

fn yes_or_no(given: &str) -> Result<bool, &'static str> {
    match given {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("say yes or no"),
    }
}

/// Runs `cargo xtask setup`. `--lane` has the same effect as `--libtorch`, which takes precedence.
pub(crate) fn run(lane: Option<Lane>, arguments: &Arguments, checkout: &Checkout) -> Result<(), Error> {
    if arguments.onnx {
        return onnx_runtime::set_up(arguments.wheels.clone());
    }
    let choice = arguments.libtorch.as_deref().map(Choice::parse).transpose()?;
    let lane = match (choice, lane) {
        (Some(Choice::Folder(folder)), _) => return link_own(&folder, checkout),
        (Some(Choice::Lane(lane)), _) | (None, Some(lane)) => lane,
        (None, None) => {
            let (lane, reason) = gpu::choose();
            say(&format!("lane {lane}: {reason}"));
            lane
        }
    };
    let ready = prepare_lane(lane, arguments, checkout)?;
    match lane {
        Lane::Kepler => {
            say("libtorch for the kepler lane is ready: use `cargo xtask --lane kepler build|test|run`");
        }
        Lane::Cpu | Lane::Cuda => say(&format!("{} is linked to {}", ready.libtorch.display(), lane)),
    }
    if let Some(own) = checkout.libtorch_of_user() {
        say(&format!("note: LIBTORCH is set to {} and wins over what was set up here", own.display()));
    }
    Ok(())
}

/// An installed libtorch for one lane.
#[derive(Debug)]
pub(crate) struct Ready {
    lane: Lane,
    libtorch: PathBuf,
    /// Whether the libraries use the C++11 ABI; `None` leaves it to torch-sys and the user.
    cxx11_abi: Option<bool>,
    checkout: Checkout,
}

impl Ready {
    /// A cargo command in this lane.
    pub(crate) fn cargo(&self, subcommand: &str) -> Result<Command, Error> {
        let mut cargo = run::cargo();
        cargo.arg(subcommand).current_dir(self.workspace()?);
        self.describe_libtorch(&mut cargo);
        if self.lane == Lane::Kepler {
            cargo.arg("--locked").env("CARGO_TARGET_DIR", target_folder(&self.checkout));
        }
        Ok(cargo)
    }

    /// Tells a command that builds with this lane's libtorch where to find it.
    pub(crate) fn describe_libtorch(&self, command: &mut Command) {
        command.env("LIBTORCH", &self.libtorch);
        if let Some(cxx11_abi) = self.cxx11_abi {
            command.env("LIBTORCH_CXX11_ABI", if cxx11_abi { "1" } else { "0" });
        }
    }

    /// The version of this libtorch, such as `2.13.0`.
    pub(crate) fn libtorch_version(&self) -> String {
        radiograph_link::version(&self.libtorch).unwrap_or_else(|| "unknown".to_owned())
    }

    /// The root of the workspace, with the lock file of this lane.
    pub(crate) fn workspace(&self) -> Result<PathBuf, Error> {
        match self.lane {
            Lane::Kepler => kepler::workspace(&self.checkout),
            Lane::Cpu | Lane::Cuda => Ok(self.checkout.root().to_owned()),
        }
    }
}

/// The target folder, one for all lanes: cargo names what it builds by versions, and own crates by their path, so that the
/// lanes share all packages but tch and those above it.
pub(crate) fn target_folder(checkout: &Checkout) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| checkout.root().join("target"), PathBuf::from)
}

/// Sets libtorch up if needed. Without a lane, it uses the user's `LIBTORCH`, else the linked one, else one that fits
/// the GPUs.
pub(crate) fn prepare(lane: Option<Lane>, checkout: &Checkout) -> Result<Ready, Error> {
    machine::check_platform()?;
    if let Some(own) = checkout.libtorch_of_user() {
        let lane = lane.unwrap_or(Lane::Cpu);
        libtorch::check(&own, lane.version())?;
        machine::check_compiler()?;
        return Ok(Ready { lane, libtorch: own, cxx11_abi: None, checkout: checkout.clone() });
    }
    if let (None, Some(linked)) = (lane, checkout.linked())
        && libtorch::check(&linked, Lane::Cpu.version()).is_ok()
    {
        let libtorch = checkout.libtorch();
        return Ok(Ready { lane: Lane::Cpu, libtorch, cxx11_abi: None, checkout: checkout.clone() });
    }
    let lane = lane.unwrap_or_else(|| {
        let (lane, reason) = gpu::choose();
        say(&format!("lane {lane}: {reason}"));
        lane
    });
    prepare_lane(lane, &Arguments::default(), checkout)
}

fn prepare_lane(lane: Lane, arguments: &Arguments, checkout: &Checkout) -> Result<Ready, Error> {
    machine::check_platform()?;
    machine::check_compiler()?;
    let gpu = arguments.cuda_libraries.unwrap_or_else(gpu::present);
    let build = lane.build(gpu);
    if lane == Lane::Kepler && !gpu {
        say(
            "no NVIDIA GPU answers: the CUDA libraries of the kepler lane are left out (--cuda-libraries yes adds them)",
        );
    }
    let origin = || Origin::new(arguments.wheels.clone());
    let (folder, outcome) = install::install(&build, &Cache::of_user()?, origin, &say)?;
    if outcome == install::Outcome::Present {
        say(&format!("libtorch {} is in the cache", build.name));
    }
    if lane == Lane::Kepler {
        // The published wheel of 2.0.1 uses the old ABI of the C++ library; a mismatch shows only when linking.
        return Ok(Ready { lane, libtorch: folder, cxx11_abi: Some(false), checkout: checkout.clone() });
    }
    point_link(&folder, checkout)?;
    Ok(Ready { lane, libtorch: checkout.libtorch(), cxx11_abi: None, checkout: checkout.clone() })
}

fn link_own(folder: &Path, checkout: &Checkout) -> Result<(), Error> {
    machine::check_compiler()?;
    let folder = fs::canonicalize(folder).map_err(Error::io(folder))?;
    libtorch::check(&folder, Lane::Cpu.version())?;
    point_link(&folder, checkout)?;
    say(&format!("{} is linked to {}", checkout.libtorch().display(), folder.display()));
    Ok(())
}

/// Points the link to this libtorch. If the link moves, torch-sys is cleaned, because cargo sees the same path and
/// would not build it again.
fn point_link(folder: &Path, checkout: &Checkout) -> Result<(), Error> {
    let first = checkout.linked().is_none();
    if checkout.link(folder)? && !first {
        say("libtorch changed: what was built with the other one is removed");
        for profile in ["dev", "release"] {
            let mut cargo = run::cargo();
            cargo.current_dir(checkout.root());
            run::check(cargo.args(["clean", "--quiet", "--package", "torch-sys", "--profile", profile]))?;
        }
    }
    Ok(())
}
