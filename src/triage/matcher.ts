/** Finds every word of a list in a text in one pass (Aho and Corasick, 1975). Pure. */

export interface Match<T> {
  start: number
  /** Behind the last symbol. */
  end: number
  value: T
}

interface Node<T> {
  own: Map<number, Node<T>>
  /** By symbol, also from where the search goes on when the next doesn't fit; what begins a word stands in `firsts`. */
  next: Map<number, Node<T>>
  fail: Node<T> | null
  /** Words that end here, with their lengths. */
  ends: { length: number; value: T }[]
}

const node = <T>(): Node<T> => ({ own: new Map(), next: new Map(), fail: null, ends: [] })

/** Of UTF-16 units. */
const UNITS = 0x10000
/** A unit that no word has. */
const NONE = -1

/** A search for all words at once; the text is read once, whatever their number. `symbolOf`: what of a UTF-16 unit is compared. */
export function createMatcher<T>(
  words: Iterable<{ word: string; value: T }>,
  symbolOf = (unit: number): number => unit,
) {
  const root = node<T>()
  const numbers = new Map<number, number>()
  // Symbols are numbered from 1, as they come; 0: not asked yet.
  const symbols = new Int32Array(UNITS)
  const numberOf = (unit: number): number => {
    const symbol = symbolOf(unit)
    const known = numbers.get(symbol) ?? numbers.size + 1
    numbers.set(symbol, known)
    return known
  }
  for (const { word, value } of words) {
    if (word === '') continue
    let at = root
    for (let index = 0; index < word.length; index++) {
      const symbol = numberOf(word.charCodeAt(index))
      let to = at.own.get(symbol)
      if (!to) {
        to = node<T>()
        at.own.set(symbol, to)
      }
      at = to
    }
    at.ends.push({ length: word.length, value })
  }
  const firsts = Array.from({ length: numbers.size + 1 }, (_, symbol) => root.own.get(symbol) ?? root)
  const queue = [...root.own.values()]
  for (const child of queue) child.fail = root
  // The list grows while it is walked: breadth first, so that where a search goes on is known already.
  for (const at of queue) {
    const fail = at.fail ?? root
    at.next = new Map([...fail.next, ...at.own])
    for (const [symbol, child] of at.own) {
      child.fail = fail.next.get(symbol) ?? firsts[symbol] ?? root
      child.ends = [...child.ends, ...child.fail.ends]
      queue.push(child)
    }
  }
  return (text: string): Match<T>[] => {
    const found: Match<T>[] = []
    let at = root
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index)
      let symbol = symbols[unit] ?? 0
      if (symbol === 0) {
        symbol = numbers.get(symbolOf(unit)) ?? NONE
        symbols[unit] = symbol
      }
      at = symbol === NONE ? root : (at.next.get(symbol) ?? firsts[symbol] ?? root)
      for (const { length, value } of at.ends) found.push({ start: index + 1 - length, end: index + 1, value })
    }
    return found
  }
}
