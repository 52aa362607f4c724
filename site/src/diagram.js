// Functions from complete profiles to labels, as advisor/engine/diagram.py has them: decision
// diagrams, reduced and ordered. A choice is a text, the places of its options with commas between.

import { compared } from "./numbers.js";

/** @typedef {string} Choice */
/** @typedef {Map<number, Choice[]>} Allowed the choices to keep, by level */
/** @typedef {{labels: Set<any>, choices: Set<Choice>[]}} Reachable */

export const EMPTY = 0;

export class Diagram {
  /** @param {Choice[][]} choices */
  constructor(choices) {
    this.choices = choices;
    this.bottom = choices.length;
    /** @type {number[]} */
    this.level = [this.bottom];
    /** @type {number[][]} */
    this.children = [[]];
    /** The label of each terminal. @type {Map<number, any>} */
    this.label = new Map();
    this._open = choices.map((of) => of.map((_, place) => place));
    /** @type {Map<string, number>} */
    this._known = new Map();
    /** @type {Map<any, number>} */
    this._terminals = new Map();
    /** @type {Map<string, number[]>} */
    this._cofactors = new Map();
    /** @type {Map<number, bigint>} */
    this._totals = new Map();
    /** @type {Map<number, Set<number>>} */
    this._support = new Map();
    /** @type {Map<number, Set<any>>} */
    this._labels = new Map();
  }

  /** How many nodes were made so far. */
  get size() {
    return this.level.length;
  }

  /**
   * Returns the function that gives every profile the same label.
   * @param {any} label
   */
  terminal(label) {
    let found = this._terminals.get(label);
    if (found === undefined) {
      found = this._add(this.bottom, []);
      this._terminals.set(label, found);
      this.label.set(found, label);
    }
    return found;
  }

  /**
   * Returns the function that goes on with the child of the choice at a level.
   * @param {number} level
   * @param {number[]} children
   */
  node(level, children) {
    const first = children[0];
    if (children.every((child) => child === first)) return first;
    const key = `${level}|${children.join()}`;
    let found = this._known.get(key);
    if (found === undefined) {
      found = this._add(level, children);
      this._known.set(key, found);
    }
    return found;
  }

  /** @param {number} level @param {number[]} children */
  _add(level, children) {
    this.level.push(level);
    this.children.push(children);
    return this.level.length - 1;
  }

  /**
   * Returns what is left of a function after each choice at a level.
   * @param {number} node
   * @param {number} level
   * @returns {number[]}
   */
  cofactors(node, level) {
    const own = this.level[node];
    if (own === level) return this.children[node];
    if (own > level) return new Array(this.choices[level].length).fill(node);
    const key = `${node}|${level}`;
    let found = this._cofactors.get(key);
    if (!found) {
      const rows = this.children[node].map((child) => this.cofactors(child, level));
      found = rows[0].map((_, column) => this.node(own, rows.map((row) => row[column])));
      this._cofactors.set(key, found);
    }
    return found;
  }

  /**
   * Returns the function of the profiles within `allowed` alone.
   * @param {number} node
   * @param {Allowed} allowed
   * @returns {number}
   */
  within(node, allowed) {
    const cube = this._cube(allowed);
    /** @type {Map<string, number>} */
    const walked = new Map();
    /** @param {number} one @param {number} other @returns {number} */
    const walk = (one, other) => {
      if (one === EMPTY && other === EMPTY) return EMPTY;
      const key = `${one}|${other}`;
      let found = walked.get(key);
      if (found === undefined) {
        const level = Math.min(this.level[one], this.level[other]);
        if (level === this.bottom) {
          const label = this.label.has(other) ? this.label.get(one) : undefined;
          found = label === undefined ? EMPTY : this.terminal(label);
        } else {
          const left = this.cofactors(one, level);
          const right = this.cofactors(other, level);
          found = this.node(level, left.map((child, n) => walk(child, right[n])));
        }
        walked.set(key, found);
      }
      return found;
    };
    return walk(node, cube);
  }

  /** @param {Allowed} allowed */
  _cube(allowed) {
    let node = this.terminal(true);
    for (const level of [...allowed.keys()].sort((one, other) => other - one)) {
      const kept = /** @type {Choice[]} */ (allowed.get(level));
      const children = this.choices[level].map((one) => (kept.includes(one) ? node : EMPTY));
      node = this.node(level, children);
    }
    return node;
  }

  /**
   * Returns a function of another store with other labels; undefined stands for no label.
   * @param {Diagram} source
   * @param {number} root
   * @param {(label: any) => any} label
   */
  read(source, root, label) {
    /** @type {Map<number, number>} */
    const walked = new Map();
    /** @param {number} node @returns {number} */
    const walk = (node) => {
      let found = walked.get(node);
      if (found === undefined) {
        const level = source.level[node];
        if (level === source.bottom) {
          const renamed = node === EMPTY ? undefined : label(source.label.get(node));
          found = renamed === undefined ? EMPTY : this.terminal(renamed);
        } else found = this.node(level, source.children[node].map(walk));
        walked.set(node, found);
      }
      return found;
    };
    return walk(root);
  }

  /**
   * Returns the levels that a function depends on.
   * @param {number} node
   * @returns {Set<number>}
   */
  support(node) {
    let found = this._support.get(node);
    if (!found) {
      found = new Set();
      if (this.level[node] !== this.bottom) found.add(this.level[node]);
      for (const child of new Set(this.children[node])) {
        for (const level of this.support(child)) found.add(level);
      }
      this._support.set(node, found);
    }
    return found;
  }

  /**
   * Returns the labels that profiles have.
   * @param {number} node
   * @returns {Set<any>}
   */
  labels(node) {
    let found = this._labels.get(node);
    if (!found) {
      found = new Set();
      if (this.label.has(node)) found.add(this.label.get(node));
      for (const child of new Set(this.children[node])) {
        for (const label of this.labels(child)) found.add(label);
      }
      this._labels.set(node, found);
    }
    return found;
  }

  /**
   * Returns how many profiles have each label.
   * @param {number} node
   * @returns {Map<any, bigint>}
   */
  counts(node) {
    const passed = [1n];
    for (const of of this.choices) passed.push(passed[passed.length - 1] * BigInt(of.length));
    /** @type {Map<number, bigint>[]} */
    const before = Array.from({ length: this.bottom + 1 }, () => new Map());
    before[this.level[node]].set(node, passed[this.level[node]]);
    for (let level = 0; level < this.bottom; level++) {
      for (const [one, ways] of before[level]) {
        for (const child of this.children[one]) {
          if (child === EMPTY) continue;
          const after = this.level[child];
          const number = after > level + 1 ? (ways * passed[after]) / passed[level + 1] : ways;
          before[after].set(child, (before[after].get(child) ?? 0n) + number);
        }
      }
    }
    const ends = [...before[this.bottom]].filter(([end]) => end !== EMPTY);
    ends.sort(([one], [other]) => one - other);
    return new Map(ends.map(([end, ways]) => [this.label.get(end), ways]));
  }

  /**
   * Returns how many profiles have a label.
   * @param {number} node
   */
  total(node) {
    return this._total(node) * this._ways(0, this.level[node]);
  }

  /** @param {number} from @param {number} to */
  _ways(from, to) {
    let ways = 1n;
    for (let level = from; level < to; level++) ways *= BigInt(this.choices[level].length);
    return ways;
  }

  /** @param {number} node @returns {bigint} */
  _total(node) {
    let found = this._totals.get(node);
    if (found === undefined) {
      const level = this.level[node];
      if (level === this.bottom) return node === EMPTY ? 0n : 1n;
      found = 0n;
      for (const child of this.children[node]) {
        if (child === EMPTY) continue;
        found += this._ways(level + 1, this.level[child]) * this._total(child);
      }
      this._totals.set(node, found);
    }
    return found;
  }

  /**
   * Returns what `allowed` leaves of a function: labels, and choices at each level.
   * @param {number} node
   * @param {Allowed} allowed
   * @returns {Reachable}
   */
  reachable(node, allowed = new Map()) {
    const places = this._places(allowed);
    /** @type {Set<number>[]} */
    const ahead = Array.from({ length: this.bottom + 1 }, () => new Set());
    ahead[this.level[node]].add(node);
    /** @type {Set<number>[]} */
    const edges = [];
    places.forEach((at, level) => {
      /** @type {Set<number>} */
      const ends = new Set();
      for (const one of ahead[level]) for (const place of at) ends.add(this.children[one][place]);
      for (const end of ends) ahead[this.level[end]].add(end);
      edges.push(ends);
    });
    ahead[this.bottom].delete(EMPTY);
    const live = new Set(ahead[this.bottom]);
    /** @type {Set<number>[]} */
    const left = this.choices.map(() => new Set());
    /** @type {Set<number>} */
    const passed = new Set();
    for (let level = 0; level < this.level[node]; level++) passed.add(level);
    for (let level = this.bottom - 1; level >= 0; level--) {
      for (const one of ahead[level]) {
        for (const place of places[level]) {
          if (!live.has(this.children[one][place])) continue;
          live.add(one);
          left[level].add(place);
        }
      }
      let farthest = 0;
      for (const end of edges[level]) {
        if (live.has(end)) farthest = Math.max(farthest, this.level[end]);
      }
      for (let between = level + 1; between < farthest; between++) passed.add(between);
    }
    for (const level of passed) for (const place of places[level]) left[level].add(place);
    if (!ahead[this.bottom].size || left.some((of) => !of.size)) {
      return { labels: new Set(), choices: this.choices.map(() => new Set()) };
    }
    return {
      labels: new Set([...ahead[this.bottom]].map((end) => this.label.get(end))),
      choices: left.map((of, level) => new Set([...of].map((place) => this.choices[level][place]))),
    };
  }

  /**
   * Returns the typical profile and its label, each question with its first choice that leaves a
   * profile; null where there is none.
   * @param {number} node
   * @param {Allowed} allowed
   * @returns {[Choice[], any]|null}
   */
  first(node, allowed = new Map()) {
    const places = this._places(allowed);
    if (places.some((at) => !at.length)) return null;
    const profile = places.map((at, level) => this.choices[level][at[0]]);
    const dead = new Set([EMPTY]);
    /** @param {number} one @returns {number} */
    const fill = (one) => {
      const level = this.level[one];
      if (level === this.bottom) return one;
      for (const place of places[level]) {
        const child = this.children[one][place];
        if (dead.has(child)) continue;
        const end = fill(child);
        if (end !== EMPTY) {
          profile[level] = this.choices[level][place];
          return end;
        }
      }
      dead.add(one);
      return EMPTY;
    };
    const end = fill(node);
    return end === EMPTY ? null : [profile, this.label.get(end)];
  }

  /**
   * Returns the first profile of the least cost with an accepted label; null where there is none.
   * @param {number} root
   * @param {(level: number, choice: Choice) => number} cost
   * @param {(label: any) => boolean} accept
   * @param {Allowed} allowed
   * @returns {Choice[]|null}
   */
  nearest(root, cost, accept, allowed) {
    const places = this._places(allowed);
    if (places.some((at) => !at.length) || root === EMPTY) return null;
    const prices = places.map(
      (at, level) => new Map(at.map((place) => [place, cost(level, this.choices[level][place])])),
    );
    const path = prices.map((of) => [...of.keys()].reduce((one, other) => (price(of, other) < price(of, one) ? other : one)));
    const cheapest = prices.map((of, level) => price(of, path[level]));
    const far = 2 ** 50;
    const more = new Map([[EMPTY, far]]);
    /** @type {Map<number, number>} */
    const best = new Map();
    /** @param {number} node @returns {number} */
    const walk = (node) => {
      const level = this.level[node];
      let found;
      if (level === this.bottom) found = accept(this.label.get(node)) ? 0 : far;
      else {
        found = far;
        for (const [place, own] of prices[level]) {
          const child = this.children[node][place];
          const rest = own - cheapest[level] + (more.get(child) ?? walk(child));
          if (rest < found) {
            found = rest;
            best.set(node, place);
          }
        }
      }
      more.set(node, found);
      return found;
    };
    if (walk(root) >= far) return null;
    for (let node = root; this.level[node] < this.bottom; ) {
      const place = /** @type {number} */ (best.get(node));
      path[this.level[node]] = place;
      node = this.children[node][place];
    }
    return path.map((place, level) => this.choices[level][place]);
  }

  /**
   * For each level, the places of the choices that are kept.
   * @param {Allowed} allowed
   */
  _places(allowed) {
    const places = this._open.slice();
    for (const [level, kept] of allowed) {
      places[level] = this._open[level].filter((place) => kept.includes(this.choices[level][place]));
    }
    return places;
  }
}

/** @param {Map<number, number>} prices @param {number} place */
const price = (prices, place) => /** @type {number} */ (prices.get(place));

/** Places of a choice. @param {Choice} choice */
export const placesOf = (choice) => choice.split(",").map(Number);

/** The choice of options that hold at once. @param {number[]} places */
export const choiceOf = (places) => [...places].sort(compared).join();
