import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { invalidFolder, invalidInputs } from "../../../scripts/make-invalid-inputs.ts";
import { tempFolder } from "../../../test/kit/temp-folder.ts";
import { FormatError, InterruptedError, ToolError, UsageError } from "../../base/index.ts";
import { openFolder } from "../folder.ts";
import { readRows } from "../read.ts";
import { markTable } from "../schema/trace-tables.ts";
import { importTrace } from "./import-trace.ts";

const soundInput = {
  "pages.csv": "tick,t_us,gfn,n_pages\n1,100000,0,2\n1,100000,16,1\n2,200000,1,3\n",
  "ticks.csv": "tick,t_us,written_pages,scan_us\n0,500,0,5\n1,100000,3,60\n2,200000,3,50\n",
};

function writeInput(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = join(tempFolder(), "input");
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

/** Imports and gives the error; whatever it is, nothing may be left beside the target. */
async function refusalOf(inputs: readonly string[], signal?: AbortSignal): Promise<ToolError> {
  const parent = tempFolder();
  let error: unknown;
  try {
    await importTrace({ inputs, target: join(parent, "deep/down/trace") }, signal ? { signal } : {});
  } catch (caught) {
    error = caught;
  }
  expect(readdirSync(parent)).toStrictEqual([]);
  if (!(error instanceof ToolError)) throw new Error("the import was not refused", { cause: error });
  return error;
}

describe("an input that is wrong is refused with its place, and nothing is left behind:", () => {
  test("every invalid input has its expectation", () => {
    expect(readdirSync(invalidFolder).sort()).toStrictEqual(Object.keys(invalidInputs).sort());
  });

  test.each(Object.entries(invalidInputs))("%s", async (reason, [, message]) => {
    const error = await refusalOf([join(invalidFolder, reason)]);
    expect(error).toBeInstanceOf(FormatError);
    expect(error.exitCode).toBe(3);
    expect(error.message).toMatch(message);
  });
});

describe("an import", () => {
  test("of packed text with any byte flipped is refused or gives the same rows", async () => {
    const input = writeInput(soundInput);
    const sound = await importTrace({ inputs: [input], target: join(tempFolder(), "trace") });
    const packed = gzipSync(soundInput["pages.csv"]);
    let refused = 0;
    for (let offset = 2; offset < packed.length; offset += 3) {
      const flipped = packed.map((byte, index) => (index === offset ? byte ^ 0x41 : byte));
      const inputs = [writeInput({ "pages.csv.gz": flipped, "ticks.csv": soundInput["ticks.csv"] })];
      try {
        const report = await importTrace({ inputs, target: join(tempFolder(), "trace") });
        // Name, time and operating system of the gzip header are under no checksum, and are not read.
        expect(report.header.tables["page_write"]).toStrictEqual(sound.header.tables["page_write"]);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(15);
  });

  test("that is aborted ends as interrupted", async () => {
    const error = await refusalOf([writeInput(soundInput)], AbortSignal.abort());
    expect(error).toBeInstanceOf(InterruptedError);
    expect(error.exitCode).toBe(130);
  });

  test("of nothing, of a missing path or of a folder of other things is the user's mistake", async () => {
    expect(await refusalOf([])).toBeInstanceOf(UsageError);
    expect(await refusalOf(["/no/such/folder"])).toBeInstanceOf(UsageError);
    expect(await refusalOf([tempFolder()])).toBeInstanceOf(FormatError);
    const crowded = writeInput(Object.fromEntries(Array.from({ length: 257 }, (_, index) => [`${index}.txt`, ""])));
    expect((await refusalOf([crowded])).message).toMatch(/beyond the limit files of 256/);
  });

  test("refuses a named file that it does not know, but passes over one that only lies in the folder", async () => {
    const folder = writeInput({ ...soundInput, "notes.txt": "hello\n" });
    const files = readdirSync(folder).map((name) => join(folder, name));
    expect(await refusalOf(files)).toBeInstanceOf(FormatError);
    const report = await importTrace({ inputs: [folder], target: join(tempFolder(), "trace") });
    expect(report.warnings.map(({ code }) => code)).toContain("files-ignored");
  });

  test("knows its files by their content when their names say nothing", async () => {
    const folder = writeInput({ one: soundInput["pages.csv"], two: soundInput["ticks.csv"] });
    const inputs = ["one", "two"].map((name) => join(folder, name));
    const report = await importTrace({ inputs, target: join(tempFolder(), "trace"), name: "mine" });
    expect(report.header).toMatchObject({ name: "mine", importer: "page-scan 2" });
  });

  test("does not touch a target that is no trace, and replaces one that is", async () => {
    const target = writeInput({ "precious.txt": "keep me" });
    await expect(importTrace({ inputs: [writeInput(soundInput)], target })).rejects.toThrow(UsageError);
    expect(readFileSync(join(target, "precious.txt"), "utf8")).toBe("keep me");
    const parent = tempFolder();
    for (const name of ["first", "second"]) {
      await importTrace({ inputs: [writeInput(soundInput)], target: join(parent, "trace"), name });
    }
    expect(readdirSync(parent)).toStrictEqual(["trace"]);
    expect(readFileSync(join(parent, "trace/trace.json"), "utf8")).toContain('"name": "second"');
  });

  test("that is refused leaves an older trace of the same name as it was", async () => {
    const target = join(tempFolder(), "trace");
    const { header } = await importTrace({ inputs: [writeInput(soundInput)], target });
    const broken = writeInput({ ...soundInput, "pages.csv": "tick,t_us,gfn,n_pages\n1,100000,x,2\n" });
    await expect(importTrace({ inputs: [broken], target })).rejects.toThrow(FormatError);
    expect(readFileSync(join(target, "trace.json"), "utf8")).toContain(header.sha256);
  });

  test("reports progress that rises and ends at its total", async () => {
    const seen: [number, number][] = [];
    await importTrace(
      { inputs: [writeInput(soundInput)], target: join(tempFolder(), "trace") },
      { progress: (done, total) => seen.push([done, total]) },
    );
    expect(seen.map(([done]) => done)).toStrictEqual(seen.map(([done]) => done).sort((left, right) => left - right));
    expect(seen.at(-1)![0]).toBe(seen.at(-1)![1]);
  });

  test("carries names of any kind through to the trace", async () => {
    const name = "</script>\t\u001b[31m\"'\\ Ünï 🖥";
    const recording = JSON.stringify({ name, source: name, licence: name });
    const phases = `t_us,phase\n100,${name},with,commas\n`;
    const input = writeInput({ ...soundInput, "recording.json": recording, "phases.csv": phases });
    const target = join(tempFolder(), "trace");
    const report = await importTrace({ inputs: [input], target });
    expect(report.header).toMatchObject({ name, source: name, licence: name });
    const marks = readRows(markTable, openFolder("trace", target).sources.get("mark")!);
    expect(marks).toStrictEqual([{ time_ns: 100_000, vm_index: 0, name: `${name},with,commas` }]);
  });
});
