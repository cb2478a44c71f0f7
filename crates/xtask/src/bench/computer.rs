//! Describes the machine that measures: processor, instruction sets, cores, memory.

use std::fs;

use serde::{Deserialize, Serialize};

/// Instruction sets that libraries of this trade choose their code by, as Linux names them.
const INSTRUCTION_SETS: [&str; 16] = [
    "sse4_2",
    "avx",
    "f16c",
    "fma",
    "avx2",
    "avx_vnni",
    "avx512f",
    "avx512bw",
    "avx512vl",
    "avx512_vnni",
    "avx512_bf16",
    "avx512_fp16",
    "amx_tile",
    "amx_int8",
    "amx_bf16",
    "asimd",
];

/// A machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Computer {
    /// Name of the processor, as it names itself.
    pub(super) processor: String,
    /// Family, model and stepping: cloud providers hide the name.
    pub(super) model: String,
    pub(super) instruction_sets: Vec<String>,
    pub(super) cores: usize,
    pub(super) memory_gib: u64,
    pub(super) system: String,
}

impl Computer {
    /// This machine. What the system does not tell is `unknown`.
    pub(super) fn this() -> Self {
        let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let release = text("/proc/sys/kernel/osrelease");
        Self::of(&text("/proc/cpuinfo"), &text("/proc/meminfo"), release.trim())
    }

    fn of(processors: &str, memory: &str, release: &str) -> Self {
        let field = |name: &str| {
            let is_it = |line: &&str| line.split(':').next().is_some_and(|key| key.trim() == name);
            let line = processors.lines().find(is_it)?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let known = |name: &str| field(name).unwrap_or_else(|| "unknown".to_owned());
        let flags = field("flags").or_else(|| field("Features")).unwrap_or_default();
        let has = |set: &&&str| flags.split(' ').any(|flag| flag == **set);
        let total = memory.lines().find_map(|line| line.strip_prefix("MemTotal:"));
        let kibibytes = total.and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
        Self {
            processor: known("model name"),
            model: format!("{}-{}-{}", known("cpu family"), known("model"), known("stepping")),
            instruction_sets: INSTRUCTION_SETS.iter().filter(has).map(|&set| set.to_owned()).collect(),
            cores: processors.lines().filter(|line| line.starts_with("processor")).count(),
            memory_gib: (kibibytes.unwrap_or_default() + (1 << 19)) >> 20,
            system: format!("Linux {release}"),
        }
    }

    /// Name of this machine's record: machines with equal names are measured into one file.
    pub(super) fn file_stem(&self) -> String {
        let plain = self.processor.replace("(R)", "").replace("(TM)", "");
        let all = format!("{plain} {} {} cores", self.model, self.cores).to_lowercase();
        let words = all.split(|sign: char| !sign.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join("-")
    }

    /// One line for the head of a table.
    pub(super) fn in_words(&self) -> String {
        let widest = ["amx_tile", "avx512f", "avx2", "asimd"]
            .into_iter()
            .find(|wide| self.instruction_sets.iter().any(|set| set == wide));
        let widest = match widest {
            Some("amx_tile") => "AVX-512 and AMX",
            Some("avx512f") => "AVX-512",
            Some("avx2") => "AVX2",
            Some("asimd") => "NEON",
            _ => "no wide instructions",
        };
        format!(
            "{} ({}), {widest}, {} cores, {} GiB",
            self.processor, self.model, self.cores, self.memory_gib
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_described_by_what_linux_says() {
        let processors = "processor\t: 0\ncpu family\t: 6\nmodel\t\t: 143\nmodel name\t: Intel(R) Xeon(R) Platinum 8481C CPU\n\
                          stepping\t: 8\nflags\t\t: fpu sse4_2 avx avx2 fma avx512f\n\nprocessor\t: 1\nmodel name\t: other\n";
        let computer = Computer::of(processors, "MemTotal:       24689000 kB\n", "6.1");
        assert_eq!(computer.instruction_sets, ["sse4_2", "avx", "fma", "avx2", "avx512f"]);
        assert_eq!((computer.cores, computer.memory_gib), (2, 24));
        assert_eq!(computer.file_stem(), "intel-xeon-platinum-8481c-cpu-6-143-8-2-cores");
        assert_eq!(
            computer.in_words(),
            "Intel(R) Xeon(R) Platinum 8481C CPU (6-143-8), AVX-512, 2 cores, 24 GiB"
        );
        assert_eq!(Computer::of("", "", "6.1").file_stem(), "unknown-unknown-unknown-unknown-0-cores");
    }
}
