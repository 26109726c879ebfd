import { secNs } from "../../../base/index.ts";
import type { LineScanner } from "../../source/line-scanner.ts";
import { isoTime } from "../dates.ts";

const space = 32;
const comma = 44;
const point = 46;
const zero = 48;
const nine = 57;
const colon = 58;
const semicolon = 59;
const less = 60;
const greater = 62;
const capitalC = 67;
const capitalT = 84;
const openBracket = 91;
const closeBracket = 93;

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** Digits of a second that the kernel prints; other programs that write `[ 1.234]` print others. */
const digits = 6;
const firstDateSecond = 1e9;
const usPerSecond = 1_000_000;

/**
 * How a line's time is given: `boot` = since the kernel's start, `delta` = since the line before, `date` = with its zone,
 * `local` = a date without a zone, `minute` = a date to the minute or a step from it, `none` = not at all.
 */
export type TimeKind = "boot" | "delta" | "date" | "local" | "minute" | "none";

/**
 * Reads what stands before a kernel message: level, facility, time, caller, in each way in which dmesg, the console and
 * /dev/kmsg write them. The scanner's `second` and `nanosecond` then hold the time, and `at` is the message's begin.
 */
export class Prefix {
  /** The thread (`T123`) or the CPU (`C1`) that printed, where the kernel was built to say it; else -1. */
  threadId = -1;
  cpu = -1;
  /** Whether a level or a facility stood there. */
  hasLevel = false;

  read(scanner: LineScanner): TimeKind {
    this.threadId = this.cpu = -1;
    this.hasLevel = false;
    const { bytes, start } = scanner;
    const first = bytes[start];
    if (first === less || (first !== undefined && first >= 97 && first <= 122)) this.#skipLevel(scanner);
    if (bytes[scanner.at] === openBracket) return this.#readBracket(scanner);
    if (first !== undefined && first >= zero && first <= nine) {
      if (this.#readKmsg(scanner)) return "boot";
      if (isoTime(scanner) && scanner.take(space)) return "date";
    }
    if (isoTime(scanner) && scanner.take(space)) return "date";
    scanner.at = start;
    return this.#findLater(scanner);
  }

  /** `<6>`, or `kern  :info  : `. */
  #skipLevel(scanner: LineScanner): void {
    const from = scanner.at;
    if (scanner.take(less)) {
      if (scanner.whole() && scanner.take(greater)) this.hasLevel = true;
      else scanner.at = from;
      return;
    }
    for (let part = 0; part < 2; part++) {
      while (isSmall(scanner.bytes[scanner.at]!) && scanner.at < scanner.end) scanner.at++;
      scanner.skipSpaces();
      if (!scanner.take(colon)) {
        scanner.at = from;
        return;
      }
    }
    scanner.take(space);
    this.hasLevel = true;
  }

  #readBracket(scanner: LineScanner): TimeKind {
    const from = scanner.at;
    scanner.at++;
    scanner.skipSpaces();
    const kind = this.#readTime(scanner);
    if (kind !== "none" && scanner.take(closeBracket)) {
      if (kind === "boot") this.#readCaller(scanner);
      scanner.take(space);
      return kind;
    }
    scanner.at = from;
    return "none";
  }

  #readTime(scanner: LineScanner): TimeKind {
    if (scanner.take(less)) {
      scanner.skipSpaces();
      return isKernelTime(scanner) && scanner.take(greater) ? "delta" : "none";
    }
    if (scanner.takeText("+")) return scanner.seconds() ? "minute" : "none";
    if (!isKernelTime(scanner)) return readDate(scanner);
    const { second, nanosecond } = scanner;
    if (scanner.takeText(" <")) {
      scanner.skipSpaces();
      if (!scanner.seconds() || !scanner.take(greater)) return "none";
      scanner.second = second;
      scanner.nanosecond = nanosecond;
    }
    return "boot";
  }

  /** `[ T123]` or `[ C1]`, of kernels with CONFIG_PRINTK_CALLER. */
  #readCaller(scanner: LineScanner): void {
    const from = scanner.at;
    if (!scanner.take(openBracket)) return;
    scanner.skipSpaces();
    const letter = scanner.bytes[scanner.at];
    scanner.at++;
    if ((letter === capitalT || letter === capitalC) && scanner.whole() && scanner.take(closeBracket)) {
      if (letter === capitalT && scanner.value < 2 ** 32) this.threadId = scanner.value;
      if (letter === capitalC && scanner.value < 2 ** 16) this.cpu = scanner.value;
    } else {
      scanner.at = from;
    }
  }

  /** `6,367,2521447,-;`: level, number, µs, flags and maybe more, up to a semicolon. */
  #readKmsg(scanner: LineScanner): boolean {
    const from = scanner.at;
    const isHead = scanner.whole() && scanner.take(comma) && scanner.whole() && scanner.take(comma) && scanner.whole();
    const us = scanner.value;
    if (!isHead || !scanner.take(comma) || !scanner.until(semicolon)) {
      scanner.at = from;
      return false;
    }
    scanner.second = Math.floor(us / usPerSecond);
    scanner.nanosecond = (us % usPerSecond) * 1000;
    this.hasLevel = true;
    return true;
  }

  /** A time behind what a syslog daemon or firmware wrote on the same line. */
  #findLater(scanner: LineScanner): TimeKind {
    const { bytes, start, end } = scanner;
    for (const mark of [kernelMark, bannerMark]) {
      const found = bytes.indexOf(mark, start);
      if (found < 0 || found + mark.length > end) continue;
      const at = mark === kernelMark ? found + mark.length - 1 : bytes.lastIndexOf(openBracket, found);
      if (at < start) continue;
      scanner.at = at;
      const kind = this.#readBracket(scanner);
      if (kind === "boot") return kind;
    }
    scanner.at = start;
    return "none";
  }
}

const kernelMark = Buffer.from(" kernel: [");
const bannerMark = Buffer.from("] Linux version ");

function isSmall(byte: number): boolean {
  return byte >= 97 && byte <= 122;
}

/** Seconds with the kernel's six digits; no kernel runs for decades, but `ping -D` writes seconds since 1970 so. */
function isKernelTime(scanner: LineScanner): boolean {
  return scanner.seconds() && scanner.bytes[scanner.at - digits - 1] === point && scanner.second < firstDateSecond;
}

/** `Thu Nov 26 02:54:06 2026`, which says no zone, or `Nov26 02:54`, which says no second. */
function readDate(scanner: LineScanner): TimeKind {
  const text = scanner.text(scanner.at, Math.min(scanner.at + 24, scanner.end));
  const [, month, day, hour, minute, second, year] =
    /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})/.exec(text) ?? [];
  if (month === undefined) {
    const short = /^([A-Z][a-z]{2})[ \d]\d \d\d:\d\d/.exec(text);
    if (!short || !months.includes(short[1]!)) return "none";
    scanner.at += short[0].length;
    return "minute";
  }
  const monthIndex = months.indexOf(month);
  if (monthIndex < 0) return "none";
  scanner.at += 24;
  scanner.second = Date.UTC(Number(year), monthIndex, Number(day), Number(hour), Number(minute), Number(second)) / 1000;
  scanner.nanosecond = 0;
  return scanner.second >= 0 && scanner.second < Number.MAX_SAFE_INTEGER / secNs + 2 ** 40 ? "local" : "none";
}
