/**
 * `npm run triage-train`: trains the classifier of the triage with `config/triage/sentences/*.jsonl` and writes
 * `config/triage/classifier.json`. Same sentences, same model. Multinomial logistic regression by AdaGrad (Duchi et al., 2011).
 */
import { writeFileSync } from 'node:fs'
import { seededRandom } from '../src/platform/random.ts'
import { featuresOf, piecesOf, type Weighed, weigh } from '../src/triage/features.ts'
import { LEVELS, normalise, softmax, type TriageModel } from '../src/triage/index.ts'
import { readSentences } from './triage-sentences.ts'

const EPOCHS = 40
const RATE = 0.5
/** Weights are drawn to zero by so much at each step. */
const DECAY = 2e-5
/** A piece that stands in one sentence only says nothing of others. */
const LEAST = 2
const SMALLEST = 1e-8

const { lines, digest } = readSentences()
const sentences = lines.map((line) => ({ ...line, text: normalise(line.text) }))
const documents = new Map<string, number>()
for (const { text } of sentences)
  for (const piece of new Set(piecesOf(text))) documents.set(piece, (documents.get(piece) ?? 0) + 1)
const rarities = new Map(
  [...documents]
    .filter(([, count]) => count >= LEAST)
    .map(([piece, count]) => [piece, Math.log((1 + sentences.length) / (1 + count)) + 1]),
)
const features = [...rarities.keys()].sort()
const rarity = features.map((feature) => rarities.get(feature) ?? 0)
const known = featuresOf(features, rarity)
const inputsOf = ({ places, weights }: Weighed) => places.map((place, at) => [place, weights[at] ?? 0] as const)
const samples = sentences.map((line) => ({
  level: LEVELS.indexOf(line.level),
  inputs: inputsOf(weigh(line.text, known)),
}))
// Levels count alike, however many sentences they have.
const shares = LEVELS.map(
  (_, at) => samples.length / (LEVELS.length * samples.filter(({ level }) => level === at).length),
)

const size = LEVELS.length
const weights = new Float64Array(features.length * size)
const squares = new Float64Array(weights.length)
const bias = new Float64Array(size)
const biasSquares = new Float64Array(size)
const random = seededRandom(1)
for (let epoch = 0; epoch < EPOCHS; epoch++) {
  for (let at = samples.length - 1; at > 0; at--) {
    const other = Math.floor(random.unit() * (at + 1))
    const [a, b] = [samples[at], samples[other]]
    if (a && b) [samples[at], samples[other]] = [b, a]
  }
  for (const { level, inputs } of samples) {
    const got = softmax(
      LEVELS.map((_, k) =>
        inputs.reduce((sum, [at, weight]) => sum + weight * (weights[at * size + k] ?? 0), bias[k] ?? 0),
      ),
    )
    for (let k = 0; k < size; k++) {
      const error = ((got[k] ?? 0) - (k === level ? 1 : 0)) * (shares[level] ?? 1)
      biasSquares[k] = (biasSquares[k] ?? 0) + error * error
      bias[k] = (bias[k] ?? 0) - (RATE * error) / Math.sqrt((biasSquares[k] ?? 0) + SMALLEST)
      for (const [at, weight] of inputs) {
        const place = at * size + k
        const gradient = error * weight + DECAY * (weights[place] ?? 0)
        squares[place] = (squares[place] ?? 0) + gradient * gradient
        weights[place] = (weights[place] ?? 0) - (RATE * gradient) / Math.sqrt((squares[place] ?? 0) + SMALLEST)
      }
    }
  }
}

const scale = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0)
const bytes = Int8Array.from(weights, (weight) => Math.round((weight / scale) * 127))
const round = (value: number) => Math.round(value * 1e4) / 1e4
const model: TriageModel = {
  version: 1,
  sentences: digest,
  levels: [...LEVELS],
  bias: [...bias].map(round),
  scale: round(scale),
  features,
  rarity: rarity.map(round),
  weights: Buffer.from(bytes.buffer).toString('base64'),
}
writeFileSync('config/triage/classifier.json', `${JSON.stringify(model)}\n`)
process.stdout.write(`${sentences.length} sentences, ${features.length} features\n`)
