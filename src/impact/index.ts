export {
  type BrownoutTick,
  fullSpeedRatio,
  layBrownout,
  sumBrownout,
  type TickFaults,
  timeToFullSpeed,
} from "./brownout.ts";
export { type FaultScaling, faultScalings, faultSpeed } from "./fault-scaling.ts";
export { FaultCounter, FaultLayout, type FrameGroup } from "./faults.ts";
export { FirstTouchIndex, type FirstTouchWalk } from "./first-touch.ts";
export { measurePacketGap, type NetworkGap, type PacketGap, type Packets, retransmit } from "./packets.ts";
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
