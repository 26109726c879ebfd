import type { LiveUpdate } from "../luo/live-update.ts";
import { type HandedOver, writeState } from "./handed-over.ts";

/** The reboot call of a kernel: what the next one finds, or the errno with which the call fails and the system goes on. */
export function handOver(device: LiveUpdate): HandedOver | number {
  const state = device.reboot();
  return typeof state === "number" ? state : writeState(device.shared.features, state);
}
