// What forces an outcome, and the smallest changes of answers that lead to another one:
// advisor/decide/reasons.py.

import { Contradiction, answer, applicable } from "./profile.js";
import { NOT_APPLICABLE, NONE, TASK } from "./model.js";
import { Space } from "./space.js";
import { sorted } from "./numbers.js";

/** @import {Allowed, Choice} from "./diagram.js" */
/** @import {Decision, Engine} from "./engine.js" */
/** @import {Question, Task} from "./model.js" */
/** @import {Answer, Profile} from "./profile.js" */
/** @typedef {{question: string, options: string[], origin: string, named?: string[]}} Because */
/** @typedef {{answers: {[question: string]: string}, family: string, origins: {[question: string]: string}}} Flip */


class BudgetError extends Error {}

/** The space of some fixed answers alone, in which given options that hold at once are a choice. */
class Nearby {
  /** @param {Engine} engine @param {Decision} decision @param {Profile} fixed */
  constructor(engine, decision, fixed) {
    this.engine = engine;
    this.names = engine.encoding.winners;
    /** @type {Choice[]} */
    this.present = engine.choices(decision.profile).map((of) => of[0]);
    const choices = engine.choices(fixed);
    let held = false;
    engine.choices(decision.given).forEach((of, question) => {
      for (const choice of of) {
        if (choice.includes(",") && !(engine.encoding.questions[question] in fixed)) {
          choices[question] = [choice, ...choices[question]];
          held = true;
        }
      }
    });
    this.space = held ? new Space(engine.encoding, choices) : engine.space(fixed);
  }

  /** Who wins the most typical profile within `allowed`; null where there is none. @param {Allowed} allowed */
  winner(allowed) {
    const found = this.space.first(this.space.root, allowed);
    return found && this.engine.ranking.winner(found[1]);
  }

  /**
   * Returns the profile with an accepted winner that changes the least; null where none is.
   * @param {(winner: number) => boolean} accept
   * @param {number[]} held questions whose answers stay
   */
  nearest(accept, held) {
    const { ranking } = this.engine;
    /** @type {Allowed} */
    const allowed = new Map(held.map((question) => [question, [this.present[question]]]));
    return this.space.nearest(
      this.space.root,
      (question, choice) => (choice === this.present[question] ? 0 : 1),
      (outcome) => accept(ranking.winner(outcome)),
      allowed,
    );
  }
}

/**
 * Returns a smallest set of given or assumed answers that alone forces the outcome.
 * @param {Engine} engine
 * @param {Decision} decision
 * @returns {{answers: Because[], smallest: boolean}}
 */
export function sufficient(engine, decision) {
  const winner = decision.family ?? NONE;
  /** @type {Profile} */
  const answers = {};
  for (const [id, one] of Object.entries(decision.profile)) if (counts(one)) answers[id] = one;
  /** @type {Profile} */
  const task = {};
  if (TASK in answers) {
    task[TASK] = answers[TASK];
    delete answers[TASK];
  }
  const hasTask = TASK in task;
  const search = new Search(new Nearby(engine, decision, task), winner, Object.keys(answers));
  /** @type {string[]|null} */
  let chosen = null;
  try {
    for (const found of search.smallest()) {
      const reason = Object.fromEntries(found.map((id) => [id, answers[id]]));
      if (!hasTask || forcesWithoutTask(engine, reason, winner)) {
        chosen = found;
        break;
      }
      chosen ??= [TASK, ...found];
    }
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
  }
  const smallest = chosen !== null;
  const ids = chosen ?? [...Object.keys(task), ...search.subsetMinimal()];
  return {
    answers: Object.keys(decision.profile)
      .filter((id) => ids.includes(id))
      .map((id) => ({
        question: id,
        options: decision.profile[id].options,
        ...(decision.profile[id].named ? { named: decision.profile[id].named } : {}),
        origin: decision.profile[id].origin,
      })),
    smallest,
  };
}

/** True where an answer can be a reason. @param {Answer} one */
const counts = (one) => one.origin !== "implied" && (applicable(one) || one.origin !== "assumed");

class Search {
  /** @param {Nearby} nearby @param {string} winner @param {string[]} candidates */
  constructor(nearby, winner, candidates) {
    this.nearby = nearby;
    this.wins = nearby.names.indexOf(winner);
    this.candidates = candidates;
    this.places = candidates.map((id) => nearby.engine.place(id));
    /** Sets of candidates as bits. @type {bigint[]} */
    this.examples = [];
    const { least_tries, most_work, walked_a_try } = nearby.engine.rulebase.constants;
    this.tries = Math.max(least_tries, Math.floor(most_work / Math.max(nearby.space.size, 1)));
    this._walked = 1 / walked_a_try;
  }

  /** @returns {Generator<string[]>} */
  *smallest() {
    for (let size = 0; size <= this.candidates.length; size++) {
      let found = false;
      for (const bits of this._hitting(size, 0n, 0)) {
        if (this._isSufficient(bits)) {
          found = true;
          yield this._ids(bits);
        }
      }
      if (found) return;
    }
  }

  subsetMinimal() {
    let bits = (1n << BigInt(this.candidates.length)) - 1n;
    this.tries = this.candidates.length;
    for (let place = this.candidates.length - 1; place >= 0; place--) {
      const rest = bits & ~(1n << BigInt(place));
      if (this._isSufficient(rest)) bits = rest;
    }
    return this._ids(bits);
  }

  /**
   * @param {number} size
   * @param {bigint} chosen
   * @param {number} first
   * @returns {Generator<bigint>}
   */
  *_hitting(size, chosen, first) {
    const missed = this.examples.filter((example) => !(example & chosen));
    const later = -1n << BigInt(first);
    if (disjoint(missed) > size || missed.some((example) => !(example & later))) return;
    if (size === 0) {
      yield chosen;
      return;
    }
    for (let place = first; place <= this.candidates.length - size; place++) {
      this._spend(this._walked);
      yield* this._hitting(size - 1, chosen | (1n << BigInt(place)), place + 1);
    }
  }

  /** @param {bigint} bits */
  _isSufficient(bits) {
    if (this.examples.some((example) => !(example & bits))) return false;
    this._spend(1);
    const held = this.places.filter((_, n) => (bits >> BigInt(n)) & 1n);
    const other = this.nearby.nearest((winner) => winner !== this.wins, held);
    if (other === null) return true;
    let example = 0n;
    this.places.forEach((place, n) => {
      if (other[place] !== this.nearby.present[place]) example |= 1n << BigInt(n);
    });
    this.examples.push(example);
    return false;
  }

  /** @param {number} tries */
  _spend(tries) {
    this.tries -= tries;
    if (this.tries < 0) throw new BudgetError();
  }

  /** @param {bigint} bits */
  _ids(bits) {
    return this.candidates.filter((_, n) => (bits >> BigInt(n)) & 1n);
  }
}

/** How many of some sets, taken greedily, have no member in common. @param {bigint[]} sets */
function disjoint(sets) {
  let taken = 0n;
  let number = 0;
  for (const one of sets) {
    if (!(one & taken)) {
      taken |= one;
      number++;
    }
  }
  return number;
}

/**
 * True where the answers force the outcome for every task.
 * @param {Engine} engine
 * @param {Profile} reason
 * @param {string} winner
 */
function forcesWithoutTask(engine, reason, winner) {
  const { rulebase } = engine;
  /** @type {[Question, Answer][]} */
  const asked = Object.entries(reason).map(([id, one]) => [rulebase.question(id), one]);
  const last = (/** @type {Task} */ task) => [
    asked.some(([question, one]) => clashes(task, question, one)),
    task.elsewhere === null,
  ];
  for (const task of sorted(rulebase.tasks, last)) {
    let view;
    try {
      view = engine.view({ [TASK]: answer([task.id], "flag"), ...reason });
    } catch (error) {
      if (error instanceof Contradiction) continue;
      throw error;
    }
    const [space, allowed] = view;
    const { labels } = space.reachable(space.root, allowed);
    if (!labels.size) continue;
    const possible = engine.ranking.winners(labels);
    if (possible.length !== 1 || possible[0] !== winner) return false;
  }
  return true;
}

/** @param {Task} task @param {Question} question @param {Answer} one */
function clashes(task, question, one) {
  const said = { [question.id]: one.options, ...question.ask_if };
  return Object.entries(said).some(
    ([id, options]) => id in task.implies && !task.implies[id].some((option) => options.includes(option)),
  );
}

/**
 * Returns the smallest changes of answers that lead to another outcome, smallest first.
 * @param {Engine} engine
 * @param {Decision} decision
 * @returns {Flip[]}
 */
export function flips(engine, decision) {
  const winner = decision.family ?? NONE;
  const nearby = new Nearby(engine, decision, { [TASK]: decision.profile[TASK] });
  const wanted = new Set(engine.ranking.winners(nearby.space.outcomes));
  wanted.delete(winner);
  /** @type {Flip[]} */
  const found = [];
  for (let size = 1; size <= engine.rulebase.constants.max_size && wanted.size; size++) {
    const ofSize = [...flipsOfSize(size, wanted, nearby, decision)];
    found.push(...ofSize);
    for (const flip of ofSize) wanted.delete(flip.family);
  }
  return found;
}

/**
 * @param {number} size
 * @param {Set<string>} wanted
 * @param {Nearby} nearby
 * @param {Decision} decision
 * @returns {Generator<Flip>}
 */
function* flipsOfSize(size, wanted, nearby, decision) {
  const { encoding } = nearby.engine;
  const alternatives = otherChoices(nearby, decision);
  const choices = nearby.engine.choices(decision.given);
  /** @type {Allowed} */
  const given = new Map();
  for (const id of Object.keys(decision.given)) {
    const question = nearby.engine.place(id);
    if (id !== TASK) given.set(question, choices[question]);
  }
  let tries = nearby.engine.rulebase.constants.most_combinations;
  for (const questions of combinations([...alternatives.keys()], size)) {
    const left = new Set(wanted);
    for (const chosen of product(questions.map((question) => alternatives.get(question) ?? []))) {
      if (--tries < 0) return;
      const allowed = new Map(given);
      questions.forEach((question, n) => allowed.set(question, [chosen[n]]));
      const winner = nearby.winner(allowed);
      const outcome = winner === null ? null : nearby.names[winner];
      if (outcome === null || !left.has(outcome)) continue;
      left.delete(outcome);
      /** @type {{[question: string]: string}} */
      const answers = {};
      /** @type {{[question: string]: string}} */
      const origins = {};
      questions.forEach((question, n) => {
        const id = encoding.questions[question];
        [answers[id]] = encoding.optionsOf(question, chosen[n]);
        origins[id] = decision.profile[id].origin;
      });
      yield { answers, family: outcome, origins };
    }
  }
}

/**
 * For each question that makes a difference, the choices other than the present ones.
 * @param {Nearby} nearby
 * @param {Decision} decision
 */
function otherChoices(nearby, decision) {
  const { space } = nearby;
  const { encoding } = nearby.engine;
  const possible = space.reachable(space.root).choices;
  /** @type {Map<number, Choice[]>} */
  const found = new Map();
  for (const question of [...space.support(space.root)].sort((one, other) => one - other)) {
    const id = encoding.questions[question];
    const senseless = [NOT_APPLICABLE, ...decision.profile[id].options];
    const others = space.choices[question].filter(
      (choice) =>
        !choice.includes(",") &&
        possible[question].has(choice) &&
        !senseless.includes(encoding.options[question][Number(choice)]),
    );
    if (others.length && id !== TASK) found.set(question, others);
  }
  return found;
}

/**
 * @template T
 * @param {T[]} members
 * @param {number} size
 * @returns {Generator<T[]>}
 */
function* combinations(members, size, first = 0) {
  if (size === 0) {
    yield [];
    return;
  }
  for (let n = first; n <= members.length - size; n++) {
    for (const rest of combinations(members, size - 1, n + 1)) yield [members[n], ...rest];
  }
}

/**
 * @template T
 * @param {T[][]} sets
 * @returns {Generator<T[]>}
 */
export function* product(sets) {
  if (!sets.length) {
    yield [];
    return;
  }
  const [first, ...others] = sets;
  for (const one of first) for (const rest of product(others)) yield [one, ...rest];
}
