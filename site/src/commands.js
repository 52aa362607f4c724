// Command lines of advisor that give answers again: advisor/decide/command_lines.py.

import { exact } from "./numbers.js";
import { namesOf } from "./profile.js";
import { typed } from "./rulebase.js";

/** @import {Act, Checkpoint, RunnerUse} from "./model.js" */
/** @import {Profile} from "./profile.js" */
/** @import {RuleBase} from "./rulebase.js" */
/** @import {Pick} from "./selection.js" */

const PLAIN = /^[A-Za-z0-9@%+=:,./_-]+$/;
const ANY_TYPE = "*";

/**
 * Returns the one-line command that gives the same answers under the same rules.
 * @param {string} verb
 * @param {RuleBase} rulebase
 * @param {Profile} profile
 * @param {string[]} priority
 */
export function command(verb, rulebase, profile, priority) {
  const words = [`advisor ${verb}`];
  for (const [id, one] of Object.entries(profile)) {
    if (one.origin === "implied" || one.origin === "assumed") continue;
    const values = one.value === null ? namesOf(one) : [exact(one.value)];
    for (const value of values) words.push(`--${typed(rulebase.question(id))} ${quoted(value)}`);
  }
  if (priority.length) words.push(`--priority ${priority.join()}`);
  return [...words, ...rulesFlags(rulebase)].join(" ");
}

/** Answers as flags. @param {RuleBase} rulebase @param {{[question: string]: string}} answers */
export const flags = (rulebase, answers) =>
  Object.entries(answers).map(([id, option]) => `--${typed(rulebase.question(id))} ${quoted(option)}`);

/** @param {RuleBase} rulebase */
export const rulesFlags = (rulebase) => rulebase.folders.map((folder) => `--rules ${quoted(folder)}`);

/** A word as a shell takes it. @param {string} word */
export const quoted = (word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`);

/**
 * Returns the command that settles what nobody verified of a pick; null where all is verified.
 * @param {RuleBase} rulebase
 * @param {Pick} pick
 * @param {string} task
 */
export function settling(rulebase, pick, task) {
  if (!pick.unknown.length) return null;
  const fields = pick.unknown.map((gap) => rulebase.constants.asked_of_the_hub[gap.field]).filter(Boolean);
  if (!fields.length) return tryCommand(rulebase, pick.checkpoint, task);
  const known = [...new Set(fields)].join();
  const words = `advisor catalogue refresh ${quoted(pick.checkpoint.id)} --only ${known}`;
  return [words, ...rulesFlags(rulebase)].join(" ");
}

/**
 * Returns the command line that runs a checkpoint; examples stand for what is not given.
 * @param {RuleBase} rulebase
 * @param {Checkpoint} checkpoint
 * @param {string} task
 */
export function tryCommand(rulebase, checkpoint, task) {
  const { example } = rulebase.task(task);
  const needs = needsOf(rulebase, task, checkpoint.model_type);
  const words = ["advisor try --checkpoint", quoted(checkpoint.id), "--task", task];
  if (!needs.includes("query")) words.push("--image photo.jpg");
  for (const need of needs) words.push(`--${need} ${quoted(example[need] ?? need.toUpperCase())}`);
  return [...words, ...rulesFlags(rulebase)].join(" ");
}

/** @param {RuleBase} rulebase @param {string} task */
const actOf = (rulebase, task) => rulebase.acts.find((act) => act.tasks.includes(task));

/** @param {RunnerUse[]} uses @param {Act} act */
const useFor = (uses, act) => uses.find((use) => use.acts.includes(act.id));

/**
 * Returns whether a runner may exist for a type and a task.
 * @param {RuleBase} rulebase
 * @param {string|null} type
 * @param {string} task
 */
export function mayRun(rulebase, type, task) {
  const act = actOf(rulebase, task);
  if (!act) return false;
  const own = rulebase.uses.filter((use) => (type ?? "") in use.loads);
  const uses = own.length ? own : rulebase.uses.filter((use) => ANY_TYPE in use.loads);
  return useFor(uses, act) !== undefined;
}

/** @param {RuleBase} rulebase @param {string} task @param {string|null} type */
function needsOf(rulebase, task, type) {
  const act = actOf(rulebase, task);
  if (!act) return [];
  const use = useFor(rulebase.uses.filter((one) => (type ?? "") in one.loads), act);
  return act.needs.filter((need) => !use || !use.declines.includes(need));
}
