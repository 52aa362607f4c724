// Which of two checkpoints stands before the other for a task, and by what:
// advisor/decide/precedence.py.

import { compared, rounded } from "./numbers.js";

/** @import {Checkpoint, TaskOrder} from "./model.js" */
/** @import {RuleBase} from "./rulebase.js" */
/**
 * @typedef {object} Precedence
 * @property {string} by
 * @property {string} yardstick
 * @property {number|null} value
 * @property {string} next
 * @property {number|null} next_value
 * @property {string|null} source
 * @property {string|null} through
 */
/** @typedef {{benchmark: string, metric: string, value: number, better: string, source: string, table: [number, number]}} Published */
/** @typedef {[number, number, number, string, string, number]} Told kind, rank, margin, before, behind, table */
/** @typedef {[number, string, string]} Figure value, metric, protocol */
/** @typedef {{told: Told[], tied: Set<number>}} Compared pairs by their number */
/**
 * @typedef {object} Gauge
 * @property {string} name
 * @property {string} better
 * @property {number} noise
 * @property {number} between
 * @property {number|null} share
 * @property {boolean} rest
 * @property {string} yardstick
 * @property {Map<string, Figure>[]} tables
 */

const [ENGLISH, OTHERS, MULTILINGUAL, ANY] = ["en", "others", "multilingual", ""];
export const LARGER = "larger";
const RELATIONS = [LARGER, "successor"];

/** More checkpoints than a task has. */
const MANY = 65_536;

export class Precedences {
  /** @param {RuleBase} rulebase @param {string} task @param {string[]|null} languages */
  constructor(rulebase, task, languages) {
    this._rulebase = rulebase;
    this.constants = rulebase.constants;
    /** @type {TaskOrder} */
    this.order = rulebase.data.orders[task];
    this.language = (languages ?? []).find((one) => one !== ENGLISH) ?? ENGLISH;
    this.endsAtTie = this.order.tie === "cheaper";
    this.task = task;
    /** @type {Map<string, Published[]>} */
    this._published = new Map();
    /** @type {Map<string, number>} */
    this._numbers = new Map();
    const { lists, yardsticks } = this.order;
    const ids = lists[this.language] ?? lists[OTHERS] ?? [];
    /** @type {Gauge[]} */
    this.gauges = ids.map((id) => this._gauge(id, yardsticks[id]));
    /** @type {Map<string, number>} */
    this._first = new Map();
    this.gauges.forEach((gauge, place) => {
      for (const table of gauge.tables) {
        for (const id of table.keys()) if (!this._first.has(id)) this._first.set(id, place);
      }
    });
  }

  /**
   * Returns what tells checkpoints apart, the same object for the same task and language.
   * @param {RuleBase} rulebase
   * @param {string} task
   * @param {string[]|null} languages
   * @returns {Precedences}
   */
  static known(rulebase, task, languages) {
    const language = (languages ?? []).find((one) => one !== ENGLISH) ?? ENGLISH;
    return rulebase.once(`precedences|${task}|${language}`, () => new Precedences(rulebase, task, languages));
  }

  /** The number of a checkpoint, by which pairs are kept. @param {string} id */
  number(id) {
    let found = this._numbers.get(id);
    if (found === undefined) this._numbers.set(id, (found = this._numbers.size));
    return found;
  }

  /** The number of a pair. @param {string} one @param {string} other */
  pair(one, other) {
    return this.number(one) * MANY + this.number(other);
  }

  /** @param {string} id @param {any} row @returns {Gauge} */
  _gauge(id, row) {
    let of = ANY;
    if (!(ANY in row.tables)) of = this.language in row.tables ? this.language : ENGLISH;
    const own =
      !row.languages.length || row.languages.includes(this.language) || row.languages.includes(MULTILINGUAL);
    const inOther = (of !== ANY && of !== this.language) || (of === ANY && !own);
    return {
      yardstick: id,
      name: row.name + (of !== ANY && of !== ENGLISH ? ` (${of})` : ""),
      better: row.better,
      noise: row.noise || 0,
      between: row.between || 0,
      share: row.share,
      rest: this.order.rest.includes(id) || inOther,
      tables: (row.tables[of] ?? []).map(byCheckpoint),
    };
  }

  /** True unless a checkpoint is known not to know the language. @param {Checkpoint} one */
  speaks(one) {
    const told = one.languages ?? [];
    const enough = [this.language, MULTILINGUAL, ...this.constants.no_language];
    return !told.length || enough.some((language) => told.includes(language));
  }

  /** The figures of a checkpoint on the yardsticks of the task. @param {string} checkpoint */
  published(checkpoint) {
    let found = this._published.get(checkpoint);
    if (!found) {
      /** @type {Published[]} */
      const made = [];
      this.gauges.forEach((gauge, rank) => {
        gauge.tables.forEach((table, number) => {
          const figure = table.get(checkpoint);
          if (!figure) return;
          const [value, metric, place] = figure;
          const [source] = this.order.protocols[place];
          const last = made.at(-1);
          const again =
            last && last.benchmark === gauge.name && last.metric === metric && last.value === value && last.source === source;
          if (again) return; // tables of pairs hold each often
          made.push({ benchmark: gauge.name, metric, value, better: gauge.better, source, table: [rank, number] });
        });
      });
      found = made;
      this._published.set(checkpoint, found);
    }
    return found;
  }

  /** The place of the first yardstick that measured it; their number where none did. @param {string} id */
  firstMeasured(id) {
    return this._first.get(id) ?? this.gauges.length;
  }

  /**
   * Returns what tells pairs of checkpoints apart, and which tie.
   * @param {Checkpoint[]} checkpoints
   * @returns {Compared}
   */
  compare(checkpoints) {
    const families = new Map(checkpoints.map((one) => [one.id, one.family]));
    const ids = [...families.keys()];
    /** @type {Map<number, Told>} */
    const told = new Map();
    /** @type {Set<number>} */
    const tied = new Set();
    this.gauges.forEach((gauge, rank) => {
      const able = gauge.rest ? ids.filter((id) => this.firstMeasured(id) >= rank) : ids;
      this._compared(gauge, rank, able, told, tied);
    });
    for (const [kind, before, behind] of this._related(families)) {
      const pair = this.pair(before, behind);
      const back = this.pair(behind, before);
      const known = told.has(pair) || told.has(back);
      const tie = this.endsAtTie && (tied.has(pair) || tied.has(back));
      if (!known && !tie) told.set(pair, [kind, 0, 0, before, behind, 0]);
    }
    for (const pair of told.keys()) tied.delete(pair);
    return { told: [...told.values()].sort(compared), tied };
  }

  /**
   * Compares each open pair in the first table of a yardstick that has both.
   * @param {Gauge} gauge
   * @param {number} rank
   * @param {string[]} ids
   * @param {Map<number, Told>} told
   * @param {Set<number>} tied
   */
  _compared(gauge, rank, ids, told, tied) {
    /** @type {Set<number>} */
    const seen = new Set();
    gauge.tables.forEach((table, place) => {
      const inside = ids
        .filter((id) => table.has(id))
        .map((id) => ({ id, number: this.number(id), figure: /** @type {Figure} */ (table.get(id)) }));
      inside.forEach((one, at) => {
        const maker = this.order.protocols[one.figure[2]][1];
        for (let n = at + 1; n < inside.length; n++) {
          const other = inside[n];
          const pair = one.number * MANY + other.number;
          if (seen.has(pair) || (this.endsAtTie && tied.has(pair))) continue;
          const said = told.get(pair);
          if (said && !said[0]) continue;
          seen.add(pair);
          const apart = timesApart(gauge, one.figure, other.figure, this.constants.rounding);
          if (!apart) {
            tied.add(pair);
            continue;
          }
          const [before, behind] = apart > 0 ? [one.id, other.id] : [other.id, one.id];
          const same = maker !== null && one.figure[2] === other.figure[2];
          const kind = same && owner(before) === maker && maker !== owner(behind) ? 1 : 0;
          if (!kind || !said) {
            told.set(pair, [kind, rank, -rounded(Math.abs(apart), 6), before, behind, place]);
          }
        }
      });
    });
  }

  /** What was told of a pair, with its figures and where they were published. @param {Told} told @returns {Precedence} */
  precedence(told) {
    const [kind, rank, , before, behind, number] = told;
    const said = { next: behind, through: null };
    if (kind > 1) {
      return { by: "relation", yardstick: RELATIONS[kind - 2], value: null, next_value: null, source: null, ...said };
    }
    const gauge = this.gauges[rank];
    const table = gauge.tables[number];
    const [value, , place] = /** @type {Figure} */ (table.get(before));
    const [next_value] = /** @type {Figure} */ (table.get(behind));
    return { by: "figure", yardstick: gauge.name, value, next_value, source: this.order.protocols[place][0], ...said };
  }

  /**
   * Yields each relation between two of some checkpoints: 2 is larger, 3 a successor.
   * @param {Map<string, string>} families
   * @returns {Generator<[number, string, string]>}
   */
  *_related(families) {
    /** @type {Map<string, Checkpoint>} */
    const known = new Map();
    for (const family of new Set(families.values())) {
      for (const one of this._rulebase.catalogue(family)) known.set(one.id, one);
    }
    for (const id of known.keys()) {
      for (const [kind, field] of /** @type {[number, "larger_than"|"succeeds"][]} */ ([[2, "larger_than"], [3, "succeeds"]])) {
        for (let one = known.get(id); one; ) {
          const behind = one[field];
          if (!behind) break;
          if (families.has(id) && families.has(behind)) yield [kind, id, behind];
          one = known.get(behind);
        }
      }
    }
  }
}

/**
 * By how many times the noise one is better than another; 0 within it.
 * @param {Gauge} gauge
 * @param {Figure} one
 * @param {Figure} other
 * @param {number} rounding
 */
function timesApart(gauge, one, other, rounding) {
  const gap = gauge.better === "higher" ? one[0] - other[0] : other[0] - one[0];
  let noise = one[2] === other[2] ? gauge.noise : gauge.between;
  if (gauge.share !== null) noise = gauge.share * Math.max(Math.abs(one[0]), Math.abs(other[0]));
  return Math.abs(gap) < noise - rounding ? 0 : gap / Math.max(noise, rounding);
}

/** @param {[number, string, {[id: string]: number}][]} table */
function byCheckpoint(table) {
  /** @type {Map<string, Figure>} */
  const found = new Map();
  for (const [place, metric, values] of table) {
    for (const [id, value] of Object.entries(values)) {
      if (!found.has(id)) found.set(id, [value, metric, String(place)]);
    }
  }
  return found;
}

/** @param {string} checkpoint */
const owner = (checkpoint) => checkpoint.split("/")[0];
