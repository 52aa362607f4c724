// The upper half of the page: the task, what was answered, and the one next question.

import { quoted } from "./commands.js";
import { h } from "./dom.js";
import { TASK } from "./model.js";
import { called, typed } from "./rulebase.js";
import { searched } from "./search.js";
import { familyName, optionLabel } from "./words.js";

/** @import {Child} from "./dom.js" */
/** @import {Answers} from "./fragment.js" */
/** @import {Option, Question, Task} from "./model.js" */
/** @import {RuleBase} from "./rulebase.js" */
/** @import {Ask} from "./session.js" */
/** @typedef {(question: string, values: string[]|null, answers?: {[question: string]: string}) => void} Answer null is "don't know", nothing takes an answer back */

const SHOWN_TASKS = 6;
const UNKNOWN = "unknown";

/**
 * Returns the field for the task, and the tasks that are meant by what is typed there.
 * @param {RuleBase} rulebase
 * @param {Answer} answer
 * @returns {Child[]}
 */
export function taskField(rulebase, answer) {
  const found = h("div", { id: "found", "aria-live": "polite" });
  const input = /** @type {HTMLInputElement} */ (
    h("input", {
      id: "wanted",
      type: "search",
      autocomplete: "off",
      spellcheck: "false",
      placeholder: "captions, read receipts, find photos …",
      input: show,
      keydown: (/** @type {KeyboardEvent} */ event) => {
        const [first] = searched(rulebase, input.value);
        if (event.key === "Enter" && first) choose(first);
      },
    })
  );
  /** @param {Task} task */
  const choose = (task) => {
    const word = task.words[input.value.trim().toLowerCase().replaceAll(" ", "-")];
    answer(TASK, [task.id], word ?? {});
  };
  /** @param {Task} task */
  const row = (task) =>
    h(
      "li",
      {},
      h("button.option", { type: "button", click: () => choose(task) }, h("b", {}, task.name), ` ${task.description}`),
    );
  function show() {
    const tasks = searched(rulebase, input.value);
    if (!input.value.trim()) found.replaceChildren(...grouped(rulebase, row));
    else if (tasks.length) found.replaceChildren(h("ul.options", {}, ...tasks.slice(0, SHOWN_TASKS).map(row)), ...alone(tasks));
    else found.replaceChildren(h("p.quiet", {}, "No task is called so. Other words may help, or the list that an empty field shows."));
  }
  /** What of a sentence is read here, where it is more than the name of a task. @param {Task[]} tasks */
  function alone(tasks) {
    const words = input.value.trim().split(/\s+/);
    if (words.length < 2 || tasks.some((task) => task.name.toLowerCase() === words.join(" ").toLowerCase())) return [];
    const command = h("code", {}, `advisor ${quoted(words.join(" "))}`);
    return [h("p.quiet", {}, "Only the task is read from your words here; ", command, " reads all of them.")];
  }
  show();
  return [h("h2", {}, h("label", { for: "wanted" }, rulebase.question(TASK).ask)), input, found];
}

/**
 * All tasks, under what people say they do.
 * @param {RuleBase} rulebase
 * @param {(task: Task) => HTMLElement} row
 */
function grouped(rulebase, row) {
  const taken = new Set(rulebase.groups.flatMap((group) => group.tasks));
  const rest = rulebase.tasks.filter((task) => !taken.has(task.id)).map((task) => task.id);
  const groups = [...rulebase.groups, { label: rulebase.groups.length ? "something else" : "all tasks", tasks: rest }];
  return groups
    .filter((group) => group.tasks.length)
    .map((group) =>
      h(
        "details",
        {},
        h("summary", {}, group.label),
        h("ul.options", {}, ...group.tasks.map((id) => row(rulebase.task(id)))),
      ),
    );
}

/**
 * Returns what was answered, each with a button that takes it back.
 * @param {RuleBase} rulebase
 * @param {Answers} answers
 * @param {Answer} answer
 * @returns {Child}
 */
export function answered(rulebase, { given, unknown }, answer) {
  const rows = rulebase.questions
    .filter((one) => one.id in given || unknown.includes(one.id))
    .map((one) => {
      const values = given[one.id]?.map((value) => optionLabel(rulebase, one.id, value)) ?? ["don't know"];
      const name = one.id === TASK ? "Task" : one.ask;
      const undo = h("button.undo", { type: "button", click: () => answer(one.id, []), "aria-label": `change: ${name}` }, "change");
      return h("li", {}, h("span.quiet", {}, `${name} `), h("b", {}, values.join(one.many ? " and " : " or ")), " ", undo);
    });
  return h("ul.given", {}, ...rows);
}

/**
 * Returns the next question with its options, "don't know", and why it is asked.
 * @param {RuleBase} rulebase
 * @param {Ask} ask
 * @param {Answer} answer
 * @returns {Child[]}
 */
export function nextQuestion(rulebase, ask, answer) {
  const question = rulebase.question(ask.question);
  const race = new Set(Object.values(ask.winners).flat());
  const buttons = ask.options.map((option) => {
    const winners = ask.winners[option].map((one) => familyName(rulebase, one)).join(", ");
    return h(
      "li",
      {},
      h(
        "button.option",
        { type: "button", click: () => answer(question.id, [option]) },
        optionLabel(rulebase, question.id, option),
        race.size > 1 ? h("small", {}, ` ${winners}`) : null,
      ),
    );
  });
  return [
    h("h2", { id: "question", tabindex: "-1" }, question.ask),
    h("ul.options", { "aria-labelledby": "question" }, ...buttons),
    question.unit ? numberField(question, answer) : null,
    ...question.options.filter((one) => ask.options.includes(one.id)).map((one) => coveredField(question, one, answer)),
    h("button.option.unknown", { type: "button", click: () => answer(question.id, null) }, "I don't know"),
    h("details", {}, h("summary", {}, "Why do you ask?"), h("p", {}, question.why)),
  ];
}

/** @param {Question} question @param {Answer} answer */
function numberField(question, answer) {
  const input = /** @type {HTMLInputElement} */ (
    h("input", { id: "number", type: "number", min: "0", step: "any", inputmode: "decimal" })
  );
  return h(
    "form.number",
    {
      submit: (/** @type {Event} */ event) => {
        event.preventDefault();
        if (input.value) answer(question.id, [input.value]);
      },
    },
    h("label", { for: "number" }, `or a number of ${question.unit}: `),
    input,
    h("button.option", { type: "submit" }, "Take it"),
  );
}

/**
 * Returns a field to name one of the things that an option covers; nothing where it covers none.
 * @param {Question} question
 * @param {Option} option
 * @param {Answer} answer
 */
function coveredField(question, option, answer) {
  if (!Object.keys(option.covers).length) return null;
  const select = /** @type {HTMLSelectElement} */ (
    h("select", { id: `covered-${option.id}` }, h("option", { value: "" }, "name it"), ...coveredChoices(option, ""))
  );
  select.addEventListener("change", () => select.value && answer(question.id, [select.value]));
  return h("p", {}, h("label", { for: select.id }, `${option.label}: `), select);
}

/** @param {Option} option @param {string} present */
const coveredChoices = (option, present) =>
  Object.keys(option.covers)
    .sort((one, other) => (called(option, one) < called(option, other) ? -1 : 1))
    .map((name) => h("option", { value: name, selected: name === present }, called(option, name)));

/**
 * Returns every question as a list to choose from, for those who know what they want.
 * @param {RuleBase} rulebase
 * @param {Answers} answers
 * @param {Answer} answer
 * @returns {Child}
 */
export function allQuestions(rulebase, { given, unknown }, answer) {
  const rows = rulebase.questions
    .filter((one) => one.id !== TASK)
    .map((one) => {
      const present = given[one.id]?.join() ?? (unknown.includes(one.id) ? UNKNOWN : "");
      const known = one.options.map((option) => option.id);
      const choices = [["", "not answered"], [UNKNOWN, "I don't know"], ...one.options.map((option) => [option.id, option.label])];
      const covering = one.options.filter((option) => Object.keys(option.covers).length);
      const covered = covering.some((option) => present in option.covers);
      if (present && present !== UNKNOWN && !known.includes(present) && !covered) choices.push([present, present]);
      const select = /** @type {HTMLSelectElement} */ (
        h(
          "select",
          { id: `all-${one.id}` },
          ...choices.map(([value, label]) => h("option", { value, selected: value === present }, label)),
          ...covering.map((option) => h("optgroup", { label: option.label }, ...coveredChoices(option, present))),
        )
      );
      select.addEventListener("change", () =>
        answer(one.id, select.value === UNKNOWN ? null : select.value ? [select.value] : []),
      );
      return h("p", {}, h("label", { for: select.id }, one.ask, h("small", {}, ` --${typed(one)}`)), select);
    });
  return h("details", { id: "all" }, h("summary", {}, "All questions"), ...rows);
}
