// Measures the page in headless Chromium, slowed down: {url, chromium, slower, tasks} on stdin, on
// stdout [{task, first, answers, questions}] in milliseconds. After each task, further questions are
// answered by their first option until none is left, or a few were.
import { text } from "node:stream/consumers";
import { chromium } from "playwright-core";

const FURTHER = 4;
const asked = JSON.parse(await text(process.stdin));
const browser = await chromium.launch({
  executablePath: asked.chromium,
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
const found = [];
for (const task of asked.tasks) found.push(await timed(task));
await browser.close();
process.stdout.write(JSON.stringify(found));

/** @param {string} task */
async function timed(task) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: asked.slower });
  await page.goto(`${asked.url}#task=${task}`);
  await page.waitForSelector("html[data-shown]", { state: "attached" });
  const first = await page.evaluate(() => {
    const [answer] = performance.getEntriesByName("answer");
    return answer.startTime + answer.duration;
  });
  for (let n = 0; n < FURTHER; n++) {
    const option = page.locator("#ask ul.options button").first();
    if (!(await option.count())) break;
    const before = await page.getAttribute("html", "data-shown");
    await option.click();
    await page.waitForFunction((shown) => document.documentElement.dataset.shown !== shown, before);
  }
  const times = await page.evaluate(() => ({
    answers: performance.getEntriesByName("answer").map((one) => one.duration),
    questions: performance.getEntriesByName("shown").map((one) => one.duration),
  }));
  await context.close();
  return { task, first, answers: times.answers.slice(1), questions: times.questions };
}
