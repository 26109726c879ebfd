export { type BrownoutTick, layBrownout, sumBrownout, timeToFullSpeed } from "./brownout.ts";
export { faultScalings, faultSpeed } from "./fault-scaling.ts";
export { FaultCounter, FaultLayout } from "./faults.ts";
export { FirstTouchIndex, type FirstTouchWalk } from "./first-touch.ts";
export { measurePacketGap, type PacketGap, type Packets, retransmit } from "./packets.ts";
export { firstAbove } from "./search.ts";
export {
  DepthMeter,
  type DeviceGap,
  indexRequests,
  type InFlightFate,
  type RequestFate,
  requestFates,
  RequestGap,
  type Requests,
} from "./requests.ts";
