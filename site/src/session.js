// The next question of an interview, whatever was answered: advisor/interview/session.py on its way
// to the first checkpoint. Every question is found as by a new session that is told the answers.

import { EMPTY } from "./diagram.js";
import { Finalists } from "./finalists.js";
import { NOT_APPLICABLE, TASK } from "./model.js";
import { Contradiction } from "./profile.js";
import { OverBudget, fewestQuestions } from "./strategy.js";

/** @import {Allowed} from "./diagram.js" */
/** @import {Engine} from "./engine.js" */
/** @import {Profile} from "./profile.js" */
/** @import {Residual} from "./strategy.js" */
/** @typedef {{question: string, options: string[], winners: {[option: string]: string[]}, about: string}} Ask */

const BUDGET = 700;
const KEPT_RESIDUALS = 40;
const CHECKPOINT = "checkpoint";

export class Interview {
  /** @param {Engine} engine */
  constructor(engine) {
    this.engine = engine;
    /** @type {Map<string, Residual|null>} */
    this._residuals = new Map();
  }

  /**
   * Returns the question after which the fewest are expected until the first checkpoint is settled;
   * null where nothing that may be asked can change it.
   * @param {Profile} profile the answers so far, one task among them
   * @param {string[]} unknown the questions answered by "don't know"
   * @returns {Ask|null}
   */
  next(profile, unknown = []) {
    const { engine } = this;
    const closed = new Set([...Object.keys(profile), ...unknown].map((id) => engine.place(id)));
    const residual = this._residual(profile);
    if (residual) return this._choose(profile, residual, this._rest(residual, profile), closed);
    const finalists = new Finalists(engine, settled(engine, this._all(profile)));
    const question = finalists.telling(closed);
    if (question !== null) return this._ask(profile, question);
    const whole = finalists.residual();
    return this._choose(profile, whole, whole.root, closed);
  }

  /** @param {Profile} profile */
  _base(profile) {
    const held = Object.entries(profile).filter(
      ([id, one]) => id !== TASK && (one.value !== null || one.options.length > 1),
    );
    return { ...Object.fromEntries(held), [TASK]: profile[TASK] };
  }

  /** @param {Profile} profile */
  _all(profile) {
    return { ...profile, ...this._base(profile) };
  }

  /** @param {Profile} profile @returns {Residual|null} */
  _residual(profile) {
    for (const base of [this._base(profile), this._all(profile)]) {
      const key = JSON.stringify(Object.entries(base).map(([id, one]) => [id, one.options, one.value]));
      if (!this._residuals.has(key)) {
        const [oldest] = this._residuals.keys();
        if (this._residuals.size >= KEPT_RESIDUALS) this._residuals.delete(oldest);
        this._residuals.set(key, this._made(base));
      }
      const found = this._residuals.get(key);
      if (found) {
        found.reset();
        return found;
      }
    }
    return null;
  }

  /** @param {Profile} base @returns {Residual|null} */
  _made(base) {
    try {
      return new Finalists(this.engine, settled(this.engine, base)).residual(BUDGET);
    } catch (error) {
      if (error instanceof OverBudget) return null;
      throw error;
    }
  }

  /** What is left of it after the answers so far. @param {Residual} residual @param {Profile} profile */
  _rest(residual, profile) {
    const choices = this.engine.choices(profile);
    /** @type {Allowed} */
    const said = new Map();
    for (const id of Object.keys(profile)) {
      const question = this.engine.place(id);
      if (id !== TASK) said.set(question, choices[question]);
    }
    return residual.within(residual.root, said);
  }

  /** @param {Profile} profile @param {Residual} residual @param {number} node @param {Set<number>} closed */
  _choose(profile, residual, node, closed) {
    residual.closed = closed;
    if (residual.decided(node)) return null;
    const split = fewestQuestions(residual, node);
    return split && this._ask(profile, split.question);
  }

  /** @param {Profile} profile @param {number} place @returns {Ask} */
  _ask(profile, place) {
    const { engine } = this;
    const space = engine.space(settled(engine, profile));
    const after = space.cofactors(space.root, place);
    /** @type {{[option: string]: string[]}} */
    const winners = {};
    space.choices[place].forEach((choice, n) => {
      if (after[n] === EMPTY) return;
      const [option] = engine.encoding.optionsOf(place, choice);
      winners[option] = engine.ranking.winners(space.labels(after[n]));
    });
    const question = engine.rulebase.questions[place];
    const options = question.options.map((option) => option.id).filter((id) => id in winners);
    return { question: question.id, options, winners, about: CHECKPOINT };
  }
}

/**
 * Returns answers with those to questions that nobody is asked, as they hold without a flag.
 * @param {Engine} engine
 * @param {Profile} profile
 * @returns {Profile}
 */
function settled(engine, profile) {
  const whole = { ...profile };
  for (const question of engine.rulebase.questions) {
    if (!question.flag_only || question.id in profile) continue;
    const usual = [question.options[0].id];
    if (Object.keys(question.ask_if).length) usual.push(NOT_APPLICABLE);
    const tried = { ...whole, [question.id]: { options: usual, value: null, origin: "assumed" } };
    try {
      engine.space(tried);
      whole[question.id] = tried[question.id];
    } catch (error) {
      if (!(error instanceof Contradiction)) throw error;
    }
  }
  return whole;
}
