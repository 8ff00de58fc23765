/** `config/photos.yaml`: which angles to take after which treatment, how long photos are kept, what is checked. */
import { z } from 'zod'
import { ShortText } from '../platform/views.ts'
import { ANGLES, type Angle, PHOTO_PURPOSES } from './types.ts'

const Code = z.string().regex(/^[a-z][a-z0-9_]{1,39}$/, 'must be lower-case letters, digits and _')
const Shot = z.strictObject({
  angle: z.enum(ANGLES),
  /** In place of the angle's own hint. */
  hint: ShortText(80).optional(),
  /** Left out is fine. */
  optional: z.boolean().default(false),
})
const Months = z.int().min(1).max(600)

export const PhotosFile = z
  .strictObject({
    version: z.int().min(1),
    angles: z.record(z.enum(ANGLES), z.strictObject({ title: ShortText(10), hint: ShortText(80) })),
    sets: z.array(
      z.strictObject({
        treatments: z.array(Code).min(1),
        /** Left out: for every technique that has no set of its own. */
        technique: Code.optional(),
        shots: z.array(Shot).min(1).max(ANGLES.length),
      }),
    ),
    /** Where no treatment is said, or it has no set. */
    fallback: z.array(Shot).min(1).max(ANGLES.length),
    keep: z.strictObject({
      /** Part of a medical record. */
      medical: Months,
      /** After care in a salon. */
      salon: Months,
      /** Of no treatment. */
      loose: Months,
      evidence: Months,
    }),
    safetyCheck: z.array(z.enum(PHOTO_PURPOSES)),
  })
  .superRefine(({ sets, fallback }, ctx) => {
    const seen = new Set<string>()
    for (const [i, { treatments, technique, shots }] of sets.entries()) {
      for (const code of treatments) {
        const key = `${code} ${technique ?? ''}`
        if (seen.has(key)) ctx.addIssue({ code: 'custom', path: ['sets', i], message: `${key.trim()} has two sets` })
        seen.add(key)
      }
      if (hasTwice(shots))
        ctx.addIssue({ code: 'custom', path: ['sets', i, 'shots'], message: 'an angle appears twice' })
    }
    if (hasTwice(fallback)) ctx.addIssue({ code: 'custom', path: ['fallback'], message: 'an angle appears twice' })
  })

const hasTwice = (shots: readonly { angle: Angle }[]) => new Set(shots.map(({ angle }) => angle)).size < shots.length

export type PhotosConfig = z.output<typeof PhotosFile>

export interface Shot {
  angle: Angle
  title: string
  hint: string
  optional: boolean
}

/** The angles to take, in the order to take them. Pure. */
export function shotsFor(
  { angles, sets, fallback }: PhotosConfig,
  treatment: { code: string; technique: string | null } | null,
): Shot[] {
  const fitting = sets.filter(({ treatments }) => treatment && treatments.includes(treatment.code))
  const set =
    fitting.find(({ technique }) => technique !== undefined && technique === treatment?.technique) ??
    fitting.find(({ technique }) => technique === undefined)
  return (set?.shots ?? fallback).map(({ angle, hint, optional }) => ({
    angle,
    title: angles[angle].title,
    hint: hint ?? angles[angle].hint,
    optional,
  }))
}

/** Every text that customers read, with its place in the file. */
export const textsOf = ({ angles, sets, fallback }: PhotosConfig): { path: (string | number)[]; text: string }[] => [
  ...Object.entries(angles).map(([angle, { title, hint }]) => ({ path: ['angles', angle], text: `${title}\n${hint}` })),
  ...sets.flatMap(({ shots }, i) => shots.map(({ hint = '' }, j) => ({ path: ['sets', i, 'shots', j], text: hint }))),
  ...fallback.map(({ hint = '' }, i) => ({ path: ['fallback', i], text: hint })),
]
