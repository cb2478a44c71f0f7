//! Tests the page in a browser: axe-core finds no serious fault, in wide and narrow windows, light and dark.

use std::{fs::File, path::Path, process::Command};

use radiograph_needs::{Need, browser, skip};

use crate::sample;

#[test]
fn the_page_has_no_serious_accessibility_fault_in_a_browser() {
    // Left in the target folder, to be looked at: the page, its figures, and the JSON that they come from.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    let report = sample::made_up(240);
    let page = report.render().unwrap().write(&folder).unwrap();
    serde_json::to_writer(File::create(folder.join("report.json")).unwrap(), &report).unwrap();
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/accessibility");
    // Debian: apt-get install chromium nodejs npm; then `npm ci` in the folder of the scripts.
    let Some(browser) = browser() else { return skip(&Need::Browser) };
    for need in [Need::Program("node".to_owned()), Need::File(scripts.join("node_modules/axe-core"))] {
        if !need.is_met() {
            return skip(&need);
        }
    }
    let output =
        Command::new("node").arg(scripts.join("check.mjs")).arg(&page).env("CHROMIUM", browser).output();
    let output = output.unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    println!("{said}");
}
