// Answers in the address: `#task=captioning&language=de`, by the names of the flags.

import { typed } from "./rulebase.js";

/** @import {RuleBase} from "./rulebase.js" */
/** @typedef {{[question: string]: string[]}} Given answers as they stand in the address */
/** @typedef {{given: Given, unknown: string[]}} Answers `unknown` are questions answered by "don't know" */

const UNKNOWN = "unknown";

/**
 * Reads answers from the fragment of an address.
 * @param {RuleBase} rulebase
 * @param {string} fragment
 * @returns {Answers}
 */
export function readFragment(rulebase, fragment) {
  const flags = new Map(rulebase.questions.flatMap((one) => [[one.id, one.id], [typed(one), one.id]]));
  /** @type {Given} */
  const given = {};
  /** @type {string[]} */
  const unknown = [];
  for (const [key, value] of new URLSearchParams(fragment.replace(/^#/, ""))) {
    const id = flags.get(key) ?? key;
    if (value === UNKNOWN) unknown.push(id);
    else if (value) given[id] = [...(given[id] ?? []), value];
  }
  return { given, unknown: unknown.filter((id) => !(id in given) && rulebase.questionOf.has(id)) };
}

/**
 * Returns the fragment that holds answers, the task first.
 * @param {RuleBase} rulebase
 * @param {Answers} answers
 */
export function fragmentOf(rulebase, { given, unknown }) {
  const found = new URLSearchParams();
  for (const question of rulebase.questions) {
    for (const value of given[question.id] ?? []) found.append(typed(question), value);
    if (unknown.includes(question.id)) found.append(typed(question), UNKNOWN);
  }
  return `#${found}`;
}
