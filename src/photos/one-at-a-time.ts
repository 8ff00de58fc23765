/** Unpacking a picture takes memory by the hundred megabytes: in one process never two at once. */
export type OneAtATime = <T>(work: () => Promise<T>) => Promise<T>

export function createQueue(): OneAtATime {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work)
    last = mine.catch(() => undefined)
    return mine
  }
}
