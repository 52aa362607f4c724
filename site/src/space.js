// Rules as bits, families in their order, and all complete profiles within answers, as
// advisor/engine/space.py has them.

import { EMPTY, Diagram, placesOf } from "./diagram.js";
import { NOT_APPLICABLE, NONE } from "./model.js";
import { sorted } from "./numbers.js";

/** @import {Choice} from "./diagram.js" */
/** @import {Never, Rule} from "./model.js" */
/** @import {RuleBase} from "./rulebase.js" */
/** @typedef {{origin: Rule|Never, rule: Rule|null, family: number, outcome: number}} Conjunction */

const FORBID = -1;

export class Encoding {
  /** @param {RuleBase} rulebase */
  constructor(rulebase) {
    this.questions = rulebase.questions.map((one) => one.id);
    this.index = new Map(this.questions.map((id, place) => [id, place]));
    this.options = rulebase.questions.map((question) => [
      ...question.options.map((option) => option.id),
      ...(Object.keys(question.ask_if).length ? [NOT_APPLICABLE] : []),
    ]);
    this.optionIndex = this.options.map((of) => new Map(of.map((id, place) => [id, place])));
    this.families = rulebase.families.map((one) => one.id);
    this.winners = [...this.families, NONE];
    this.ranks = rulebase.families.map((one) => one.rank);
    this.criteria = rulebase.criteria.map((one) => one.id);
    /** @type {Conjunction[]} */
    this.conjunctions = [
      ...this._aimed(rulebase.rules),
      ...rulebase.never.map((never) => ({ origin: never, rule: null, family: -1, outcome: FORBID })),
    ];
    this.everything = (1n << BigInt(this.conjunctions.length)) - 1n;
    this.forbid = 0n;
    /** @type {Map<number, bigint>} */
    this.byOutcome = new Map();
    this.killExcluded = this.families.map(() => 0n);
    const width = this.families.length;
    const bits = width * (1 + 2 * this.criteria.length);
    this.signsOf = this.families.map((_, family) => {
      let mask = 0n;
      for (let bit = width + family; bit < bits; bit += width) mask |= 1n << BigInt(bit);
      return mask;
    });
    const mentions = this.questions.map(() => 0n);
    const listed = this.options.map((of) => of.map(() => 0n));
    this.conjunctions.forEach(({ origin, family, outcome }, place) => {
      const bit = 1n << BigInt(place);
      for (const [id, options] of Object.entries(origin.when)) {
        const question = number(this.index.get(id));
        mentions[question] |= bit;
        for (const option of options) {
          listed[question][number(this.optionIndex[question].get(option))] |= bit;
        }
      }
      if (outcome === FORBID) this.forbid |= bit;
      else {
        this.byOutcome.set(outcome, (this.byOutcome.get(outcome) ?? 0n) | bit);
        this.killExcluded[family] |= bit;
      }
    });
    this.survives = listed.map((masks, question) =>
      masks.map((mask) => (this.everything & ~mentions[question]) | mask),
    );
    /** @type {Map<string, bigint>} */
    this._surviving = new Map();
  }

  /**
   * Returns each rule with each family it is aimed at.
   * @param {Rule[]} rules
   * @returns {Conjunction[]}
   */
  _aimed(rules) {
    const families = new Map(this.families.map((id, place) => [id, place]));
    const criteria = new Map(this.criteria.map((id, place) => [id, place]));
    const width = this.families.length;
    const found = [];
    for (const rule of rules) {
      for (const candidate of rule.candidates) {
        const family = families.get(candidate);
        if (family === undefined) continue;
        const base = width * (1 + 2 * number(criteria.get(rule.criterion))) + family;
        const outcome = rule.effect === "exclude" ? family : rule.effect === "avoid" ? base + width : base;
        found.push({ origin: rule, rule, family, outcome });
      }
    }
    return found;
  }

  /**
   * Returns the conjunctions that fire when each question has these options.
   * @param {Choice[]} choices
   */
  fired(choices) {
    let alive = this.everything;
    choices.forEach((choice, question) => {
      alive &= this.surviving(question, choice);
    });
    return alive;
  }

  /**
   * Returns the conjunctions that survive options of a question that hold at once.
   * @param {number} question
   * @param {Choice} choice
   */
  surviving(question, choice) {
    const key = `${question}|${choice}`;
    let found = this._surviving.get(key);
    if (found === undefined) {
      found = placesOf(choice).reduce((mask, place) => mask | this.survives[question][place], 0n);
      this._surviving.set(key, found);
    }
    return found;
  }

  /**
   * Returns the outcome bits of fired conjunctions.
   * @param {bigint} fired
   */
  outcome(fired) {
    let outcome = 0n;
    for (const place of bitsOf(fired & ~this.forbid)) {
      outcome |= 1n << BigInt(this.conjunctions[place].outcome);
    }
    return outcome;
  }

  /** The option ids of a choice. @param {number} question @param {Choice} choice */
  optionsOf(question, choice) {
    return placesOf(choice).map((place) => this.options[question][place]);
  }
}

export class Ranking {
  /** @param {Encoding} encoding @param {string[]} priority */
  constructor(encoding, priority) {
    const first = priority.map((id) => encoding.criteria.indexOf(id));
    const rest = encoding.criteria.map((_, place) => place).filter((place) => !first.includes(place));
    this._encoding = encoding;
    this._order = [...first, ...rest];
    /** @type {Map<bigint, number>} */
    this._winners = new Map();
  }

  /**
   * Returns +1, 0 or -1: where a family stands on one criterion, never a count.
   * @param {bigint} outcome
   * @param {number} criterion
   * @param {number} family
   */
  sign(outcome, criterion, family) {
    const width = this._encoding.families.length;
    const base = BigInt(width * (1 + 2 * criterion) + family);
    return Number((outcome >> base) & 1n) - Number((outcome >> (base + BigInt(width))) & 1n);
  }

  /** @param {bigint} outcome @param {number} family */
  signs(outcome, family) {
    return this._order.map((criterion) => this.sign(outcome, criterion, family));
  }

  /**
   * Returns the families that are not excluded, best first; equals by declared rank.
   * @param {bigint} outcome
   */
  order(outcome) {
    const left = this._encoding.families
      .map((_, family) => family)
      .filter((family) => !((outcome >> BigInt(family)) & 1n));
    return sorted(left, (family) => [
      this.signs(outcome, family).map((sign) => -sign),
      this._encoding.ranks[family],
      family,
    ]);
  }

  /**
   * Returns the family that wins, or the number of families where none is left.
   * @param {bigint} outcome
   */
  winner(outcome) {
    let found = this._winners.get(outcome);
    if (found === undefined) {
      found = this.order(outcome)[0] ?? this._encoding.families.length;
      this._winners.set(outcome, found);
    }
    return found;
  }

  /**
   * Returns who wins under any of these outcomes, `none` last.
   * @param {Iterable<bigint>} outcomes
   */
  winners(outcomes) {
    const found = new Set();
    for (const outcome of outcomes) found.add(this.winner(outcome));
    return this._encoding.winners.filter((_, place) => found.has(place));
  }

  /**
   * Returns the criterion on which two families first differ; null where only rank does.
   * @param {bigint} outcome
   * @param {number} one
   * @param {number} other
   */
  parting(outcome, one, other) {
    for (const criterion of this._order) {
      if (this.sign(outcome, criterion, one) !== this.sign(outcome, criterion, other)) {
        return this._encoding.criteria[criterion];
      }
    }
    return null;
  }
}

/** @typedef {{question: number, survivors: bigint[], group: number[], ending: bigint}} Step */

export class Space extends Diagram {
  /** @param {Encoding} encoding @param {Choice[][]} choices */
  constructor(encoding, choices) {
    super(choices);
    this.encoding = encoding;
    /** @type {Map<bigint, [bigint, bigint]>} */
    this._kept = new Map();
    this.root = this._build();
    /** @type {bigint[]} */
    this.outcomes = [...this.label.values()];
  }

  get empty() {
    return this.root === EMPTY;
  }

  _build() {
    if (this.choices.some((of) => !of.length)) return EMPTY;
    const { start, now, steps } = this._plan();
    /** @type {Map<string, number>} */
    const grown = new Map();
    /** @param {number} depth @param {bigint} alive @param {bigint} outcome @returns {number} */
    const grow = (depth, alive, outcome) => {
      if (depth === steps.length) return this.terminal(outcome);
      const key = `${depth}|${alive.toString(32)}|${outcome.toString(32)}`;
      const known = grown.get(key);
      if (known !== undefined) return known;
      const { question, survivors, group, ending } = steps[depth];
      const ends = survivors.map((mask) => {
        let left = alive & mask;
        let after = outcome;
        if (left & ending) {
          const settled = this._settle(left, outcome, ending);
          if (settled === null) return EMPTY;
          [left, after] = settled;
        }
        return grow(depth + 1, left, after);
      });
      const found = this.node(question, group.map((at) => ends[at]));
      grown.set(key, found);
      return found;
    };
    const first = this._settle(start, 0n, now);
    return first === null ? EMPTY : grow(0, ...first);
  }

  _plan() {
    const masks = this.choices.map((of, question) =>
      of.map((choice) => this.encoding.surviving(question, choice)),
    );
    let start = this.encoding.everything;
    for (const of of masks) start &= of.reduce((one, other) => one | other, 0n);
    let undecided = start;
    /** @type {Step[]} */
    const steps = [];
    for (let question = masks.length - 1; question >= 0; question--) {
      const cut = masks[question].map((mask) => mask & start);
      const common = cut.reduce((one, other) => one & other);
      const ending = undecided & ~common;
      undecided &= common;
      const survivors = [...new Set(cut)];
      if (ending || survivors.length > 1) {
        steps.push({ question, survivors, group: cut.map((mask) => survivors.indexOf(mask)), ending });
      }
    }
    return { start, now: undecided, steps: steps.reverse() };
  }

  /**
   * Lets conjunctions that are decided fire; null where they say that this cannot be.
   * @param {bigint} alive
   * @param {bigint} outcome
   * @param {bigint} ending
   * @returns {[bigint, bigint]|null}
   */
  _settle(alive, outcome, ending) {
    const fired = alive & ending;
    if (!fired) return [alive & ~ending, outcome];
    if (fired & this.encoding.forbid) return null;
    outcome |= this.encoding.outcome(fired);
    let kept = this._kept.get(outcome);
    if (!kept) {
      kept = this._relevant(outcome);
      this._kept.set(outcome, kept);
    }
    return [alive & ~ending & kept[0], kept[1]];
  }

  /**
   * Returns the conjunctions that can add to an outcome, and what matters of it.
   * @param {bigint} outcome
   * @returns {[bigint, bigint]}
   */
  _relevant(outcome) {
    let idle = 0n;
    for (const [bit, mask] of this.encoding.byOutcome) {
      if ((outcome >> BigInt(bit)) & 1n) idle |= mask;
    }
    this.encoding.killExcluded.forEach((mask, family) => {
      if ((outcome >> BigInt(family)) & 1n) {
        idle |= mask;
        outcome &= ~this.encoding.signsOf[family];
      }
    });
    return [this.encoding.everything & ~idle, outcome];
  }
}

/** The places of the bits that are set, the least first. @param {bigint} mask */
export function bitsOf(mask) {
  const places = [];
  const text = mask.toString(2);
  for (let at = text.length - 1; at >= 0; at--) {
    if (text[at] === "1") places.push(text.length - 1 - at);
  }
  return places;
}

/** @param {number|undefined} found */
function number(found) {
  if (found === undefined) throw new Error("a rule names what is not declared");
  return found;
}
