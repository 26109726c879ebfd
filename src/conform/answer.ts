/** The answer to a call, as far as it is recorded. */
export type Answer = Readonly<Record<string, number | string>>;
