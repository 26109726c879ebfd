const rootTwoPi = Math.sqrt(2 * Math.PI);

export function normalDensity(x: number): number {
  return Math.exp((-x * x) / 2) / rootTwoPi;
}

/** From here on the continued fraction is used: below it needs too many terms, above it the series cancels. */
const fractionFrom = 2;
const fractionTerms = 120;

/**
 * Upper tail over density, (1 - Φ(x)) / φ(x), for x >= 0: finite where both underflow.
 *
 * Source   Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.11 (series) and 26.2.14 (continued fraction)
 */
export function millsRatio(x: number): number {
  if (x >= fractionFrom) {
    let tail = x;
    for (let term = fractionTerms; term > 0; term--) tail = x + term / tail;
    return 1 / tail;
  }
  let sum = 0;
  let part = x;
  for (let odd = 3; part > 1e-18; odd += 2) {
    sum += part;
    part *= (x * x) / odd;
  }
  return (rootTwoPi / 2) * Math.exp((x * x) / 2) - sum;
}

/** Φ(x), the share of a standard normal below x. */
export function normalCdf(x: number): number {
  const tail = millsRatio(Math.abs(x)) * normalDensity(x);
  return x < 0 ? tail : 1 - tail;
}

/** Coefficients of a ratio of two polynomials, the constant first; as published, to the last digit that a number holds. */
interface Rational {
  readonly over: readonly number[];
  readonly under: readonly number[];
}

/** The middle, |p - 0.5| <= 0.425. */
const middle: Rational = {
  over: [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
    33430.57558358813, 2509.0809287301227,
  ],
  under: [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
};

/** Tails whose root of -ln p is at most 5. */
const near: Rational = {
  over: [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  under: [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
};

/** Tails further out. */
const far: Rational = {
  over: [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
  ],
  under: [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 1.8463183175100548e-5,
    1.421511758316446e-7, 2.0442631033899397e-15,
  ],
};

function evaluate({ over, under }: Rational, x: number): number {
  let above = 0;
  let below = 0;
  for (let power = over.length - 1; power >= 0; power--) {
    above = above * x + over[power]!;
    below = below * x + under[power]!;
  }
  return above / below;
}

/**
 * The x with Φ(x) = share, to about 16 digits; infinite at 0 and 1.
 *
 * Source   M. J. Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988)
 */
export function inverseNormal(share: number): number {
  const offset = share - 0.5;
  if (Math.abs(offset) <= 0.425) return offset * evaluate(middle, 0.180625 - offset * offset);
  const tail = offset < 0 ? share : 1 - share;
  if (tail <= 0) return offset < 0 ? -Infinity : Infinity;
  const root = Math.sqrt(-Math.log(tail));
  const size = root <= 5 ? evaluate(near, root - 1.6) : evaluate(far, root - 5);
  return offset < 0 ? -size : size;
}
