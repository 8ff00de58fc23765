/** Care guides: what a customer should know on each day, by treatment or else by category. Doctors own the words. */
import { z } from 'zod'

const Entry = z.strictObject({
  /** One sentence for short channels. */
  brief: z.string().min(1).max(60),
  /** The whole text, for chat. */
  text: z.string().min(1).max(500),
})

export const GuideFile = z.strictObject({
  version: z.int().positive(),
  /** Shipped texts wait for a doctor; a clinic's doctor approves them here. */
  status: z.enum(['needs_doctor', 'approved']),
  codes: z.array(z.string()).default([]),
  categories: z.array(z.string()).default([]),
  /** Day after the treatment → guide; day 0 goes with the greeting. */
  days: z.record(z.string().regex(/^\d{1,3}$/), Entry),
})
export type GuideFile = z.output<typeof GuideFile>
export type Guide = z.output<typeof Entry>

export interface GuideBook {
  /** The treatment's own guide, else its category's, else the general one. */
  find(code: string, category: string, day: number): Guide | null
  /** Texts that no doctor has approved yet. */
  unapproved: readonly string[]
}

export function buildGuides(files: ReadonlyMap<string, GuideFile>): GuideBook {
  const byKey = new Map<string, GuideFile>()
  for (const file of files.values()) {
    for (const code of file.codes) byKey.set(`code:${code}`, file)
    for (const category of file.categories) byKey.set(`category:${category}`, file)
  }
  const general = files.get('general')
  return {
    find: (code, category, day) =>
      byKey.get(`code:${code}`)?.days[day] ??
      byKey.get(`category:${category}`)?.days[day] ??
      general?.days[day] ??
      null,
    unapproved: [...files].filter(([, { status }]) => status === 'needs_doctor').map(([name]) => name),
  }
}
