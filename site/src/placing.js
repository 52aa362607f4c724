// The line of a family's checkpoints for a task, and the picks of a case in it:
// advisor/decide/placing.py.

import { compared, sorted } from "./numbers.js";
import { inLine, lock, sharedPlaces } from "./ranking.js";

/** @import {Checkpoint} from "./model.js" */
/** @import {Precedence, Precedences} from "./precedence.js" */
/** @import {Locked} from "./ranking.js" */
/** @import {Pick} from "./selection.js" */
/** @typedef {{number: Map<string, number>, locked: Locked, by: Map<string, string>}} Line */

const [FIGURE, SERIES, NOTHING] = ["figure", "series", "nothing"];

/**
 * Returns the line of some checkpoints for the task of `precedences` and a way of use.
 * @param {Checkpoint[]} checkpoints
 * @param {Precedences} precedences
 * @param {string} use
 * @returns {Line}
 */
export function lineOf(checkpoints, precedences, use) {
  const known = new Map(checkpoints.map((one) => [one.id, one]));
  const of = (/** @type {string} */ id) => /** @type {Checkpoint} */ (known.get(id));
  const { constants } = precedences;
  const ids = [...known.keys()];
  const measured = new Set(ids.filter((id) => precedences.firstMeasured(id) < precedences.gauges.length));
  const locked = lock(ids, precedences.compare(checkpoints), precedences);
  const rivals = new Set([...measured].filter((id) => precedences.speaks(of(id))));
  const freedom = (/** @type {string} */ id) => constants.openness[String(of(id).commercial_use)];
  const key = (/** @type {string} */ id) => {
    const one = of(id);
    const cheaper = precedences.endsAtTie;
    const size = one.parameters_millions || (cheaper ? constants.unknown_size : 0);
    return [
      freedom(id),
      one.gated === true,
      precedences.firstMeasured(id),
      cheaper ? [size, one.image_size ?? 0] : [],
      !one.typical.includes(precedences.task),
      !constants.made_for[use].includes(one.stage ?? ""),
      constants.loaders.indexOf(one.loader),
      -size,
      -(one.released ?? 0),
    ];
  };
  const inOrder = (/** @type {string[]} */ some) => inLine(some, locked, rivals, key, freedom);
  const stands = (/** @type {string} */ id) => [...locked.after(id)].some((one) => measured.has(one));
  const listed = inOrder(ids.filter((id) => measured.has(id) || stands(id)));
  /** @type {string[]} */
  const apart = [];
  const inside = new Set(listed);
  for (const id of inOrder(ids.filter((one) => !inside.has(one)))) {
    const place = beside(of(id), listed.map(of), locked, constants.clearly_larger);
    if (place === null) apart.push(id);
    else listed.splice(place, 0, id);
  }
  const by = new Map(listed.map((id) => [id, measured.has(id) ? FIGURE : SERIES]));
  for (const id of apart) by.set(id, NOTHING);
  return { number: new Map([...listed, ...apart].map((id, at) => [id, at])), locked, by };
}

/**
 * Returns the place of a checkpoint without figures in a line; null where nothing tells it.
 * @param {Checkpoint} one
 * @param {Checkpoint[]} listed
 * @param {Locked} locked
 * @param {number} clearly
 */
function beside(one, listed, locked, clearly) {
  const size = one.parameters_millions;
  let ahead = listed.flatMap((other, at) => (locked.after(other.id).has(one.id) ? [at] : []));
  if (!ahead.length && size && one.series) {
    const sizes = listed.flatMap((other, at) =>
      other.series === one.series && other.stage === one.stage && other.parameters_millions
        ? [{ at, times: other.parameters_millions / size }]
        : [],
    );
    const larger = sizes.filter(({ times }) => times * clearly > 1);
    if (sizes.length && !larger.length) return sizes[0].at;
    const nearest = Math.min(...larger.map(({ times }) => times));
    ahead = larger.filter(({ times }) => times < nearest * clearly).map(({ at }) => at);
  }
  if (!ahead.length) return null;
  let place = Math.max(...ahead) + 1;
  while (place < listed.length && !outgrown(listed[place], one, clearly)) place += 1;
  return place;
}

/**
 * True where one is clearly smaller than the other and no newer.
 * @param {Checkpoint} one
 * @param {Checkpoint} by
 * @param {number} clearly
 */
function outgrown(one, by, clearly) {
  const smaller = (one.parameters_millions ?? 0) * clearly <= (by.parameters_millions ?? 0);
  return smaller && (one.released ?? 0) <= (by.released ?? 0);
}

export class Placing {
  /**
   * @param {(use: string) => Line} line
   * @param {string} order
   * @param {string[]} allowed
   * @param {(pick: Pick) => any[]} groupOf
   * @param {{[name: string]: any}} constants
   */
  constructor(line, order, allowed, groupOf, constants) {
    this.line = line;
    this._order = order;
    this._allowed = allowed;
    this._groupOf = groupOf;
    this._constants = constants;
  }

  /** Returns picks in order, best first. @param {Pick[]} picks @returns {Pick[]} */
  ordered(picks) {
    const groups = sorted(picks.map(this._groupOf), (group) => group);
    const loadsFirst = groups.length > 0 && groups[0][1];
    return sorted(picks, (pick) => [
      loadsFirst && this._groupOf(pick)[1],
      this._groupOf(pick),
      this._layer(pick),
      this.line(pick.use).number.get(pick.checkpoint.id),
    ]);
  }

  /**
   * Returns picks in order, each with its place and with why it stands there.
   * @param {Pick[]} picks
   * @returns {Pick[]}
   */
  placed(picks) {
    /** @type {Pick[]} */
    const found = [];
    const marked = this.ordered(picks).map((pick) => ({
      ...pick,
      placed_by: this.line(pick.use).by.get(pick.checkpoint.id) ?? NOTHING,
    }));
    for (let at = 0; at < marked.length; at = found.length) {
      const together = this._together(marked[at]);
      let end = at;
      while (end < marked.length && !compared(this._together(marked[end]), together)) end += 1;
      const some = marked.slice(at, end);
      const { locked } = this.line(some[0].use);
      const places = sharedPlaces(some.map((pick) => pick.checkpoint.id), locked);
      found.push(...some.map((pick, n) => ({ ...pick, place: at + places[n] })));
    }
    return this._explained(found);
  }

  /** What picks have in common that may share a place. @param {Pick} pick */
  _together(pick) {
    return [this._groupOf(pick), this._layer(pick), pick.placed_by === NOTHING];
  }

  /** @param {Pick[]} picks @returns {Pick[]} */
  _explained(picks) {
    if (!picks.length) return [];
    const { locked } = this.line(picks[0].use);
    const ahead = locked.firstBefore(picks.map((pick) => pick.checkpoint.id));
    return picks.map((pick, number) => {
      const { id } = pick.checkpoint;
      const before = ahead.get(id);
      const told = before === undefined ? undefined : locked.told.get(locked.by.pair(before, id));
      return {
        ...pick,
        before_next: beforeNext(pick, picks.slice(number + 1), locked),
        behind: told ? [told[3], locked.by.precedence(told), told[0] === 1] : null,
      };
    });
  }

  /** What comes before all evidence. @param {Pick} pick */
  _layer(pick) {
    const effects = pick.fired.map((rule) => rule.effect);
    const one = pick.checkpoint;
    /** @type {{[order: string]: any}} */
    const byOrder = {
      small: [pick.memory_gb === null, pick.memory_gb ?? 0],
      open: [this._constants.openness[String(one.commercial_use)], one.gated === true],
    };
    return [
      this._allowed.indexOf(pick.use),
      byOrder[this._order] ?? [],
      effects.includes("avoid"),
      !effects.includes("prefer"),
      pick.to_learn,
    ];
  }
}

/**
 * Returns why a pick stands before the next of another series.
 * @param {Pick} pick
 * @param {Pick[]} after
 * @param {Locked} locked
 * @returns {Precedence|null}
 */
function beforeNext(pick, after, locked) {
  const { series } = pick.checkpoint;
  const other = after.find((one) => series === null || one.checkpoint.series !== series);
  return other ? locked.precedence(pick.checkpoint.id, other.checkpoint.id) : null;
}
