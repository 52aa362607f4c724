// Which tasks typed words may mean: by their names, and by the words of the lexicon.

/** @import {Task} from "./model.js" */
/** @import {RuleBase} from "./rulebase.js" */

const NAME = 8;
const BEGINNING = 4;
const CONCEPT = 2;
const DESCRIPTION = 1;

/**
 * Returns the tasks that words may mean, the likeliest first. The whole of a name counts most, then
 * its beginning, then concepts of the lexicon that speak of the task, then its description.
 * @param {RuleBase} rulebase
 * @param {string} text
 * @returns {Task[]}
 */
export function searched(rulebase, text) {
  const tokens = tokensOf(text);
  if (!tokens.length) return [];
  const typed = tokens.join(" ");
  const { names, concepts } = rulebase.data.search;
  /** @type {Map<string, number>} */
  const scores = new Map();
  const add = (/** @type {string} */ task, /** @type {number} */ score) => scores.set(task, (scores.get(task) ?? 0) + score);
  for (const [tasks, phrases] of concepts) {
    if (phrases.some((phrase) => isIn(tokensOf(phrase), tokens))) {
      for (const task of tasks) add(task, CONCEPT + 1 / tasks.length);
    }
  }
  for (const task of rulebase.tasks) {
    const called = [task.name, ...names[task.id]].map((name) => tokensOf(name));
    if (called.some((name) => isIn(name, tokens))) add(task.id, NAME);
    else if (called.some((name) => name.join(" ").startsWith(typed) || name.some((word) => word.startsWith(typed)))) {
      add(task.id, BEGINNING);
    }
    const described = tokensOf(task.description);
    const met = tokens.filter((token) => token.length > 3 && described.some((word) => word.startsWith(token)));
    if (met.length) add(task.id, (DESCRIPTION * met.length) / tokens.length);
  }
  return rulebase.tasks
    .filter((task) => scores.has(task.id))
    .sort((one, other) => (scores.get(other.id) ?? 0) - (scores.get(one.id) ?? 0));
}

/**
 * Returns words as they are compared: lower case, without accents, and without a plural's s.
 * @param {string} text
 */
export function tokensOf(text) {
  const plain = text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  return (plain.match(/[\p{L}\p{N}]+/gu) ?? []).map((word) =>
    word.length > 3 && /[^s]s$/.test(word) ? word.slice(0, -1) : word,
  );
}

/** True where a phrase stands in a text, word for word. @param {string[]} phrase @param {string[]} text */
function isIn(phrase, text) {
  if (!phrase.length) return false;
  return text.some((_, at) => phrase.every((word, n) => text[at + n] === word));
}
