import { readFileSync } from "node:fs";

/** Text of one file of the sql folder. */
export function readSql(name: string): string {
  return readFileSync(new URL(`../sql/${name}.sql`, import.meta.url), "utf8");
}
