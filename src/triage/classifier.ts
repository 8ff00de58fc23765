/** A second pair of eyes: how alike a text is to sentences of each level. It only raises what the rules say. Pure. */
import { z } from 'zod'
import { featuresOf, LONGEST, weigh } from './features.ts'
import { LEVELS, type Level } from './types.ts'

/** `config/triage/classifier.json`, written by `npm run triage-train`. */
export const TriageModel = z.strictObject({
  version: z.literal(1),
  /** SHA-256 of the sentences it was trained with. */
  sentences: z.string().regex(/^[0-9a-f]{64}$/),
  levels: z.tuple([
    z.literal('none'),
    z.literal('expected'),
    z.literal('watch'),
    z.literal('abnormal'),
    z.literal('emergency'),
  ]),
  bias: z.array(z.number()).length(LEVELS.length),
  /** A stored weight of 127. */
  scale: z.number().positive(),
  features: z.array(z.string().min(1).max(LONGEST)),
  /** How rare each feature is. */
  rarity: z.array(z.number()),
  /** Feature by feature, one signed byte per level, base64. */
  weights: z.base64(),
})
export type TriageModel = z.output<typeof TriageModel>

export interface Likeness {
  /** Of each level in the order of `LEVELS`; they add up to 1. */
  shares: readonly number[]
  /** The pieces that speak most for a level. */
  strongest(level: Level): string[]
}

/** Of a normalised text. */
export type Classifier = (text: string) => Likeness

const SHOWN = 3

/** Reads a model once; a text takes microseconds. @throws Error when features and weights don't fit */
export function createClassifier({ bias, scale, features, rarity, weights }: TriageModel): Classifier {
  const bytes = Buffer.from(weights, 'base64')
  // As they are stored: so few bytes stay near the processor.
  const values = new Int8Array(bytes)
  const unit = scale / 127
  const size = LEVELS.length
  if (values.length !== features.length * size || rarity.length !== features.length)
    throw new Error('the model of the triage is not whole')
  const known = featuresOf(features, rarity)
  return (text) => {
    const { places, weights: given } = weigh(text, known)
    const sums = new Float64Array(size)
    for (let at = 0; at < places.length; at++) {
      const from = (places[at] ?? 0) * size
      const weight = given[at] ?? 0
      for (let level = 0; level < size; level++) sums[level] = (sums[level] ?? 0) + weight * (values[from + level] ?? 0)
    }
    return {
      shares: softmax(bias.map((score, level) => score + (sums[level] ?? 0) * unit)),
      strongest(level) {
        const at = LEVELS.indexOf(level)
        return places
          .map((place, i) => ({
            feature: features[place] ?? '',
            speaks: (given[i] ?? 0) * (values[place * size + at] ?? 0),
          }))
          .filter(({ feature }) => /^\p{Script=Han}{2,}$/u.test(feature))
          .sort((a, b) => b.speaks - a.speaks)
          .slice(0, SHOWN)
          .map(({ feature }) => feature)
      },
    }
  }
}

export function softmax(scores: readonly number[]): number[] {
  const most = Math.max(...scores)
  const powers = scores.map((score) => Math.exp(score - most))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map((power) => power / sum)
}
