// A step of a timeline by its name.
import { expect } from "vitest";

import type { Step, Timeline } from "../../src/recording/index.ts";

export function stepOf({ phases }: Timeline, name: string): Step {
  const found = phases.flatMap(({ steps }) => steps).find((step) => step.name === name);
  expect(found, name).toBeDefined();
  return found!;
}
