// Files that the real tools wrote, under traces/samples.
import { fileURLToPath } from "node:url";

export function sampleFile(path: string): string {
  return fileURLToPath(new URL(`../../traces/samples/${path}`, import.meta.url));
}
