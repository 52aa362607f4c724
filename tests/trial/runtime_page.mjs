// Opens a page of transformers.js, types labels where it asks for some, chooses images, asks for them by
// words or an image where it can, and prints what it shows and which hosts it asked:
// node runtime_page.mjs SITE CHROMIUM ADDRESS FILES TYPED
import { createRequire } from "node:module";

const [site, executablePath, address, files, typed] = process.argv.slice(2);
const { chromium } = createRequire(`${site}/package.json`)("playwright-core");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const page = await browser.newPage();
page.setDefaultTimeout(300_000);
const origins = new Set();
page.on("request", (request) => origins.add(new URL(request.url()).origin));
await page.goto(address);
const shows = (lines) => page.waitForFunction(
  (most) => {
    const text = document.getElementById("out").textContent;
    return /Error/.test(text) || (/^Choose/.test(text) ? most === 0 : text.split("\n").length >= most && most);
  }, lines);
await shows(0);
const searches = await page.locator("#asked").count();
if (typed && !searches) await page.fill("#labels", typed);
const chosen = files.split(",");
await page.setInputFiles("#files", chosen);
if (searches) {
  await page.waitForFunction((all) => document.getElementById("out").textContent === all, `${chosen.length} images`);
  if ((await page.getAttribute("#asked", "type")) === "file") {
    await page.setInputFiles("#asked", typed);
  } else {
    await page.fill("#asked", typed);
    await page.locator("#asked").dispatchEvent("change");
  }
}
await shows(chosen.length * (typed && !searches ? 1 + typed.split("\n").length : 1));
const text = await page.locator("#out").textContent();
console.log(JSON.stringify({ text, origins: [...origins] }));
await browser.close();
