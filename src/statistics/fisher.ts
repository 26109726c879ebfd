import { logFactorial } from "./log-factorial.ts";

/** Tables whose chance differs by less count as equally likely. */
const tolerance = 1e-7;

/**
 * Whether shares of successes differ: Fisher's exact test, two-sided, of the table a successes and b failures on one side, c
 * and d on the other.
 *
 * Shape    the chance of all tables with these sums that are no likelier than the observed one
 * Source   Fisher, Statistical Methods for Research Workers (1934); two-sided as in R's fisher.test
 */
export function fisherExact(a: number, b: number, c: number, d: number): number {
  const [first, second, successes] = [a + b, c + d, a + c];
  if (first === 0 || second === 0) return 1;
  const fixed =
    logFactorial(first) +
    logFactorial(second) +
    logFactorial(successes) +
    logFactorial(b + d) -
    logFactorial(first + second);
  const chance = (own: number): number =>
    Math.exp(
      fixed -
        logFactorial(own) -
        logFactorial(first - own) -
        logFactorial(successes - own) -
        logFactorial(second - successes + own),
    );
  const limit = chance(a) * (1 + tolerance);
  let sum = 0;
  for (let own = Math.max(0, successes - second); own <= Math.min(first, successes); own++) {
    const each = chance(own);
    if (each <= limit) sum += each;
  }
  return Math.min(1, sum);
}
