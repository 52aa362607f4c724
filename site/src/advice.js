// The whole answer for one task, with the keys of `advisor recommend --format json`:
// advisor/decide/recommendation.py and recommendation_json.py.

import { alternatives } from "./alternatives.js";
import { command, mayRun, rulesFlags, settling, tryCommand } from "./commands.js";
import { NONE, TASK } from "./model.js";
import { answer, applicable, holds } from "./profile.js";
import { promptFor, snippet, useOf } from "./programs.js";
import { flips, sufficient } from "./reasons.js";
import { Requirements } from "./requirements.js";
import { pageOf } from "./rulebase.js";
import { closest, needsGb, selectOrTrain } from "./selection.js";

/** @import {Assessment, Decision, Engine} from "./engine.js" */
/** @import {Checkpoint, Rule} from "./model.js" */
/** @import {Profile} from "./profile.js" */
/** @import {Suitability} from "./requirements.js" */
/** @import {Pick, Selection} from "./selection.js" */
/** @typedef {ReturnType<typeof told>} Advice */

/**
 * Returns all that the answer for a profile with one task is told from.
 * Throws a Contradiction where it cannot be.
 * @param {Engine} engine
 * @param {Profile} profile
 */
export function consider(engine, profile) {
  const decision = engine.decide(profile);
  return {
    decision,
    reason: sufficient(engine, decision),
    changes: flips(engine, decision),
    selection: selectOrTrain(engine, decision),
  };
}

/** The whole answer. @param {Engine} engine @param {Profile} profile */
export const advise = (engine, profile) => told(engine, consider(engine, profile));

/**
 * Returns the answer as JSON; of the checkpoints the first `most`.
 * @param {Engine} engine
 * @param {ReturnType<typeof consider>} considered
 * @param {number} most
 */
export function told(engine, { decision, reason, changes, selection }, most = Infinity) {
  const { rulebase } = engine;
  const [task] = decision.profile[TASK].options;
  const options = Object.fromEntries(
    Object.entries(decision.profile)
      .filter(([, one]) => one.options.length === 1)
      .map(([id, one]) => [id, one.options[0]]),
  );
  const picked = (/** @type {Pick} */ pick) => pickJson(engine, pick, selection, task, options);
  const rejected = (/** @type {Suitability[]} */ some) =>
    some.map((one) => ({ id: one.checkpoint.id, lacks: one.lacks.map((gap) => gap.text) }));
  const [best] = selection.picks;
  return {
    outcome: decision.outcome,
    family: decision.family,
    possible: decision.possible,
    profile: profileJson(decision.profile),
    because: reason.answers.map((one) => ({
      question: one.question,
      option: one.options[0],
      ...(one.named ? { named: one.named } : {}),
      origin: one.origin,
    })),
    ...(reason.smallest ? {} : { because_smallest: false }),
    assessments: decision.assessments.map(assessmentJson),
    checkpoints: selection.picks.slice(0, most).map(picked),
    ladder: selection.ladder.map(({ up_to_gb, pick }) => ({
      up_to_gb,
      checkpoint: pick && pick.checkpoint.id,
      memory_gb: pick && needsGb(pick),
    })),
    provided: selection.provided,
    unverified: selection.unverified.map(picked),
    fallen: rejected(selection.rejected),
    closest: rejected(closest(selection)),
    compose: selection.compose,
    next_family: selection.next_family,
    freshness: freshness(engine, decision, selection.picks),
    changes: changes.map((flip) => ({ ...flip, family: flip.family === NONE ? null : flip.family })),
    elsewhere: elsewhere(engine, decision, task),
    snippet: best ? snippet(rulebase, best.checkpoint, task, options, useOf(rulebase, best.checkpoint, task, options, best.use)) : null,
    hints: hints(engine, decision, selection, task),
    command: command("recommend", rulebase, decision.given, engine.priority),
    rule_base: rulebase.digest,
    ...(rulebase.overlays.length ? { overlays: rulebase.overlays } : {}),
  };
}

/**
 * @param {Profile} profile
 * @returns {{[question: string]: {options: string[], value?: number, named?: string[], origin: string}}}
 */
function profileJson(profile) {
  return Object.fromEntries(
    Object.entries(profile)
      .filter(([, one]) => applicable(one))
      .map(([id, { options, value, named, origin }]) => [
        id,
        { options, ...(value === null ? {} : { value }), ...(named ? { named } : {}), origin },
      ]),
  );
}

/** @param {Rule} rule */
const ruleJson = (rule) => ({
  rule: rule.id,
  effect: rule.effect,
  criterion: rule.criterion,
  because: rule.because,
  sources: rule.sources,
});

/** @param {Assessment} one */
function assessmentJson(one) {
  const caveats = one.fired.filter(({ rule }) => one.verdict === "recommended" && rule.effect === "avoid");
  return {
    family: one.family,
    verdict: one.verdict,
    possible_verdicts: one.possible_verdicts,
    lost_on: one.lost_on,
    fit: one.fit,
    caveats: caveats.map(({ rule }) => rule.id),
    findings: one.fired.map(({ rule, decisive }) => ({ ...ruleJson(rule), decisive })),
  };
}

/**
 * @param {Engine} engine
 * @param {Pick} pick
 * @param {Selection} selection
 * @param {string} task
 * @param {{[question: string]: string}} options
 */
function pickJson(engine, pick, selection, task, options) {
  const { checkpoint } = pick;
  return {
    id: checkpoint.id,
    model_page: pageOf(checkpoint),
    family: checkpoint.family,
    use: pick.use,
    class: checkpoint.model_class,
    network: checkpoint.network,
    processor: checkpoint.processor,
    loader: checkpoint.loader,
    parameters_millions: checkpoint.parameters_millions,
    memory_gb: pick.memory_gb,
    training: pick.training,
    licence: checkpoint.licence,
    commercial_use: checkpoint.commercial_use,
    gated: checkpoint.gated,
    languages: checkpoint.languages,
    revision: checkpoint.revision,
    prompt: promptFor(engine.rulebase, checkpoint, task, options),
    pitfalls: checkpoint.pitfalls,
    findings: pick.fired.map(ruleJson),
    measurements: pick.figures.map(({ benchmark, metric, value, better, source }) => ({
      benchmark,
      metric,
      value,
      better,
      source,
    })),
    place: pick.place,
    placed_by: pick.placed_by,
    before_next: pick.before_next,
    not_verified: pick.unknown.map((gap) => gap.text),
    measured_poor: pick.poor.map((gap) => gap.text),
    inferred: pick.counted.map((gap) => gap.text),
    try_next: alternatives(pick, selection, engine.rulebase.constants),
    sources: checkpoint.sources,
    checked: checkpoint.checked,
  };
}

/**
 * Returns how old the entries of picks are, and the facts that decided.
 * @param {Engine} engine
 * @param {Decision} decision
 * @param {Pick[]} shown
 */
function freshness(engine, decision, shown) {
  /** @type {Set<string>} */
  const sources = new Set();
  for (const { fired } of decision.assessments) {
    for (const { rule, decisive } of fired) if (decisive) rule.sources.forEach((one) => sources.add(one));
  }
  for (const { field } of new Requirements(engine.rulebase, decision.profile).demands) {
    const known = field === "memory_gb" ? "parameters_millions" : field;
    for (const { checkpoint } of shown) (checkpoint.sources[known] ?? []).forEach((one) => sources.add(one));
  }
  const { read } = engine.rulebase.data;
  return {
    checked: span(shown.map((pick) => pick.checkpoint.checked)),
    decided: span([...sources].filter((one) => one in read).map((one) => read[one])),
  };
}

/** @param {string[]} dates */
function span(dates) {
  if (!dates.length) return null;
  const line = [...dates].sort();
  return { oldest: line[0], newest: line[line.length - 1] };
}

/**
 * Returns what to use instead of the families, or what else beside the one that wins.
 * @param {Engine} engine
 * @param {Decision} decision
 * @param {string} task
 */
function elsewhere(engine, decision, task) {
  const { rulebase } = engine;
  const found =
    rulebase.detours.find((one) => holds(one.when, decision.profile)) ??
    (decision.outcome === NONE ? rulebase.task(task).elsewhere : null);
  return found && { task: found.task, why: found.because, checkpoints: found.checkpoints, sources: found.sources };
}

/**
 * Returns the commands worth typing next.
 * @param {Engine} engine
 * @param {Decision} decision
 * @param {Selection} selection
 * @param {string} task
 */
function hints(engine, decision, selection, task) {
  const { rulebase, priority } = engine;
  const { given } = decision;
  const result = [command("explain", rulebase, given, priority)];
  if (decision.outcome === "assumed") result.push(command("ask", rulebase, given, priority));
  if (Object.keys(selection.provided).length) {
    const instead = Object.fromEntries(
      Object.entries(selection.provided).map(([id, option]) => [id, answer([option], "flag")]),
    );
    result.push(command("recommend", rulebase, { ...given, ...instead }, priority));
  }
  if (selection.compose || selection.uses[0] === "compose") result.push("advisor compose --help");
  const [first] = selection.picks;
  if (first) {
    result.push([`advisor show ${first.checkpoint.id}`, ...rulesFlags(rulebase)].join(" "));
    const settles = settling(rulebase, first, task);
    if (settles) result.push(settles);
  }
  const runnable = runnableOf(selection);
  if (runnable && mayRun(rulebase, runnable.model_type, task)) {
    result.push(tryCommand(rulebase, runnable, task));
  }
  return result;
}

/** The first checkpoint that `advisor try` can run as it is. @param {Selection} selection @returns {Checkpoint|undefined} */
function runnableOf(selection) {
  if (selection.uses[0] !== "as-is") return undefined;
  return selection.picks.find((pick) => pick.use === "as-is" && pick.checkpoint.loader === "transformers")
    ?.checkpoint;
}

/**
 * Returns the answers that nobody gave; of a sure family, only those that checkpoints depend on.
 * @param {Engine} engine
 * @param {Advice} advice
 */
export function assumed(engine, advice) {
  const bearing = advice.checkpoints.length ? engine.rulebase.bearing : new Set();
  return Object.entries(advice.profile).filter(
    ([id, one]) => one.origin === "assumed" && (advice.possible.length > 1 || bearing.has(id)),
  );
}
