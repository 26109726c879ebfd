// What is written for Perfetto, read with the schema that Perfetto publishes: `LUOSCOPE_PERFETTO_PROTO` names the file
// protos/perfetto/trace/perfetto_trace.proto of a checkout, and protoc must be there. It is not part of this repository.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { exportTimeline } from "../../src/export/index.ts";
import { openFolder, readRows, runSchema } from "../../src/trace/index.ts";
import { luoscope } from "../kit/cli.ts";
import { eventfulTrace } from "../kit/eventful-trace.ts";
import { writeTinyTrace } from "../kit/tiny-trace.ts";
import { scratchFolder } from "../analysis/kit.ts";

/** Where the schema lies on machines that test this project. */
const usualPath = "../shared/perfetto/perfetto_trace.proto";
const schema = process.env["LUOSCOPE_PERFETTO_PROTO"] ?? (existsSync(usualPath) ? usualPath : undefined);
const hasProtoc = spawnSync("protoc", ["--version"]).status === 0;
const reason =
  schema === undefined
    ? "LUOSCOPE_PERFETTO_PROTO does not name the published schema"
    : "there is no protoc (protobuf-compiler)";
const isReady = schema !== undefined && hasProtoc;

/** The text form that protoc gives of a trace; a field that the schema does not know stands there as its number. */
function decode(bytes: Uint8Array): string {
  const args = [`--proto_path=${dirname(schema!)}`, "--decode=perfetto.protos.Trace", basename(schema!)];
  const result = spawnSync("protoc", args, { input: bytes, encoding: "utf8", maxBuffer: 1024 ** 3 });
  expect(result.stderr).toBe("");
  expect(result.status).toBe(0);
  return result.stdout;
}

/** Slices of tracks whose names begin with `phase`, as the text says. */
function phaseSlices(text: string): { name: string; startNs: number; endNs: number }[] {
  const names = new Map<string, string>();
  const tracks = new Map<string, string>();
  const begun = new Map<string, { name: string; startNs: number }>();
  const slices: { name: string; startNs: number; endNs: number }[] = [];
  for (const packet of text.split(/^packet \{$/m)) {
    const field = (name: string): string | undefined => new RegExp(`\\b${name}: (.*)$`, "m").exec(packet)?.[1];
    for (const [, iid, name] of packet.matchAll(/event_names \{\s+iid: (\d+)\s+name: "(.*)"/g)) names.set(iid!, name!);
    if (packet.includes("track_descriptor {")) tracks.set(field("uuid")!, field("name") ?? "");
    const track = field("track_uuid") ?? "";
    if (!tracks.get(track)?.startsWith('"phase ')) continue;
    const timeNs = Number(field("timestamp"));
    if (field("type") === "TYPE_SLICE_BEGIN")
      begun.set(track, { name: names.get(field("name_iid")!)!, startNs: timeNs });
    if (field("type") === "TYPE_SLICE_END") slices.push({ ...begun.get(track)!, endNs: timeNs });
  }
  return slices;
}

describe.skipIf(!isReady)(`the published schema of Perfetto${isReady ? "" : ` (skipped: ${reason})`}`, () => {
  const folder = scratchFolder();
  const demo = join(folder, "demo");

  beforeAll(() => {
    const { status, stderr } = luoscope(["demo", "-o", demo]);
    expect([status, stderr]).toEqual([0, expect.any(String)]);
    writeTinyTrace(join(folder, "trace"), eventfulTrace);
  }, 120_000);

  test("decodes the demo's run, whose slices are the run's phases", async () => {
    const run = join(demo, "run");
    const target = join(folder, "run.pftrace");
    await exportTimeline({ path: run, format: "perfetto", target });
    const text = decode(readFileSync(target));
    expect(text).not.toMatch(/^ +\d+(:| \{)/m);
    const phases = readRows(runSchema.phaseTable, openFolder("run", run).sources.get("phase")!);
    expect(phaseSlices(text)).toEqual(
      phases.map((row) => ({
        name: runSchema.phaseLabels[row["phase"] as number],
        startNs: row["start_ns"],
        endNs: row["end_ns"],
      })),
    );
  });

  test.each(["trace", "demo/trace"])("knows every field of %s", async (source) => {
    const target = join(folder, `${source.replace("/", "-")}.pftrace`);
    await exportTimeline({ path: join(folder, source), format: "perfetto", target });
    expect(decode(readFileSync(target))).not.toMatch(/^ +\d+(:| \{)/m);
  });
});
