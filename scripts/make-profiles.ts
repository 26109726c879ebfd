/**
 * Writes the profiles that ship: two from the recordings of this repository, one from published rows.
 * With --check nothing is written, and a difference ends with exit code 1.
 */
import { readFileSync, writeFileSync } from "node:fs";

import { calibrate, sortCases } from "../src/calibrate/index.ts";
import { formatProfile } from "../src/profile/index.ts";
import { readRecordings } from "../src/recording/index.ts";
import { publishedProfile } from "./published/profile.ts";

const about = (line: string): string =>
  `Linux ${line} under QEMU's instruction counter: one guest instruction takes 1 ns, so counts and shape are the kernel's own and the scale is not that of hardware.`;

/** Text of each profile by its file. */
export function makeProfiles(): ReadonlyMap<string, string> {
  const { cases } = sortCases(readRecordings("recordings"));
  const [newer, older] = ["7.3", "7.2"].map((kernel) => {
    const options = { name: `qemu-icount-${kernel}`, about: about(kernel), madeBy: "npm run profiles", kernel };
    return calibrate(cases, options).data;
  });
  return new Map([
    ["profiles/qemu-icount-7.3.yaml", formatProfile(newer!)],
    ["profiles/qemu-icount-7.2.yaml", formatProfile(older!)],
    ["profiles/published-x86.yaml", formatProfile(publishedProfile(newer!))],
  ]);
}

function main(): void {
  const isCheck = process.argv.includes("--check");
  for (const [path, text] of makeProfiles()) {
    if (!isCheck) writeFileSync(path, text);
    else if (readFileSync(path, "utf8") !== text) {
      console.error(`${path} is not what recordings and published rows give; run npm run profiles`);
      process.exitCode = 1;
    }
  }
}

if (import.meta.main) main();
