import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { luoscope } from "../kit/cli.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const recorded = [
  '{"stage":1,"op":"open","ret":0}',
  '{"stage":1,"op":"create_session","name":"vm","ret":0,"slot":0}',
  '{"stage":1,"op":"preserve_fd","slot":0,"obj":0,"kind":"memfd-1p","new":1,"token":3,"ret":0}',
  '{"stage":1,"op":"preserve_fd","slot":0,"obj":1,"kind":"pipe","new":1,"token":3,"ret":-17}',
  '{"stage":1,"op":"kexec_file_load","ret":0}',
  '{"stage":2,"op":"open","ret":0}',
  '{"stage":2,"op":"retrieve_session","name":"vm","ret":0,"slot":0}',
  '{"stage":2,"op":"retrieve_fd","slot":0,"token":3,"ret":0,"obj":0,"size":4096,"byte":7}',
];

function fileOf(lines: readonly string[], name = "calls.jsonl"): string {
  const path = join(tempFolder(), name);
  writeFileSync(path, lines.join("\n"));
  return path;
}

describe("luoscope conform", () => {
  test("says how many calls it compared, and that none differs", () => {
    const { status, stdout } = luoscope(["conform", fileOf(recorded)]);
    expect(stdout).toBe("1 file, 8 calls, 0 mismatches\n");
    expect(status).toBe(0);
  });

  test("names what differs by file, line and field, and ends with 1", () => {
    const path = fileOf(recorded.with(7, recorded[7]!.replace('"byte":7', '"byte":8')));
    const { status, stdout } = luoscope(["conform", path, "--json"]);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      files: 1,
      calls: 8,
      mismatches: [{ file: path, line: 8, op: "retrieve_fd", expected: { byte: 8 }, found: { byte: 7 } }],
    });
    expect(luoscope(["conform", path]).stdout).toMatch(/retrieve_fd +byte=8 +byte=7/);
  });

  test("an update into a kernel of another ABI is answered as that kernel does", () => {
    // 7.1 hands over kho-v3: 7.3 revives nothing, and the session is unknown there.
    const lost = '{"stage":2,"op":"retrieve_session","name":"vm","ret":-2,"slot":-1}';
    const path = fileOf([...recorded.slice(0, 6), lost]);
    expect(luoscope(["conform", path, "--kernel", "7.1:7.3"])).toMatchObject({ status: 0 });
  });

  test.each([
    ["no JSON", [...recorded, "{"], 3, "calls.jsonl:9: no JSON"],
    ["an unknown call", ['{"stage":1,"op":"sing","ret":0}'], 3, "calls.jsonl:1: op"],
    ["an unknown field", ['{"stage":1,"op":"open","ret":0,"more":1}'], 3, "calls.jsonl:1"],
    ["no calls", [""], 3, "no calls"],
  ])("%s is refused by its place", (_, lines, exitCode, message) => {
    const { status, stderr } = luoscope(["conform", fileOf(lines)]);
    expect(status).toBe(exitCode);
    expect(stderr).toContain(message);
  });

  test("a missing file and an unknown kernel are the user's to mend", () => {
    expect(luoscope(["conform", "no-such.jsonl"])).toMatchObject({ status: 2 });
    const { status, stderr } = luoscope(["conform", fileOf(recorded), "--kernel", "5.4"]);
    expect(status).toBe(2);
    expect(stderr).toContain("6.16, 6.17");
  });

  test("a call on a descriptor that is not there differs; it does not crash", () => {
    const path = fileOf([recorded[0]!, '{"stage":1,"op":"finish","slot":5,"reserved":0,"ret":0}']);
    const { status, stdout } = luoscope(["conform", path]);
    expect(status).toBe(1);
    expect(stdout).toContain("holds nothing");
  });
});
