/**
 * A message of the kernel: on a console, in dmesg (with `<6>` or without), with a thread or CPU behind the time, or as
 * `journalctl -o short-monotonic` prints it. On a console anything may stand before it.
 *
 * Source   linux-7.3 kernel/printk/printk.c print_time(), print_caller(); systemd src/shared/logs-show.c
 */
const messagePattern =
  /(?<level>^<\d{1,4}>)?\[ {0,12}(?<seconds>\d{1,7}\.\d{1,9})\](?:\[ {0,8}[CT]\d{1,9}\])? (?<text>.*)$/;

/** Host and program that a journal puts before the text. */
const journalPattern = /^[\w.-]{1,64} (?:kernel: |(?=[\w@.-]{1,64}\[\d{1,10}\]: ))/;

export interface Message {
  readonly ns: number;
  readonly text: string;
  /** With its level before it: a line of a dump, not of a console. */
  readonly leveled: boolean;
}

export function parseMessage(line: string): Message | undefined {
  const groups = messagePattern.exec(line)?.groups;
  if (!groups) return undefined;
  return {
    ns: Math.round(Number(groups["seconds"]) * 1e9),
    text: groups["text"]!.replace(journalPattern, ""),
    leveled: groups["level"] !== undefined,
  };
}
