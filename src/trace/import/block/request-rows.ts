import { deviceIoTable } from "../../schema/trace-tables.ts";
import type { TableWriter } from "../../write.ts";
import type { DroppedRows, ImportContext } from "../importer.ts";
import { type BlockEvent, sectorBytes, steps } from "./block-event.ts";
import { EventWindow } from "./event-window.ts";
import type { StepCounts } from "./step-counts.ts";
import { OpenRequests } from "./open-requests.ts";

/**
 * Makes requests of the block layer's events.
 *
 * A request is what a driver was given: it begins where it is issued (D) and ends where all of it is completed (C), in one
 * or more parts. What is queued before (Q) may be merged, split and sorted, and is another thing: blkparse counts both
 * apart. Devices that hand requests on without issuing any themselves (device mapper, RAID, loop in part) have Q and C
 * only; as long as a device has shown no issue, its requests begin where they are queued.
 *
 * A requeued request (R) was given back: its issue counts as none, and the next one begins it anew.
 */
export class RequestRows {
  readonly #context: ImportContext;
  readonly #table: TableWriter;
  readonly #columns: TableWriter["columns"];
  readonly #nulls: TableWriter["nulls"];
  readonly #open = new OpenRequests((row) => this.#giveUp(row));
  readonly #window = new EventWindow((event) => this.#take(event));
  /** 1: the device issues its requests. */
  readonly #hasIssues = new Uint8Array(65_536);
  #issueRows = 0;
  #completes = 0;
  #queued = 0;
  #queueRows = 0;
  #unmatched = 0;
  #requeued = 0;
  #openRows = 0;

  constructor(context: ImportContext) {
    this.#context = context;
    this.#table = context.writer.table(deviceIoTable, { sort: true });
    this.#columns = this.#table.columns;
    this.#nulls = this.#table.nulls;
  }

  /** Takes an event; those of the other steps are the source's to count. */
  add(event: BlockEvent): void {
    this.#window.add(event);
  }

  #take(event: BlockEvent): void {
    switch (event.step) {
      case steps.issue:
        this.#hasIssues[event.device] = 1;
        this.#open.add(event, false);
        break;
      case steps.complete:
        this.#complete(event);
        break;
      case steps.queue:
        this.#queued++;
        if (this.#hasIssues[event.device] === 0) this.#open.add(event, true);
        break;
      default:
        this.#requeue(event);
    }
  }

  #complete(event: BlockEvent): void {
    const row = this.#open.find(event, this.#hasIssues[event.device] === 0);
    if (row < 0) {
      this.#unmatched++;
      return;
    }
    this.#completes++;
    const open = this.#open;
    if (event.lane === 0 && event.bytes < open.leftBytes[row]!) {
      open.advance(row, event.bytes, event.bytes / sectorBytes);
      return;
    }
    this.#write(row, event.timeNs);
    open.remove(row);
  }

  #requeue(event: BlockEvent): void {
    const row = this.#open.find(event, false);
    if (row >= 0) this.#open.remove(row);
    this.#requeued += row >= 0 ? 2 : 1;
  }

  #giveUp(row: number): void {
    const isQueued = this.#open.isQueued[row] === 1;
    // Was only kept for as long as the device had shown no issue.
    if (isQueued && this.#hasIssues[this.#open.device[row]!] === 1) return;
    this.#openRows++;
    this.#write(row, undefined);
  }

  #write(row: number, completeNs: number | undefined): void {
    const open = this.#open;
    const columns = this.#columns;
    const at = this.#table.fill;
    const submitNs = open.submitNs[row]!;
    const hasPlace = open.lane[row] === 0;
    columns["submit_ns"]![at] = submitNs;
    columns["complete_ns"]![at] = completeNs === undefined ? 0 : Math.max(completeNs, submitNs);
    columns["device_index"]![at] = open.device[row]!;
    columns["bytes"]![at] = open.bytes[row]!;
    columns["direction"]![at] = open.direction[row]!;
    columns["offset_bytes"]![at] = hasPlace ? open.firstSector[row]! * sectorBytes : 0;
    this.#nulls["complete_ns"]![at] = completeNs === undefined ? 1 : 0;
    this.#nulls["offset_bytes"]![at] = hasPlace ? 0 : 1;
    this.#table.advance();
    if (open.isQueued[row] === 1) this.#queueRows++;
    else this.#issueRows++;
  }

  /** Ends the requests; gives how many events went into rows, and those that did not, Q among `others`. */
  finish(others: StepCounts): { readonly kept: number; readonly dropped: readonly DroppedRows[] } {
    this.#window.finish();
    this.#open.giveUpAll();
    const { warnings } = this.#context;
    if (this.#openRows > 0) {
      warnings.addRows(
        "requests-without-completion",
        this.#openRows,
        "the recording ends, or lost events, before they do",
      );
    }
    if (this.#queueRows > 0) {
      warnings.addRows(
        "requests-from-queueing",
        this.#queueRows,
        "their devices issue nothing themselves: submit_ns is when they were queued",
      );
    }
    others.set("Q", this.#queued - this.#queueRows);
    return {
      kept: this.#issueRows + this.#queueRows + this.#completes,
      dropped: [
        ...others.dropped(),
        {
          code: "unmatched-completes-dropped",
          rows: this.#unmatched,
          detail: "completions of what was never issued: ends of flushes, or requests from before the recording",
        },
        { code: "requeued-issues-dropped", rows: this.#requeued, detail: "issues that were given back, and R" },
      ].filter(({ rows }) => rows > 0),
    };
  }
}
