/** A rule of the model, broken: the tests named must notice. `npm run mutate` tries each. */
export interface Mutation {
  readonly rule: string;
  readonly breaks: string;
  readonly file: string;
  /** Text that stands there once, and what takes its place. */
  readonly find: string;
  readonly replace: string;
  readonly tests: readonly string[];
}
