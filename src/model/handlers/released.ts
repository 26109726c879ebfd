import type { KernelFeatures } from "../kernel/features.ts";
import type { FileHandler } from "../luo/file-handler.ts";
import { MemfdHandler } from "./memfd-handler.ts";

/** The handlers that a released kernel registers: memfd's, and no other through 7.3. */
export function releasedHandlers(features: KernelFeatures): FileHandler[] {
  return features.handlers.map((compatible) => new MemfdHandler(compatible));
}
