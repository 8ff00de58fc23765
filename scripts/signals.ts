/** When a script that owns processes and folders has to stop. */

const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const
type Signal = keyof typeof NUMBERS
const SIGNALS = Object.keys(NUMBERS) as Signal[]
const PARENT_POLL_MS = 1_000

/**
 * Runs `work` once: at the first signal that asks to stop, or when the process that started us is gone (npm hands a SIGTERM to the
 * shell between us, which dies of it alone). Returns how to take it back.
 */
export function onStopSignal(work: (signal: Signal) => void): () => void {
  const parent = process.ppid
  const off = () => {
    clearInterval(orphaned)
    for (const signal of SIGNALS) process.off(signal, listener)
  }
  const listener = (signal: Signal) => {
    off()
    work(signal)
  }
  const orphaned = setInterval(() => process.ppid !== parent && listener('SIGHUP'), PARENT_POLL_MS)
  orphaned.unref()
  for (const signal of SIGNALS) process.on(signal, listener)
  return off
}

/**
 * Turns a signal into an ordinary exit, so that what is to be undone at `exit` is undone: daemons stop, folders go. A signal's
 * own death would skip that. Returns how to take it back, for who stops in an order of its own.
 */
export const exitOnStopSignal = (): (() => void) => onStopSignal((signal) => process.exit(128 + NUMBERS[signal]))
