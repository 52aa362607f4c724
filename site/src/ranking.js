// Checkpoints in line: the strongest evidence is locked first, then each is put beside its like.
// advisor/decide/ranking.py.

import { compared, least, sorted } from "./numbers.js";

/** @import {Compared, Precedence, Precedences, Told} from "./precedence.js" */

export class Locked {
  /**
   * @param {Map<string, Set<string>>} behind all that stands behind each
   * @param {Map<number, Told>} told by the number of the pair
   * @param {Set<number>} tied
   * @param {Precedences} by
   */
  constructor(behind, told, tied, by) {
    this.behind = behind;
    this.told = told;
    this.tied = tied;
    this.by = by;
  }

  /** @param {string} id @returns {Set<string>} */
  after(id) {
    return this.behind.get(id) ?? new Set();
  }

  /**
   * Returns why one stands before another, by one that stands between them at most.
   * @param {string} before
   * @param {string} behind
   * @returns {Precedence|null}
   */
  precedence(before, behind) {
    if (!this.after(before).has(behind)) return null;
    const said = this.direct(before, behind);
    if (said) return said;
    /** @type {[Told, string][]} */
    const between = [];
    for (const one of this.after(before)) {
      const first = this.told.get(this.by.pair(before, one));
      const second = this.told.get(this.by.pair(one, behind));
      if (first && second) between.push([compared(first, second) >= 0 ? first : second, one]);
    }
    const found = least(between, (each) => each);
    if (!found) return null;
    const through = found[1];
    const told = /** @type {Told} */ (this.told.get(this.by.pair(through, behind)));
    return { ...this.by.precedence(told), through };
  }

  /** @param {string} one @param {string} other */
  tie(one, other) {
    return this.tied.has(this.by.pair(one, other)) || this.tied.has(this.by.pair(other, one));
  }

  /**
   * Returns for each the first of some ids that evidence puts right before it, if one is.
   * @param {string[]} ids
   */
  firstBefore(ids) {
    const place = new Map(ids.map((id, number) => [id, number]));
    /** @type {Map<string, string>} */
    const found = new Map();
    const at = (/** @type {string|undefined} */ id) => place.get(id ?? "") ?? Infinity;
    for (const [, , , before, behind] of this.told.values()) {
      if (place.has(before) && (!found.has(behind) || at(before) < at(found.get(behind)))) {
        found.set(behind, before);
      }
    }
    return found;
  }

  /** What puts one right before another, if anything does. @param {string} before @param {string} behind */
  direct(before, behind) {
    const told = this.told.get(this.by.pair(before, behind));
    return told ? this.by.precedence(told) : null;
  }
}

/**
 * Returns the order that evidence gives, taken in its order.
 * @param {string[]} ids
 * @param {Compared} given
 * @param {Precedences} by
 */
export function lock(ids, given, by) {
  /** @type {Map<number, Told>} */
  const pairs = new Map(given.told.map((said) => [by.pair(said[3], said[4]), said]));
  const order = new Order(ids);
  for (const [pair, said] of [...pairs]) if (!order.add(said[3], said[4])) pairs.delete(pair);
  return new Locked(order.closed(), pairs, given.tied, by);
}

/** A growing strict partial order: for each, as bits, all that stands behind it. */
class Order {
  /** @param {string[]} ids */
  constructor(ids) {
    this._ids = ids;
    this._place = new Map(ids.map((id, place) => [id, place]));
    this._words = Math.ceil(ids.length / 32);
    this._behind = ids.map(() => new Int32Array(this._words));
  }

  /** Puts one before another; false where that would close a cycle. @param {string} before @param {string} behind */
  add(before, behind) {
    const one = /** @type {number} */ (this._place.get(before));
    const other = /** @type {number} */ (this._place.get(behind));
    if (one === other || this._has(other, one)) return false;
    if (this._has(one, other)) return true;
    const further = this._behind[other];
    for (let ahead = 0; ahead < this._ids.length; ahead++) {
      if (ahead !== one && !this._has(ahead, one)) continue;
      const row = this._behind[ahead];
      for (let word = 0; word < this._words; word++) row[word] |= further[word];
      row[other >> 5] |= 1 << (other & 31);
    }
    return true;
  }

  /** @param {number} one @param {number} other */
  _has(one, other) {
    return (this._behind[one][other >> 5] >> (other & 31)) & 1;
  }

  /** For each all that stands behind it. */
  closed() {
    return new Map(
      this._ids.map((id, one) => [id, new Set(this._ids.filter((_, other) => this._has(one, other)))]),
    );
  }
}

/**
 * Returns ids in order: nothing before what it stands behind.
 * @param {string[]} ids
 * @param {Locked} locked
 * @param {Set<string>} measured
 * @param {(id: string) => any} key
 * @param {(id: string) => number} freedom
 * @returns {string[]}
 */
export function inLine(ids, locked, measured, key, freedom) {
  const inside = new Set(ids);
  const within = new Map(ids.map((id) => [id, [...locked.after(id)].filter((one) => inside.has(one))]));
  /** @type {Map<string, number>} */
  const over = new Map(ids.map((id) => [id, 0]));
  const add = (/** @type {string} */ id, /** @type {number} */ n) => over.set(id, (over.get(id) ?? 0) + n);
  for (const behind of within.values()) for (const id of behind) add(id, 1);
  const counted = countedOf(ids, locked, measured);
  const line = new Map(sorted(ids, key).map((id, number) => [id, number]));
  const byKey = (/** @type {string[]} */ some) => sorted(some, (id) => line.get(id));
  let able = byKey(ids.filter((id) => !over.get(id)));
  /** @type {string[]} */
  const listed = [];
  while (able.length) {
    const chosen = next(able, counted, locked, freedom);
    listed.push(chosen);
    able = able.filter((id) => id !== chosen);
    const behind = within.get(chosen) ?? [];
    for (const id of behind) add(id, -1);
    able = byKey([...able, ...behind.filter((id) => !over.get(id))]);
  }
  return listed;
}

/** @param {string[]} ids @param {Locked} locked @param {Set<string>} measured */
function countedOf(ids, locked, measured) {
  return new Map(ids.map((id) => [id, [...locked.after(id)].filter((one) => measured.has(one)).length]));
}

/**
 * Returns which of those that may come next does; they are in the order of their key.
 * @param {string[]} able
 * @param {Map<string, number>} counted
 * @param {Locked} locked
 * @param {(id: string) => number} freedom
 */
function next(able, counted, locked, freedom) {
  let reach = counted;
  const of = (/** @type {string} */ id) => reach.get(id) ?? 0;
  if (!able.some((id) => counted.get(id))) {
    const freest = Math.min(...able.map(freedom));
    able = able.filter((id) => freedom(id) === freest);
    reach = new Map(able.map((id) => [id, locked.after(id).size]));
  }
  const most = Math.max(...able.map(of));
  const leader = /** @type {string} */ (able.find((id) => of(id) === most));
  let equals = able.filter((id) => id === leader || locked.tie(id, leader));
  const freest = Math.min(...equals.map(freedom));
  equals = equals.filter((id) => freedom(id) === freest);
  const enough = Math.max(...equals.map(of)) * locked.by.constants.nearly_all;
  return /** @type {string} */ (equals.find((id) => of(id) >= enough));
}

/**
 * Returns the places of ids in order: a new one begins behind one that stands before the next.
 * @param {string[]} listed
 * @param {Locked} locked
 * @returns {number[]}
 */
export function sharedPlaces(listed, locked) {
  /** @type {string[]} */
  let together = [];
  return listed.map((id, at) => {
    if (together.some((one) => locked.after(one).has(id))) together = [];
    together.push(id);
    return at + 1 - together.length + 1;
  });
}
