const width = 24;
const showAfterMs = 500;
const redrawMs = 100;

/** A bar on stderr for work of a known size; silent when stderr is no terminal or the work is short. */
export interface Progress {
  update(done: number, total: number): void;
  end(): void;
}

const silent: Progress = { update() {}, end() {} };

function formatRemaining(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}

export interface ProgressOptions {
  readonly stream?: NodeJS.WriteStream;
  /** What is counted, where its rate is shown: "runs". */
  readonly counted?: string;
}

export function createProgress(label: string, { stream = process.stderr, counted }: ProgressOptions = {}): Progress {
  if (!stream.isTTY) return silent;
  const startMs = performance.now();
  let drawnMs = startMs + showAfterMs - redrawMs;
  let drawn = false;
  return {
    update(done, total) {
      const nowMs = performance.now();
      if (nowMs - drawnMs < redrawMs || total <= 0) return;
      drawnMs = nowMs;
      drawn = true;
      const ratio = Math.min(1, done / total);
      const bar = "█".repeat(Math.round(ratio * width)).padEnd(width, "░");
      const seconds = (nowMs - startMs) / 1000;
      const left = ratio > 0 ? formatRemaining((seconds * (1 - ratio)) / ratio) : "?";
      const rate = counted === undefined ? "" : ` ${Math.round(done / seconds)} ${counted}/s,`;
      stream.write(`\r${label} ${bar} ${Math.floor(ratio * 100)} %,${rate} ${left} left\u001b[K`);
    },
    end() {
      if (drawn) stream.write("\r\u001b[K");
    },
  };
}
