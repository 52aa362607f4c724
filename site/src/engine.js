// Which family fits a profile, and how certain the outcome is: advisor/engine/decision.py.

import { TASK, NONE } from "./model.js";
import { choiceOf } from "./diagram.js";
import { sorted } from "./numbers.js";
import { contradiction, sameOptions } from "./profile.js";
import { Encoding, Ranking, Space, bitsOf } from "./space.js";

/** @import {Allowed, Choice, Reachable} from "./diagram.js" */
/** @import {Fit, Rule} from "./model.js" */
/** @import {Profile} from "./profile.js" */
/** @import {RuleBase} from "./rulebase.js" */
/** @typedef {{rule: Rule, decisive: boolean}} FiredRule */
/**
 * @typedef {object} Assessment
 * @property {string} family
 * @property {string} verdict
 * @property {string|null} lost_on
 * @property {Fit|null} fit
 * @property {FiredRule[]} fired
 * @property {string[]} possible_verdicts
 */
/**
 * @typedef {object} Decision
 * @property {string} outcome
 * @property {string|null} family
 * @property {string[]} possible
 * @property {Profile} profile
 * @property {Assessment[]} assessments
 * @property {Profile} given
 */

const KEPT_SPACES = 128;

export class Engine {
  /** @param {RuleBase} rulebase @param {string[]} priority */
  constructor(rulebase, priority = []) {
    this.rulebase = rulebase;
    this.priority = priority;
    this.encoding = new Encoding(rulebase);
    this.ranking = new Ranking(this.encoding, priority);
    /** @type {Map<string, Space>} */
    this._spaces = new Map();
    /** @type {Map<bigint, string[]>} */
    this._verdicts = new Map();
    this._all = this.encoding.options.map((of) => of.map((_, place) => String(place)));
  }

  /**
   * Returns for each question the choices that a profile leaves possible.
   * @param {Profile} profile
   * @returns {Choice[][]}
   */
  choices(profile) {
    const result = this._all.slice();
    for (const [id, { options }] of Object.entries(profile)) {
      if (!options.length) continue;
      const question = this.place(id);
      const index = this.encoding.optionIndex[question];
      const held = choiceOf(options.map((option) => /** @type {number} */ (index.get(option))));
      result[question] = this.rulebase.questions[question].many ? [held] : held.split(",");
    }
    return result;
  }

  /** The place of a question. @param {string} id @returns {number} */
  place(id) {
    const found = this.encoding.index.get(id);
    if (found === undefined) throw new Error(`no question ${id}`);
    return found;
  }

  /**
   * Returns all complete profiles within a profile. Throws a Contradiction where there is none.
   * @param {Profile} profile
   */
  space(profile) {
    const key = Object.entries(profile).map(([id, { options }]) => `${id}=${options}`).join("&");
    let space = this._spaces.get(key);
    if (!space) {
      space = new Space(this.encoding, this.choices(profile));
      if (space.empty) throw contradiction(profile, this.rulebase, (some) => this.admits(some));
      const [oldest] = this._spaces.keys();
      if (this._spaces.size >= KEPT_SPACES && oldest !== undefined) this._spaces.delete(oldest);
      this._spaces.set(key, space);
    }
    return space;
  }

  /**
   * Returns a space around a profile, and what the profile allows of it.
   * @param {Profile} profile
   * @returns {[Space, Allowed]}
   */
  view(profile) {
    const task = profile[TASK];
    const choices = this.choices(profile);
    const held = choices.some((of) => of.some((choice) => choice.includes(",")));
    if (!task || task.options.length !== 1 || held) return [this.space(profile), new Map()];
    /** @type {Allowed} */
    const allowed = new Map();
    for (const id of Object.keys(profile)) {
      if (id !== TASK) allowed.set(this.place(id), choices[this.place(id)]);
    }
    return [this.space({ [TASK]: task }), allowed];
  }

  /** True where the answers can all be true. @param {Profile} profile */
  admits(profile) {
    return !new Space(this.encoding, this.choices(profile)).empty;
  }

  /**
   * Returns the decision for a profile, complete or partial.
   * @param {Profile} profile
   * @returns {Decision}
   */
  decide(profile) {
    const [space, allowed] = this.view(profile);
    const reachable = space.reachable(space.root, allowed);
    const found = space.first(space.root, allowed);
    if (!found) throw contradiction(profile, this.rulebase, (some) => this.admits(some));
    const [typical] = found;
    const possible = this.ranking.winners(reachable.labels);
    const complete = this._complete(profile, reachable, typical);
    const fired = this.encoding.fired(typical);
    const outcome = this.encoding.outcome(fired);
    const winner = this.ranking.winner(outcome);
    const family = this.encoding.families[winner] ?? null;
    return {
      outcome: family ? (possible.length === 1 ? "decided" : "assumed") : NONE,
      family,
      possible,
      profile: complete,
      assessments: this._assess(fired, outcome, winner, reachable, complete),
      given: profile,
    };
  }

  /**
   * Adds to the given answers what they imply and what is assumed.
   * @param {Profile} profile
   * @param {Reachable} reachable
   * @param {Choice[]} typical
   * @returns {Profile}
   */
  _complete(profile, reachable, typical) {
    /** @type {Profile} */
    const complete = {};
    this.encoding.questions.forEach((id, question) => {
      let options = this.encoding.optionsOf(question, typical[question]);
      const forced = reachable.choices[question].size === 1;
      const given = profile[id];
      let origin = forced ? "implied" : "assumed";
      if (given && forced) origin = given.origin;
      const same = given && sameOptions(given.options, options);
      if (!given && !forced && this.rulebase.leftOpen.has(id)) options = [];
      complete[id] = same ? given : { options, value: null, origin };
    });
    return complete;
  }

  /**
   * @param {bigint} fired
   * @param {bigint} outcome
   * @param {number} winner
   * @param {Reachable} reachable
   * @param {Profile} complete
   * @returns {Assessment[]}
   */
  _assess(fired, outcome, winner, reachable, complete) {
    const { encoding, ranking } = this;
    /** @type {Rule[][]} */
    const byFamily = encoding.families.map(() => []);
    for (const place of bitsOf(fired)) {
      const { rule, family } = encoding.conjunctions[place];
      if (rule) byFamily[family].push(rule);
    }
    const order = ranking.order(outcome);
    const excluded = encoding.families.map((_, family) => family).filter((family) => !order.includes(family));
    const lost = new Map(
      order.slice(1).map((family) => [family, ranking.parting(outcome, winner, family) ?? "rank"]),
    );
    const given = this.verdicts(outcome);
    const held = [...reachable.labels].map((label) => this.verdicts(label));
    const task = complete[TASK];
    return [...order, ...sorted(excluded, (family) => encoding.ranks[family])].map((family) => {
      const rules = byFamily[family];
      const grounds = new Set(lost.has(family) ? [lost.get(family)] : lost.values());
      let firedRules = rules.map((rule) => ({ rule, decisive: grounds.has(rule.criterion) }));
      if (given[family] === "excluded") {
        firedRules = rules.map((rule) => ({ rule, decisive: rule.effect === "exclude" }));
        firedRules = sorted(firedRules, (one) => !one.decisive);
      }
      const fits = this.rulebase.families[family].tasks;
      return {
        family: encoding.families[family],
        verdict: given[family],
        lost_on: lost.get(family) ?? null,
        fit: task && task.options.length === 1 ? (fits[task.options[0]] ?? null) : null,
        fired: firedRules,
        possible_verdicts: this.rulebase.constants.verdicts.filter((verdict) => held.some((of) => of[family] === verdict)),
      };
    });
  }

  /** The verdict of every family under outcome bits. @param {bigint} outcome */
  verdicts(outcome) {
    let found = this._verdicts.get(outcome);
    if (!found) {
      found = this.encoding.families.map((_, family) => this._verdict(outcome, family));
      this._verdicts.set(outcome, found);
    }
    return found;
  }

  /** @param {bigint} outcome @param {number} family */
  _verdict(outcome, family) {
    if ((outcome >> BigInt(family)) & 1n) return "excluded";
    if (family === this.ranking.winner(outcome)) return "recommended";
    return this.ranking.signs(outcome, family).some((sign) => sign < 0) ? "discouraged" : "allowed";
  }
}

