// The page: answers stand in its address, and whatever is shown follows from them. The answer is
// shown at once; what to ask next takes longer to find, and comes when it is found.

import { consider } from "./advice.js";
import { answerOf } from "./answering.js";
import { Asker } from "./asker.js";
import { allQuestions, answered, nextQuestion, taskField } from "./asking.js";
import { byId, fill, h } from "./dom.js";
import { Engine } from "./engine.js";
import { fragmentOf, readFragment } from "./fragment.js";
import { TASK } from "./model.js";
import { Contradiction, asMeant, readProfile } from "./profile.js";
import { RuleBase } from "./rulebase.js";

/** @import {Child} from "./dom.js" */
/** @import {Answers} from "./fragment.js" */
/** @import {Ask} from "./session.js" */

const DONE = "Nothing else that can be asked changes the first checkpoint.";

/** Shows the page, and shows it again whenever its address changes. */
export function start() {
  const page = new Page(byId("data").textContent ?? "{}");
  addEventListener("hashchange", () => page.show());
  page.show();
}

class Page {
  /** @param {string} data what the page is given, as text */
  constructor(data) {
    this.rulebase = new RuleBase(JSON.parse(data));
    this.engine = new Engine(this.rulebase, this.rulebase.data.priority);
    this.asker = new Asker(this.engine, data);
    /** Counts what is shown, so that a question that comes late is not shown for other answers. */
    this.shown = 0;
    /** Where the focus belongs once everything is shown. */
    this.focus = "";
    this.answer = this.take.bind(this);
  }

  /** @returns {Answers} */
  get answers() {
    return readFragment(this.rulebase, location.hash);
  }

  /**
   * Takes an answer, or null for "don't know", or takes one back; with it the answers to others.
   * @param {string} question
   * @param {string[]|null} values
   * @param {{[question: string]: string}} others
   */
  take(question, values, others = {}) {
    const { given, unknown } = this.answers;
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
    this.focus = task && values?.length === 0 ? "wanted" : "question";
    location.hash = fragmentOf(this.rulebase, next);
  }

  /** Shows what follows from the answers in the address. */
  show() {
    const number = ++this.shown;
    performance.mark("asked");
    const { rulebase, answers, answer } = this;
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
      this.settle();
      return;
    }
    const meant = asMeant(rulebase, read.profile);
    notes.push(...meant.notes.map((one) => h("p.quiet", {}, one)));
    fill(byId("given"), [answered(rulebase, answers, answer), ...notes, allQuestions(rulebase, answers, answer)]);
    try {
      fill(byId("answer"), answerOf(this.engine, consider(this.engine, meant.profile), answer));
    } catch (error) {
      if (!(error instanceof Contradiction)) throw error;
      this.refuse(error);
      return;
    }
    performance.measure("answer", "asked");
    byId("ask").setAttribute("aria-busy", "true");
    this.asker.next(meant.profile, answers.unknown, (next) => {
      if (number === this.shown) this.ask(next);
    });
  }

  /** Says which answers clash. @param {Contradiction} error */
  refuse(error) {
    fill(byId("ask"), []);
    fill(byId("answer"), [
      h("h2", { id: "headline", tabindex: "-1" }, "These answers cannot all be true"),
      h("p.warn", {}, `${error.message}.`),
      h("p", {}, `${error.hint}.`),
    ]);
    this.settle("headline");
  }

  /** Shows what to ask next. @param {Ask|null} next */
  ask(next) {
    const done = h("p.quiet", { id: "question", tabindex: "-1" }, DONE);
    fill(byId("ask"), next ? nextQuestion(this.rulebase, next, this.answer) : [done]);
    byId("ask").removeAttribute("aria-busy");
    this.settle();
  }

  /** Puts the focus where it belongs, after an answer. @param {string} instead */
  settle(instead = "") {
    const id = this.focus && (instead || this.focus);
    this.focus = "";
    if (id) document.getElementById(id)?.focus();
    document.documentElement.dataset.shown = location.hash || "#";
    performance.measure("shown", "asked");
  }
}
