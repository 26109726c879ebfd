/**
 * Numbers of the fields that a trace of Perfetto is written with.
 *
 * Source   perfetto.dev: protos/perfetto/trace/perfetto_trace.proto, messages of the same names
 */

export const traceField = { packet: 1 } as const;

export const tracePacket = {
  timestamp: 8,
  trustedPacketSequenceId: 10,
  trackEvent: 11,
  internedData: 12,
  sequenceFlags: 13,
  trackDescriptor: 60,
} as const;

/** Values of `sequence_flags`. */
export const sequenceFlag = { incrementalStateCleared: 1, needsIncrementalState: 2 } as const;

export const internedData = { eventNames: 2 } as const;
export const eventName = { iid: 1, name: 2 } as const;

export const trackDescriptor = {
  uuid: 1,
  name: 2,
  process: 3,
  thread: 4,
  parentUuid: 5,
  counter: 8,
  childOrdering: 11,
  siblingOrderRank: 12,
} as const;
/** Value of `child_ordering`: by rank. */
export const explicitOrdering = 3;

export const processDescriptor = { pid: 1, processName: 6 } as const;
export const threadDescriptor = { pid: 1, tid: 2, threadName: 5 } as const;
export const counterDescriptor = { unit: 3, unitName: 6 } as const;
/** Values of `unit`. */
export const counterUnit = { timeNs: 1, count: 2, sizeBytes: 3 } as const;

export const trackEvent = {
  debugAnnotations: 4,
  type: 9,
  nameIid: 10,
  trackUuid: 11,
  name: 23,
  counterValue: 30,
  doubleCounterValue: 44,
} as const;
/** Values of `type`. */
export const eventType = { sliceBegin: 1, sliceEnd: 2, instant: 3, counter: 4 } as const;

export const debugAnnotation = { intValue: 4, doubleValue: 5, stringValue: 6, name: 10 } as const;
