// What the page says of an answer, in words: as the screens of the command line say it.

import { g } from "./numbers.js";
import { called } from "./rulebase.js";

/** @import {Advice} from "./advice.js" */
/** @import {RuleBase} from "./rulebase.js" */

/** @typedef {Advice["checkpoints"][number]} Shown */

/** What people call a family, or none of them. @param {RuleBase} rulebase @param {string|null} id */
export function familyName(rulebase, id) {
  if (id === null || id === "none") return "none of the families";
  const family = rulebase.family(id);
  return family.label || family.id;
}

/** @param {string[]} words */
export function joined(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words[words.length - 1]}`;
}

/** How certain the answer is. @param {RuleBase} rulebase @param {Advice} advice @param {number} assumed */
export function certainty(rulebase, advice, assumed) {
  const family = advice.next_family ?? advice.family;
  const others = advice.possible.filter((one) => one !== family);
  if (others.length) return `assumed; could be ${joined(others.map((one) => familyName(rulebase, one)))}`;
  return assumed ? "family certain, checkpoint assumed" : "certain";
}

/** The estimate, or what training takes. @param {RuleBase} rulebase @param {Shown} one */
export function memory(rulebase, one) {
  if (one.training) return `${one.training.lora_gb.toFixed(1)}-${one.training.full_gb.toFixed(1)} GB to train`;
  return one.memory_gb === null ? "memory unknown" : `${one.memory_gb.toFixed(1)} GB`;
}

/** Why a checkpoint stands before the next of another series. @param {Shown} one */
export function standing(one) {
  const before = one.before_next;
  if (!before && one.placed_by === "series") return "no figure; placed by its series and size";
  if (!before) return "nothing ranks it against the next of another series";
  const by = before.through ? `before ${before.through}, which ` : "";
  if (before.by === "relation") {
    const is = before.yardstick === "larger" ? `larger than ${before.next}, of one series` : `the successor of ${before.next}`;
    return by ? `${by}is ${is}` : is;
  }
  const figures = `${g(before.value ?? 0)} on ${before.yardstick}, against ${g(before.next_value ?? 0)} for ${before.next}`;
  return by ? `${by}has ${figures}` : figures;
}

/** On what a family lost to the winner. @param {RuleBase} rulebase @param {string} criterion */
export function lostOn(rulebase, criterion) {
  if (criterion === "rank") return "tied on every criterion; lost on the declared rank";
  return `lost on ${rulebase.criterionOf.get(criterion)?.name ?? criterion}`;
}

/** The label of an option, or the number that was given. @param {RuleBase} rulebase @param {string} question @param {string} option */
export function optionLabel(rulebase, question, option) {
  const asked = rulebase.question(question);
  const found = asked.options.find((one) => one.id === option || one.aliases.includes(option) || option in one.covers);
  if (found) return question === "task" ? rulebase.task(found.id).name : called(found, option);
  return asked.unit ? `${option} ${asked.unit}` : option.replaceAll("-", " ");
}
