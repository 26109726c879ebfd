import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import type { z } from "zod";

import { type Json, UsageError } from "../base/index.ts";

/** Reads a text file by its path; the command line gives one that bounds its size. */
export type ReadText = (path: string) => string;

/** Where each value of the merged files was written: dotted path to `file:line`. */
type Origins = Map<string, string>;

interface Source {
  readonly value: Record<string, Json>;
  readonly origins: Origins;
}

const maxIncludeDepth = 16;

function isRecord(value: unknown): value is Record<string, Json> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function childPath(path: string, key: string | number): string {
  if (typeof key === "number") return `${path}[${key}]`;
  return path === "" ? key : `${path}.${key}`;
}

function recordOrigins(node: Node | null, path: string, place: (offset: number) => string, origins: Origins): void {
  if (!node || isAlias(node)) return;
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : "?";
      const child = childPath(path, name);
      const offset = (key as Node | null)?.range?.[0];
      if (offset !== undefined) origins.set(child, place(offset));
      recordOrigins(value as Node | null, child, place, origins);
    }
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      const child = childPath(path, index);
      const offset = (item as Node | null)?.range?.[0];
      if (offset !== undefined) origins.set(child, place(offset));
      recordOrigins(item as Node | null, child, place, origins);
    }
  }
}

/** Aliases that multiply without end are refused by the parser's own limit. */
function toPlain(document: Document, path: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new UsageError(`${path}: not usable YAML: ${(error as Error).message}`, { cause: error });
  }
}

function parseYaml(text: string, path: string, what: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): string => `${path}:${lines.linePos(offset).line}`;
  const error = document.errors[0];
  if (error) throw new UsageError(`${place(error.pos[0])}: not valid YAML: ${error.message}`, { cause: error });
  const value = toPlain(document, path);
  if (!isRecord(value)) throw new UsageError(`${path}: a ${what} is a map of keys`);
  const origins: Origins = new Map();
  recordOrigins(document.contents, "", place, origins);
  return { value, origins };
}

/** Maps are merged key by key, anything else is replaced. */
export function mergeValues(base: Json | undefined, over: Json): Json {
  if (!isRecord(base) || !isRecord(over)) return over;
  const merged: Record<string, Json> = { ...base };
  for (const [key, value] of Object.entries(over)) merged[key] = mergeValues(merged[key], value);
  return merged;
}

function dropReplaced(origins: Origins, over: Origins): void {
  const lists = new Set([...over.keys()].filter((path) => path.endsWith("[0]")).map((path) => path.slice(0, -3)));
  for (const path of origins.keys()) {
    if ([...lists].some((list) => path.startsWith(`${list}[`))) origins.delete(path);
  }
}

function resolvePath(from: string, include: string): string {
  if (include.startsWith("/")) return include;
  const folder = from.includes("/") ? from.slice(0, from.lastIndexOf("/") + 1) : "";
  const parts: string[] = [];
  for (const part of `${folder}${include}`.split("/")) {
    if (part === "." || (part === "" && parts.length > 0)) continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== ".." && parts.at(-1) !== "") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}

function includesOf({ value, origins }: Source, path: string): string[] {
  const { include } = value;
  if (include === undefined) return [];
  const list = Array.isArray(include) ? include : [include];
  if (list.every((item) => typeof item === "string")) return list;
  throw new UsageError(`${origins.get("include") ?? path}: include: a file name, or a list of them`);
}

/** Reads a file and what it includes; the including file wins over the included. */
function loadSource(path: string, { readText, what }: YamlSource, chain: readonly string[]): Source {
  if (chain.includes(path)) {
    throw new UsageError(`${chain.at(-1)}: include: ${[...chain, path].join(" includes ")}: a cycle`, {
      hint: "remove one of the includes",
    });
  }
  if (chain.length >= maxIncludeDepth)
    throw new UsageError(`${path}: includes are nested deeper than ${maxIncludeDepth}`);
  const own = parseYaml(readText(path), path, what);
  let merged: Json = {};
  const origins: Origins = new Map();
  for (const include of includesOf(own, path)) {
    const source = loadSource(resolvePath(path, include), { readText, what }, [...chain, path]);
    merged = mergeValues(merged, source.value);
    dropReplaced(origins, source.origins);
    for (const [key, origin] of source.origins) origins.set(key, origin);
  }
  const { include: _, ...value } = own.value;
  dropReplaced(origins, own.origins);
  for (const [key, origin] of own.origins) origins.set(key, origin);
  return { value: mergeValues(merged, value) as Record<string, Json>, origins };
}

function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => childPath(text, typeof key === "number" ? key : String(key)), "");
}

function nearestOrigin(origins: Origins, path: readonly PropertyKey[], file: string): string {
  for (let length = path.length; length > 0; length--) {
    const origin = origins.get(formatPath(path.slice(0, length)));
    if (origin !== undefined) return origin;
  }
  return file;
}

function describeIssue(issue: z.core.$ZodIssue, placeOf: RawYaml["placeOf"], what: string): string {
  if (issue.code === "unrecognized_keys") {
    const keys = issue.keys.map((key) => {
      const path = [...issue.path, key];
      return `${placeOf(path)}: ${formatPath(path)}: unknown key`;
    });
    return keys.join("\n");
  }
  return `${placeOf(issue.path)}: ${formatPath(issue.path) || what}: ${issue.message}`;
}

/** What a YAML file is expected to be, and how files are read. */
export interface YamlSource {
  readonly readText: ReadText;
  /** One word for messages: "scenario". */
  readonly what: string;
}

/** A file that was read and checked, and where each of its values stands. */
export interface LoadedYaml<Value> {
  readonly value: Value;
  /** `file:line` of a dotted path, or of the nearest one above it. */
  readonly placeOf: (path: readonly PropertyKey[]) => string;
}

/** A file as it was written, its includes merged, before anybody checked it. */
export interface RawYaml {
  readonly value: Record<string, Json>;
  /** `file:line` of a dotted path, or of the nearest one above it. */
  readonly placeOf: (path: readonly PropertyKey[]) => string;
}

/** What a checked file is expected to be. */
export interface YamlShape<Value> extends Pick<YamlSource, "what"> {
  readonly schema: z.ZodType<Value>;
  readonly hint: string;
}

/**
 * Reads a YAML file with its includes.
 *
 * Errors   UsageError for what is no YAML, no map, or includes itself
 */
export function readYaml(path: string, source: YamlSource): RawYaml {
  const { value, origins } = loadSource(path, source, []);
  return { value, placeOf: (keys) => nearestOrigin(origins, keys, path) };
}

/**
 * Checks what was read, or made from it.
 *
 * Errors   UsageError with one line a problem: `file:line: dotted.path: what is wrong`
 */
export function checkYaml<Value>({ value, placeOf }: RawYaml, { schema, what, hint }: YamlShape<Value>): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => describeIssue(issue, placeOf, what));
  throw new UsageError(problems.join("\n"), { hint });
}

/**
 * Loads a YAML file with its includes and checks it.
 *
 * Errors   UsageError with one line a problem: `file:line: dotted.path: what is wrong`
 */
export function loadYaml<Value>(path: string, source: YamlSource & YamlShape<Value>): LoadedYaml<Value> {
  const raw = readYaml(path, source);
  return { value: checkYaml(raw, source), placeOf: raw.placeOf };
}
