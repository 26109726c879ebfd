// Paths into a scenario: what is set is found again, and nothing else changes.
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Json } from "../../src/base/index.ts";
import { everyItem, getPath, parsePath, setPath } from "../../src/plan/paths.ts";

describe("a path", () => {
  test.each([
    ["host.ram", ["host", "ram"]],
    ["vms[0].folio", ["vms", 0, "folio"]],
    ["vms[*].devices[12].treatment", ["vms", everyItem, "devices", 12, "treatment"]],
    ["seed", ["seed"]],
  ])("%s", (text, parts) => {
    expect(parsePath(text)).toEqual(parts);
  });

  test.each([
    "",
    ".",
    "host.",
    ".host",
    "host..ram",
    "host ram",
    "[0]",
    "vms[]",
    "vms[-1]",
    "vms[x]",
    "vms[0]folio",
    "a-b",
    "vms[99999]",
  ])("%j is none", (text) => {
    expect(parsePath(text)).toBeUndefined();
  });
});

const key = fc.constantFrom("a", "b", "c");
const leaf: fc.Arbitrary<Json> = fc.oneof(fc.integer(), fc.constantFrom("x", "y"));
const path = fc.array(key, { minLength: 1, maxLength: 4 });

describe("setting", () => {
  test("is found again, and leaves what it was set in alone", () => {
    fc.assert(
      fc.property(path, path, leaf, leaf, (first, second, one, other) => {
        const base = setPath({}, first, one);
        const before = JSON.stringify(base);
        const fits = second.slice(0, -1).every((_, depth) => {
          const above = getPath(base, second.slice(0, depth + 1));
          return above === undefined || typeof above === "object";
        });
        if (!fits) {
          expect(() => setPath(base, second, other)).toThrow(/is no map/);
          return;
        }
        const changed = setPath(base, second, other);
        expect(getPath(changed, second)).toEqual(other);
        expect(JSON.stringify(base)).toBe(before);
        const overlaps =
          second.every((part, at) => first[at] === part || at >= first.length) ||
          first.every((part, at) => second[at] === part);
        if (!overlaps) expect(getPath(changed, first)).toEqual(one);
      }),
    );
  });

  test("goes into all items of a list, or one", () => {
    const scenario = { vms: [{ folio: 1 }, { folio: 2, name: "b" }] };
    expect(setPath(scenario, parsePath("vms[*].folio")!, 9)).toEqual({ vms: [{ folio: 9 }, { folio: 9, name: "b" }] });
    expect(setPath(scenario, parsePath("vms[1].folio")!, 9)).toEqual({ vms: [{ folio: 1 }, { folio: 9, name: "b" }] });
    expect(getPath(scenario, parsePath("vms[*].folio")!)).toBe(1);
  });

  test.each([
    ["vms[2].folio", "there is no item 2: the list has 1"],
    ["host[0]", "[0]: not behind a list"],
    ["host[*].ram", "[*]: not behind a list"],
    ["name.first", "first: what it would be a key of is no map"],
  ])("%s: %s", (text, message) => {
    expect(() => setPath({ vms: [{}], host: { ram: 1 }, name: "x" }, parsePath(text)!, 1)).toThrow(message);
  });
});
