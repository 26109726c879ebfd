// Readers of what src/publish writes: strict, and written from the formats' own rules.
import { expect } from "vitest";

/** Rows and cells of each table, and what stands outside of code; throws for what is no Markdown of ours. */
export interface ReadMarkdown {
  readonly tables: readonly (readonly string[][])[];
  /** Text without code: what GitHub reads as Markdown. */
  readonly bare: string;
}

const ourTags = ["<details>", "<summary>", "</summary>", "</details>"];

/** Our pages have code spans of one backtick only, so whoever reads them needs to know no more. */
export function readMarkdown(text: string): ReadMarkdown {
  const tables: string[][][] = [];
  let width = 0;
  let bare = "";
  let depth = 0;
  for (const line of text.split("\n")) {
    expect(line.split("`").length % 2, `an odd number of backticks: ${line}`).toBe(1);
    const outside = line
      .split("`")
      .filter((_, index) => index % 2 === 0)
      .join("§");
    bare += `${outside}\n`;
    depth += Number(line.startsWith("<details>")) - Number(line.startsWith("</details>"));
    if (!line.startsWith("|")) {
      width = 0;
      continue;
    }
    expect(line.endsWith(" |"), line).toBe(true);
    const cells = line.slice(2, -2).split(" | ");
    if (width === 0) tables.push([]);
    else expect(cells.length, line).toBe(width);
    expect(line.split("|").length - 2, line).toBe(cells.length);
    width = cells.length;
    tables.at(-1)!.push(cells);
  }
  expect(depth, "details are closed").toBe(0);
  let untagged = bare;
  for (const tag of ourTags) untagged = untagged.replaceAll(tag, "");
  expect(untagged).not.toMatch(/[<@]|\]\(|!\[|https?:|www\.|#\d|\$/i);
  // oxlint-disable-next-line no-control-regex -- none may be there
  expect(text).not.toMatch(/[\0-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  expect(text.isWellFormed()).toBe(true);
  return { tables: tables.map((rows) => rows.filter((_, index) => index !== 1)), bare };
}

export interface Command {
  readonly level: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly message: string;
}

function unescapeCommand(text: string, isProperty: boolean): string {
  const plain = text.replaceAll("%0D", "\r").replaceAll("%0A", "\n");
  return (isProperty ? plain.replaceAll("%3A", ":").replaceAll("%2C", ",") : plain).replaceAll("%25", "%");
}

/** Workflow commands as the runner of GitHub reads them. */
export function readCommands(text: string): Command[] {
  expect(text.endsWith("\n")).toBe(true);
  return text
    .slice(0, -1)
    .split(/\r\n|\r|\n/)
    .map((line) => {
      const [, level, properties, message] = /^::(error|warning|notice) ([^]*?)::([^]*)$/.exec(line) ?? [];
      if (level === undefined) throw new Error(`no command: ${line}`);
      const pairs = properties!.split(",").map((pair) => {
        const cut = pair.indexOf("=");
        if (cut <= 0) throw new Error(`no property: ${pair}`);
        return [pair.slice(0, cut), unescapeCommand(pair.slice(cut + 1), true)] as const;
      });
      return { level, properties: Object.fromEntries(pairs), message: unescapeCommand(message!, false) };
    });
}

export interface OpenMetricsFamily {
  readonly type: string;
  readonly unit: string;
  readonly help: string;
  readonly samples: readonly { readonly labels: ReadonlyMap<string, string>; readonly value: number }[];
}

type OpenFamily = { -readonly [Key in keyof OpenMetricsFamily]: OpenMetricsFamily[Key] } & {
  samples: { labels: Map<string, string>; value: number }[];
};

/** Labels between braces; gives them and what follows. */
function readLabels(text: string): readonly [labels: Map<string, string>, rest: string] {
  const labels = new Map<string, string>();
  if (!text.startsWith("{")) return [labels, text];
  let rest = text.slice(1);
  for (;;) {
    const found = /^([a-zA-Z][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"([,}])/.exec(rest);
    if (!found) throw new Error(`no label: ${rest.slice(0, 80)}`);
    const [all, name, value, end] = found;
    if (labels.has(name!)) throw new Error(`label ${name} twice`);
    const plain = value!.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
    if (plain === "") throw new Error(`label ${name} is empty: the same as none`);
    labels.set(name!, plain);
    rest = rest.slice(all.length);
    if (end === "}") return [labels, rest];
  }
}

function readSample(line: string, name: string, family: OpenFamily): void {
  const start = family.type === "info" ? `${name}_info` : name;
  if (!line.startsWith(start)) throw new Error(`not of ${name}: ${line.slice(0, 80)}`);
  const [labels, rest] = readLabels(line.slice(start.length));
  const value = /^ (NaN|[+-]Inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.exec(rest)?.[1];
  if (value === undefined) throw new Error(`no value: ${rest.slice(0, 80)}`);
  family.samples.push({ labels, value: Number(value.replace("Inf", "Infinity")) });
}

/** OpenMetrics text of gauges and infos, by family; throws for whatever the specification forbids. */
export function readOpenmetrics(text: string): Map<string, OpenMetricsFamily> {
  if (!text.endsWith("\n# EOF\n")) throw new Error("no # EOF at the end");
  const families = new Map<string, OpenFamily>();
  let name = "";
  for (const line of text.slice(0, -"# EOF\n".length).split("\n").slice(0, -1)) {
    const [, word, of, said] = /^# (TYPE|UNIT|HELP) ([a-zA-Z_][a-zA-Z0-9_]*) ([^]*)$/.exec(line) ?? [];
    if (word === "TYPE") {
      if (families.has(of!)) throw new Error(`family ${of} twice`);
      name = of!;
      families.set(name, { type: said!, unit: "", help: "", samples: [] });
      continue;
    }
    const family = families.get(name);
    if (!family) throw new Error(`of no family: ${line.slice(0, 80)}`);
    if (word === undefined) readSample(line, name, family);
    else if (of !== name || family.samples.length > 0) throw new Error(`in the wrong place: ${line.slice(0, 80)}`);
    else if (word === "HELP") family.help = said!;
    else if (name.endsWith(`_${said}`)) family.unit = said!;
    else throw new Error(`${name} does not end with its unit ${said}`);
  }
  for (const [own, { samples }] of families) {
    const sets = samples.map(({ labels }) =>
      [...labels]
        .map((pair) => JSON.stringify(pair))
        .sort()
        .join(),
    );
    if (new Set(sets).size !== sets.length) throw new Error(`${own}: the same labels twice`);
  }
  return families;
}

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function xmlPlain(text: string): string {
  return text.replaceAll(/&([^;]*);/g, (_, entity: string) => {
    const plain = entity.startsWith("#") ? String.fromCodePoint(Number(entity.slice(1))) : named[entity];
    if (plain === undefined) throw new Error(`no entity: ${entity}`);
    return plain;
  });
}

/** The part of XML that JUnit needs; throws for what is not well-formed. */
export function readXml(text: string): XmlElement {
  // oxlint-disable-next-line no-control-regex -- none may be there
  if (!text.isWellFormed() || /[\0-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text)) throw new Error("no XML");
  const root: XmlElement = { name: "", attributes: {}, children: [], text: "" };
  const open = [root];
  const body = text.replace(/^<\?xml version="1.0" encoding="UTF-8"\?>\n/, "");
  const token = /<(\/?)([a-z]+)((?: [a-z]+="[^"<]*")*)(\/?)>|([^<]+)/gy;
  while (token.lastIndex < body.length) {
    const at = token.lastIndex;
    const found = token.exec(body);
    if (!found) throw new Error(`no XML: ${body.slice(at, at + 80)}`);
    const [, isEnd, name, attributes, isEmpty, plain] = found;
    if (plain !== undefined) open.at(-1)!.text += xmlPlain(plain);
    else if (isEnd === "/") {
      if (open.pop()!.name !== name) throw new Error(`${name} is not open`);
    } else {
      const pairs = [...attributes!.matchAll(/ ([a-z]+)="([^"]*)"/g)].map(([, key, value]) => [key!, xmlPlain(value!)]);
      const element: XmlElement = { name: name!, attributes: Object.fromEntries(pairs), children: [], text: "" };
      open.at(-1)!.children.push(element);
      if (isEmpty !== "/") open.push(element);
    }
  }
  if (open.length !== 1 || root.children.length !== 1) throw new Error("not one element");
  return root.children[0]!;
}
