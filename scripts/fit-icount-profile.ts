// Fits profiles/qemu-icount-7.3.json to the recordings of real live updates: `npm run fit`.
// `npm run fit -- --check` fails if the file differs from what the recordings give.
import { readFileSync, writeFileSync } from "node:fs";

import { costIds } from "../src/model/index.ts";
import { fitCosts } from "./fit/profile.ts";
import { readFitRecordings, readHashRecordings } from "./fit/recording.ts";

const target = "profiles/qemu-icount-7.3.json";

function buildProfile(): string {
  const profile = {
    name: "qemu-icount-7.3",
    kernel: "7.3",
    about:
      "Linux 7.3.4 (hashing: 7.2.13) under QEMU's instruction counter: one guest instruction takes 1 ns, so counts and shape are the kernel's own and the scale is not that of hardware.",
    made_by: "npm run fit",
    costs: fitCosts(readFitRecordings("recordings"), readHashRecordings("recordings")),
  };
  return `${JSON.stringify(profile, undefined, 2)}\n`;
}

const text = buildProfile();
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    console.error(`${target} differs from what the recordings give; run \`npm run fit\``);
    process.exitCode = 1;
  }
} else {
  writeFileSync(target, text);
  console.log(`${target}: ${costIds.length} constants`);
}
