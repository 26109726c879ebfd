export { type MemoryPrediction, predictMemory } from "./predict-memory.ts";
export { bootMarkNames, readRecording, readRecordings } from "./read.ts";
export { type BootMarks, eventOf, type LabEvent, type Recording } from "./recording.ts";
