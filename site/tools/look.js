// Opens a page in headless Chromium and says what a person would find there: what axe-core objects
// to, what is wider than the screen, hidden or on the console, and what was requested.
// Reads JSON documents on stdin, one a line, and writes one for each on stdout, until stdin ends:
//   {url, chromium, views: [{name?, width, height?, dark?, keys?: [...]}], screenshots?: folder,
//    ready?: what the page has when it is whole, as a selector, axe?: whether axe-core looks at it,
//    fragments?: what to put behind # of the address, one after the other}
//   {error} or {seen: [...]}, of each view
//   {shown: what the answer of each fragment says of itself, width, dark, violations: [{id, help, nodes}], console, requests, scrollWidth, scrollHeight, secondPart, hidden, text,
//     screenshot, address}
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

/** @typedef {{name?: string, width: number, height?: number, dark?: boolean, keys?: string[]}} View */

/** Before a selector, among keys: wait until the page has that. */
const WAIT = "wait:";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** @type {import("playwright-core").Browser | undefined} */
let browser;
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  /** @type {{seen: unknown[]} | {error: string}} */
  let answer;
  try {
    browser ??= await chromium.launch({
      executablePath: asked.chromium,
      args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    });
    const seen = [];
    for (const view of asked.views) seen.push(await look(browser, asked, view));
    answer = { seen };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser?.close();

/** Goes to one fragment after the other, in the page. @param {string[]} fragments */
async function visit(fragments) {
  const shown = [];
  for (const fragment of fragments) {
    const drawn = new Promise((done) => addEventListener("hashchange", done, { once: true }));
    location.hash = fragment;
    await drawn;
    shown.push({ ...document.getElementById("answer")?.dataset });
  }
  return shown;
}

/**
 * Returns what is found of the page in one view. Scripts of the page run; axe-core is put in
 * through the debugger, so a strict Content-Security-Policy may stand.
 * @param {import("playwright-core").Browser} browser
 * @param {{url: string, ready?: string, axe?: boolean, fragments?: string[], screenshots?: string}} asked
 * @param {View} view
 */
async function look(browser, asked, view) {
  const context = await browser.newContext({
    viewport: { width: view.width, height: view.height ?? 900 },
    colorScheme: view.dark ? "dark" : "light",
    bypassCSP: false,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(300_000);  // a busy machine is no fault of a page
  /** @type {string[]} */
  const said = [];
  /** @type {string[]} */
  const requests = [];
  page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => said.push(`error: ${error.message}`));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(asked.url, { waitUntil: "load" });
  if (asked.ready) await page.waitForSelector(asked.ready, { state: "attached" });
  for (const key of view.keys ?? []) {
    if (key.startsWith(WAIT)) await page.waitForSelector(key.slice(WAIT.length), { state: "attached" });
    else await page.keyboard.press(key);
  }
  const shown = await page.evaluate(visit, asked.fragments ?? []);
  const found = await page.evaluate(() => ({
    scrollWidth: document.documentElement.scrollWidth,
    scrollHeight: document.documentElement.scrollHeight,
    secondPart: document.querySelector("main > h2")?.getBoundingClientRect().top ?? 0,
    hidden: [...document.querySelectorAll("p,li,td,h1,h2,h3,dd")].filter(
      (each) => each.checkVisibility && !each.checkVisibility() && each.textContent?.trim() && !each.closest("[hidden],details,thead"),  // columns are named in each cell there, and an empty one is left out
    ).length,
    text: document.body.innerText,
  }));
  let screenshot = null;
  if (asked.screenshots) {
    screenshot = `${asked.screenshots}/${view.name ?? `${view.width}${view.dark ? "-dark" : ""}`}.png`;
    await page.screenshot({ path: screenshot, fullPage: true });
  }
  if (asked.axe) await page.evaluate(axe);
  const violations = asked.axe ? await page.evaluate(async () => {
    // @ts-ignore axe-core was put into the page above
    const result = await window.axe.run(document, { resultTypes: ["violations"] });
    return result.violations.map((/** @type {any} */ one) => ({
      id: one.id,
      help: one.help,
      nodes: one.nodes.map((/** @type {any} */ node) => node.target.join(" ")),
    }));
  }) : null;
  const address = page.url();
  await context.close();
  return { width: view.width, dark: !!view.dark, violations, console: said, requests, shown, ...found, screenshot, address };
}
