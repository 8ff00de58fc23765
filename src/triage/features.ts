/**
 * What the classifier looks at: pieces of one to three characters. Not the treatment, nor the day: on the day of a filler it
 * would take a greeting for an emergency, since so many of them are told then. Pure.
 */

/** Characters of a piece. */
export const LONGEST = 3

/**
 * The square of the length that texts of some eight characters have. Shorter ones count as if they had it: otherwise the three
 * pieces of `再见` would say as much as a whole message.
 */
const LEAST_SQUARE = 1_000

/** Pieces by their characters in one flat table, so that a text is looked up without being cut up. */
interface Pieces {
  /** The units of a piece, one number of at most 48 bits; 0: free. */
  keys: Float64Array
  places: Int32Array
  mask: number
}

/** Of up to three UTF-16 units. */
const WIDTH = 0x10000
/** The hash of a piece from that of the piece without its last unit; 0 for none. */
const hashOf = (hash: number, unit: number): number => {
  const mixed = Math.imul(hash ^ unit, 0x9e3779b1)
  return mixed ^ (mixed >>> 15)
}

function piecesAmong(features: readonly string[]): Pieces {
  let room = 1
  while (room < features.length * 2) room *= 2
  const table: Pieces = { keys: new Float64Array(room), places: new Int32Array(room), mask: room - 1 }
  for (const [place, feature] of features.entries()) {
    let key = 0
    let hash = 0
    for (let at = 0; at < feature.length; at++) {
      key = key * WIDTH + feature.charCodeAt(at)
      hash = hashOf(hash, feature.charCodeAt(at))
    }
    let slot = hash & table.mask
    while (table.keys[slot] !== 0) slot = (slot + 1) & table.mask
    table.keys[slot] = key
    table.places[slot] = place
  }
  return table
}

function placeOf({ keys, places, mask }: Pieces, key: number, hash: number): number {
  for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
    const found = keys[slot]
    if (found === key) return places[slot] ?? -1
    if (found === 0) return -1
  }
}

/** Every piece of a normalised text, one after the other. */
export function* piecesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length; start++)
    for (let length = 1; length <= LONGEST && start + length <= text.length; length++)
      yield text.slice(start, start + length)
}

/** A model's features as `weigh` looks them up. */
export interface Features {
  pieces: Pieces
  rarity: Float64Array
  /** Room to count in; zero between two texts. */
  counts: Float64Array
}

export const featuresOf = (features: readonly string[], rarity: readonly number[]): Features => ({
  pieces: piecesAmong(features),
  rarity: Float64Array.from(rarity),
  counts: new Float64Array(features.length),
})

/** Features by their places in a model, each with its weight. */
export interface Weighed {
  places: number[]
  weights: number[]
}

/**
 * The pieces of a normalised text with their weights: rare pieces count more, and long texts not more than short ones. What
 * the model doesn't know is left out.
 */
export function weigh(text: string, { pieces, rarity, counts }: Features): Weighed {
  const places: number[] = []
  for (let start = 0; start < text.length; start++) {
    let key = 0
    let hash = 0
    for (let index = start; index < start + LONGEST && index < text.length; index++) {
      const unit = text.charCodeAt(index)
      key = key * WIDTH + unit
      hash = hashOf(hash, unit)
      const place = placeOf(pieces, key, hash)
      if (place < 0) continue
      const count = counts[place] ?? 0
      if (count === 0) places.push(place)
      counts[place] = count + 1
    }
  }
  let square = 0
  const weights = places.map((place) => {
    const count = counts[place] ?? 0
    counts[place] = 0
    const weight = (count === 1 ? 1 : 1 + Math.log(count)) * (rarity[place] ?? 0)
    square += weight * weight
    return weight
  })
  const length = Math.sqrt(Math.max(square, LEAST_SQUARE))
  for (let at = 0; at < weights.length; at++) weights[at] = (weights[at] ?? 0) / length
  return { places, weights }
}
