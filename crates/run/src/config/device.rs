//! The form of a device name. Whether libtorch has the device is known to the crates that link libtorch.

use crate::Error;

/// Refuses what is not `cpu`, `cuda` or `cuda:N`, which are the names that `radiograph_libtorch::Device` reads.
pub(super) fn check(key: &str, name: &str) -> Result<(), Error> {
    let is_index =
        |index: &str| index.bytes().all(|byte| byte.is_ascii_digit()) && index.parse::<usize>().is_ok();
    match name.split_once(':') {
        None if name == "cpu" || name == "cuda" => Ok(()),
        Some(("cuda", index)) if is_index(index) => Ok(()),
        _ => {
            let reason =
                format!("`{name}` is not a device name; use cpu, cuda or cuda:N, with N counted from 0");
            Err(Error::config(key, reason))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_form_that_libtorch_devices_read() {
        for name in ["cpu", "cuda", "cuda:0", "cuda:17"] {
            assert!(check("compute.device", name).is_ok(), "{name}");
        }
        let others = [
            "",
            "gpu",
            "CPU",
            "mps",
            "cuda:",
            "cuda:-1",
            "cuda:+1",
            "cuda:1 ",
            "cuda:99999999999999999999999",
        ];
        for name in others {
            let error = check("compute.device", name).unwrap_err().to_string();
            assert!(error.starts_with("setting compute.device: `"), "{error}");
        }
    }
}
