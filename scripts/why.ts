/** What a command says when it fails: a sentence for what a person can mend, else where it happened. */
export const whyOf = (error: unknown, plain: readonly (abstract new (...args: never[]) => Error)[]): string => {
  if (!(error instanceof Error)) return String(error)
  return plain.some((kind) => error instanceof kind) ? error.message : (error.stack ?? error.message)
}
