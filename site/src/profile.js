// Answers about one case, how they are read, and why some clash: advisor/engine/profile.py and
// readings.py for one task.

import { TASK, NOT_APPLICABLE } from "./model.js";
import { typed } from "./rulebase.js";

/** @import {Never, Question, Task, When} from "./model.js" */
/** @import {RuleBase} from "./rulebase.js" */
/** @typedef {{options: string[], value: number|null, origin: string, named?: string[]}} Answer `named` where some of it is a thing that an option covers */
/** @typedef {{[question: string]: Answer}} Profile in declared order */

export class Contradiction extends Error {
  /** @param {string} message @param {string} hint */
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

/** @param {string[]} options @param {string} origin @returns {Answer} */
export const answer = (options, origin) => ({ options, value: null, origin });

/** What was named, be it an option or a thing that an option covers. @param {Answer} one */
export const namesOf = (one) => one.named ?? one.options;

/** True where it says more than its options do. @param {Answer} one */
export const isExact = (one) => one.value !== null || one.named !== undefined;

/**
 * True where every question of a condition has one of its options in a complete profile.
 * @param {When} when
 * @param {Profile} profile
 */
export const holds = (when, profile) =>
  Object.entries(when).every(([id, options]) => {
    const { options: chosen, named = [] } = profile[id];
    return [...chosen, ...named].some((one) => options.includes(one));
  });

/** True where a question makes sense in a case, and was not left open. @param {Answer} one */
export const applicable = (one) =>
  one.options.length > 0 && !(one.options.length === 1 && one.options[0] === NOT_APPLICABLE);

/** @param {string[]} one @param {string[]} other */
export const sameOptions = (one, other) =>
  new Set(one).size === new Set(other).size && one.every((option) => other.includes(option));

/**
 * Returns answers as they are read: ids, aliases, or plain numbers of a question with a unit.
 * What no option is called is left out and named in `unknown`.
 * @param {RuleBase} rulebase
 * @param {{[question: string]: string[]}} given
 */
export function readProfile(rulebase, given) {
  /** @type {Profile} */
  const profile = {};
  /** @type {string[]} */
  const unknown = Object.keys(given).filter((id) => !rulebase.questionOf.has(id));
  for (const question of rulebase.questions) {
    const values = (given[question.id] ?? []).filter((value) => value !== "" && value !== "unknown");
    if (!values.length) continue;
    const read = values.map((value) => readOption(question, value));
    values.forEach((value, n) => {
      if (!read[n]) unknown.push(`${typed(question)}=${value}`);
    });
    const known = read.filter((one) => one !== null);
    if (!known.length) continue;
    const options = [...new Set(known.map((one) => one.option))];
    const exactly = known.filter((one) => one.name !== one.option).map((one) => one.option);
    const named = [...new Set(known.map((one) => one.name))].filter((one) => !exactly.includes(one));
    profile[question.id] = {
      options,
      value: known.length === 1 ? known[0].value : null,
      origin: "flag",
      ...(named.join() === options.join() ? {} : { named }),
    };
  }
  return { profile, unknown };
}

const NUMBER = /^[0-9]+(\.[0-9]+)?$/;

/**
 * @param {Question} question
 * @param {string} text
 * @returns {{option: string, name: string, value: number|null}|null}
 */
function readOption(question, text) {
  if (question.unit && NUMBER.test(text)) {
    const value = Number(text);
    let found = null;
    let bound = Infinity;
    for (const option of question.options) {
      const most = option.up_to ?? Infinity;
      if (value <= most && (found === null || most < bound)) [found, bound] = [option.id, most];
    }
    return found === null ? null : { option: found, name: found, value };
  }
  const ask = Object.keys(question.ask_if).length > 0;
  for (const name of [text, text.toLowerCase()]) {
    if (ask && name === NOT_APPLICABLE) return { option: name, name, value: null };
    const option =
      question.options.find((one) => one.id === name) ??
      question.options.findLast((one) => one.aliases.includes(name));
    if (option) return { option: option.id, name: option.id, value: null };
    for (const { id, covers } of question.options) {
      const covered = Object.keys(covers).find((one) => one === name || covers[one].includes(name));
      if (covered) return { option: id, name: covered, value: null };
    }
  }
  return null;
}

/**
 * Returns answers as they are meant for their task, and what to say of those that were read so.
 * @param {RuleBase} rulebase
 * @param {Profile} profile
 */
export function asMeant(rulebase, profile) {
  const told = profile[TASK];
  /** @type {string[]} */
  const notes = [];
  if (!told || told.options.length !== 1) return { profile, notes };
  const task = rulebase.task(told.options[0]);
  const meant = { ...profile };
  for (const reading of task.reads) {
    for (const [id, option] of Object.entries(reading.given)) {
      const own = meant[id];
      if (own && own.options.length === 1 && own.options[0] === option) {
        const instead = reading.means[id];
        meant[id] = answer([instead], own.origin);
        const said = `\`--${typed(rulebase.question(id))} ${option}\` is read as \`${instead}\` for ${task.id}`;
        notes.push(`${said}: ${reading.because}`);
      }
    }
  }
  for (const question of rulebase.questions) {
    if (question.moot && question.id in meant && senseless(question, task, meant)) {
      delete meant[question.id];
      notes.push(`\`--${typed(question)}\` makes no difference to ${task.id}: ${question.moot}`);
    }
  }
  return { profile: meant, notes };
}

/** @param {Question} question @param {Task} task @param {Profile} profile */
function senseless(question, task, profile) {
  return Object.entries(question.ask_if).some(([other, options]) => {
    const said = other in profile ? profile[other].options : (task.implies[other] ?? []);
    return said.length > 0 && !said.some((option) => options.includes(option));
  });
}

/**
 * Returns the error for a profile that cannot be, naming the fewest answers that clash.
 * @param {Profile} profile
 * @param {RuleBase} rulebase
 * @param {(profile: Profile) => boolean} admits
 */
export function contradiction(profile, rulebase, admits) {
  if (!Object.keys(profile).length) {
    return new Contradiction("the rules admit no case at all", "advisor rules check");
  }
  let clash = { ...profile };
  for (const id of Object.keys(profile)) {
    const rest = without(clash, id);
    if (!admits(rest)) clash = rest;
  }
  const ids = Object.keys(clash);
  const texts = ids.map((id) => `\`${id}: ${namesOf(clash[id]).join(" or ")}\``);
  const together = texts.length <= 2 ? texts.join(" and ") : texts.join(", ");
  const message = texts.length > 1 ? `${together} cannot be true together` : `${together} cannot be`;
  const why = whyNot(clash, rulebase.never);
  const hint = drop(profile, clash, rulebase, admits) + neighbours(clash, rulebase);
  return new Contradiction(why ? `${message}: ${why}` : message, hint);
}

/**
 * @param {Profile} profile
 * @param {string} id
 * @returns {Profile}
 */
export const without = (profile, id) =>
  Object.fromEntries(Object.entries(profile).filter(([key]) => key !== id));

/**
 * Returns which answer to drop: one without which the rest can be true, the task last.
 * @param {Profile} profile
 * @param {Profile} clash
 * @param {RuleBase} rulebase
 * @param {(profile: Profile) => boolean} admits
 */
function drop(profile, clash, rulebase, admits) {
  const ids = Object.keys(clash);
  if (ids.length === 1) return `leave out ${ids[0]}`;
  const order = [...ids.filter((id) => id !== TASK).reverse(), ...ids.filter((id) => id === TASK)];
  const id = order.find((one) => admits(without(profile, one))) ?? order[0];
  const flag = typed(rulebase.question(id));
  const said = namesOf(clash[id]).map((name) => `--${flag} ${name}`).join(" ");
  return `drop \`${said}\`, or change ${ids.filter((one) => one !== id).join(" or ")}`;
}

/**
 * Returns which tasks that do the like go with the other answer, where a task clashes.
 * @param {Profile} clash
 * @param {RuleBase} rulebase
 */
function neighbours(clash, rulebase) {
  if (!(TASK in clash) || Object.keys(clash).length !== 2) return "";
  const [id] = Object.keys(clash).filter((one) => one !== TASK);
  const { options } = clash[id];
  const given = rulebase.questions.find((one) => one.declared_by === "gives")?.id ?? "";
  const gives = clash[TASK].options.map((name) => JSON.stringify(rulebase.task(name).implies[given] ?? null));
  const near = rulebase.tasks.filter(
    (task) =>
      gives.includes(JSON.stringify(task.implies[given] ?? null)) &&
      (task.implies[id] ?? []).some((option) => options.includes(option)),
  );
  if (!near.length) return "";
  const names = near.map((task) => task.id).join(" or ");
  return `; \`${id}: ${options.join(" or ")}\` goes with task ${names}`;
}

/**
 * Returns why answers clash: one combination that holds two of them, or two that meet.
 * @param {Profile} clash
 * @param {Never[]} never
 */
function whyNot(clash, never) {
  const ids = Object.keys(clash);
  const touched = never
    .map((one) => ({
      one,
      ids: ids.filter(
        (id) => id in one.when && clash[id].options.every((option) => one.when[id].includes(option)),
      ),
    }))
    .filter((each) => each.ids.length);
  for (const { one, ids: held } of touched) {
    if (held.length >= Math.min(2, ids.length)) return one.because;
  }
  for (const { one, ids: held } of touched) {
    for (const { one: other, ids: others } of touched) {
      const differ = held.length !== others.length || held.some((id) => !others.includes(id));
      const meet = Object.keys(one.when).some((id) => id in other.when && !(id in clash));
      if (differ && meet) return `${one.because}, and ${other.because}`;
    }
  }
  return null;
}
