interface ErrorDetails {
  /** What the user can do about it; the message states facts only. */
  hint?: string;
  cause?: unknown;
}

/** The root of every error that a user may meet; the command line turns `exitCode` into the process's. */
export class ToolError extends Error {
  readonly exitCode: number;
  readonly hint: string | undefined;

  constructor(message: string, exitCode: number, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.exitCode = exitCode;
    this.hint = details.hint;
  }
}

/** A wrong flag, path, scenario, profile or query. */
export class UsageError extends ToolError {
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, 2, details);
  }
}

/** A trace, a run or a source file that is wrong, truncated or of an unknown version. */
export class FormatError extends ToolError {
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, 3, details);
  }
}

/** Our own bug: a state that must not exist. */
export class InvariantError extends ToolError {
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, 5, {
      hint: "this is a defect of luoscope; please report it with the command line",
      ...details,
    });
  }
}

/** The user pressed Ctrl-C or the process was told to end. */
export class InterruptedError extends ToolError {
  constructor() {
    super("interrupted", 130);
  }
}
