// The checkpoints for a case: those that fit, best first, and why others do not.
// advisor/decide/selection.py and starting_points.py.

import { Placing, lineOf } from "./placing.js";
import { Precedences } from "./precedence.js";
import { answer, applicable, holds } from "./profile.js";
import { Requirements, distanceOf } from "./requirements.js";
import { loadsSafely, offered } from "./rulebase.js";
import { sorted } from "./numbers.js";

/** @import {Decision, Engine} from "./engine.js" */
/** @import {Checkpoint, Rule} from "./model.js" */
/** @import {Precedence, Published} from "./precedence.js" */
/** @import {Profile} from "./profile.js" */
/** @import {Gap, Suitability} from "./requirements.js" */
/** @import {RuleBase} from "./rulebase.js" */
/**
 * @typedef {object} Pick
 * @property {Checkpoint} checkpoint
 * @property {string} use
 * @property {number|null} memory_gb
 * @property {Rule[]} fired
 * @property {Published[]} figures
 * @property {Gap[]} unknown
 * @property {boolean} to_learn
 * @property {number} place
 * @property {string} placed_by
 * @property {Precedence|null} before_next
 * @property {[string, Precedence, boolean]|null} behind the one before it, why, and whether its maker says so
 * @property {number|null} beyond_gb
 * @property {{full_gb: number, lora_gb: number}|null} training
 * @property {Gap[]} poor
 * @property {Gap[]} counted
 */
/** @typedef {{up_to_gb: number|null, pick: Pick|null}} Rung */
/**
 * @typedef {object} Selection
 * @property {Pick[]} picks
 * @property {Pick[]} unverified
 * @property {Suitability[]} rejected
 * @property {string|null} next_family
 * @property {{[question: string]: string}} provided
 * @property {string[]} uses
 * @property {boolean} compose
 * @property {Rung[]} ladder
 */
/** @typedef {{allowed?: string[], firstOnly?: boolean}} How */

/** @type {Selection} */
const NOTHING = {
  picks: [],
  unverified: [],
  rejected: [],
  next_family: null,
  provided: {},
  uses: [],
  compose: false,
  ladder: [],
};
/** @type {Gap} */
const NO_LOADER = { question: "", field: "loader", text: "nothing here loads it", distance: 1 };

/** The least memory for its use. @param {Pick} pick */
export const needsGb = (pick) => (pick.training ? pick.training.lora_gb : pick.memory_gb);

/** @param {Pick} pick @param {number} limit */
function within(pick, limit) {
  const needs = needsGb(pick);
  return needs !== null && needs <= limit;
}

/** @param {Pick} pick */
const loads = (pick) => loadsSafely(pick.checkpoint);

/** Whether it stands behind others whatever its quality. @param {Pick} pick */
const groupOf = (pick) => [
  pick.unknown.length > 0 || pick.poor.length > 0,
  !loads(pick),
  pick.beyond_gb !== null,
];

/**
 * The rejected that came closest, where nothing works as asked.
 * @param {Selection} selection
 */
export function closest(selection) {
  const provided = Object.keys(selection.provided).length > 0;
  if (selection.picks.length && !(provided || selection.next_family)) return [];
  const right = selection.rejected.filter((one) => one.checkpoint.family !== selection.next_family);
  const nearest = sorted(right, distanceOf);
  return nearest.filter((one) => distanceOf(one) < distanceOf(nearest[0]) + 1);
}

/**
 * Returns the checkpoints for a decision, best first.
 * @param {RuleBase} rulebase
 * @param {Decision} decision
 * @param {How} how
 * @returns {Selection}
 */
export function select(rulebase, decision, how = {}) {
  if (decision.family === null) return NOTHING;
  const of = (/** @type {string} */ family) => selectOf(rulebase, family, decision.profile, how);
  const selection = of(decision.family);
  if (selection.picks.length) return selection;
  if (rulebase.family(decision.family).composable && selection.uses.includes("compose")) {
    return { ...selection, compose: true };
  }
  for (const one of decision.assessments) {
    if (one.verdict !== "allowed" && one.verdict !== "discouraged") continue;
    const other = of(one.family);
    if (!other.picks.length) continue;
    return {
      ...other,
      next_family: one.family,
      unverified: [...selection.unverified, ...other.unverified],
      rejected: [...selection.rejected, ...other.rejected],
    };
  }
  return selection;
}

/**
 * Returns the checkpoints of one family for a complete profile with one task.
 * @param {RuleBase} rulebase
 * @param {string} family
 * @param {Profile} profile
 * @param {How} how
 * @returns {Selection}
 */
export function selectOf(rulebase, family, profile, how = {}) {
  const required = new Requirements(rulebase, profile);
  const allowed = how.allowed ?? required.uses;
  const order = required.order ?? "quality";
  const precedences = Precedences.known(rulebase, required.task, required.languages);
  const live = new Set(rulebase.aiming.filter((rule) => holds(rule.when, profile)));
  /** @type {Pick[]} */
  let picks = [];
  /** @type {Pick[]} */
  const unverified = [];
  /** @type {Suitability[]} */
  const rejected = [];
  const able = rulebase.once(`able|${family}|${required.task}|${allowed}`, () =>
    rulebase
      .catalogue(family)
      .map((checkpoint) => ({ checkpoint, use: offered(checkpoint) ? required.use(checkpoint, allowed) : null }))
      .filter((one) => one.use !== null),
  );
  for (const { checkpoint, use } of /** @type {{checkpoint: Checkpoint, use: string}[]} */ (able)) {
    const [lacks, unknown] = required.gaps(checkpoint, use);
    if (lacks.length) {
      rejected.push({ checkpoint, use, lacks, unknown });
      continue;
    }
    const [poor, counted] = required.languageMarks(checkpoint, use);
    const pick = {
      checkpoint,
      use,
      memory_gb: required.memory(checkpoint),
      fired: rulebase.aimed.get(checkpoint.id)?.filter((rule) => live.has(rule)) ?? [],
      figures: how.firstOnly ? [] : precedences.published(checkpoint.id),
      unknown,
      to_learn: use !== "as-is" && !sameGaps(required.gaps(checkpoint, "as-is"), [lacks, unknown]),
      place: 0,
      placed_by: "nothing",
      before_next: null,
      behind: null,
      beyond_gb: null,
      training: use === "as-is" ? null : rulebase.training(checkpoint),
      poor,
      counted,
    };
    const barred = unknown.some((gap) => rulebase.constants.rights.includes(gap.field));
    (barred ? unverified : picks).push(pick);
  }
  if (!picks.some(loads)) {
    for (const { checkpoint, use } of picks) {
      rejected.push({ checkpoint, use, lacks: [NO_LOADER], unknown: [] });
    }
    picks = [];
  }
  const line = (/** @type {string} */ use) =>
    rulebase.once(`line|${family}|${required.task}|${precedences.language}|${use}`, () => {
      const can = (/** @type {Checkpoint} */ one) => [...one.tasks, ...one.fine_tune].includes(required.task);
      return lineOf(rulebase.catalogue(family).filter((one) => offered(one) && can(one)), precedences, use);
    });
  const placing = new Placing(line, order, allowed, groupOf, rulebase.constants);
  const { steps, firstStep } = required;
  if (steps.length) {
    picks = picks.map((one) => (within(one, firstStep) ? one : { ...one, beyond_gb: firstStep }));
  }
  if (how.firstOnly) {
    const alone = placing.ordered(picks).slice(0, 1);
    return { ...NOTHING, picks: alone, unverified, rejected, uses: allowed };
  }
  const ranked = placing.placed(picks);
  return {
    ...NOTHING,
    picks: ranked,
    unverified: placing.placed(unverified),
    rejected,
    uses: allowed,
    ladder: steps.length && ranked.length ? ladderOf(steps, ranked, placing) : [],
  };
}

/** @param {[Gap[], Gap[]]} one @param {[Gap[], Gap[]]} other */
const sameGaps = (one, other) =>
  one.every((gaps, n) => gaps.length === other[n].length && gaps.every((gap, at) => sameGap(gap, other[n][at])));

/** @param {Gap} one @param {Gap} other */
const sameGap = (one, other) =>
  one.question === other.question &&
  one.field === other.field &&
  one.text === other.text &&
  one.distance === other.distance;

/**
 * Returns for each step the first of the picks that fit, as when that much memory was said.
 * @param {number[]} steps
 * @param {Pick[]} ranked
 * @param {Placing} placing
 * @returns {Rung[]}
 */
function ladderOf(steps, ranked, placing) {
  /** @type {Rung[]} */
  const rungs = [];
  for (const limit of [...steps, null]) {
    const fitting = ranked
      .filter((pick) => limit === null || within(pick, limit))
      .map((pick) => ({ ...pick, beyond_gb: null }));
    /** @type {Pick|null} */
    let found = placing.ordered(fitting)[0] ?? null;
    if (limit === null && found && within(found, steps[steps.length - 1])) {
      found = rungs[rungs.length - 1].pick;
    }
    rungs.push({ up_to_gb: limit, pick: found && loads(found) ? found : null });
  }
  return rungs;
}

/**
 * Returns the checkpoints for a decision or, where none has the language and training was merely
 * assumed away, those to start training from.
 * @param {Engine} engine
 * @param {Decision} decision
 * @returns {Selection}
 */
export function selectOrTrain(engine, decision) {
  const { rulebase } = engine;
  const selection = select(rulebase, decision);
  const training = teachable(selection, rulebase.constants.learnt) ? trainingInstead(rulebase, decision.profile) : null;
  if (!training || !engine.admits({ ...decision.given, ...training })) return selection;
  const trained = engine.decide({ ...decision.given, ...training });
  if (trained.family === null) return selection;
  const uses = new Requirements(rulebase, trained.profile).uses.filter((use) => use !== "as-is");
  const starts = selectOf(rulebase, trained.family, trained.profile, { allowed: uses });
  if (!starts.picks.length) return selection;
  const provided = Object.fromEntries(Object.entries(training).map(([id, one]) => [id, one.options[0]]));
  return { ...selection, picks: starts.picks, ladder: starts.ladder, provided, uses };
}

/** @param {Selection} selection @param {string[]} learnt */
function teachable(selection, learnt) {
  const obstacles = [
    ...selection.rejected.map((one) => one.lacks),
    ...selection.unverified.map((pick) => pick.unknown),
  ];
  if (selection.picks.length || selection.next_family || !obstacles.length) return false;
  return obstacles.every((gaps) => gaps.some((gap) => learnt.includes(gap.field)));
}

/**
 * Returns the answer that allows training, in place of the assumed one that alone rules it out.
 * @param {RuleBase} rulebase
 * @param {Profile} profile
 * @returns {Profile|null}
 */
function trainingInstead(rulebase, profile) {
  if (new Requirements(rulebase, profile).uses.some((use) => use !== "as-is")) return null;
  for (const question of rulebase.questions) {
    const present = profile[question.id];
    if (present.origin !== "assumed" || !applicable(present)) continue;
    for (const option of question.options) {
      const instead = { [question.id]: answer([option.id], "assumed") };
      if (!option.uses.includes("fine-tune")) continue;
      if (new Requirements(rulebase, { ...profile, ...instead }).uses.includes("fine-tune")) return instead;
    }
  }
  return null;
}
