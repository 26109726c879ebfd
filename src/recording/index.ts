export { type MemoryPrediction, predictMemory } from "./predict-memory.ts";
export type { ScratchPrediction } from "./predict-scratch.ts";
export { bootMarkNames, parseRecording, readRecording, readRecordings } from "./read.ts";
export {
  type BootMarks,
  eventOf,
  type KernelBoot,
  type LabEvent,
  type Recording,
  type TrackerDump,
  type Workload,
} from "./recording.ts";
