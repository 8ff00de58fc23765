/** Guides that would tell one customer to do and to avoid the same on the same day. Pure. */
import { z } from 'zod'
import { entryOf, type GuideFacts, type GuideFile, type GuideProblem, type Moment, momentsOf } from './guides.ts'

const Name = z.string().regex(/^[a-z_]+$/)

export const AdviceFile = z
  .strictObject({
    version: z.int().positive(),
    topics: z.record(
      Name,
      z.strictObject({
        name: z.string().min(1),
        /** It concerns a place of the body. What doesn't concerns the whole person, and has no place. */
        isLocal: z.boolean().default(false),
      }),
    ),
    places: z.record(
      Name,
      z.strictObject({
        name: z.string().min(1),
        /** The larger place that it is a part of. */
        within: z.string().optional(),
      }),
    ),
  })
  .superRefine(({ places }, { addIssue }) => {
    for (const [name, { within }] of Object.entries(places))
      if (within !== undefined && !places[within])
        addIssue({ code: 'custom', path: ['places', name, 'within'], message: `${within} is no place` })
  })
export type Vocabulary = z.output<typeof AdviceFile>

interface Advice {
  topic: string
  /** Null: anywhere. */
  place: string | null
}
/** Where in its file it stands. */
interface Placed extends Advice {
  file: string
  path: (string | number)[]
}

type Way = 'do' | 'avoid'

/**
 * Two guides contradict each other when, at one moment, the first says to do (or allows) what the second says to avoid
 * where the first wants it.
 *
 * - Moment: the same day number, or the same milestone. Treatments of one visit share their day numbers, and a message
 *   that carries several guides brings those of one day; other days are other messages, each under its treatment's name.
 * - Guides: any two that one customer can have. Those of one treatment's techniques are alternatives, except of products,
 *   of which a basket holds several.
 * - Place: the avoided one is the wanted one or contains it; without a place it contains all. To spare a part of the place
 *   where something is wanted is an exception that one can follow.
 *
 * What a text leaves to the doctor is neither done nor avoided, and has no tag.
 */
export function checkAdvice(
  files: ReadonlyMap<string, GuideFile>,
  vocabulary: Vocabulary,
  kinds: GuideFacts['kinds'],
): GuideProblem[] {
  const problems: GuideProblem[] = []
  const moments = new Map<Moment, Record<Way, Placed[]>>()
  for (const [file, guide] of files) {
    if (guide.place !== undefined && !vocabulary.places[guide.place])
      problems.push(unknown(file, ['place'], guide.place, 'place'))
    for (const moment of momentsOf(guide)) {
      const said = moments.get(moment) ?? { do: [], avoid: [] }
      moments.set(moment, said)
      for (const way of ['do', 'avoid'] as const)
        for (const [i, tag] of (entryOf(guide, moment)?.advice?.[way] ?? []).entries()) {
          const path = [typeof moment === 'number' ? 'days' : 'milestones', String(moment), 'advice', way, i]
          const [topic = '', place] = tag.split('@')
          const known = vocabulary.topics[topic]
          if (!known) problems.push(unknown(file, path, topic, 'topic'))
          else if (place !== undefined && !vocabulary.places[place]) problems.push(unknown(file, path, place, 'place'))
          else if (place !== undefined && !known.isLocal)
            problems.push({ file, path, message: `${topic} concerns the whole person and has no place`, code: UNKNOWN })
          else said[way].push({ file, path, topic, place: known.isLocal ? (place ?? guide.place ?? null) : null })
        }
    }
  }
  for (const [moment, said] of moments)
    for (const wanted of said.do)
      for (const avoided of said.avoid)
        if (
          wanted.topic === avoided.topic &&
          contains(avoided.place, wanted.place, vocabulary) &&
          canMeet(files.get(wanted.file), files.get(avoided.file), kinds)
        )
          problems.push({
            file: wanted.file,
            path: wanted.path,
            message: `${when(moment)} ${wanted.file}.yaml says to do, and ${avoided.file}.yaml to avoid: ${named(wanted, vocabulary)}; treatments of one visit would bring both`,
            code: 'contradictory_advice',
          })
  return problems
}

const UNKNOWN = 'unknown_advice'
const unknown = (file: string, path: (string | number)[], name: string, what: 'topic' | 'place'): GuideProblem => ({
  file,
  path,
  message: `${name} is no ${what} of config/advice.yaml`,
  code: UNKNOWN,
})

function contains(outer: string | null, inner: string | null, { places }: Vocabulary): boolean {
  if (outer === null) return true
  // Every step leads to another place, or the file has a ring: as many as there are places is enough.
  let place: string | null | undefined = inner
  for (let i = 0; place && i <= Object.keys(places).length; i += 1) {
    if (place === outer) return true
    place = places[place]?.within
  }
  return false
}

function canMeet(a: GuideFile | undefined, b: GuideFile | undefined, kinds: GuideFacts['kinds']): boolean {
  if (!a || !b || a === b) return false
  const shared = a.codes.filter((code) => b.codes.includes(code))
  return shared.every((code) => kinds.find((kind) => kind.code === code)?.category === 'product')
}

const when = (moment: Moment): string => (typeof moment === 'number' ? `on day ${moment}` : `at ${moment}`)
const named = ({ topic, place }: Advice, { topics, places }: Vocabulary): string => {
  const where = place === null ? '' : `, ${place} (${places[place]?.name})`
  return `${topic} (${topics[topic]?.name})${where}`
}
