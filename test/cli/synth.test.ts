// `luoscope synth` as a user meets it.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { interrupt, luoscope } from "../kit/cli.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const trace = "traces/vm-tcg-redis-nvme-net";

describe("luoscope synth", () => {
  test("--list names the recipes that ship", () => {
    const { status, stdout } = luoscope(["synth", "--list", "--json"]);
    expect(status).toBe(0);
    const { recipes } = JSON.parse(stdout) as { recipes: { name: string }[] };
    expect(recipes.map(({ name }) => name)).toEqual(
      readdirSync("traces/recipes")
        .map((file) => file.replace(".yaml", ""))
        .sort(),
    );
  });

  test("a shipped recipe by name gives a trace that inspect finds sound", () => {
    const target = join(tempFolder(), "boot");
    const made = luoscope(["synth", "boot", "-o", target]);
    expect(made.stderr).toBe("");
    expect(made.status).toBe(0);
    expect(made.stdout).toContain("page_write");
    expect(luoscope(["inspect", target, "--check"]).status).toBe(0);
  });

  test("--dry-run says what is expected and writes nothing", () => {
    const folder = tempFolder();
    const { status, stdout } = luoscope(["synth", "zipf", "--dry-run", "--json", "-o", join(folder, "t")]);
    expect(status).toBe(0);
    expect((JSON.parse(stdout) as { expected_rows: { tick: number } }).expected_rows.tick).toBe(200);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("--like prints a recipe, writes it, or makes the twin at once", () => {
    const folder = tempFolder();
    const printed = luoscope(["synth", "--like", trace, "--seed", "7"]);
    expect(printed.stdout).toContain("kind: fitted");
    const recipe = join(folder, "twin.yaml");
    expect(luoscope(["synth", "--like", trace, "--seed", "7", "-o", recipe]).status).toBe(0);
    expect(readFileSync(recipe, "utf8").trimEnd()).toBe(printed.stdout.trimEnd());
    const sha = (args: string[]) => {
      const { stdout } = luoscope([...args, "--json"]);
      return (JSON.parse(stdout) as { header: { sha256: string } }).header.sha256;
    };
    const straight = sha(["synth", "--like", trace, "--seed", "7", "-o", join(folder, "straight")]);
    expect(sha(["synth", recipe, "-o", join(folder, "by-recipe")])).toBe(straight);
    expect(sha(["synth", recipe, "-o", join(folder, "by-recipe"), "--seed", "8"])).not.toBe(straight);
  });

  test.each([
    ["nothing", [], "name a recipe"],
    ["a recipe and a trace", ["zipf", "--like", trace], "one of them only"],
    ["no output", ["zipf"], "--output"],
    ["a seed that is none", ["zipf", "--seed", "-1", "--dry-run"], "--seed -1: no seed"],
    ["a recipe that does not ship", ["zip", "--dry-run"], "zip.yaml: no such file"],
    ["a trace that is none", ["--like", "docs"], "docs: no trace.json there"],
  ])("with %s ends with 2", (_, args, message) => {
    const { status, stderr, stdout } = luoscope(["synth", ...args]);
    expect(stderr).toContain(message);
    expect(stdout).toBe("");
    expect(status).toBe(2);
  });

  test("stopped by Ctrl-C leaves nothing behind", async () => {
    const folder = tempFolder();
    const recipe = join(folder, "long.yaml");
    writeFileSync(
      recipe,
      "version: 1\nname: long\nduration: 6000 s\ntick: 100 ms\nvms:\n  - {name: a, guest_bytes: 64 GiB, workloads: [{kind: uniform, writes_per_second: 200000}]}\n",
    );
    const { status } = await interrupt(["synth", recipe, "-o", join(folder, "trace")], 1500);
    expect(status).toBe(130);
    expect(existsSync(join(folder, "trace"))).toBe(false);
    expect(readdirSync(folder)).toEqual(["long.yaml"]);
  });
});
