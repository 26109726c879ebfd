import { describe, expect, test } from "vitest";

import { FormatError, InvariantError } from "../../base/index.ts";
import { addSubnode, buildFdt, createFdt, parseFdt } from "./fdt.ts";
import { buildRootFdt, looksLikeRootFdt, parseRootFdt, type RootFdt } from "./root-fdt.ts";

const root: RootFdt = {
  trackerAddress: 0x1_003b_a000,
  subtrees: [
    { name: "LUO", address: 0x1_008b_6000, sizeBytes: 32 },
    { name: "kexec-metadata", address: 0x1_003c_1000, sizeBytes: 73 },
  ],
};

test("[KHO-11] as a kernel lays it out: names, order and values", () => {
  const tree = parseFdt(buildRootFdt(root));
  const shown = (properties: readonly { name: string; value: Uint8Array }[]) =>
    properties.map(({ name, value }) => `${name} = ${Buffer.from(value).toString("hex")}`);
  expect(shown(tree.root.properties)).toEqual([
    `compatible = ${Buffer.from("kho-v4\0").toString("hex")}`,
    "preserved-memory-map = 00a03b0001000000",
  ]);
  expect(tree.root.children.map(({ name }) => name)).toEqual(["LUO", "kexec-metadata"]);
  expect(shown(tree.root.children[0]!.properties)).toEqual([
    "blob-size = 2000000000000000",
    "preserved-data = 00608b0001000000",
  ]);
  expect(tree.strings).toBe("preserved-memory-map\0compatible\0preserved-data\0blob-size\0");
  expect(parseRootFdt(buildRootFdt(root))).toEqual(root);
});

test("[KHO-11] one page is the end", () => {
  const subtrees = Array.from({ length: 80 }, (_, index) => ({
    name: `subtree-${index}`,
    address: 4096,
    sizeBytes: 1,
  }));
  expect(() => buildRootFdt({ ...root, subtrees })).toThrow(InvariantError);
});

describe("[KHO-10] refuses", () => {
  const compatible = (text: string) => ({ name: "compatible", value: new TextEncoder().encode(`${text}\0`) });

  test.each([
    ["kho-v1", '"kho-v1" (Linux 6.16 to 7.0), not with "kho-v4"'],
    ["kho-v3", '"kho-v3" (Linux 7.1), not with "kho-v4"'],
    ["kho-v9", '"kho-v9", not with "kho-v4"'],
  ])("%s, by name", (version, message) => {
    const bytes = buildFdt(createFdt([compatible(version)]));
    expect(looksLikeRootFdt(bytes)).toBe(true);
    expect(() => parseRootFdt(bytes)).toThrow(FormatError);
    expect(() => parseRootFdt(bytes)).toThrow(message);
  });

  test("a root without tracker, and a subtree without address", () => {
    const tree = createFdt([compatible("kho-v4")]);
    expect(() => parseRootFdt(buildFdt(tree))).toThrow("the root has property preserved-memory-map 0 times");
    addSubnode(tree.root, "LUO");
    expect(() => parseRootFdt(buildFdt(tree))).toThrow('subtree "LUO" has property preserved-data 0 times');
  });

  test("a subtree that is there twice: which one is meant?", () => {
    const bytes = buildRootFdt({
      ...root,
      subtrees: root.subtrees.map((subtree, index) => ({ ...subtree, name: `LU${index}` })),
    });
    bytes[Buffer.from(bytes).indexOf("LU1") + 2] = "0".charCodeAt(0);
    expect(() => parseRootFdt(bytes)).toThrow('subtree "LU0" is there twice');
  });

  test("a tracker address of 4 bytes", () => {
    const tree = createFdt([compatible("kho-v4"), { name: "preserved-memory-map", value: new Uint8Array(4) }]);
    expect(() => parseRootFdt(buildFdt(tree))).toThrow("property preserved-memory-map is no address and no size");
  });
});

test("a page that is no root FDT", () => {
  expect(looksLikeRootFdt(new Uint8Array(4096))).toBe(false);
  expect(looksLikeRootFdt(buildFdt(createFdt([])))).toBe(false);
  expect(looksLikeRootFdt(new Uint8Array(3))).toBe(false);
});
