/** How much is going on in this process: a simulated clock must not move meanwhile. */
export interface Activity {
  /** Requests being answered and drains running. */
  inFlight: number
  /** Grows with every start and end: unchanged = nothing happened in between. */
  changes: number
}

export const createActivity = (): Activity => ({ inFlight: 0, changes: 0 })
