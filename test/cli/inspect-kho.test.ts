// `luoscope inspect kho` on images of real kernels, whole and spoilt, in every format that it reads.
import { closeSync, cpSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { openImage, readFromImage } from "../../src/image/index.ts";
import type { HandoverDescription } from "../../src/cli/describe-handover.ts";
import { buildFdt, createFdt } from "../../src/model/kho/fdt.ts";
import { type CliResult, luoscope } from "../kit/cli.ts";
import { makeElfCore } from "../kit/elf-core.ts";
import { expectGolden } from "../kit/golden.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const fixture = (name: string): string => `test/fixtures/kho/${name}.elf.gz`;
const secondUpdate = fixture("second-update-linux-7.3.4");
const smallFolios = fixture("small-folios-linux-7.2.13");
const sixtySessions = fixture("sessions-60-linux-7.2.13");

function inspect(path: string, ...flags: string[]): CliResult {
  return luoscope(["inspect", "kho", "--mem", path, ...flags]);
}

function describeImage(path: string, ...flags: string[]): HandoverDescription {
  const { status, stdout, stderr } = inspect(path, "--json", ...flags);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return JSON.parse(stdout) as HandoverDescription;
}

/** Writes bytes to a file of its own. */
function saved(bytes: Uint8Array, name = "image"): string {
  const path = join(tempFolder(), name);
  writeFileSync(path, bytes);
  return path;
}

/** The handover's pages of a fixture by address. */
async function pagesOf(path: string): Promise<Map<number, Uint8Array>> {
  const image = openImage(path);
  const { pages } = await readFromImage(image, new AbortController().signal);
  return new Map([...pages.keys()].map((address) => [address, image.page(address)!.slice()]));
}

function coreOf(pages: ReadonlyMap<number, Uint8Array>): Uint8Array {
  return makeElfCore([...pages].map(([address, bytes]) => ({ address, bytes })));
}

describe("what people see", () => {
  test.each([
    ["second-update", secondUpdate, []],
    ["subtrees-and-runs", smallFolios, ["--runs"]],
    ["sixty-sessions", sixtySessions, []],
  ])("%s", (name, path, flags) => {
    const { status, stdout } = inspect(path, ...flags);
    expectGolden(`cli/inspect-kho-${name}.txt`, stdout);
    expect(status).toBe(0);
  });

  test("people see the first 50 lines, JSON has all", () => {
    expect(inspect(sixtySessions).stdout).toContain("… and 10 lines more (--json has all)");
    expect(describeImage(sixtySessions).sessions).toHaveLength(60);
  });
});

test("JSON has what a program needs, 64-bit words as text", () => {
  const found = describeImage(secondUpdate, "--runs");
  expect(found).toMatchObject({
    layouts: ["kho-v4", "luo-v5"],
    fdt_address: "0x1750000",
    previous_release: "7.3.4",
    kexec_count: 2,
    liveupdate_number: 2,
    tracker_pages: [2, 2, 2, 2, 2, 1],
    unaccounted: [],
  });
  expect(found.sessions[0]!.files[0]).toEqual({
    handler: "memfd-v2",
    token: "0xfedcba9876543210",
    size_bytes: 10_000,
    position_bytes: "1234",
    seals: ["shrink", "grow"],
    folios: [{ order: 0, count: 3, bytes: 12_288 }],
  });
  const blocks = found.runs!.reduce((sum, { count }) => sum + count, 0);
  expect(blocks).toBe(found.preserved.reduce((sum, { count }) => sum + count, 0));
  expect(blocks).toBe(248);
});

describe("one image in each format gives the same answer", () => {
  test("ELF core, raw with holes, and raw with the tree as a file", async () => {
    const expected = describeImage(secondUpdate);
    expect(describeImage(saved(gunzipSync(readFileSync(secondUpdate))))).toEqual(expected);

    const pages = await pagesOf(secondUpdate);
    const raw = join(tempFolder(), "raw");
    const file = openSync(raw, "w");
    for (const [address, bytes] of pages) writeSync(file, bytes, 0, bytes.length, address);
    closeSync(file);
    expect(describeImage(raw)).toEqual(expected);

    const tree = saved(pages.get(Number(expected.fdt_address))!.slice(0, 285), "fdt");
    expect(describeImage(raw, "--fdt", tree)).toEqual({ ...expected, notes: [] });
  });

  test("a tree whose page is not in the image is enough; its block is then of unknown use", async () => {
    const pages = await pagesOf(secondUpdate);
    const tree = saved(pages.get(0x175_0000)!, "fdt");
    pages.delete(0x175_0000);
    const found = describeImage(saved(coreOf(pages)), "--fdt", tree);
    expect(found.notes).toEqual(["the device tree's own page is not in the image"]);
    expect(found).toMatchObject({ fdt_address: null, unaccounted: [{ order: 0, count: 1, bytes: 4096 }] });
  });
});

describe("a torn or older tree is passed over", () => {
  test("the handover of the latest kexec is taken", async () => {
    const pages = await pagesOf(secondUpdate);
    for (const [address, bytes] of await pagesOf(fixture("files-64-linux-7.3.4"))) {
      if (!pages.has(address)) pages.set(address, bytes);
    }
    const { kexec_count: kexecs, notes } = describeImage(saved(coreOf(pages)));
    expect(kexecs).toBe(2);
    expect(notes[1]).toMatch(/^passed over: root FDTs at 0x1350000/);
  });
});

describe("bad images end with 3, a place and a hint", () => {
  function refused(path: string, message: string | RegExp, hint: string): void {
    const { status, stdout, stderr } = inspect(path);
    expect(stderr).toMatch(message);
    expect(stderr).toContain("hint: ");
    expect(stderr).toContain(hint);
    expect(stdout).toBe("");
    expect(status).toBe(3);
  }

  test("a cut .gz", () => {
    const bytes = readFileSync(secondUpdate);
    refused(
      saved(bytes.subarray(0, bytes.length / 2)),
      "the compressed image is damaged or cut",
      "take the image again",
    );
  });

  test("a cut core", () => {
    const path = saved(gunzipSync(readFileSync(secondUpdate)));
    truncateSync(path, 140_000);
    refused(path, /: (\S+) at 0x\w+: the page is not in the image/, "before the next kernel frees pages");
  });

  test("cut program headers", () => {
    refused(saved(gunzipSync(readFileSync(secondUpdate)).subarray(0, 100)), "program headers are cut", "again");
  });

  test("a core of 32 bits", () => {
    const bytes = gunzipSync(readFileSync(secondUpdate));
    bytes[4] = 1;
    refused(saved(bytes), "no 64-bit little-endian core", "take the image again");
  });

  test("a segment at the end of all numbers", () => {
    const bytes = gunzipSync(readFileSync(secondUpdate));
    bytes.fill(0xff, 64 + 8, 64 + 40);
    refused(saved(bytes), "program header 0 lies beyond any memory", "take the image again");
  });

  test("with --json the error is JSON on stdout as well", () => {
    const { status, stdout } = inspect(saved(new Uint8Array(4096)), "--json");
    expect(JSON.parse(stdout)).toMatchObject({ error: { kind: "FormatError", exit_code: 3 } });
    expect(status).toBe(3);
  });

  test("a spoilt page is named", async () => {
    const pages = await pagesOf(secondUpdate);
    const block = [...pages].find(([, bytes]) => Buffer.from(bytes).includes("a-session-without-files"))!;
    block[1][8] = 52;
    refused(saved(coreOf(pages)), /session-block at 0x\w+: it counts 52 entries; a block has 1 to 51/, "");
  });

  test.each([
    ["kho-v1", "Linux 6.16 to 7.0"],
    ["kho-v3", "Linux 7.1"],
  ])("an image of %s says which kernel made it", (version, kernel) => {
    const tree = buildFdt(createFdt([{ name: "compatible", value: Buffer.from(`${version}\0`) }]));
    const page = new Uint8Array(4096);
    page.set(tree);
    refused(
      saved(page),
      `compatible with "${version}" (${kernel}), not with "kho-v4"`,
      "only kho-v4 (Linux 7.2 and 7.3)",
    );
  });

  test("an image without a tree, an empty one, and one that is larger than it is worth", () => {
    refused(saved(new Uint8Array(8192)), "no root FDT of a handover in 0 MiB (raw)", "kho=on");
    refused(saved(new Uint8Array(0)), "no root FDT of a handover in 0 MiB (raw)", "kho=on");
    refused(saved(gzipSync(new Uint8Array(600 * 1024 * 1024), { level: 1 })), "bytes unpacked", "gunzip");
  });

  test("a compressed kdump", () => {
    refused(saved(Buffer.from("KDUMP   rest of the header")), "a compressed kdump", "makedumpfile -E");
  });

  test("a tree that is cut, as debugfs cuts it", async () => {
    const pages = await pagesOf(secondUpdate);
    const tree = saved(pages.get(0x175_0000)!.slice(0, 233), "fdt");
    const { status, stderr } = inspect(secondUpdate, "--fdt", tree);
    expect(stderr).toContain("device tree: 285 bytes, of which 233 are there");
    expect(status).toBe(3);
  });
});

describe("usage errors end with 2", () => {
  test.each([
    ["without an image", ["inspect", "kho"], "required option '--mem <image>'"],
    ["an unknown option", ["inspect", "kho", "--mem", secondUpdate, "--fast"], "unknown option '--fast'"],
    ["an image that is not there", ["inspect", "kho", "--mem", "nowhere"], "nowhere: no such file"],
    ["an image that is a folder", ["inspect", "kho", "--mem", "test"], "test: not a file"],
    ["a tree that is not there", ["inspect", "kho", "--mem", secondUpdate, "--fdt", "none"], "none: no such file"],
    [
      "a tree that is an image",
      ["inspect", "kho", "--mem", secondUpdate, "--fdt", "package-lock.json"],
      "at most 65536",
    ],
  ])("%s", (_, args, message) => {
    const { status, stderr } = luoscope(args);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });
});

test("a trace in a folder named kho is inspected as ./kho", () => {
  const folder = tempFolder();
  cpSync("traces/vm-tcg-redis-nvme-net", join(folder, "kho"), { recursive: true });
  const { status, stdout } = luoscope(["inspect", "./kho"], { cwd: folder });
  expect(stdout).toContain("kho: trace");
  expect(status).toBe(0);
  expect(luoscope(["inspect", "kho", "--help"]).stdout).toContain("Example:\n  luoscope inspect kho");
});
