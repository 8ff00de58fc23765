/** What the classifier looks at: pieces of one to three characters, the treatment and the days since. Pure. */

const LONGEST = 3
/** Upper ends of the spans of days that are told apart; later days are one span. */
const SPANS = [0, 2, 5, 10, 20]
/** Beside the pieces of a text, what is known of the treatment weighs so much. */
const CONTEXT_WEIGHT = 0.3

export interface Line {
  /** Normalised. */
  text: string
  treatment: string | null
  day: number | null
}

/** Pieces by their characters, so that a text is looked up without being cut up. */
interface Piece {
  /** Place in the model; -1: none. */
  place: number
  next: Map<number, Piece>
}

/** The pieces among features, for `weigh`; what isn't one to three characters is no piece. */
function pieceTree(features: readonly string[]): Piece {
  const root: Piece = { place: -1, next: new Map() }
  for (const [place, feature] of features.entries()) {
    if (feature.length > LONGEST) continue
    let at = root
    for (let index = 0; index < feature.length; index++) {
      const unit = feature.charCodeAt(index)
      const next = at.next.get(unit) ?? { place: -1, next: new Map() }
      at.next.set(unit, next)
      at = next
    }
    at.place = place
  }
  return root
}

/** Every piece of a normalised text, one after the other. */
export function* piecesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length; start++)
    for (let length = 1; length <= LONGEST && start + length <= text.length; length++)
      yield text.slice(start, start + length)
}

/** The names of the features of a treatment and a day; longer than any piece of a text. */
export function contextOf({ treatment, day }: Omit<Line, 'text'>): string[] {
  const span = SPANS.findIndex((last) => day !== null && day <= last)
  return [
    ...(treatment === null ? [] : [`treatment:${treatment}`]),
    ...(day === null ? [] : [`days:${SPANS[span] ?? 'later'}`]),
  ]
}

/** A model's features as `weigh` looks them up. */
export interface Features {
  pieces: Piece
  context: ReadonlyMap<string, number>
  rarity: Float64Array
  /** Room to count in; zero between two texts. */
  counts: Float64Array
}

export const featuresOf = (features: readonly string[], rarity: readonly number[]): Features => ({
  pieces: pieceTree(features),
  context: new Map(features.flatMap((feature, at) => (feature.length > LONGEST ? [[feature, at] as const] : []))),
  rarity: Float64Array.from(rarity),
  counts: new Float64Array(features.length),
})

/** Features by their places in a model, each with its weight. */
export interface Weighed {
  places: number[]
  weights: number[]
}

/**
 * The features of a line with their weights: rare pieces count more, and long texts not more than short ones. What the model
 * doesn't know is left out.
 */
export function weigh(line: Line, { pieces, context, rarity, counts }: Features): Weighed {
  const places: number[] = []
  const { text } = line
  for (let start = 0; start < text.length; start++) {
    let at: Piece | undefined = pieces
    for (let index = start; index < start + LONGEST && index < text.length; index++) {
      at = at.next.get(text.charCodeAt(index))
      if (!at) break
      const { place } = at
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
  const length = Math.sqrt(square) || 1
  for (let at = 0; at < weights.length; at++) weights[at] = (weights[at] ?? 0) / length
  for (const feature of contextOf(line)) {
    const place = context.get(feature)
    if (place === undefined) continue
    places.push(place)
    weights.push(CONTEXT_WEIGHT)
  }
  return { places, weights }
}
