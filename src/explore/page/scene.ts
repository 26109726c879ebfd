import type { View } from "vega";

import type { DatasetInfo } from "./api.ts";
import type { State } from "./state.ts";

/** What a picture of the page is made from, and how it asks for another. */
export interface Scene {
  readonly state: State;
  readonly dataset: DatasetInfo;
  /** Path of what is asked of the dataset. */
  readonly path: (what: string) => string;
  /** Goes to another view: an entry of the browser's history. */
  readonly go: (change: Partial<State>) => void;
  /** Views that are drawn, by their id. */
  readonly views: Map<string, View>;
  /** Aborted once another view is wanted. */
  readonly signal: AbortSignal;
}
