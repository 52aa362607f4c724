// What to try next where a pick disappoints: advisor/decide/alternatives.py.

import { g } from "./numbers.js";
import { LARGER } from "./precedence.js";

/** @import {Constants} from "./model.js" */
/** @import {Precedence} from "./precedence.js" */
/** @import {Pick, Selection} from "./selection.js" */
/** @typedef {{wish: string, checkpoint: string, because: string}} Alternative */

/**
 * Returns what to try next, at most one checkpoint a wish; empty only where there is nothing else.
 * @param {Pick} pick
 * @param {Selection} selection
 * @param {Constants} constants
 * @returns {Alternative[]}
 */
export function alternatives(pick, selection, constants) {
  const others = selection.picks.filter((other) => other !== pick);
  const sameUse = others.filter((other) => other.use === pick.use);
  const found = [
    untrained(pick, others),
    better(pick, sameUse),
    smaller(pick, sameUse, constants.notably_smaller),
    freer(pick, others, constants.freedom),
  ];
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
  const [ahead, said, own] = behind ?? ["", null];
  if (!said || !others.some((other) => other.checkpoint.id === ahead)) return null;
  return { wish: "better", checkpoint: ahead, because: betterText(said, own) };
}

/** @param {Pick} pick @param {Pick[]} others @param {number} share @returns {Alternative|null} */
function smaller(pick, others, share) {
  const limit = (pick.memory_gb ?? 0) * share;
  for (const { checkpoint, memory_gb } of others) {
    if (memory_gb !== null && memory_gb <= limit) {
      const because = `${g(memory_gb)} GB against ${g(pick.memory_gb ?? 0)} GB`;
      return { wish: "smaller", checkpoint: checkpoint.id, because };
    }
  }
  return null;
}

/** @param {Pick} pick @param {Pick[]} others @param {Constants["freedom"]} freedom @returns {Alternative|null} */
function freer(pick, others, freedom) {
  if (!(freedom[pick.checkpoint.commercial_use ?? ""] ?? 1) && !pick.checkpoint.gated) return null;
  for (const other of others) {
    const because = freedomText(pick, other, freedom);
    if (because) return { wish: "freer", checkpoint: other.checkpoint.id, because };
  }
  return null;
}

/** By what one stands before another, in words about the first. @param {Precedence} said @param {boolean} [own] */
function betterText(said, own) {
  if (said.value === null) {
    return said.yardstick === LARGER ? "the larger of its series" : "its successor";
  }
  const makers = own ? ", as its maker measured" : "";
  return `${said.yardstick} ${g(said.value)} against ${g(said.next_value ?? 0)}${makers}`;
}

/** @param {Pick} pick @param {Pick} other @param {Constants["freedom"]} freedom */
function freedomText(pick, other, freedom) {
  const own = freedom[pick.checkpoint.commercial_use ?? ""];
  const theirs = freedom[other.checkpoint.commercial_use ?? ""];
  if (theirs === undefined || theirs === Math.max(...Object.values(freedom))) return "";
  const licence = other.checkpoint.licence || "licence not stated";
  if (own === undefined || theirs < own) {
    const use = (other.checkpoint.commercial_use ?? "").replaceAll("-", " ");
    const now = (pick.checkpoint.commercial_use || "not verified").replaceAll("-", " ");
    return `commercial use ${use} (${licence}), here ${now}`;
  }
  const opener = pick.checkpoint.gated && other.checkpoint.gated === false && theirs <= own;
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
