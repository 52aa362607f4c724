// The rule base: everything known, with look-ups, as advisor/rulebase/base.py has it.

import { decode } from "./model.js";

/** @import {Act, Checkpoint, Criterion, Data, Detour, Family, Never, Option, Program, Question, Rule, RunnerUse, Task} from "./model.js" */

export class RuleBase {
  /** @param {Data} data */
  constructor(data) {
    this.data = data;
    this.constants = data.constants;
    this.digest = data.digest;
    this.overlays = data.overlays;
    this.folders = data.folders;
    /** @param {string} name @param {string} key */
    const rows = (name, key) => decode(data.layouts, name, data.rows[key]);
    /** @type {Criterion[]} */
    this.criteria = rows("Criterion", "criteria");
    /** @type {Question[]} */
    this.questions = rows("Question", "questions");
    /** @type {Task[]} */
    this.tasks = rows("Task", "tasks");
    /** @type {Family[]} */
    this.families = rows("Family", "families");
    /** @type {Rule[]} */
    this.rules = rows("Rule", "rules");
    /** @type {Never[]} */
    this.never = rows("Never", "never");
    /** @type {Detour[]} */
    this.detours = rows("Detour", "detours");
    /** @type {Program[]} */
    this.programs = rows("Program", "programs");
    /** @type {Act[]} */
    this.acts = rows("Act", "acts");
    /** @type {RunnerUse[]} */
    this.uses = rows("RunnerUse", "uses");
    /** @type {{id: string, label: string, tasks: string[]}[]} */
    this.groups = rows("TaskGroup", "groups");

    this.questionOf = new Map(this.questions.map((one) => [one.id, one]));
    this.taskOf = new Map(this.tasks.map((one) => [one.id, one]));
    this.familyOf = new Map(this.families.map((one) => [one.id, one]));
    this.ruleOf = new Map(this.rules.map((one) => [one.id, one]));
    this.criterionOf = new Map(this.criteria.map((one) => [one.id, one]));

    const asking = (/** @type {(option: import("./model.js").Option) => any} */ has) =>
      this.questions.filter((one) => one.options.some(has));
    /** Questions whose answers can require something of a checkpoint. */
    this.demanding = asking((option) => Object.keys(option.requires).length > 0);
    /** Questions whose answers change what others require. */
    this.keeping = asking((option) => option.keeps.length > 0 || option.dtype);
    /** Questions whose answers say which checkpoints come first. */
    this.ordering = asking((option) => option.order);
    /** Questions whose answers say for which step of memory the first place is. */
    this.stepping = asking((option) => option.step);
    /** Rules aimed at single checkpoints. */
    this.aiming = this.rules.filter((rule) => rule.candidates.some((one) => one.includes("/")));
    this.barring = this.aiming.filter((rule) => rule.effect === "exclude");
    /** The questions whose answers can bear on checkpoints, whatever the family. */
    this.bearing = new Set([
      ...[this.demanding, this.keeping, this.ordering, this.stepping].flat().map((one) => one.id),
      ...asking((option) => option.uses.length > 0).map((one) => one.id),
      ...this.aiming.flatMap((rule) => Object.keys(rule.when)),
    ]);
    /** @type {Map<string, Rule[]>} */
    this.aimed = new Map();
    for (const rule of this.rules) {
      for (const one of rule.candidates) {
        if (!one.includes("/")) continue;
        const known = this.aimed.get(one);
        if (known) known.push(rule);
        else this.aimed.set(one, [rule]);
      }
    }
    /** Questions of which nothing is assumed: they have steps, and no rule asks for them. */
    this.leftOpen = new Set(
      this.questions
        .filter((one) => one.steps.length && this.rules.every((rule) => !(one.id in rule.when)))
        .map((one) => one.id),
    );
    /** @type {Map<string, Checkpoint[]>} */
    this._catalogue = new Map();
    /** What others worked out from these rules alone. @type {Map<string, any>} */
    this.remembered = new Map();
  }

  /** @param {string} id @returns {Question} */
  question(id) {
    return known(this.questionOf.get(id));
  }

  /** @param {string} id @returns {Task} */
  task(id) {
    return known(this.taskOf.get(id));
  }

  /** @param {string} id @returns {Family} */
  family(id) {
    return known(this.familyOf.get(id));
  }

  /**
   * Returns the checkpoints of one family.
   * @param {string} family
   * @returns {Checkpoint[]}
   */
  catalogue(family) {
    let found = this._catalogue.get(family);
    if (!found) {
      found = decode(this.data.layouts, "Checkpoint", this.data.checkpoints[family] ?? []);
      this._catalogue.set(family, /** @type {Checkpoint[]} */ (found));
    }
    return /** @type {Checkpoint[]} */ (found);
  }

  /**
   * Returns what a checkpoint takes to run in a precision; null where nobody knows.
   * @param {Checkpoint} checkpoint
   * @param {string|null} dtype
   * @returns {number|null}
   */
  memory(checkpoint, dtype) {
    return this.data.weighed[checkpoint.id].memory_gb[dtype ?? ""];
  }

  /** @param {Checkpoint} checkpoint */
  training(checkpoint) {
    return this.data.weighed[checkpoint.id].training;
  }

  /**
   * Returns a value that is worked out once.
   * @template T
   * @param {string} key
   * @param {() => T} make
   * @returns {T}
   */
  once(key, make) {
    if (!this.remembered.has(key)) this.remembered.set(key, make());
    return this.remembered.get(key);
  }
}

/**
 * The address of the page where a checkpoint's files are had.
 * @param {Checkpoint} one
 */
export const pageOf = (one) => one.home || hubPage(one.id);

/** The page of an id on the Hub. @param {string} id */
export const hubPage = (id) => `https://huggingface.co/${id}`;

/**
 * What a thing is called that an option covers, or the option itself.
 * @param {Option} option
 * @param {string} name
 */
export const called = (option, name) =>
  name in option.covers ? capitalized(option.covers[name][0].replaceAll("-", " ")) : option.label;

/** @param {string} text */
const capitalized = (text) => text[0].toUpperCase() + text.slice(1);

/** What a question's flag is called. @param {Question} question */
export const typed = (question) => question.flag || question.id;

/**
 * True where a checkpoint may be offered for its tasks.
 * @param {Checkpoint} one
 */
export const offered = (one) => !one.derived && one.family !== "none";

/**
 * False where loading it takes code of its own, a pickle, or another program.
 * @param {Checkpoint} one
 */
export const loadsSafely = (one) =>
  (one.loader === "transformers" || one.loader === "open_clip") &&
  one.weights !== "pickle" &&
  one.weights !== "onnx";

/**
 * @template T
 * @param {T|undefined} found
 * @returns {T}
 */
function known(found) {
  if (found === undefined) throw new Error("no such entry");
  return found;
}
