import { UsageError } from "../base/index.ts";

/** What a row says of a dimension, `metric` and `unit` included; undefined: it has no such dimension. */
export type WordOf = (dimension: string) => string | undefined;

/** Whether a row is wanted. */
export type RowFilter = (wordOf: WordOf) => boolean;

interface Token {
  readonly kind: "(" | ")" | "-" | "OR" | "AND" | "term" | "end";
  readonly at: number;
  readonly dimension?: string;
  readonly matches?: (word: string) => boolean;
}

/** Longest filter, and deepest nesting: a filter is written by hand. */
const maxLength = 2000;
const maxDepth = 50;

const name = /^[A-Za-z_][\w.-]*/;

function fail(text: string, at: number, what: string): never {
  throw new UsageError(`filter "${text.slice(0, 100)}": ${what} at character ${at + 1}`, {
    hint: "for example `phase:kexec vm:/^db/ -step:decompress`, with OR and ( ) where wanted",
  });
}

/** The pattern that stands between slashes, and where it ends. */
function readPattern(text: string, start: number): { readonly source: string; readonly end: number } {
  let source = "";
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at]!;
    if (character === "/") return { source, end: at + 1 };
    if (character === "\\" && text[at + 1] === "/") {
      source += "/";
      at++;
    } else source += character;
  }
  return fail(text, start, "a / without its end");
}

function readQuoted(text: string, start: number): { readonly word: string; readonly end: number } {
  let word = "";
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '"') return { word, end: at + 1 };
    if (text[at] === "\\" && at + 1 < text.length) at++;
    word += text[at]!;
  }
  return fail(text, start, 'a " without its end');
}

function compile(text: string, at: number, source: string): RegExp {
  try {
    return new RegExp(source, "u");
  } catch {
    return fail(text, at, `no regular expression: ${source.slice(0, 60)}`);
  }
}

interface Value {
  readonly matches: (word: string) => boolean;
  readonly end: number;
}

/** A word, "a text", /a pattern/ or * for any. */
function readValue(text: string, start: number): Value {
  if (text[start] === "/") {
    const { source, end } = readPattern(text, start);
    const pattern = compile(text, start, source);
    return { matches: (word) => pattern.test(word), end };
  }
  if (text[start] === '"') {
    const { word: wanted, end } = readQuoted(text, start);
    return { matches: (word) => word === wanted, end };
  }
  const wanted = /^[^\s()"]+/.exec(text.slice(start))?.[0];
  if (wanted === undefined) return fail(text, start, "a value is missing");
  return { matches: wanted === "*" ? () => true : (word) => word === wanted, end: start + wanted.length };
}

/** (one OR other): values of the same dimension. */
function readValues(text: string, start: number): Value {
  if (text[start] !== "(") return readValue(text, start);
  const all: Value["matches"][] = [];
  let at = start + 1;
  for (;;) {
    at += /^\s*/.exec(text.slice(at))![0].length;
    const { matches, end } = readValue(text, at);
    all.push(matches);
    at = end + /^\s*/.exec(text.slice(end))![0].length;
    if (text[at] === ")") return { matches: (word) => all.some((each) => each(word)), end: at + 1 };
    if (!/^OR\s/.test(text.slice(at))) fail(text, at, "OR or ) is missing");
    at += 2;
  }
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const space = /^[\s,]+/.exec(rest)?.[0];
    const sign = /^[()-]/.exec(rest)?.[0] as "(" | ")" | "-" | undefined;
    const word = /^(OR|AND)(?=[\s()]|$)/.exec(rest)?.[0] as "OR" | "AND" | undefined;
    if (space !== undefined) at += space.length;
    else if (sign !== undefined) tokens.push({ kind: sign, at: at++ });
    else if (word !== undefined) {
      tokens.push({ kind: word, at });
      at += word.length;
    } else {
      const dimension = name.exec(rest)?.[0];
      if (dimension === undefined || rest[dimension.length] !== ":") fail(text, at, "dimension:value is expected");
      const { matches, end } = readValues(text, at + dimension.length + 1);
      tokens.push({ kind: "term", at, dimension, matches });
      at = end;
    }
  }
  return [...tokens, { kind: "end", at: text.length }];
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #dimensions = new Set<string>();
  #next = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  parse(): { readonly keeps: RowFilter; readonly dimensions: ReadonlySet<string> } {
    const keeps = this.#peek().kind === "end" ? () => true : this.#any();
    if (this.#peek().kind !== "end") fail(this.#text, this.#peek().at, "a filter that goes on here is not understood");
    return { keeps, dimensions: this.#dimensions };
  }

  #peek(): Token {
    return this.#tokens[this.#next]!;
  }

  #any(): RowFilter {
    if (++this.#depth > maxDepth) fail(this.#text, this.#peek().at, "too many brackets");
    const parts = [this.#all()];
    while (this.#peek().kind === "OR") {
      this.#next++;
      parts.push(this.#all());
    }
    this.#depth--;
    return (wordOf) => parts.some((part) => part(wordOf));
  }

  #all(): RowFilter {
    const parts = [this.#one()];
    for (;;) {
      const { kind } = this.#peek();
      if (kind === "AND") this.#next++;
      else if (kind !== "term" && kind !== "(" && kind !== "-") break;
      parts.push(this.#one());
    }
    return (wordOf) => parts.every((part) => part(wordOf));
  }

  #one(): RowFilter {
    const token = this.#peek();
    this.#next++;
    if (token.kind === "-") {
      if (++this.#depth > maxDepth) fail(this.#text, token.at, "too many signs");
      const inner = this.#one();
      this.#depth--;
      return (wordOf) => !inner(wordOf);
    }
    if (token.kind === "(") {
      const inner = this.#any();
      if (this.#peek().kind !== ")") fail(this.#text, this.#peek().at, ") is missing");
      this.#next++;
      return inner;
    }
    const { dimension, matches } = token;
    if (dimension === undefined || matches === undefined) return fail(this.#text, token.at, "a term is missing");
    this.#dimensions.add(dimension);
    return (wordOf) => {
      const word = wordOf(dimension);
      return word !== undefined && matches(word);
    };
  }
}

/**
 * Reads a filter of rows: terms `dimension:value`, `dimension:/pattern/`, `dimension:(one OR other)`, one beside the other
 * for both, OR for either, - in front for not, and brackets. A row without the dimension does not match a term.
 *
 * Errors   UsageError with the place
 */
export function parseFilter(text: string): { readonly keeps: RowFilter; readonly dimensions: ReadonlySet<string> } {
  if (text.length > maxLength) throw new UsageError(`a filter of ${text.length} characters; at most ${maxLength}`);
  return new Parser(text).parse();
}
