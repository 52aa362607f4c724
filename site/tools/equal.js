// Holds the engine of the page to Python's: node tools/equal.js DATA < CASES.
// DATA is a file of what the page is given. A case is a line of JSON, {given, wanted, unknown?, ask?}:
// answers as options by question, the document of `recommend` without its version, questions that
// were answered by "don't know", and what an interview asks next.
// Prints {cases, unequal, first: [{given, key, page, python}], ms}.
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { advise } from "../src/advice.js";
import { Engine } from "../src/engine.js";
import { Interview } from "../src/session.js";
import { Contradiction, asMeant, readProfile } from "../src/profile.js";
import { RuleBase } from "../src/rulebase.js";

const SHOWN = 5;
const data = JSON.parse(readFileSync(process.argv[2], "utf8"));
const engine = new Engine(new RuleBase(data), data.priority);
const interview = new Interview(engine);
/** @type {{given: any, key: string, page: any, python: any}[]} */
const first = [];
let cases = 0;
let unequal = 0;
let ms = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const { given, wanted, unknown, ask } = JSON.parse(line);
  const began = performance.now();
  const found = JSON.parse(JSON.stringify(answered(given, unknown)));
  ms += performance.now() - began;
  cases++;
  if (ask !== undefined) wanted.ask = ask;
  if (isDeepStrictEqual(found, wanted)) continue;
  unequal++;
  if (first.length >= SHOWN) continue;
  for (const key of new Set([...Object.keys(wanted), ...Object.keys(found)])) {
    if (!isDeepStrictEqual(found[key], wanted[key])) {
      first.push({ given, key, page: found[key], python: wanted[key] });
    }
  }
}
process.stdout.write(JSON.stringify({ cases, unequal, first, ms: Math.round(ms) }));

/**
 * @param {{[question: string]: string[]}} given
 * @param {string[]|undefined} unknown
 * @returns {any}
 */
function answered(given, unknown) {
  const { profile } = asMeant(engine.rulebase, readProfile(engine.rulebase, given).profile);
  try {
    const advice = advise(engine, profile);
    return unknown ? { ...advice, ask: interview.next(profile, unknown) } : advice;
  } catch (error) {
    if (!(error instanceof Contradiction)) throw error;
    return { error: { kind: "contradiction", message: error.message, hint: error.hint } };
  }
}
