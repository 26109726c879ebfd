export { type BuiltFormat, builtFormats, buildNotebooks, type NotebookResult, runNotebooks } from "./build.ts";
export type { CommandAnswer, NotebookEffects } from "./folders.ts";
export { readNotebook } from "./read.ts";
export { skeletonOf } from "./skeleton.ts";
