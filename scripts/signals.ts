/** Signals of scripts that own processes and folders. */

const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const
type Signal = keyof typeof NUMBERS
const SIGNALS = Object.keys(NUMBERS) as Signal[]

/** Runs `work` once, at the first signal that asks to stop. Returns how to take it back. */
export function onStopSignal(work: (signal: Signal) => void): () => void {
  const off = () => {
    for (const signal of SIGNALS) process.off(signal, listener)
  }
  const listener = (signal: Signal) => {
    off()
    work(signal)
  }
  for (const signal of SIGNALS) process.on(signal, listener)
  return off
}

/**
 * Turns a signal into an ordinary exit, so that what is to be undone at `exit` is undone: daemons stop, folders go. A signal's
 * own death would skip that. Returns how to take it back, for who stops in an order of its own.
 */
export const exitOnStopSignal = (): (() => void) => onStopSignal((signal) => process.exit(128 + NUMBERS[signal]))
