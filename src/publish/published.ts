import type { Difference } from "../compare/index.ts";
import type { GateResult } from "../gate/index.ts";

/** What is told to other tools: a comparison, and what came of a policy where there is one. */
export interface Published {
  readonly difference: Difference;
  readonly gate?: GateResult;
  /** Of the whole, for people. Any text. */
  readonly title: string;
  readonly toolVersion: string;
}

/** A text that another tool reads. */
export interface PublishFormat {
  /** One line for people: what it is for. */
  readonly doc: string;
  readonly render: (source: Published) => string;
}
