// Which question to ask next: the one with the fewest expected still to come.
// advisor/interview/strategy.py. Costs are totals over all profiles of a node, exact.

import { EMPTY, Diagram } from "./diagram.js";
import { NOT_APPLICABLE } from "./model.js";
import { compared, total } from "./numbers.js";

/** @import {Choice} from "./diagram.js" */
/** @import {Space} from "./space.js" */
/** @typedef {{node: number, weight: number, choice: Choice}} SplitPart */
/** @typedef {{question: number, parts: SplitPart[]}} Split */

export class OverBudget extends Error {}

/** What is left to ask of a space: its profiles, told apart by a label of what they end in. */
export class Residual extends Diagram {
  /** @param {Space} space @param {((outcome: bigint) => any)|null} label */
  constructor(space, label = null) {
    super(space.choices);
    this.root = label ? this.read(space, space.root, label) : EMPTY;
    /** Questions never to be asked. @type {Set<number>} */
    this.closed = new Set();
    /** For each question, at which place it does not apply; -1 where that cannot be. */
    this._senseless = space.choices.map((of, question) => {
      const place = space.encoding.optionIndex[question].get(NOT_APPLICABLE);
      return place === undefined ? -1 : of.indexOf(String(place));
    });
    /** @type {Map<string, Split|null>} */
    this._splits = new Map();
    /** @type {Map<number, bigint>} */
    this._whole = new Map();
    this._made = 0;
  }

  /** Remembers how it is now. */
  keep() {
    this._made = this.size;
  }

  /** Forgets all that was made since `keep`, so that every question is found from one beginning. */
  reset() {
    this.level.length = this._made;
    this.children.length = this._made;
    for (const known of [this._known, this._terminals]) {
      for (const [key, node] of known) {
        if (node >= this._made) /** @type {Map<any, number>} */ (known).delete(key);
      }
    }
    for (const node of [...this.label.keys()]) if (node >= this._made) this.label.delete(node);
    for (const cache of [this._cofactors, this._totals, this._support, this._labels, this._splits, this._whole]) {
      cache.clear();
    }
  }

  /** How many profiles have a label. @param {number} node */
  total(node) {
    let found = this._whole.get(node);
    if (found === undefined) {
      found = super.total(node);
      this._whole.set(node, found);
    }
    return found;
  }

  /** True where every profile left has the same label. @param {number} node */
  decided(node) {
    return this.labels(node).size === 1;
  }

  /** Questions that may be asked and make a difference, in declared order. @param {number} node */
  splits(node) {
    return this._openOf(node)
      .map((question) => this.split(node, question))
      .filter((split) => split !== null);
  }

  /** True where no question that may be asked makes a difference. @param {number} node */
  stuck(node) {
    return !this._openOf(node).some((question) => this.split(node, question));
  }

  /** @param {number} node */
  _openOf(node) {
    return [...this.support(node)].filter((question) => !this.closed.has(question)).sort((a, b) => a - b);
  }

  /** What the answers to one question lead to; null where it is not to be asked. @param {number} node @param {number} question */
  split(node, question) {
    const key = `${node}|${question}`;
    let found = this._splits.get(key);
    if (found === undefined) {
      found = this._parted(node, question);
      this._splits.set(key, found);
    }
    return found;
  }

  /** @param {number} node @param {number} question @returns {Split|null} */
  _parted(node, question) {
    const after = this.cofactors(node, question);
    const senseless = this._senseless[question];
    if (senseless >= 0 && after[senseless] !== EMPTY) return null;
    /** @type {Map<number, number>} */
    const weighed = new Map();
    for (const left of after) if (left !== EMPTY) weighed.set(left, (weighed.get(left) ?? 0) + 1);
    if (weighed.size < 2) return null;
    const choices = this.choices[question];
    const parts = [...weighed].map(([left, weight]) => ({ node: left, weight, choice: choices[after.indexOf(left)] }));
    return { question, parts };
  }
}

/** The fewest expected questions until a label is settled, by dynamic programming over nodes. */
class Optimum {
  /** @param {Residual} residual @param {number} budget */
  constructor(residual, budget) {
    this.residual = residual;
    this.budget = budget;
    /** @type {Map<number, bigint>} */
    this._costs = new Map();
    /** @type {Map<number, Split>} */
    this._best = new Map();
  }

  /** The best question, the first declared of equals. @param {number} node */
  best(node) {
    this.cost(node);
    return this._best.get(node) ?? null;
  }

  /** The least cost of a node. @param {number} node @returns {bigint} */
  cost(node) {
    const { residual } = this;
    if (residual.decided(node)) return 0n;
    const known = this._costs.get(node);
    if (known !== undefined) return known;
    if (residual.size > this.budget) throw new OverBudget();
    const [cost, split] = this._cheapest(node);
    if (split) this._best.set(node, split);
    this._costs.set(node, cost);
    return cost;
  }

  /** The question that costs least, the first declared of equals, with its cost. @param {number} node @returns {[bigint, Split|null]} */
  _cheapest(node) {
    const { residual } = this;
    const splits = residual.splits(node);
    const places = this._promising(splits);
    /** @type {bigint|null} */
    let best = null;
    let chosen = 0;
    for (const place of places) {
      const cost = this._asking(splits[place], residual.total(node), best);
      if (cost !== null && (best === null || cost < best || (cost === best && place < chosen))) {
        [best, chosen] = [cost, place];
      }
    }
    return best === null ? [0n, null] : [best, splits[chosen]];
  }

  /** The places of questions, the most promising first. @param {Split[]} splits @returns {number[]} */
  _promising(splits) {
    const floors = splits.map((split) => this._after(split));
    const places = splits.map((_, place) => place);
    return places.sort((one, other) => compared(floors[one], floors[other]) || one - other);
  }

  /**
   * Returns the cost of asking a question next; null where it is above the limit.
   * @param {Split} split
   * @param {bigint} weight
   * @param {bigint|null} limit
   */
  _asking(split, weight, limit) {
    const ways = this._ways(split);
    const floors = this._floors(split);
    let cost = weight * ways + floors.reduce((one, other) => one + other, 0n);
    const pairs = split.parts.map((part, n) => ({ part, floor: floors[n] }));
    pairs.sort((one, other) => other.part.weight - one.part.weight);
    for (const { part, floor } of pairs) {
      if (limit !== null && cost > limit * ways) return null;
      cost += BigInt(part.weight) * this.cost(part.node) - floor;
    }
    return limit !== null && cost > limit * ways ? null : cost / ways;
  }

  /** @param {Split} split */
  _ways(split) {
    return BigInt(this.residual.choices[split.question].length);
  }

  /** The least that what comes after a question can cost. @param {Split} split */
  _after(split) {
    return this._floors(split).reduce((one, other) => one + other, 0n) / this._ways(split);
  }

  /** @param {Split} split */
  _floors(split) {
    return split.parts.map((part) => BigInt(part.weight) * this._least(part.node));
  }

  /** @param {number} node */
  _least(node) {
    const known = this._costs.get(node);
    if (known !== undefined) return known;
    const { residual } = this;
    return residual.decided(node) || residual.stuck(node) ? 0n : residual.total(node);
  }
}

/**
 * Returns the best question; where proving it takes too long, the best of a shorter look.
 * @param {Residual} residual
 * @param {number} node
 * @param {number} budget how many nodes may be made
 * @returns {Split|null}
 */
export function fewestQuestions(residual, node, budget) {
  try {
    return new Optimum(residual, residual.size + budget).best(node);
  } catch (error) {
    if (!(error instanceof OverBudget)) throw error;
    return new Followed(residual, 0).best(node);
  }
}

const MOST_FOLLOWED = 5;

/** What `fewestOpen` costs from a node on, followed to the end, after any of the most promising. */
class Followed extends Optimum {
  /** The question that costs least if `fewestOpen` names all that come after it. @param {number} node */
  best(node) {
    return this._cheapest(node)[1];
  }

  /** @param {Split[]} splits @returns {number[]} */
  _promising(splits) {
    const open = splits.map((split) => leftOpen(this.residual, split));
    const places = splits.map((_, place) => place);
    places.sort((a, b) => compared(open[a].sum * open[b].of, open[b].sum * open[a].of) || a - b);
    return places.slice(0, MOST_FOLLOWED);
  }

  /** @param {number} node */
  _least(node) {
    return this._costs.get(node) ?? (this.residual.decided(node) ? 0n : this.residual.total(node));
  }

  /** @param {number} node @returns {bigint} */
  cost(node) {
    const { residual } = this;
    if (residual.decided(node)) return 0n;
    let found = this._costs.get(node);
    if (found === undefined) {
      const split = fewestOpen(residual, node);
      found = (split && this._asking(split, residual.total(node), null)) ?? 0n;
      this._costs.set(node, found);
    }
    return found;
  }
}

/**
 * Returns the question after which the fewest others are expected to matter; shares are exact.
 * @param {Residual} residual
 * @param {number} node
 * @returns {Split|null}
 */
function fewestOpen(residual, node) {
  /** @type {Split|null} */
  let best = null;
  let least = { sum: 0n, of: 1n };
  for (const split of residual.splits(node)) {
    const open = leftOpen(residual, split);
    if (best === null || open.sum * least.of < least.sum * open.of) [best, least] = [split, open];
  }
  return best;
}

/** How many other questions are expected to matter after one, exactly. @param {Residual} residual @param {Split} split */
function leftOpen(residual, split) {
  let [sum, of] = [0n, 0n];
  for (const part of split.parts) {
    const weight = BigInt(part.weight) * residual.total(part.node);
    of += weight;
    sum += weight * BigInt(residual.support(part.node).size);
  }
  return { sum, of };
}

/** How far shares are spread, in bits. @param {number[]} shares */
export const entropy = (shares) => -total(shares, (share) => share * Math.log2(share));
