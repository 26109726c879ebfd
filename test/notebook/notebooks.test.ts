// The notebooks that ship, and the command.
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

import { describe, expect, test, vi } from "vitest";

import { luoscope, startLuoscope } from "../kit/cli.ts";
import { tempFolder } from "../kit/temp-folder.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";

const files = globSync("notebooks/[0-9]*.md").sort();

describe("notebooks that ship", () => {
  test("are fresh: what is written in them is what their cells give, and every claim holds", () => {
    expect(files).toHaveLength(7);
    const { status, stdout, stderr } = luoscope(["notebook", "run", ...files, "--check", "--json"]);
    expect(stderr).toBe("");
    const { notebooks } = JSON.parse(stdout) as { notebooks: { path: string; stale: unknown[]; broken: unknown[] }[] };
    expect(notebooks.flatMap(({ stale, broken }) => [...stale, ...broken])).toEqual([]);
    expect(status).toBe(0);
  });

  test.each(files)("%s has claims, and links to files that are there", (file) => {
    const text = readFileSync(file, "utf8");
    expect(text).toMatch(/^```claim /m);
    const targets = [...text.matchAll(/\]\(((?!https?:)[^)#]+)/g)].map(([, target]) => target!);
    for (const target of targets) expect(existsSync(join(dirname(file), target)), target).toBe(true);
  });

  test("are all in the reading order, and no picture is left over", () => {
    const order = readFileSync("notebooks/README.md", "utf8");
    for (const file of files) expect(order).toContain(`(${basename(file)})`);
    const texts = files.map((file) => readFileSync(file, "utf8")).join("");
    for (const picture of globSync("notebooks/images/*")) expect(texts).toContain(`(images/${basename(picture)})`);
  });
});

describe("luoscope notebook", () => {
  test("new writes a notebook that runs, twice alike; a change is found stale", () => {
    const folder = tempFolder();
    writeTinyRun(join(folder, "a run"));
    writeTinyRun(join(folder, "run"));
    const cwd = { cwd: folder };
    expect(luoscope(["notebook", "new", "first.md", "--run", "run", "a run"], cwd)).toMatchObject({
      status: 0,
      stderr: "",
    });
    const path = join(folder, "first.md");
    expect(readFileSync(path, "utf8")).toContain('  run: run\n  run-2: "\\"a run\\""\n');
    expect(luoscope(["notebook", "run", "first.md", "--check"], cwd)).toMatchObject({ status: 1 });
    expect(luoscope(["notebook", "run", "first.md"], cwd)).toMatchObject({ status: 0, stderr: "" });
    expect(luoscope(["notebook", "run", "first.md", "--check"], cwd)).toMatchObject({
      status: 0,
      stdout: "first.md: 4 cells, outputs are fresh\n",
    });
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace("| preserve |", "| reserve |"));
    const stale = luoscope(["notebook", "run", "first.md", "--check"], cwd);
    expect(stale).toMatchObject({ status: 1, stderr: "" });
    expect(stale.stdout).toBe("first.md: 4 cells, 1 output stale\n  first.md:13: stale: the output of this sql cell\n");
    expect(luoscope(["notebook", "new", "first.md", "--run", "run"], cwd)).toMatchObject({ status: 2 });
  });

  test("a command of a cell runs where the notebook's root is, and a claim that does not hold ends with 1", () => {
    const folder = tempFolder();
    writeTinyRun(join(folder, "made", "run"));
    const body =
      '```luoscope\nquery made/run "select count(*) as vms from vm"\n```\n\n```claim run\nselect false as "never"\n```\n';
    writeFileSync(join(folder, "n.md"), `---\ndata:\n  run: made/run\n---\n\n# T\n\n${body}`);
    const { status, stdout, stderr } = luoscope(["notebook", "run", join(folder, "n.md")]);
    expect([status, stderr]).toEqual([1, ""]);
    expect(stdout).toContain(`${join(folder, "n.md")}:12: does not hold: never`);
    expect(readFileSync(join(folder, "n.md"), "utf8")).toContain("```text\nvms\n───\n");
  });

  test("a command that fails is named with its line, and the notebook stays as it was", () => {
    const folder = tempFolder();
    const path = join(folder, "n.md");
    const text = "---\ndata:\n  made: sweep plan.yaml\n---\n\n# T\n\n```sql made\nselect 1\n```\n";
    writeFileSync(path, text);
    writeFileSync(join(folder, "plan.yaml"), `version: 1\n`);
    const { status, stderr } = luoscope(["notebook", "run", path]);
    expect([status, readFileSync(path, "utf8")]).toEqual([2, text]);
    expect(stderr).toContain(`${path}:3: luoscope sweep: `);
  });

  test("an edit that is made while a notebook runs is not lost", async () => {
    const folder = tempFolder();
    const path = join(folder, "n.md");
    const root = relative(folder, process.cwd());
    const text = `---\nroot: ${root}\ndata:\n  made: sweep plans/folio-size.yaml\n---\n\n# T\n\n\`\`\`sql made\nselect 1\n\`\`\`\n`;
    writeFileSync(path, text);
    const work = join(folder, "work");
    const { ended, output } = startLuoscope(["notebook", "run", path, "--work", work]);
    // Once the sweep has begun, the notebook was read; its shards take a while yet.
    await vi.waitUntil(() => existsSync(work), { timeout: 60_000, interval: 20 });
    writeFileSync(path, `${text}\nAn edit.\n`);
    expect(await ended).toBe(2);
    expect(output.stderr).toContain(`${path}: has changed while it was run`);
    expect(readFileSync(path, "utf8")).toBe(`${text}\nAn edit.\n`);
  });

  test("build refuses formats that it does not know, and writes nothing", () => {
    const folder = tempFolder();
    const target = join(folder, "out");
    const { status, stderr } = luoscope(["notebook", "build", files[0]!, "-o", target, "--to", "html,pdf"]);
    expect(status).toBe(2);
    expect(stderr).toContain("one or more of html,ipynb");
    expect(existsSync(target)).toBe(false);
  });
});
