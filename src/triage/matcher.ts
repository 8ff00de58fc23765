/** Finds every word of a list in a text in one pass (Aho and Corasick, 1975). Pure. */

export interface Match<T> {
  start: number
  /** Behind the last symbol. */
  end: number
  value: T
}

interface Node<T> {
  next: Map<number, Node<T>>
  fail: Node<T> | null
  /** Words that end here, with their lengths. */
  ends: { length: number; value: T }[]
}

const node = <T>(): Node<T> => ({ next: new Map(), fail: null, ends: [] })

/** A search for all words at once; the text is read once, whatever their number. `symbolOf`: what of a UTF-16 unit is compared. */
export function createMatcher<T>(
  words: Iterable<{ word: string; value: T }>,
  symbolOf = (unit: number): number => unit,
) {
  const root = node<T>()
  for (const { word, value } of words) {
    if (word === '') continue
    let at = root
    for (let index = 0; index < word.length; index++) {
      const symbol = symbolOf(word.charCodeAt(index))
      let to = at.next.get(symbol)
      if (!to) {
        to = node<T>()
        at.next.set(symbol, to)
      }
      at = to
    }
    at.ends.push({ length: word.length, value })
  }
  const queue: Node<T>[] = []
  for (const child of root.next.values()) {
    child.fail = root
    queue.push(child)
  }
  // The list grows while it is walked: breadth first.
  for (const at of queue)
    for (const [symbol, child] of at.next) {
      let fail = at.fail
      while (fail && !fail.next.has(symbol)) fail = fail.fail
      child.fail = fail?.next.get(symbol) ?? root
      child.ends = [...child.ends, ...child.fail.ends]
      queue.push(child)
    }
  return (text: string): Match<T>[] => {
    const found: Match<T>[] = []
    let at = root
    for (let index = 0; index < text.length; index++) {
      const symbol = symbolOf(text.charCodeAt(index))
      let next = at.next.get(symbol)
      while (!next && at !== root) {
        at = at.fail ?? root
        next = at.next.get(symbol)
      }
      at = next ?? root
      for (const { length, value } of at.ends) found.push({ start: index + 1 - length, end: index + 1, value })
    }
    return found
  }
}
