import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { hexFields } from "../../../test/kit/hex-fields.ts";
import { FormatError } from "../../base/index.ts";
import { addProperty, addSubnode, buildFdt, createFdt, type FdtTree, parseFdt } from "./fdt.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function sample(): FdtTree {
  const tree = createFdt([
    { name: "first", value: bytesOf("a\0") },
    { name: "second", value: Uint8Array.of(1, 2, 3, 4) },
  ]);
  const older = addSubnode(tree.root, "older");
  addProperty(tree, older, { name: "data", value: Uint8Array.of(5, 6, 7, 8) });
  const newer = addSubnode(tree.root, "newer");
  addProperty(tree, newer, { name: "data", value: new Uint8Array() });
  addProperty(tree, newer, { name: "second", value: Uint8Array.of(9, 9, 9, 9) });
  return tree;
}

test("[KHO-10] the layout of version 17: new nodes and properties stand in front, new names behind", () => {
  const bytes = buildFdt(sample());
  const layout: [string, number][] = [
    ["magic", 4],
    ["totalsize", 4],
    ["off_dt_struct", 4],
    ["off_dt_strings", 4],
    ["off_mem_rsvmap", 4],
    ["version", 4],
    ["last_comp_version", 4],
    ["boot_cpuid_phys", 4],
    ["size_dt_strings", 4],
    ["size_dt_struct", 4],
    ["end of rsvmap", 16],
    ["begin node", 4],
    ['name ""', 4],
    ["prop, len, nameoff", 12],
    ["first", 4],
    ["prop, len, nameoff", 12],
    ["second", 4],
    ["begin node", 4],
    ['name "newer"', 8],
    ["prop, len, nameoff", 12],
    ["second", 4],
    ["prop, len, nameoff", 12],
    ["end node", 4],
    ["begin node", 4],
    ['name "older"', 8],
    ["prop, len, nameoff", 12],
    ["data", 4],
    ["end node", 4],
    ["end node", 4],
    ["end", 4],
    ["second", 7],
    ["first", 6],
    ["data", 5],
  ];
  expect(layout.reduce((sum, [, length]) => sum + length, 0)).toBe(bytes.length);
  expect(hexFields(bytes, layout)).toMatchInlineSnapshot(`
    "0000  magic                d0 0d fe ed
    0004  totalsize            00 00 00 c6
    0008  off_dt_struct        00 00 00 38
    000c  off_dt_strings       00 00 00 b4
    0010  off_mem_rsvmap       00 00 00 28
    0014  version              00 00 00 11
    0018  last_comp_version    00 00 00 10
    001c  boot_cpuid_phys      00 00 00 00
    0020  size_dt_strings      00 00 00 12
    0024  size_dt_struct       00 00 00 7c
    0028  end of rsvmap        00 00*15
    0038  begin node           00 00 00 01
    003c  name ""              00 00 00 00
    0040  prop, len, nameoff   00 00 00 03 00 00 00 02 00 00 00 07
    004c  first                61 00 00 00
    0050  prop, len, nameoff   00 00 00 03 00 00 00 04 00 00 00 00
    005c  second               01 02 03 04
    0060  begin node           00 00 00 01
    0064  name "newer"         6e 65 77 65 72 00 00 00
    006c  prop, len, nameoff   00 00 00 03 00 00 00 04 00 00 00 00
    0078  second               09 09 09 09
    007c  prop, len, nameoff   00 00 00 03 00 00 00 00 00 00 00 0d
    0088  end node             00 00 00 02
    008c  begin node           00 00 00 01
    0090  name "older"         6f 6c 64 65 72 00 00 00
    0098  prop, len, nameoff   00 00 00 03 00 00 00 04 00 00 00 0d
    00a4  data                 05 06 07 08
    00a8  end node             00 00 00 02
    00ac  end node             00 00 00 02
    00b0  end                  00 00 00 09
    00b4  second               73 65 63 6f 6e 64 00
    00bb  first                66 69 72 73 74 00
    00c1  data                 64 61 74 61 00"
  `);
});

test("[KHO-10] what is parsed builds the same bytes", () => {
  const bytes = buildFdt(sample());
  expect(parseFdt(bytes)).toEqual(sample());
  expect(buildFdt(parseFdt(bytes))).toEqual(bytes);
});

test("a name that ends as a longer one is found in it, as libfdt finds it", () => {
  const tree = createFdt([{ name: "preserved-data", value: bytesOf("") }]);
  addProperty(tree, tree.root, { name: "data", value: bytesOf("") });
  expect(tree.strings).toBe("preserved-data\0");
  expect(parseFdt(buildFdt(tree)).root.properties.map(({ name }) => name)).toEqual(["data", "preserved-data"]);
});

describe("[KHO-10] every bound is checked", () => {
  const word = (bytes: Uint8Array, at: number, value: number): void => {
    new DataView(bytes.buffer).setUint32(at, value);
  };

  test.each<[string, (bytes: Uint8Array) => void, string]>([
    ["another magic", (bytes) => word(bytes, 0, 1), "does not begin with d00dfeed"],
    ["version 16", (bytes) => word(bytes, 20, 16), "version 16, compatible to 16"],
    ["a size beyond the bytes", (bytes) => word(bytes, 4, 1000), "1000 bytes, of which"],
    ["an absurd size", (bytes) => word(bytes, 4, 0xffff_ffff), "4294967295 bytes; at most"],
    ["a structure outside", (bytes) => word(bytes, 8, 0xffff_fff0), "its structure lies outside"],
    ["a structure in the header", (bytes) => word(bytes, 8, 8), "its structure lies outside"],
    ["a structure that is not aligned", (bytes) => word(bytes, 8, 57), "its structure is not aligned"],
    ["strings outside", (bytes) => word(bytes, 32, 9999), "its strings lie outside"],
    ["reservations outside", (bytes) => word(bytes, 16, 9999), "its reservations lie outside"],
    ["an unknown token", (bytes) => word(bytes, 56, 7), "it has no root"],
    ["a property's length beyond the structure", (bytes) => word(bytes, 68, 0xffff_fff0), "ends too early"],
    ["a property's name outside", (bytes) => word(bytes, 72, 18), "name lies outside"],
    ["no end", (bytes) => word(bytes, 36, 8), "ends too early"],
  ])("%s", (_, spoil, message) => {
    const bytes = buildFdt(sample());
    spoil(bytes);
    expect(() => parseFdt(bytes)).toThrow(FormatError);
    expect(() => parseFdt(bytes)).toThrow(message);
  });

  test("a property behind a node, which libfdt would not find", () => {
    const bytes = buildFdt(sample());
    // Where the root ends, behind its nodes, stands a property.
    word(bytes, 0xac, 3);
    expect(() => parseFdt(bytes)).toThrow("a property stands behind a node");
  });

  test("too deep", () => {
    const tree = createFdt([]);
    let node = tree.root;
    for (let depth = 0; depth < 40; depth++) node = addSubnode(node, "n");
    expect(() => parseFdt(buildFdt(tree))).toThrow("deeper than 16 levels");
  });

  test("flipped bytes give a tree or a FormatError", () => {
    const good = buildFdt(sample());
    const flips = fc.array(fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(flips, fc.nat({ max: good.length }), (drawn, length) => {
        const bytes = good.slice();
        for (const [at, value] of drawn) bytes[at] = value;
        for (const tried of [bytes, bytes.slice(0, length)]) {
          try {
            parseFdt(tried);
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});
