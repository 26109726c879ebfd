import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { tinyTraces } from "../../scripts/make-tiny-traces.ts";
import { tempFolder } from "../../test/kit/temp-folder.ts";
import { writeTinyTrace } from "../../test/kit/tiny-trace.ts";
import { importTrace } from "./import/import-trace.ts";

const tracesFolder = fileURLToPath(new URL("../../traces", import.meta.url));

function expectEqualFolders(found: string, expected: string): void {
  expect(readdirSync(found).sort()).toStrictEqual(readdirSync(expected).sort());
  for (const file of readdirSync(expected)) {
    expect(readFileSync(join(found, file)).equals(readFileSync(join(expected, file))), file).toBe(true);
  }
}

test("a second import of the recording gives the committed trace byte for byte", async () => {
  const target = join(tempFolder(), "again");
  await importTrace({ inputs: [join(tracesFolder, "recorded/vm-tcg-redis-nvme-net")], target });
  expectEqualFolders(target, join(tracesFolder, "vm-tcg-redis-nvme-net"));
});

test.each([...tinyTraces])("the script gives the committed tiny trace %s byte for byte", (name, trace) => {
  const target = join(tempFolder(), name);
  writeTinyTrace(target, trace);
  expectEqualFolders(target, join(tracesFolder, "tiny", name));
});
