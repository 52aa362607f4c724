// What answers require of a checkpoint, in which ways it may then be used, and what it lacks:
// advisor/decide/requirements.py.

import { TASK } from "./model.js";
import { g, total } from "./numbers.js";
import { applicable, holds, sameOptions } from "./profile.js";
import { called } from "./rulebase.js";

/** @import {Checkpoint, Constants, Option, Question, Rule} from "./model.js" */
/** @import {Answer, Profile} from "./profile.js" */
/** @import {RuleBase} from "./rulebase.js" */
/** @typedef {{question: string, field: string, text: string, distance: number}} Gap */
/** @typedef {{one_of?: string[], unsure?: string[], at_most?: number, at_least?: number}} Wanted */
/** @typedef {[Gap[], Gap[]]} Gaps what is lacking, and what nobody verified */
/** @typedef {Map<Checkpoint, {[use: string]: Gaps}>} Known by whether it is used as it is */
/** @typedef {{name: string, unit: string, is: string}} Words a field in words, its unit, and whether it is one thing */
/** @typedef {{question: string, field: string, wanted: Wanted, label: string, learnt: boolean, known: Known|null, words: Words}} Demand */
/** @typedef {{checkpoint: Checkpoint, use: string|null, lacks: Gap[], unknown: Gap[]}} Suitability */

/** How far one is from what is asked. @param {Suitability} one */
export const distanceOf = (one) => total([...one.lacks, ...one.unknown], (gap) => gap.distance);

export class Requirements {
  /** @param {RuleBase} rulebase @param {Profile} profile */
  constructor(rulebase, profile) {
    this.rulebase = rulebase;
    this._constants = rulebase.constants;
    this.profile = profile;
    /** The task. */
    this.task = profile[TASK].options[0];
    this.uses = this._uses();
    this.dtype = this._chosen(rulebase.keeping).find((option) => option.dtype)?.dtype ?? null;
    this.demands = this._demands();
    this.barred = this._barred();
  }

  _uses() {
    const asked = this.rulebase.questions.filter((one) => applicable(this.profile[one.id]));
    const named = this._chosen(asked).map((option) => option.uses).filter((uses) => uses.length);
    let allowed = named[0] ?? ["as-is"];
    for (const more of named.slice(1)) allowed = more.filter((use) => allowed.includes(use));
    return allowed;
  }

  /** @returns {Demand[]} */
  _demands() {
    const unlearnt = new Set(this._chosen(this.rulebase.keeping).flatMap((option) => option.keeps));
    const found = [];
    for (const question of this.rulebase.demanding) {
      const answer = this.profile[question.id];
      for (const [option, name] of this._chosen([question]).flatMap((one) => namedOf(one, answer))) {
        for (const [field, required] of Object.entries(option.requires)) {
          const wanted = wantedOf(required, option, answer, name);
          if (!Object.keys(wanted).length) continue;
          const learnt = this._constants.learnt.includes(field) && !unlearnt.has(field);
          const words = wordsOf(field, this._constants);
          const key = `${question.id}|${field}|${name}|${this.dtype}`;
          /** @type {Known|null} */
          const known = answer.value === null ? this.rulebase.once(key, () => new Map()) : null;
          found.push({ question: question.id, field, wanted, label: called(option, name), learnt, known, words });
        }
      }
    }
    return found;
  }

  /** The checkpoints that rules exclude for these answers, each with the first such rule. */
  _barred() {
    /** @type {Map<string, Rule>} */
    const found = new Map();
    for (const rule of this.rulebase.barring) {
      if (!holds(rule.when, this.profile)) continue;
      for (const one of rule.candidates) if (!found.has(one)) found.set(one, rule);
    }
    return found;
  }

  /** The steps of memory to answer for, where how much there is was left open. */
  get steps() {
    const open = this.rulebase.questions.find(
      (one) => one.steps.length && !this.profile[one.id].options.length,
    );
    return open ? open.steps : [];
  }

  /** The step that the first place is for. */
  get firstStep() {
    const said = this._chosen(this.rulebase.stepping).find((option) => option.step);
    return said?.step ?? Math.max(...(this.steps.length ? this.steps : [Infinity]));
  }

  /** The order of checkpoints that answers ask for; null where they ask for none. */
  get order() {
    return this._chosen(this.rulebase.ordering).find((option) => option.order)?.order ?? null;
  }

  /** The languages that are asked for by name; null where no language matters. */
  get languages() {
    const named = this.demands.filter((one) => one.field === "languages");
    return named.length ? named.flatMap((one) => one.wanted.one_of ?? []) : null;
  }

  /**
   * Returns the first of the allowed uses that a checkpoint offers for the task.
   * @param {Checkpoint} checkpoint
   * @param {string[]} allowed
   */
  use(checkpoint, allowed) {
    for (const use of allowed) {
      const tasks = use === "as-is" ? checkpoint.tasks : checkpoint.fine_tune;
      if (use !== "compose" && tasks.includes(this.task)) return use;
    }
    return null;
  }

  /**
   * Returns what a checkpoint lacks for a use, and what nobody verified of it.
   * @param {Checkpoint} checkpoint
   * @param {string} use
   * @returns {[Gap[], Gap[]]}
   */
  gaps(checkpoint, use) {
    /** @type {Gap[]} */
    const lacks = [];
    /** @type {Gap[]} */
    const unknown = [];
    const rule = this.barred.get(checkpoint.id);
    if (rule) {
      const question = Object.keys(rule.when).at(-1) ?? "";
      lacks.push({ question, field: "rule", text: `excluded by the rule \`${rule.id}\``, distance: 1 });
    }
    const asIs = use === "as-is";
    for (const demand of this.demands) {
      if (demand.learnt && !asIs) continue;
      const [lacking, unsure] = this._remembered(demand, checkpoint, use);
      for (const one of lacking) lacks.push(one);
      for (const one of unsure) unknown.push(one);
    }
    return [lacks, unknown];
  }

  /** @param {Demand} demand @param {Checkpoint} checkpoint @param {string} use @returns {Gaps} */
  _remembered(demand, checkpoint, use) {
    if (!demand.known) return this._gaps(demand, checkpoint, use);
    let byUse = demand.known.get(checkpoint);
    if (!byUse) demand.known.set(checkpoint, (byUse = {}));
    const how = use === "as-is" ? use : "trained";
    return (byUse[how] ??= this._gaps(demand, checkpoint, use));
  }

  /**
   * @param {Demand} demand
   * @param {Checkpoint} checkpoint
   * @param {string} use
   * @returns {[Gap[], Gap[]]}
   */
  _gaps(demand, checkpoint, use) {
    const { field, wanted } = demand;
    const inMemory = field === "memory_gb";
    const value = inMemory
      ? this._memory(checkpoint, use)
      : /** @type {any} */ (checkpoint)[fieldName(field)];
    const least = this._constants.least_gb;
    if (inMemory && value === null && (wanted.at_most ?? Infinity) < least) {
      return [outOfBounds(least, demand), []];
    }
    if (value === null || value === undefined) return [[], [gap(demand, "not verified")]];
    if (!wanted.one_of) return [outOfBounds(value, demand), []];
    const present = listed(value);
    const fits = present.some((one) => wanted.one_of?.includes(one));
    const none = Array.isArray(value) && sameOptions(value, this._constants.no_language);
    if (fits || (field === "languages" && none)) return [[], []];
    const unsure = present.filter((one) => wanted.unsure?.includes(one)).join(", ");
    if (unsure) return [[], [gap(demand, `${unsure}: whether yours is among them is not verified`)]];
    const named = wanted.one_of.join(" or ") || demand.label;
    const why = this._constants.rights.includes(field) ? this._restriction(checkpoint) : "";
    return [[gap(demand, `${present.join(", ")}${why}, wanted ${named}`)], []];
  }

  /**
   * Returns which languages asked for were measured poor, and which stand on a count alone.
   * @param {Checkpoint} checkpoint
   * @param {string} use
   * @returns {[Gap[], Gap[]]}
   */
  languageMarks(checkpoint, use) {
    /** @type {Gap[]} */
    const poor = [];
    /** @type {Gap[]} */
    const counted = [];
    if (!checkpoint.languages?.length) return [poor, counted];
    for (const demand of this.demands) {
      if (demand.field !== "languages" || (demand.learnt && use !== "as-is")) continue;
      const { languages } = checkpoint;
      const known = [...new Set(demand.wanted.one_of ?? [])].filter((one) => languages.includes(one));
      const weak = checkpoint.languages_poor ?? [];
      const inferred = [...weak, ...(checkpoint.languages_inferred ?? [])];
      const named = known.sort().join(", ");
      if (!known.length) continue;
      if (known.every((one) => weak.includes(one))) {
        poor.push(gap(demand, `measured as poor in ${named}`));
      } else if (known.every((one) => inferred.includes(one))) {
        counted.push(gap(demand, `said to include ${named} by its maker's count alone`));
      }
    }
    return [poor, counted];
  }

  /** What restricts the use of a checkpoint, in brackets. @param {Checkpoint} checkpoint */
  _restriction(checkpoint) {
    const said = this._constants.restrictions.map((name) => checkpoint.notes[name]).find(Boolean) ?? "";
    const text = said.replace(/\.+$/, "");
    return text ? ` (${text})` : "";
  }

  /** What a checkpoint takes to run. @param {Checkpoint} checkpoint */
  memory(checkpoint) {
    return this.rulebase.memory(checkpoint, this.dtype);
  }

  /** @param {Checkpoint} checkpoint @param {string} use @returns {number|null} */
  _memory(checkpoint, use) {
    if (use === "as-is") return this.memory(checkpoint);
    return this.rulebase.training(checkpoint)?.lora_gb ?? null;
  }

  /** The options that answer some questions. @param {Question[]} questions @returns {Option[]} */
  _chosen(questions) {
    return questions.flatMap((question) => {
      const { options } = this.profile[question.id];
      return question.options.filter((option) => options.includes(option.id));
    });
  }
}

/** @param {Demand} demand @param {string} said @param {number} distance @returns {Gap} */
function gap(demand, said, distance = 1) {
  const text = `${demand.words.name} ${demand.words.is} ${said}`;
  return { question: demand.question, field: demand.field, text, distance };
}

/** @param {string} field */
const fieldName = (field) => (field === "class" ? "model_class" : field);

/**
 * Returns an option once for each thing that an answer names of those it covers, else with itself.
 * @param {Option} option
 * @param {Answer} answer
 * @returns {[Option, string][]}
 */
function namedOf(option, answer) {
  const names = (answer.named ?? []).filter((name) => name in option.covers);
  return (names.length ? names : [option.id]).map((name) => [option, name]);
}

/** @param {any} required @param {Option} option @param {Answer} answer @param {string} name @returns {Wanted} */
function wantedOf(required, option, answer, name) {
  if (Array.isArray(required)) return { one_of: required, unsure: [] };
  if ("unsure" in required) {
    const { one_of: words = [], unsure } = required;
    const own = name in option.covers ? [name] : [];
    return { one_of: words === "answer" ? own : words, unsure };
  }
  const number = answer.value === null ? option.up_to : answer.value;
  return Object.fromEntries(
    Object.entries(required)
      .map(([key, bound]) => [key, bound === "answer" ? number : bound])
      .filter(([, bound]) => bound !== null),
  );
}

/** @param {number} value @param {Demand} demand @returns {Gap[]} */
function outOfBounds(value, demand) {
  const { unit } = demand.words;
  const found = [];
  for (const [key, sign] of /** @type {["at_most"|"at_least", number][]} */ ([["at_most", 1], ["at_least", -1]])) {
    const bound = demand.wanted[key];
    if (bound === undefined || sign * value <= sign * bound) continue;
    const said = `${g(value)}${unit}, wanted ${key.replace("_", " ")} ${g(bound)}${unit}`;
    const distance = value && bound ? Math.abs(value - bound) / Math.min(value, bound) : 1;
    found.push(gap(demand, said, distance));
  }
  return found;
}

/**
 * Returns the name of a field in words, and its unit.
 * @param {string} field
 * @param {Constants} constants
 * @returns {Words}
 */
function wordsOf(field, { units, plural }) {
  const suffix = Object.keys(units).find((end) => field.endsWith(end)) ?? "";
  const name = field.slice(0, field.length - suffix.length).replaceAll("_", " ");
  return { name, unit: units[suffix] ?? "", is: plural.includes(name) ? "are" : "is" };
}

/** @param {any} value @returns {string[]} */
const listed = (value) => (Array.isArray(value) ? value : [String(value)]);
