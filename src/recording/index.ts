export { type MemoryPrediction, predictMemory } from "./predict-memory.ts";
export { parseRecording, readRecording, readRecordings, type Recording } from "./recorded.ts";
export { eventOf, type LabEvent, type RecordedLog } from "./recording.ts";
export { type BeforeUpdate, beforeUpdate, type RecordedFile } from "./before.ts";
export { type KexecPayload, payloadOf } from "./lab-image.ts";
export type { MeasuredSpan, UpdatePhase } from "./measured-spans.ts";
export type { KernelBoot, Workload } from "./recording.ts";
export { readTimelines } from "./timeline/read-timelines.ts";
export type { Phase, Step, Timeline } from "./timeline/timeline.ts";
