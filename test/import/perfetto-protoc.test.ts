// Chromium's Perfetto traces: counts against protoc's reading of the bytes, and against Chromium's own JSON.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { importInto } from "../kit/import-conformance.ts";
import { eventsOf, rowsOf } from "../kit/imported-rows.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const folder = fileURLToPath(new URL("../../traces/samples/chromium/156.0.8078.108", import.meta.url));
const few = join(folder, "few.pftrace.gz");
const many = join(folder, "many.pftrace.gz");

function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/** The texts among the fields, which bytes alone do not tell from messages; protoc shows all others by their numbers. */
const schema = `syntax = "proto2";
message Trace { repeated Packet f1 = 1; }
message Packet { optional Event f11 = 11; optional Interned f12 = 12; optional Track f60 = 60; }
message Event { optional string f23 = 23; optional Legacy f6 = 6; }
message Legacy { optional string f7 = 7; }
message Interned { repeated Name f2 = 2; }
message Name { optional string f2 = 2; }
message Track { optional Thread f4 = 4; }
message Thread { optional string f5 = 5; }
`;

/** A message as protoc shows it: values and messages by their numbers. */
interface Raw {
  readonly [field: string]: readonly (string | Raw)[];
}

function parseRaw(text: string): Raw {
  const stack: Record<string, (string | Raw)[]>[] = [{}];
  for (const line of text.split("\n")) {
    const [, field, open, value] = /^\s*f?(\d+)(?:( \{)|: (.*))$/.exec(line) ?? [];
    if (line.trim() === "}") stack.pop();
    if (field === undefined) continue;
    const list = (stack.at(-1)![field] ??= []);
    if (open === undefined) {
      list.push(value!);
      continue;
    }
    const inner: Record<string, (string | Raw)[]> = {};
    list.push(inner);
    stack.push(inner);
  }
  return stack[0]!;
}

const messages = (raw: Raw | undefined, field: number): Raw[] =>
  (raw?.[field] ?? []).filter((value): value is Raw => typeof value === "object");
const first = (raw: Raw | undefined, field: number): string | undefined =>
  raw?.[field]?.find((value): value is string => typeof value === "string");

const protoc = "/usr/bin/protoc";
const note = existsSync(protoc) ? "" : ` (skipped: there is no ${protoc})`;

describe.skipIf(note !== "")(`protoc's reading of the bytes${note}`, () => {
  const decode = (path: string) => {
    const proto = join(tempFolder(), "trace.proto");
    writeFileSync(proto, schema);
    const options = { input: gunzipSync(readFileSync(path)), maxBuffer: 2 ** 28 };
    return parseRaw(execFileSync(protoc, ["--decode=Trace", `-I${dirname(proto)}`, proto], options).toString());
  };

  /** Track events that make an event, by their names: texts that stand for names are told once a sequence. */
  function namesIn(packets: readonly Raw[]): { readonly names: string[]; readonly ends: number } {
    const names: string[] = [];
    const interned = new Map<string, Map<string, string>>();
    let ends = 0;
    for (const packet of packets) {
      const sequence = first(packet, 10)!;
      if ((Number(first(packet, 13) ?? 0) & 1) === 1 || !interned.has(sequence)) interned.set(sequence, new Map());
      for (const entry of messages(messages(packet, 12)[0], 2)) {
        interned.get(sequence)!.set(first(entry, 1)!, JSON.parse(first(entry, 2)!) as string);
      }
      const event = messages(packet, 11)[0];
      if (!event) continue;
      const legacy = messages(event, 6)[0];
      const phase = String.fromCharCode(Number(first(legacy, 2) ?? 0));
      if (first(event, 9) === "2" || phase === "e") {
        ends++;
        continue;
      }
      const text = first(event, 23);
      const id = first(event, 10) ?? first(legacy, 1);
      names.push(text === undefined ? (interned.get(sequence)!.get(id ?? "") ?? "") : (JSON.parse(text) as string));
    }
    return { names, ends };
  }

  test.each([few, many])("%s has the same events by name, and the same packets", async (path) => {
    const packets = messages(decode(path), 1);
    const imported = await importInto([path]);
    const { names, ends } = namesIn(packets);
    const events = eventsOf(imported.folder);
    expect(countBy(events.map(({ name }) => name))).toEqual(countBy(names));
    const [source] = imported.report.sources;
    expect(source!.rows).toBe(packets.length);
    const unmatched = source!.dropped.find(({ code }) => code === "unmatched-ends-dropped")?.rows ?? 0;
    expect(events.filter(({ durationNs }) => durationNs !== null).length).toBe(ends - unmatched);
    const kept = [6, 11, 12, 43, 44, 59, 60];
    const others = packets.filter((packet) => !kept.some((field) => packet[field] !== undefined));
    const bare = others.filter((packet) =>
      Object.keys(packet).every((field) => ["3", "8", "10", "13", "41", "42", "58", "79", "87", "98"].includes(field)),
    );
    expect(source!.dropped.find(({ code }) => code === "packets-dropped")?.rows).toBe(others.length - bare.length);
    const threads = new Set(
      packets
        .flatMap((packet) => messages(packet, 60))
        .flatMap((track) => messages(track, 4))
        .map((thread) => JSON.parse(first(thread, 5) ?? '""') as string),
    );
    for (const task of rowsOf(imported, "task")) {
      if (task["thread_id"] !== null) expect([...threads]).toContain(task["name"]);
    }
  });
});

test("Chromium's JSON and its Perfetto trace of the same page hold the same kinds of event", async () => {
  const json = eventsOf((await importInto([join(folder, "stream.json.gz")])).folder);
  const proto = eventsOf((await importInto([few])).folder);
  const kinds = (events: typeof json) =>
    new Set(events.map(({ category, name }) => `${category} ${name}`).filter((kind) => !kind.startsWith("__metadata")));
  const [inJson, inProto] = [kinds(json), kinds(proto)];
  const shared = [...inJson].filter((kind) => inProto.has(kind));
  // The JSON is made of the same packets by the browser; what a visit of a page does varies a little.
  expect(shared.length).toBeGreaterThan(0.9 * Math.max(inJson.size, inProto.size));
  const marks = (events: typeof json) =>
    countBy(events.map(({ name }) => name).filter((name) => name === "turn" || name === "first" || name === "turns"));
  expect(marks(proto)).toEqual(marks(json));
  expect(marks(proto)).toEqual({ first: 1, turn: 20, turns: 1 });
});
