const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);
/** From here on Stirling's series is exact to a number's last digit. */
const seriesFrom = 20;

/** log(n!) by Stirling's series; small ones are products. */
export function logFactorial(count: number): number {
  if (count < seriesFrom) {
    let product = 1;
    for (let each = 2; each <= count; each++) product *= each;
    return Math.log(product);
  }
  const inverse = 1 / count;
  const square = inverse * inverse;
  const rest = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)));
  return (count + 0.5) * Math.log(count) - count + halfLogTwoPi + rest;
}
