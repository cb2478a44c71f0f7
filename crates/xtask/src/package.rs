//! Makes the packages that a registry would get, and builds those that need no libtorch from them.
//!
//! A package holds fewer files than its folder, and asks for its siblings by version: what is forgotten shows only here.

use crate::{checkout::Checkout, error::Error, outside, run};

/// Packages every member of the workspace, then builds the default members from their packages.
pub(crate) fn check(checkout: &Checkout) -> Result<(), Error> {
    for members in [["--workspace", "--no-verify"].as_slice(), &[]] {
        let mut cargo = run::cargo();
        cargo.current_dir(checkout.root()).env_remove("LIBTORCH");
        cargo.args(["package", "--quiet", "--locked", "--allow-dirty"]).args(members);
        outside::share_dependencies(&mut cargo, checkout)?;
        run::check(&mut cargo)?;
    }
    Ok(())
}
