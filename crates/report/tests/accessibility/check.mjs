// Opens a page in headless Chromium and fails on serious findings of axe-core, on sideways scrolling and on requests.
//
//     npm ci && node check.mjs report.html [folder for screenshots]
//
// CHROMIUM names the browser, /usr/bin/chromium if unset.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";

const [page, pictures] = process.argv.slice(2);
if (!page) {
  console.error("usage: node check.mjs report.html [folder for screenshots]");
  process.exit(2);
}
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--font-render-hinting=none"],
});
const faults = [];
try {
  for (const [name, width, height, scheme] of [
    ["wide", 1280, 800, "light"],
    ["narrow", 390, 844, "light"],
    ["dark", 1280, 800, "dark"],
  ]) {
    const tab = await browser.newPage();
    const requests = [];
    tab.on("request", (request) => requests.push(request.url()));
    await tab.setBypassCSP(true); // the page allows no script; axe is one
    await tab.setViewport({ width, height, deviceScaleFactor: pictures ? 2 : 1 });
    await tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await tab.goto(pathToFileURL(path.resolve(page)).href);
    const outside = requests.slice(1).filter((url) => !url.startsWith("data:"));
    if (outside.length) faults.push(`${name}: loads ${outside.join(", ")}`);
    const sideways = await tab.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (sideways > 0) faults.push(`${name}: scrolls sideways by ${sideways} px`);
    if (pictures) {
      await tab.screenshot({ path: path.join(pictures, `${name}.png`) });
      await tab.screenshot({ path: path.join(pictures, `${name}-whole.png`), fullPage: true });
      if (name === "wide") await tab.pdf({ path: path.join(pictures, "print.pdf"), format: "A4", printBackground: true });
    }
    await tab.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
    await tab.evaluate(axe);
    const { violations, passes } = await tab.evaluate(() => window.axe.run());
    for (const { id, impact, help, nodes } of violations) {
      const line = `${name}: ${impact}: ${id}: ${help}: ${nodes.length} × ${nodes[0].html.slice(0, 160)}`;
      if (impact === "serious" || impact === "critical") faults.push(line);
      else console.log(line);
    }
    console.log(`${name}: ${passes.length} rules hold, ${violations.length} do not`);
    await tab.close();
  }
} finally {
  await browser.close();
}
if (faults.length) {
  console.error(faults.join("\n"));
  process.exit(1);
}
