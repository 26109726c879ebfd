import type { Side } from "../formats/evidence.ts";
import { anywhere, between, type BoundFields, boundFields, type Bounds, both, sum } from "./bounds.ts";
import type { KernelAxis, Point } from "./kernel-axis.ts";

/** How the kernels' axes lie on the timeline's. */
export class Axes {
  readonly old: KernelAxis;
  readonly new: KernelAxis;
  #shifts: Record<Side, Bounds> = { old: anywhere, new: anywhere };

  constructor(axes: { old: KernelAxis; new: KernelAxis }) {
    this.old = axes.old;
    this.new = axes.new;
  }

  /** Where the axis's zero lies. */
  shift(side: Side): Bounds {
    return this.#shifts[side];
  }

  /** Narrows where the axis's zero may lie. */
  place(side: Side, zero: Bounds): void {
    this.#shifts[side] = both(zero, this.#shifts[side]);
  }

  position(point: Point): Bounds {
    if (point.axis === "timeline") return { lowNs: point.lowNs, highNs: point.highNs };
    return sum(point, this.#shifts[point.axis]);
  }

  length(start: Point, end: Point): Bounds {
    const byPosition = between(this.position(start), this.position(end));
    if (start.axis !== end.axis || start.axis === "timeline") return byPosition;
    return both(this[start.axis].length(start, end), byPosition);
  }

  /** True when the one is known not to be later than the other. */
  inOrder(left: Point, right: Point): boolean {
    if (left.axis === right.axis) return left.readNs <= right.readNs;
    return this.position(left).lowNs <= this.position(right).highNs;
  }

  /** Times of a step from one point to another. */
  spanFields(start: Point, end: Point): BoundFields<"start"> & BoundFields<"end"> & BoundFields<"duration"> {
    const length = this.length(start, end);
    return {
      ...boundFields("start", this.position(start)),
      ...boundFields("end", this.position(end)),
      ...boundFields("duration", length),
    };
  }
}
