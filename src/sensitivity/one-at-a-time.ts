import { assert } from "../base/index.ts";
import { checkSize, type Design } from "./design.ts";
import { highShare, lowShare } from "./distribution.ts";

/** Row 0 has every input at its median; rows 2i + 1 and 2i + 2 have input i at its low and its high end. */
export function createOneAtATimeDesign(inputCount: number): Design {
  const rowCount = 2 * inputCount + 1;
  checkSize("one at a time", rowCount, rowCount);
  const fillPoint = (row: number, point: Float64Array): void => {
    point.fill(0.5);
    if (row > 0) point[(row - 1) >> 1] = row % 2 === 1 ? lowShare : highShare;
  };
  return { inputCount, rowCount, fillPoint };
}

/** One bar of a tornado. Missing answers stay NaN. */
export interface OneAtATimeEffect {
  /** The answer with this input at its 5th percentile, and at its 95th. */
  readonly lowAnswer: number;
  readonly highAnswer: number;
  /** How far the two are apart. */
  readonly swing: number;
}

export interface OneAtATimeResult {
  /** The answer with every input at its median. */
  readonly baseAnswer: number;
  /** One an input. */
  readonly effects: readonly OneAtATimeEffect[];
  /** Inputs with a missing answer. */
  readonly leftOutCount: number;
}

/** The bars of a tornado from the answers to a design, in the order of its rows. */
export function estimateOneAtATime(design: Design, answers: Float64Array): OneAtATimeResult {
  assert(answers.length === design.rowCount, `${answers.length} answers to ${design.rowCount} rows`);
  const effects = Array.from({ length: design.inputCount }, (_, input): OneAtATimeEffect => {
    const lowAnswer = answers[2 * input + 1]!;
    const highAnswer = answers[2 * input + 2]!;
    return { lowAnswer, highAnswer, swing: Math.abs(highAnswer - lowAnswer) };
  });
  return { baseAnswer: answers[0]!, effects, leftOutCount: effects.filter(({ swing }) => !(swing >= 0)).length };
}
