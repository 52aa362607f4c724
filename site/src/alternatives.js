// What to try next where a pick disappoints: advisor/decide/alternatives.py.

import { g } from "./numbers.js";
import { LARGER } from "./precedence.js";

/** @import {Evidence} from "./precedence.js" */
/** @import {Pick, Selection} from "./selection.js" */
/** @typedef {{wish: string, checkpoint: string, because: string}} Alternative */

/** @type {{[use: string]: number}} */
const FREEDOM = { permitted: 0, restricted: 1, "not-permitted": 2 };
const NOTABLY_SMALLER = 0.8;

/**
 * Returns what to try next, at most one checkpoint a wish; empty only where there is nothing else.
 * @param {Pick} pick
 * @param {Selection} selection
 * @returns {Alternative[]}
 */
export function alternatives(pick, selection) {
  const others = selection.picks.filter((other) => other !== pick);
  const sameUse = others.filter((other) => other.use === pick.use);
  const found = [untrained(pick, others), better(pick, sameUse), smaller(pick, sameUse), freer(pick, others)];
  const some = found.filter((one) => one !== null);
  if (some.length) return some;
  const rest = anyOther(pick, selection).find((one) => one.checkpoint !== pick.checkpoint.id);
  return rest ? [rest] : [];
}

/** @param {Pick} pick @param {Pick[]} others @returns {Alternative|null} */
function untrained(pick, others) {
  const other = pick.use === "as-is" ? undefined : others.find((one) => one.use === "as-is");
  return other ? { wish: "as-is", checkpoint: other.checkpoint.id, because: "works as it is, without training" } : null;
}

/** @param {Pick} pick @param {Pick[]} others @returns {Alternative|null} */
function better({ behind }, others) {
  if (!behind || !others.some((other) => other.checkpoint.id === behind.before)) return null;
  return { wish: "better", checkpoint: behind.before, because: betterText(behind) };
}

/** @param {Pick} pick @param {Pick[]} others @returns {Alternative|null} */
function smaller(pick, others) {
  const limit = (pick.memory_gb ?? 0) * NOTABLY_SMALLER;
  for (const { checkpoint, memory_gb } of others) {
    if (memory_gb !== null && memory_gb <= limit) {
      const because = `${g(memory_gb)} GB against ${g(pick.memory_gb ?? 0)} GB`;
      return { wish: "smaller", checkpoint: checkpoint.id, because };
    }
  }
  return null;
}

/** @param {Pick} pick @param {Pick[]} others @returns {Alternative|null} */
function freer(pick, others) {
  if (!(FREEDOM[pick.checkpoint.commercial_use ?? ""] ?? 1) && !pick.checkpoint.gated) return null;
  for (const other of others) {
    const because = freedomText(pick, other);
    if (because) return { wish: "freer", checkpoint: other.checkpoint.id, because };
  }
  return null;
}

/** By what one stands before another, in words about the first. @param {Evidence} said */
function betterText(said) {
  if (said.value === null) {
    return said.yardstick === LARGER ? "the larger of its series" : "its successor";
  }
  const makers = said.kind ? ", as its maker measured" : "";
  return `${said.yardstick} ${g(said.value)} against ${g(said.next_value ?? 0)}${makers}`;
}

/** @param {Pick} pick @param {Pick} other */
function freedomText(pick, other) {
  const freedom = FREEDOM[pick.checkpoint.commercial_use ?? ""];
  const theirs = FREEDOM[other.checkpoint.commercial_use ?? ""];
  if (theirs === undefined || theirs === 2) return "";
  const licence = other.checkpoint.licence || "licence not stated";
  if (freedom === undefined || theirs < freedom) {
    const use = (other.checkpoint.commercial_use ?? "").replaceAll("-", " ");
    const now = (pick.checkpoint.commercial_use || "not verified").replaceAll("-", " ");
    return `commercial use ${use} (${licence}), here ${now}`;
  }
  const opener = pick.checkpoint.gated && other.checkpoint.gated === false && theirs <= freedom;
  return opener ? `not gated (${licence})` : "";
}

/** @param {Pick} pick @param {Selection} selection @returns {Alternative[]} */
function anyOther(pick, selection) {
  const { picks, unverified, rejected } = selection;
  const after = picks.indexOf(pick) + 1;
  const following = "the next in this order; neither is known to be better";
  return [
    ...[...picks.slice(after), ...picks.slice(0, after)].map((other) => ({
      wish: "other",
      checkpoint: other.checkpoint.id,
      because: following,
    })),
    ...unverified.map((other) => ({
      wish: "other",
      checkpoint: other.checkpoint.id,
      because: `if you can settle that ${other.unknown.map((gap) => gap.text).join("; ")}`,
    })),
    ...rejected.map((one) => ({
      wish: "other",
      checkpoint: one.checkpoint.id,
      because: `if you can do without: ${one.lacks.map((gap) => gap.text).join("; ")}`,
    })),
  ];
}
