import { isEarlier, type Moment } from "../clock.ts";
import type { CaptureSink } from "./capture.ts";
import type { Packet } from "./packet.ts";

/** Finds the earliest packet of a capture's beginning: captures of several interfaces are not in order. */
export class FirstMoment implements CaptureSink {
  moment: Moment | undefined;

  openInterface(): number {
    return 0;
  }

  addPacket(packet: Packet): void {
    this.seeTime(packet);
  }

  seeTime({ second, nanosecond }: Moment): void {
    const seen = { second, nanosecond };
    if (!this.moment || isEarlier(seen, this.moment)) this.moment = seen;
  }

  addTimeless(): void {}
  addLost(): void {}
  setLost(): void {}
  passOver(): void {}
}
