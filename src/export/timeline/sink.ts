/**
 * What a timeline is made of, whatever format it is written in: tracks with slices, moments and values, on one clock of
 * whole ns since the trace's start.
 */

/** Facts of a slice or a moment, in their order. */
export type Facts = readonly (readonly [name: string, value: string | number])[];

/** Number of a track, from 1 in the order in which tracks are added. */
export type TrackId = number;

export interface Track {
  readonly name: string;
  /** The track that it lies under; without one it stands at the top. */
  readonly parent?: TrackId | undefined;
  /** `process` is a group of tracks at the top, `group` one below; `lane` holds slices of a set that overlap. */
  readonly kind: "process" | "group" | "slices" | "lane" | "counter";
  /** Of a counter: what its values count. */
  readonly unit?: string | undefined;
  /** Of slices: the thread that they are of, where its id is that of no other track. */
  readonly thread?: { readonly processId: number; readonly threadId: number } | undefined;
}

/**
 * Takes a timeline piece by piece.
 *
 * Order    tracks before what lies on them; slices of one track in the order of their beginnings, and each ends within or
 *          before the next around it: `LaneSet` sees to that. Everything else may come in any order
 */
export interface TimelineSink {
  addTrack(track: Track): TrackId;
  slice(track: TrackId, span: Span, name: string, facts?: Facts): void;
  moment(track: TrackId, timeNs: number, name: string, facts?: Facts): void;
  value(track: TrackId, timeNs: number, value: number): void;
  finish(): void;
}

export interface Span {
  readonly startNs: number;
  readonly endNs: number;
}
