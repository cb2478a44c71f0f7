//! The page in a browser: axe-core finds nothing serious, in a wide and a narrow window, light and dark.

use std::{fs::File, io::Write, path::Path, process::Command};

use crate::sample;

/// Chromium or Chrome, where Debian and others put it, or where `CHROMIUM` says.
fn browser() -> Option<String> {
    let named = std::env::var("CHROMIUM").ok();
    let usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    named.into_iter().chain(usual.map(str::to_owned)).find(|path| Path::new(path).exists())
}

#[test]
fn the_page_has_no_serious_accessibility_fault_in_a_browser() {
    // Left in the target folder, to be looked at: the page, its figures, and the JSON that they come from.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    let report = sample::made_up(240);
    let page = report.render().unwrap().write(&folder).unwrap();
    serde_json::to_writer(File::create(folder.join("report.json")).unwrap(), &report).unwrap();
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/accessibility");
    let Some(browser) = browser() else {
        return skipped("no Chromium on this machine (Debian: apt-get install chromium)");
    };
    if !scripts.join("node_modules/axe-core").exists() {
        return skipped(&format!("axe-core is not installed; run `npm ci` in {}", scripts.display()));
    }
    let output =
        Command::new("node").arg(scripts.join("check.mjs")).arg(&page).env("CHROMIUM", browser).output();
    let output = match output {
        Ok(output) => output,
        Err(error) => return skipped(&format!("node cannot be started: {error}")),
    };
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    println!("{said}");
}

/// Says aloud, past the test harness, that nobody looked.
fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED the accessibility of the page: {why}");
}
