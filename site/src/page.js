// The page: answers stand in its address, and whatever is shown follows from them.

import { advise } from "./advice.js";
import { answerOf } from "./answering.js";
import { allQuestions, answered, nextQuestion, taskField } from "./asking.js";
import { byId, fill, h } from "./dom.js";
import { Engine } from "./engine.js";
import { fragmentOf, readFragment } from "./fragment.js";
import { TASK } from "./model.js";
import { Contradiction, asMeant, readProfile } from "./profile.js";
import { RuleBase } from "./rulebase.js";
import { Interview } from "./session.js";

/** @import {Child} from "./dom.js" */
/** @import {Answers} from "./fragment.js" */
/** @import {Profile} from "./profile.js" */

const rulebase = new RuleBase(JSON.parse(byId("data").textContent ?? "{}"));
const engine = new Engine(rulebase, rulebase.data.priority);
const interview = new Interview(engine);
/** Counts what is shown, so that a question that comes late is not shown for other answers. */
let shown = 0;
/** Where the focus belongs after the next question is shown. */
let focus = "";

/** @returns {Answers} */
const present = () => readFragment(rulebase, location.hash);

/**
 * Takes an answer, or null for "don't know", or takes one back; with it the answers to others.
 * @param {string} question
 * @param {string[]|null} values
 * @param {{[question: string]: string}} others
 */
function answer(question, values, others = {}) {
  const { given, unknown } = present();
  const task = question === TASK;
  /** @type {Answers} */
  const next = {
    given: task ? {} : { ...given },
    unknown: task ? [] : unknown.filter((id) => id !== question && !(id in others)),
  };
  delete next.given[question];
  if (values === null) next.unknown.push(question);
  else if (values.length) next.given[question] = values;
  for (const [id, option] of Object.entries(others)) next.given[id] = [option];
  focus = task && values?.length === 0 ? "wanted" : "question";
  location.hash = fragmentOf(rulebase, next);
}

/** Shows what follows from the answers in the address. */
function show() {
  const number = ++shown;
  performance.mark("asked");
  const answers = present();
  const read = readProfile(rulebase, answers.given);
  const task = read.profile[TASK];
  /** @type {Child[]} */
  const notes = read.unknown.map((one) => h("p.warn", {}, `\`${one}\` is not known here; it is left out.`));
  if (task && task.options.length > 1) {
    notes.push(h("p.warn", {}, "The page answers for one task; the command line takes several at once."));
    task.options.length = 1;
  }
  document.body.classList.toggle("answered", !!task);
  if (!task) {
    fill(byId("ask"), [...notes, ...taskField(rulebase, answer)]);
    for (const id of ["given", "answer"]) fill(byId(id), []);
    settle();
    return;
  }
  const meant = asMeant(rulebase, read.profile);
  notes.push(...meant.notes.map((one) => h("p.quiet", {}, one)));
  fill(byId("given"), [answered(rulebase, answers, answer), ...notes, allQuestions(rulebase, answers, answer)]);
  try {
    fill(byId("answer"), answerOf(engine, advise(engine, meant.profile), answer));
  } catch (error) {
    if (!(error instanceof Contradiction)) throw error;
    fill(byId("ask"), []);
    fill(byId("answer"), [
      h("h2", { id: "headline", tabindex: "-1" }, "These answers cannot all be true"),
      h("p.warn", {}, `${error.message}.`),
      h("p", {}, `${error.hint}.`),
    ]);
    settle("headline");
    return;
  }
  byId("ask").setAttribute("aria-busy", "true");
  performance.measure("answer", "asked");
  setTimeout(() => ask(number, meant.profile, answers.unknown));
}

/** Shows what to ask next, once the answer is on the screen. @param {number} number @param {Profile} profile @param {string[]} unknown */
function ask(number, profile, unknown) {
  if (number !== shown) return;
  const next = interview.next(profile, unknown);
  const done = h("p.quiet", { id: "question", tabindex: "-1" }, "Nothing else that can be asked changes the first checkpoint.");
  fill(byId("ask"), next ? nextQuestion(rulebase, next, answer) : [done]);
  byId("ask").removeAttribute("aria-busy");
  settle();
}

/** Puts the focus where it belongs, after an answer. @param {string} instead */
function settle(instead = "") {
  const id = focus && (instead || focus);
  focus = "";
  if (id) document.getElementById(id)?.focus();
  document.documentElement.dataset.shown = location.hash || "#";
  performance.measure("shown", "asked");
}

addEventListener("hashchange", show);
show();
