// The picks of a case in places: rules aimed at them first, then evidence, then the usual start.
// advisor/decide/placing.py.

import { compared, sorted } from "./numbers.js";
import { firstPlace, inPlaces, lock } from "./ranking.js";

/** @import {Checkpoint} from "./model.js" */
/** @import {Precedence, Precedences} from "./precedence.js" */
/** @import {Locked} from "./ranking.js" */
/** @import {Pick} from "./selection.js" */

const KEPT_LOCKS = 64;

export class Placing {
  /**
   * @param {Precedences} precedences
   * @param {Checkpoint[]} among
   * @param {string} order
   * @param {string[]} allowed
   * @param {string} task
   */
  constructor(precedences, among, order, allowed, task) {
    this._precedences = precedences;
    this._constants = precedences.constants;
    this._among = among;
    this._order = order;
    this._allowed = allowed;
    this._task = task;
    /** @type {Locked|null} */
    this._locked = null;
    this._measured = new Set(
      among
        .map((one) => one.id)
        .filter((id) => precedences.firstMeasured(id) < precedences.gauges.length),
    );
  }

  /** Who stands before whom, and by what. */
  get locked() {
    return (this._locked ??= this._lock());
  }

  /** @returns {Locked} */
  _lock() {
    const { locks } = this._precedences;
    const ids = this._among.map((one) => one.id);
    const key = [...ids].sort().join(" ");
    if (!locks.has(key)) {
      if (locks.size >= KEPT_LOCKS) locks.delete(locks.keys().next().value ?? "");
      locks.set(key, lock(ids, this._precedences.compare(this._among), this._precedences));
    }
    return locks.get(key);
  }

  /**
   * Returns some of the picks in order, with their places among each other.
   * @param {Pick[]} picks
   * @returns {Pick[]}
   */
  placed(picks) {
    /** @type {Pick[]} */
    const found = [];
    for (const some of this._layers(picks)) {
      const ahead = found.length;
      const byId = new Map(some.map((pick) => [pick.checkpoint.id, pick]));
      const places = inPlaces([...byId.keys()], ...this._ground(byId));
      for (const [at, id] of places) {
        found.push({ .../** @type {Pick} */ (byId.get(id)), place: ahead + at });
      }
    }
    return found;
  }

  /** Returns the first of some of the picks, as `placed` would. @param {Pick[]} picks @returns {Pick} */
  first(picks) {
    const [some] = this._layers(picks);
    const byId = new Map(some.map((pick) => [pick.checkpoint.id, pick]));
    return /** @type {Pick} */ (byId.get(firstPlace([...byId.keys()], ...this._ground(byId))));
  }

  /**
   * Returns picks in their order, each with its reasons.
   * @param {Pick[]} picks
   * @returns {Pick[]}
   */
  explained(picks) {
    const { locked } = this;
    const ahead = locked.firstBefore(picks.map((pick) => pick.checkpoint.id));
    return picks.map((pick, number) => {
      const { id } = pick.checkpoint;
      const before = ahead.get(id);
      return {
        ...pick,
        before_next: beforeNext(pick, picks.slice(number + 1), locked),
        behind: before === undefined ? null : locked.direct(before, id),
      };
    });
  }

  /** Picks by what comes before all evidence. @param {Pick[]} picks @returns {Pick[][]} */
  _layers(picks) {
    const keyed = sorted(picks.map((pick) => ({ pick, layer: this._layer(pick) })), (one) => one.layer);
    /** @type {Pick[][]} */
    const layers = [];
    keyed.forEach(({ pick, layer }, number) => {
      if (number && !compared(layer, keyed[number - 1].layer)) layers[layers.length - 1].push(pick);
      else layers.push([pick]);
    });
    return layers;
  }

  /**
   * @param {Map<string, Pick>} picks
   * @returns {[Locked, Set<string>, (id: string) => any, (id: string) => number]}
   */
  _ground(picks) {
    const keys = new Map([...picks].map(([id, pick]) => [id, this._key(pick)]));
    const of = (/** @type {string} */ id) => /** @type {Pick} */ (picks.get(id)).checkpoint;
    return [this.locked, this._measured, (id) => keys.get(id), (id) => this._openness(of(id))];
  }

  /** How open a checkpoint is, the freest first. @param {Checkpoint} one */
  _openness(one) {
    return this._constants.openness[String(one.commercial_use)];
  }

  /** @param {Pick} pick */
  _layer(pick) {
    const effects = pick.fired.map((rule) => rule.effect);
    const one = pick.checkpoint;
    /** @type {{[order: string]: any}} */
    const byOrder = {
      small: [pick.memory_gb === null, pick.memory_gb ?? 0],
      open: [this._openness(one), one.gated === true],
    };
    return [
      this._allowed.indexOf(pick.use),
      byOrder[this._order] ?? [],
      effects.includes("avoid"),
      !effects.includes("prefer"),
      pick.to_learn,
    ];
  }

  /** What orders those that nothing tells apart. @param {Pick} pick */
  _key(pick) {
    const one = pick.checkpoint;
    const cheaper = this._precedences.endsAtTie;
    const { loaders, made_for, unknown_size } = this._constants;
    const size = one.parameters_millions || (cheaper ? unknown_size : 0);
    return [
      this._openness(one),
      one.gated === true,
      this._precedences.firstMeasured(one.id),
      cheaper ? [size, one.image_size ?? 0] : [],
      !one.typical.includes(this._task),
      !made_for[pick.use].includes(one.stage ?? ""),
      loaders.indexOf(one.loader),
      -size,
      -(one.released ?? 0),
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

