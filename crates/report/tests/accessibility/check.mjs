// Opens a page in headless Chromium and fails on serious findings of axe-core, on sideways scrolling, on requests, on letters below
// 12 px on a phone, and on tables that a screen reader does not get as tables.
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
// Size and text of each piece of text whose letters have less than 12 px. Letters in drawings shrink with them.
function smallLetters() {
  const small = new Map();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const text = texts.currentNode.textContent.trim();
    if (!text || element.closest("title, desc, .skip, thead")) continue;
    const drawing = element.ownerSVGElement;
    const scale = drawing ? drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width : 1;
    const size = parseFloat(getComputedStyle(element).fontSize) * scale;
    if (size < 11.95) small.set(size.toFixed(1), [size, text.slice(0, 60)]);
  }
  return [...small.values()];
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
    ["tablet", 820, 1180, "light"],
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
    const opened = await tab.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (opened > 0) faults.push(`${name}: scrolls sideways by ${opened} px with everything open`);
    if (name === "narrow") {
      for (const [size, text] of await tab.evaluate(smallLetters)) {
        faults.push(`${name}: letters of ${size.toFixed(1)} px: ${text}`);
      }
    }
    const tree = await (await tab.createCDPSession()).send("Accessibility.getFullAXTree");
    const roles = (role) => tree.nodes.filter((node) => !node.ignored && node.role?.value === role).length;
    const [tables, rows, headings] = await tab.evaluate(() =>
      ["table", "tr", "th"].map((tag) => document.getElementsByTagName(tag).length),
    );
    const told = [roles("table"), roles("row"), roles("columnheader") + roles("rowheader")];
    if (`${told}` !== `${[tables, rows, headings]}`) {
      faults.push(`${name}: ${[tables, rows, headings]} tables, rows and headings, but a screen reader gets ${told}`);
    }
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
