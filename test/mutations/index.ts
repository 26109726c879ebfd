import { callMutations } from "./calls.ts";
import { compareMutations } from "./compare.ts";
import { differenceMutations } from "./difference.ts";
import { fleetMutations } from "./fleet.ts";
import { importMutations } from "./imports.ts";
import { kernelMutations } from "./kernels.ts";
import { memoryMutations } from "./memory.ts";
import { migrationMutations } from "./migration.ts";
import type { Mutation } from "./mutation.ts";
import { planMutations } from "./plans.ts";
import { publishMutations } from "./publish.ts";
import { queueMutations } from "./queue.ts";
import { sensitivityMutations } from "./sensitivity.ts";
import { serviceMutations } from "./service.ts";
import { statisticsMutations } from "./statistics.ts";
import { sweepAnswerMutations } from "./sweep-answers.ts";
import { synthMutations } from "./synth.ts";
import { timeMutations } from "./times.ts";

export type { Mutation } from "./mutation.ts";

export const mutations: readonly Mutation[] = [
  ...callMutations,
  ...memoryMutations,
  ...kernelMutations,
  ...timeMutations,
  ...serviceMutations,
  ...migrationMutations,
  ...importMutations,
  ...synthMutations,
  ...sensitivityMutations,
  ...statisticsMutations,
  ...planMutations,
  ...fleetMutations,
  ...sweepAnswerMutations,
  ...queueMutations,
  ...compareMutations,
  ...differenceMutations,
  ...publishMutations,
];
