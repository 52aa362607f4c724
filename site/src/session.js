// The next question of an interview, whatever was answered: advisor/interview/session.py on its way
// to the first checkpoint. Every question is found as by a new session that is told the answers.

import { EMPTY } from "./diagram.js";
import { Finalists } from "./finalists.js";
import { NOT_APPLICABLE, TASK } from "./model.js";
import { Contradiction, isExact } from "./profile.js";
import { OverBudget, Residual, fewestQuestions } from "./strategy.js";

/** @import {Allowed} from "./diagram.js" */
/** @import {Engine} from "./engine.js" */
/** @import {Left} from "./finalists.js" */
/** @import {Profile} from "./profile.js" */
/** @typedef {{question: string, options: string[], winners: {[option: string]: string[]}, about: string}} Ask */

const KEPT_FINALISTS = 40;
const CHECKPOINT = "checkpoint";

export class Interview {
  /** @param {Engine} engine */
  constructor(engine) {
    this.engine = engine;
    /** @type {Map<string, Finalists|null>} */
    this._finalists = new Map();
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
    for (const one of this._finalists.values()) one?.reset();
    let left = this._left(profile, closed);
    while (left && left.residual.stuck(left.node) && !left.whole) left = this._left(profile, closed);
    if (left) return this._choose(profile, left.residual, left.node, closed);
    const finalists = new Finalists(engine, settled(engine, this._all(profile)));
    const question = finalists.telling(closed);
    if (question !== null) return this._ask(profile, question);
    const space = engine.space(settled(engine, profile));
    const residual = new Residual(space, (outcome) => engine.ranking.winner(outcome));
    return this._choose(profile, residual, residual.root, closed);
  }

  /** @param {Profile} profile */
  _base(profile) {
    const held = Object.entries(profile).filter(
      ([id, one]) => id !== TASK && (isExact(one) || one.options.length > 1),
    );
    return { ...Object.fromEntries(held), [TASK]: profile[TASK] };
  }

  /** @param {Profile} profile */
  _all(profile) {
    return { ...profile, ...this._base(profile) };
  }

  /**
   * Returns all that decides which checkpoint comes first, after the answers so far; null where too
   * much is open.
   * @param {Profile} profile
   * @param {Set<number>} closed
   * @returns {Left|null}
   */
  _left(profile, closed) {
    const choices = this.engine.choices(profile);
    /** @type {Allowed} */
    const said = new Map();
    for (const id of Object.keys(profile)) {
      const question = this.engine.place(id);
      if (id !== TASK) said.set(question, choices[question]);
    }
    for (const base of [this._base(profile), this._all(profile)]) {
      const key = JSON.stringify(Object.entries(base).map(([id, one]) => [id, one.options, one.value, one.named]));
      if (!this._finalists.has(key)) {
        const [oldest] = this._finalists.keys();
        if (this._finalists.size >= KEPT_FINALISTS) this._finalists.delete(oldest);
        this._finalists.set(key, new Finalists(this.engine, settled(this.engine, base)));
      }
      const finalists = this._finalists.get(key);
      if (!finalists) continue;
      try {
        const left = finalists.residual(this.engine.rulebase.constants.most_asked, said);
        left.residual.closed = closed;
        return left;
      } catch (error) {
        if (!(error instanceof OverBudget)) throw error;
        this._finalists.set(key, null);
      }
    }
    return null;
  }

  /** @param {Profile} profile @param {Residual} residual @param {number} node @param {Set<number>} closed */
  _choose(profile, residual, node, closed) {
    const { engine } = this;
    residual.closed = closed;
    if (residual.decided(node)) return null;
    const split = fewestQuestions(residual, node, engine.rulebase.constants.budget_nodes);
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
