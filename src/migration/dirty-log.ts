/** When to stop taking pages, and what one of them takes. */
export interface SendLimit {
  /** Taking ends with the page that reaches this many bytes. */
  bytes: number;
  /** Taking ends with the page that reaches this much time. */
  ns: number;
  /** Time of a page with data, and of one with zeros. */
  dataNs: number;
  zeroNs: number;
}

/** What was taken; one object is filled again and again. */
export interface TakenPages {
  data: number;
  zero: number;
}

/**
 * Pages that a migration has to send: at first all, then those written since they were sent.
 *
 * A log knows which pages wait, and which were written since the last look (`sync`) and will wait after the next one.
 * Two kinds drive the same simulator: exact sets of a trace (`BitmapLog`), and recorded rates (`SampledLog`).
 *
 * Order    `run`, `take` and `sync` in the order of time; a log serves one migration
 */
export interface DirtyLog {
  /** Pages that wait. */
  readonly pendingPages: number;
  /** Pages with data at the start. */
  readonly populatedPages: number;
  /** How often what is known of the guest had to start again at its beginning. */
  readonly repeats: number;
  /** The guest runs from one moment of the migration to another, slowed down by a ratio of its time. */
  run(fromNs: number, toNs: number, throttleRatio: number): void;
  /** What was written waits from now on (MIG-05). Pages that did not wait yet are counted. */
  sync(): number;
  /** Takes waiting pages, in the order of their numbers, on from the last one taken (MIG-06). */
  take(limit: SendLimit, taken: TakenPages): void;
}
