// The lower half of the page: the answer, its reasons, what would change it, and how to go on.

import { assumed, told } from "./advice.js";
import { copied, h, link } from "./dom.js";
import { hubPage, pageOf } from "./rulebase.js";
import { certainty, familyName, joined, lostOn, memory, optionLabel, standing } from "./words.js";

/** @import {Advice} from "./advice.js" */
/** @import {Answer} from "./asking.js" */
/** @import {Child} from "./dom.js" */
/** @import {Engine} from "./engine.js" */
/** @import {RuleBase} from "./rulebase.js" */
/** @import {Shown} from "./words.js" */

const SHOWN_CHECKPOINTS = 4;
const SHOWN_CLOSEST = 3;

/**
 * Returns the answer as children of its section.
 * @param {Engine} engine
 * @param {ReturnType<typeof import("./advice.js").consider>} considered
 * @param {Answer} answer
 * @returns {Child[]}
 */
export function answerOf(engine, considered, answer) {
  const { rulebase } = engine;
  const advice = told(engine, considered, SHOWN_CHECKPOINTS);
  const further = considered.selection.picks.length - advice.checkpoints.length;
  const rest = () => told(engine, considered).checkpoints.slice(SHOWN_CHECKPOINTS);
  const open = assumed(engine, advice);
  return [
    ...headline(rulebase, advice, open.length),
    race(rulebase, advice),
    ...checkpoints(rulebase, advice, further, rest),
    ...changes(rulebase, advice, answer),
    ...assumptions(rulebase, open),
    ...program(advice),
    h("h2", {}, "The same on the command line"),
    copied(advice.command, "the command"),
    h("h2", {}, "Every family, and why"),
    ...advice.assessments.map((one) => assessment(rulebase, one)),
  ];
}

/** @param {RuleBase} rulebase @param {Advice} advice @param {number} open @returns {Child[]} */
function headline(rulebase, advice, open) {
  const [first] = advice.checkpoints;
  const { elsewhere } = advice;
  if (advice.family === null) {
    const name = elsewhere?.checkpoints[0];
    const text = name ? link(pageFor(rulebase, name), name) : elsewhere ? `Hub task ${elsewhere.task}` : "None of the families fits";
    const more = elsewhere?.checkpoints.slice(1) ?? [];
    return [
      head(text, [elsewhere ? `Hub task ${elsewhere.task}` : "", "none of the families does this"]),
      elsewhere && h("p", {}, elsewhere.why, cited(rulebase, elsewhere.sources)),
      more.length ? h("p", {}, "Also: ", ...more.flatMap((one, n) => [n ? ", " : "", link(pageFor(rulebase, one), one)])) : null,
    ];
  }
  if (!first) {
    const family = familyName(rulebase, advice.family);
    const sure = advice.outcome === "decided" ? "certain" : "assumed";
    const near = [...advice.closest, ...advice.unverified.map((one) => ({ id: one.id, lacks: one.not_verified }))];
    return [
      head("No catalogued checkpoint meets what you ask for", [family, sure]),
      near.length
        ? h("ul", {}, ...near.slice(0, SHOWN_CLOSEST).map((one) => h("li", {}, `closest: ${one.id}: ${one.lacks.join("; ")}`)))
        : null,
      advice.compose ? h("p", {}, "Join an encoder and a decoder of your choice, and train that.") : null,
      detour(rulebase, advice),
    ];
  }
  const name = familyName(rulebase, first.family);
  const family = first.network ? `${first.network}, listed with ${name}` : name;
  const doubt = [...first.not_verified, ...first.measured_poor].join("; ");
  const notes = [first.use === "as-is" ? "" : `to ${first.use}`, family, doubt || certainty(rulebase, advice, open)];
  const right = advice.next_family ? familyName(rulebase, advice.family) : "";
  const why = reason(advice);
  return [
    head(link(first.model_page, first.id), notes),
    right ? h("p", {}, `${right} would be right, but has nothing that meets what you ask for.`) : null,
    why ? h("p", {}, why) : null,
    detour(rulebase, advice),
  ];
}

/** @param {Node|string} text @param {string[]} notes */
const head = (text, notes) =>
  h("div.headline", {}, h("h2.first", { id: "headline", tabindex: "-1" }, text), h("p", {}, notes.filter(Boolean).join(" · ")));

/** Why the family, in the first reason that decided. @param {Advice} advice */
function reason(advice) {
  const winner = advice.assessments.find((one) => one.family === (advice.next_family ?? advice.family));
  if (!winner) return "";
  const prefers = winner.findings.find((one) => one.decisive && one.effect === "prefer");
  if (prefers) return prefers.because;
  if (winner.fit && (winner.fit.fit === "best" || winner.fit.fit === "good")) return winner.fit.because;
  return winner.findings[0]?.because ?? "";
}

/** @param {RuleBase} rulebase @param {Advice} advice */
function detour(rulebase, { elsewhere }) {
  if (!elsewhere) return null;
  const ids = elsewhere.checkpoints.flatMap((one, n) => [n ? ", " : ": ", link(pageFor(rulebase, one), one)]);
  return h("p", {}, `Or Hub task ${elsewhere.task}`, ...ids, ". ", elsewhere.why, cited(rulebase, elsewhere.sources));
}

/** Who can still win. @param {RuleBase} rulebase @param {Advice} advice */
function race(rulebase, advice) {
  const names = advice.possible.map((one) => familyName(rulebase, one));
  const text = names.length > 1 ? "Still in the race: " : "Whatever else you answer, it is ";
  return h("p", { id: "race" }, text, h("b", {}, joined(names).replace(" or ", names.length > 1 ? " and " : " or ")), ".");
}

/**
 * The first checkpoints, and the others as soon as somebody wants to see them.
 * @param {RuleBase} rulebase
 * @param {Advice} advice
 * @param {number} further
 * @param {() => Shown[]} rest
 * @returns {Child[]}
 */
function checkpoints(rulebase, advice, further, rest) {
  const { checkpoints: all, ladder } = advice;
  if (!all.length) return [];
  const steps = ladder.filter((rung, n) => rung.checkpoint && rung.checkpoint !== ladder[n + 1]?.checkpoint);
  const others = h("ol.checkpoints", { start: SHOWN_CHECKPOINTS + 1 });
  const show = () => {
    if (!others.hasChildNodes()) others.append(...rest().map((one) => checkpoint(rulebase, one)));
  };
  return [
    h("h2", {}, "Checkpoints, best first"),
    steps.length > 1
      ? h(
          "p",
          {},
          "Best by memory: ",
          ...steps.flatMap((rung, n) => [
            n ? "; " : "",
            rung.up_to_gb === null ? "without a limit " : `up to ${rung.up_to_gb} GB `,
            link(pageFor(rulebase, rung.checkpoint ?? ""), rung.checkpoint ?? ""),
          ]),
        )
      : null,
    h("ol.checkpoints", {}, ...all.map((one) => checkpoint(rulebase, one))),
    further ? h("details", { toggle: show }, h("summary", {}, `${further} more`), others) : null,
    advice.fallen.length
      ? h(
          "details",
          {},
          h("summary", {}, `${advice.fallen.length} that fell out`),
          h("ul", {}, ...advice.fallen.map((one) => h("li", {}, `${one.id}: ${one.lacks.join("; ")}`))),
        )
      : null,
  ];
}

/** @param {RuleBase} rulebase @param {Shown} one */
function checkpoint(rulebase, one) {
  const facts = [
    `place ${one.place}`,
    one.use === "as-is" ? "" : `to ${one.use}`,
    memory(rulebase, one),
    one.licence ?? "licence unknown",
    one.gated ? "gated" : "",
  ];
  const doubts = [...one.not_verified, ...one.measured_poor, ...one.inferred];
  return h(
    "li",
    {},
    h("div", {}, link(one.model_page, one.id), h("small", {}, ` ${facts.filter(Boolean).join(" · ")}`)),
    h("div.quiet", {}, standing(one), one.before_next?.source ? cited(rulebase, [one.before_next.source]) : null),
    doubts.length ? h("div.warn", {}, doubts.join("; ")) : null,
    ...one.findings.map((rule) => h("div.quiet", {}, rule.because, cited(rulebase, rule.sources))),
    ...one.try_next.map((next) => h("div.quiet", {}, `${next.wish}: ${next.checkpoint}, ${next.because}`)),
  );
}

/** @param {RuleBase} rulebase @param {Advice} advice @param {Answer} answer @returns {Child[]} */
function changes(rulebase, advice, answer) {
  if (!advice.changes.length) return [];
  const rows = advice.changes.map((flip) => {
    const words = Object.entries(flip.answers).map(([id, option]) => `${rulebase.question(id).ask} ${optionLabel(rulebase, id, option)}`);
    const [id, ...more] = Object.keys(flip.answers);
    const others = Object.fromEntries(more.map((one) => [one, flip.answers[one]]));
    return h(
      "li",
      {},
      h("button.option", { type: "button", click: () => answer(id, [flip.answers[id]], others) }, words.join(" · ")),
      h("span", {}, h("span.quiet", {}, " then "), familyName(rulebase, flip.family)),
    );
  });
  return [h("h2", {}, "What would change it"), h("ul.options.changes", {}, ...rows)];
}

/** @param {RuleBase} rulebase @param {ReturnType<typeof assumed>} open @returns {Child[]} */
function assumptions(rulebase, open) {
  if (!open.length) return [];
  const rows = open.map(([id, one]) =>
    h("li", {}, h("span.quiet", {}, `${rulebase.question(id).ask} `), optionLabel(rulebase, id, one.options[0])),
  );
  return [h("h2", {}, "Assumed, as nobody said otherwise"), h("ul", {}, ...rows)];
}

/** @param {Advice} advice @returns {Child[]} */
function program(advice) {
  if (!advice.snippet) return [];
  return [h("h2", {}, "The program"), copied(advice.snippet, "the program")];
}

/** @param {RuleBase} rulebase @param {Advice["assessments"][number]} one */
function assessment(rulebase, one) {
  const rows = one.findings.map((found) => {
    const kind = found.effect === "prefer" ? "for" : "against";
    return h(`li.${kind}`, {}, found.decisive ? h("b", {}, found.because) : found.because, cited(rulebase, found.sources));
  });
  if (one.fit && !one.findings.some((found) => found.because === one.fit?.because)) rows.push(h("li.plain", {}, `As for the task, ${one.fit.fit}: ${one.fit.because}`, cited(rulebase, one.fit.sources)));
  return h(
    "div",
    {},
    h("h3", {}, familyName(rulebase, one.family), " ", h(`span.verdict.${one.verdict}`, {}, one.verdict)),
    one.lost_on ? h("p.quiet", {}, lostOn(rulebase, one.lost_on)) : null,
    h("ul.items", {}, ...rows),
  );
}

/** The page of a checkpoint, be it catalogued or not. @param {RuleBase} rulebase @param {string} id */
function pageFor(rulebase, id) {
  const known = rulebase.families.flatMap((family) => rulebase.catalogue(family.id)).find((one) => one.id === id);
  return known ? pageOf(known) : hubPage(id);
}

/** Sources as links. @param {RuleBase} rulebase @param {string[]} sources */
function cited(rulebase, sources) {
  const links = sources.flatMap((id, n) => {
    const [title, address] = rulebase.data.sources[id] ?? [id, null];
    return [n ? ", " : " ", address ? link(address, title) : title];
  });
  return h("small.sources", {}, ...links);
}
