//! Chooses the lane that fits the GPUs of this machine.
//!
//! It does not check that a GPU works: `radiograph devices` computes on it.

use std::process::Command;

use crate::lane::Lane;

/// The lane for this machine's GPUs, with the reason in words.
pub(crate) fn choose() -> (Lane, String) {
    let ask = |field: &str| {
        let output = Command::new("nvidia-smi")
            .args([&format!("--query-gpu={field}"), "--format=csv,noheader"])
            .output();
        output.ok().filter(|output| output.status.success()).map(|output| {
            String::from_utf8_lossy(&output.stdout)
                .lines()
                .map(|line| line.trim().to_owned())
                .collect::<Vec<_>>()
        })
    };
    lane_for(ask("compute_cap").as_deref(), ask("name").as_deref())
}

/// Whether any NVIDIA GPU answers.
pub(crate) fn present() -> bool {
    Command::new("nvidia-smi").arg("--list-gpus").output().is_ok_and(|output| {
        output.status.success() && !String::from_utf8_lossy(&output.stdout).trim().is_empty()
    })
}

/// The lowest compute capability for which libtorch 2.13 (CUDA 13.0) has kernels, according to its binaries.
const CURRENT: (u32, u32) = (7, 5);

fn lane_for(capabilities: Option<&[String]>, names: Option<&[String]>) -> (Lane, String) {
    let Some(names) = names.filter(|names| !names.is_empty()) else {
        return (Lane::Cpu, "no NVIDIA GPU answers".to_owned());
    };
    let parsed: Option<Vec<(u32, u32)>> =
        capabilities.and_then(|lines| lines.iter().map(|line| parse_capability(line)).collect());
    // Drivers of the K80's time do not know that question (they answer with an error); they know their names.
    let oldest = match parsed.and_then(|capabilities| capabilities.into_iter().min()) {
        Some(oldest) => oldest,
        None if names.iter().any(|name| is_kepler(name)) => (3, 7),
        None => return (Lane::Cuda, format!("{} (compute capability unknown)", names.join(", "))),
    };
    let lane = if oldest < CURRENT { Lane::Kepler } else { Lane::Cuda };
    (lane, format!("{}, lowest compute capability {}.{}", names.join(", "), oldest.0, oldest.1))
}

fn parse_capability(line: &str) -> Option<(u32, u32)> {
    let (major, minor) = line.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn is_kepler(name: &str) -> bool {
    name.contains("Tesla K") || name.contains("GRID K") || name.contains("Quadro K")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(capabilities: Option<&[&str]>, names: &[&str]) -> Lane {
        let owned = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect::<Vec<_>>();
        lane_for(capabilities.map(owned).as_deref(), Some(&owned(names))).0
    }

    #[test]
    fn the_oldest_gpu_decides() {
        assert_eq!(choice(Some(&["9.0"]), &["NVIDIA H100"]), Lane::Cuda);
        assert_eq!(choice(Some(&["7.5"]), &["Tesla T4"]), Lane::Cuda);
        assert_eq!(choice(Some(&["7.0"]), &["Tesla V100"]), Lane::Kepler);
        assert_eq!(choice(Some(&["9.0", "3.7"]), &["NVIDIA H100", "Tesla K80"]), Lane::Kepler);
        assert_eq!(choice(Some(&["10.0"]), &["NVIDIA B200"]), Lane::Cuda);
    }

    #[test]
    fn an_old_driver_is_asked_for_names() {
        assert_eq!(choice(None, &["Tesla K80", "Tesla K80"]), Lane::Kepler);
        assert_eq!(choice(Some(&["[Not Supported]"]), &["Tesla K80"]), Lane::Kepler);
        assert_eq!(choice(None, &["NVIDIA GeForce RTX 3090"]), Lane::Cuda);
    }

    #[test]
    fn without_a_gpu_it_is_the_processor() {
        assert_eq!(lane_for(None, None).0, Lane::Cpu);
        assert_eq!(lane_for(Some(&[]), Some(&[])).0, Lane::Cpu);
    }
}
