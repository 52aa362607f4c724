// The lines of Python that run a checkpoint for a task, and its prompts: advisor/decide/programs.py.

import { g } from "./numbers.js";

/** @import {Checkpoint, Program} from "./model.js" */
/** @import {RuleBase} from "./rulebase.js" */
/** @typedef {{[question: string]: string}} Options */

const AS_IS = "as-is";
const FINE_TUNE = "fine-tune";

const ASKED = /^ *\{"type": "text", "text": "\{prompt\}"\},\n/gm;
const SWITCH = /^ *\{(no-)?thinking\}\n/gm;
const PLACE = /\{([a-z-]+)\|([^}]*)\}/g;

/**
 * Returns the program that runs or trains a checkpoint; null where advisor knows no safe way.
 * @param {RuleBase} rulebase
 * @param {Checkpoint} checkpoint
 * @param {string} task
 * @param {Options} answers
 * @param {string} use
 * @returns {string|null}
 */
export function snippet(rulebase, checkpoint, task, answers, use) {
  const program = programFor(rulebase, checkpoint, task, use);
  const { loading } = rulebase.constants;
  let code;
  const thinks = checkpoint.thinking === "on-by-default" || checkpoint.thinking === "always";
  const { thinking_switch: argument } = checkpoint;
  if (program) code = (thinks && program.thinking_code) || program.code;
  else if (use !== AS_IS) return null;
  else if (checkpoint.loader === "open_clip") code = loading.open_clip;
  else if (checkpoint.loader === "transformers" && checkpoint.model_class) {
    code = checkpoint.processor ? loading.processor : loading.parts;
  } else return null;
  const name = checkpoint.model_class ?? "";
  const processor = checkpoint.processor || "AutoProcessor";
  const places = {
    names: [name, processor].sort().join(", "),
    class: name,
    processor,
    dtype: rulebase.data.weighed[checkpoint.id].dtype,
    checkpoint: checkpoint.id,
    prompt: literal(promptFor(rulebase, checkpoint, task, answers) ?? ""),
    thinking: thinks && argument ? `${argument}=True,` : "",
    "no-thinking": thinks && argument ? `${argument}=False,  # the figures are with thinking` : "",
    marks: `[${checkpoint.answer_marks.map((mark) => JSON.stringify(mark)).join(", ")}]`,
    texts: checkpoint.text_case === "lower" ? "[text.lower() for text in texts]" : "texts",
    pipeline: checkpoint.pipelines[task] ?? "",
    ...memoryWords(rulebase, checkpoint),
  };
  if (checkpoint.prompts[task] === "") code = code.replace(ASKED, "");
  if (!places.thinking) code = code.replace(SWITCH, "");
  code = code.replaceAll('"{prompt}"', "{prompt}");
  for (const [place, words] of Object.entries(places)) code = code.replaceAll(`{${place}}`, () => words);
  const chosen = rulebase.questions.flatMap((one) => one.options.filter((option) => answers[one.id] === option.id));
  const first = chosen.flatMap((option) => (option.of_programs ? [`# ${option.of_programs}\n`] : []));
  return first.join("") + pinned(code, checkpoint.revision);
}

/** A text as Python writes it in code. @param {string} text */
function literal(text) {
  const written = text.includes("\n") ? `'${JSON.stringify(text).slice(1, -1)}'` : JSON.stringify(text);
  return written.replaceAll("##", "#\\x23");
}

/** @param {string} code @param {string|null} revision */
function pinned(code, revision) {
  if (revision === null) return code;
  return code
    .replaceAll(".from_pretrained(name", ".from_pretrained(name, revision=revision")
    .replace(/^(name = "(?!hf-hub:).*")$/gm, `$1\nrevision = "${revision}"`);
}

/**
 * Returns the prompt for a task, as the snippet has it; null where none is known.
 * @param {RuleBase} rulebase
 * @param {Checkpoint} checkpoint
 * @param {string} task
 * @param {Options} answers
 */
export function promptFor(rulebase, checkpoint, task, answers) {
  const program = programFor(rulebase, checkpoint, task, AS_IS);
  const own = checkpoint.prompts[task] ?? null;
  if (own !== null || !program) return own;
  /** @type {Options} */
  const words = {};
  for (const [question, options] of Object.entries(program.says)) {
    const word = options[answers[question] ?? ""];
    if (word !== undefined) words[question] = word;
  }
  const prompt = program.prompts[task];
  return prompt ? prompt.replace(PLACE, (_, place, text) => words[place] ?? text) : null;
}

/**
 * Returns what the program for a checkpoint does under answers: it trains where they allow it, the
 * catalogue does not say that it can be trained, and a program may do so.
 * @param {RuleBase} rulebase
 * @param {Checkpoint} checkpoint
 * @param {string} task
 * @param {Options} answers
 * @param {string} use
 */
export function useOf(rulebase, checkpoint, task, answers, use) {
  const may = use === AS_IS && mayTrain(rulebase, answers) && !checkpoint.fine_tune.includes(task);
  return may && programFor(rulebase, checkpoint, task, FINE_TUNE) ? FINE_TUNE : use;
}

/** True where answers say that training is possible. @param {RuleBase} rulebase @param {Options} answers */
function mayTrain(rulebase, answers) {
  const chosen = rulebase.questions
    .flatMap((question) => question.options.filter((option) => answers[question.id] === option.id))
    .map((option) => option.uses)
    .filter((uses) => uses.length);
  return chosen.length > 0 && chosen.every((uses) => uses.includes(FINE_TUNE));
}

/** What training takes, as comments of programs say it. @param {RuleBase} rulebase @param {Checkpoint} checkpoint */
function memoryWords(rulebase, checkpoint) {
  const known = rulebase.training(checkpoint);
  const said = (/** @type {number} */ gb) => `about ${g(gb)} GB of memory`;
  return {
    "memory-full": known ? said(known.full_gb) : "unknown memory",
    "memory-lora": known ? said(known.lora_gb) : "unknown memory",
  };
}

/**
 * Returns the first program for a checkpoint, a task and a use.
 * @param {RuleBase} rulebase
 * @param {Checkpoint} checkpoint
 * @param {string} task
 * @param {string} use
 * @returns {Program|undefined}
 */
function programFor(rulebase, checkpoint, task, use) {
  if (checkpoint.loader === "transformers" && !checkpoint.model_class) return undefined;
  const allows = (/** @type {string[]} */ among, /** @type {string} */ one) => !among.length || among.includes(one);
  return rulebase.programs.find(
    (program) =>
      program.use === use &&
      program.loader === checkpoint.loader &&
      allows(program.classes, checkpoint.model_class ?? "") &&
      allows(program.processors, checkpoint.processor ?? "") &&
      allows(program.tasks, task),
  );
}
