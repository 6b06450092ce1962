// The way through a questionnaire, and what a question accepts: the same as `verbond.listen.answers`, for a
// kiosk without a connection. The tests put both to the same questionnaires and answers.
const own = (table, key) => (table != null && Object.hasOwn(table, key) ? table[key] : undefined);
const isTable = (one) => one !== null && typeof one === "object" && !Array.isArray(one);

function holdsOne(test, answers) {
  const answer = own(answers, test.question);
  const is = () => (Array.isArray(answer) ? answer.includes(test.value) : answer === test.value);
  switch (test.operator) {
    case "answered": return answer !== undefined;
    case "not_answered": return answer === undefined;
    case "is": return answer !== undefined && is();
    case "is_not": return answer === undefined || !is();
    case "at_least": return typeof answer === "number" && answer >= Number(test.value ?? 0);
    case "at_most": return typeof answer === "number" && answer <= Number(test.value ?? 0);
    default: throw new Error(test.operator);
  }
}

export function holds(condition, answers) {
  if (!condition) return true;
  const held = (test) => holdsOne(test, answers);
  return (condition.together ?? "all") === "all" ? condition.tests.every(held) : condition.tests.some(held);
}

// The pages that these answers lead along: what stands on one that is not asked any more counts for nothing.
export function* way(pages, answers) {
  const counted = {};
  for (const [number, page] of pages.entries()) {
    if (!holds(page.asked_if, counted)) continue;
    const asked = page.questions.filter((one) => holds(one.asked_if, counted));
    if (!asked.length) continue;
    Object.assign(counted, count(asked, answers));
    yield { number, asked };
  }
}

export function handedIn(pages, answers) {
  return Object.assign({}, ...[...way(pages, answers)].map((page) => count(page.asked, answers)));
}

function count(asked, answers) {
  const found = {};
  for (const one of asked) {
    const answer = kept(one, own(answers, one.id));
    if (answer !== undefined) found[one.id] = answer;
  }
  return found;
}

function kept(question, answer) {
  if (question.kind === "stimulus") return question.variants.includes(answer) ? answer : undefined;
  if (question.kind === "text") return typeof answer === "string" && answer ? answer : undefined;
  return read(question, answer)[0];
}

// What can be taken of what was given, and what cannot: "required", "unknown", "twice", "all", "long".
export function readAnswers(asked, given) {
  const taken = {}, problems = [];
  for (const question of asked) {
    if (question.kind === "stimulus") continue;
    let [answer, code] = read(question, own(given, question.id));
    if (answer === undefined && !code && question.required) code = "required";
    if (code) problems.push([question.id, code]);
    else if (answer !== undefined) taken[question.id] = answer;
  }
  return { taken, problems };
}

const OPEN = [undefined, ""], UNKNOWN = [undefined, "unknown"];

function read(question, given) {
  const empty = given == null || given === "" || (typeof given === "object" && !Object.keys(given).length);
  return empty ? OPEN : READERS[question.kind](question, given);
}

const SPACES = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const ENDS = new RegExp(`^${SPACES}|${SPACES}$`, "g");
const UNSOUND = /[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]/gu;

function whole(given) {
  if (Number.isInteger(given)) return given;
  const text = typeof given === "string" ? given.replace(ENDS, "") : "";
  return /^-?\d{1,6}$/.test(text) ? Number(text) : undefined;
}

const within = (number, low, high) => number !== undefined && number >= low && number <= high;
const list = (given) => (Array.isArray(given) ? given : [given]);

const READERS = {
  scale(question, given) {
    const number = whole(given);
    return within(number, question.min, question.max) ? [number, ""] : UNKNOWN;
  },
  choice: (question, given) => (question.options.includes(given) ? [given, ""] : UNKNOWN),
  several(question, given) {
    const chosen = list(given);
    if (chosen.some((one) => !question.options.includes(one))) return UNKNOWN;
    return [question.options.filter((one) => chosen.includes(one)), ""];
  },
  ranking(question, given) {
    const order = list(given);
    if (order.some((one) => !question.options.includes(one))) return UNKNOWN;
    if (new Set(order).size < order.length) return [undefined, "twice"];
    return order.length === question.options.length ? [order, ""] : [undefined, "all"];
  },
  text(question, given) {
    if (typeof given !== "string") return UNKNOWN;
    const words = given.replace(/\r\n?/g, "\n").replace(UNSOUND, "").replace(ENDS, "");
    if ([...words].length > question.longest) return [undefined, "long"];
    return words ? [words, ""] : OPEN;
  },
  values(question, given) {
    if (!isTable(given) || Object.keys(given).some((side) => !question.sides.includes(side))) return UNKNOWN;
    const taken = {};
    for (const [side, numbers] of Object.entries(given)) {
      if (!isTable(numbers) || Object.keys(numbers).some((one) => !question.values.includes(one))) return UNKNOWN;
      for (const [value, number] of Object.entries(numbers)) {
        if (number === null || number === "") continue;
        const n = whole(number);
        if (!within(n, question.min, question.max)) return UNKNOWN;
        (taken[side] ??= {})[value] = n;
      }
    }
    return Object.keys(taken).length ? [taken, ""] : OPEN;
  },
};
