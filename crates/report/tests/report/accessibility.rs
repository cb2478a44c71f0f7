//! The page in a browser: axe-core finds nothing serious, in a wide and a narrow window, light and dark.

use std::{path::Path, process::Command};

use crate::sample;

/// Chromium or Chrome, where Debian and others put it, or where `CHROMIUM` says.
fn browser() -> Option<String> {
    let named = std::env::var("CHROMIUM").ok();
    let usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    named.into_iter().chain(usual.map(str::to_owned)).find(|path| Path::new(path).exists())
}

#[test]
fn the_page_has_no_serious_accessibility_fault_in_a_browser() {
    // Left in the target folder, to be looked at.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    let page = sample::made_up(240).render().unwrap().write(&folder).unwrap();
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/accessibility");
    let Some(browser) = browser() else {
        println!("SKIPPED: no Chromium on this machine, so nobody checked the page for accessibility");
        return;
    };
    if !scripts.join("node_modules/axe-core").exists() {
        println!("SKIPPED: axe-core is not installed; run `npm ci` in {}", scripts.display());
        return;
    }
    let output =
        Command::new("node").arg(scripts.join("check.mjs")).arg(&page).env("CHROMIUM", browser).output();
    let output = match output {
        Ok(output) => output,
        Err(error) => {
            println!("SKIPPED: node cannot be started: {error}");
            return;
        }
    };
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    println!("{said}");
}
