/** Care guides: what a customer should know on each day, by treatment or else by category. Doctors own the words. */
import { z } from 'zod'

const Entry = z.strictObject({
  /** A few words for a mini-program notice, whose fields end at 20 characters. */
  notice: z.string().min(1).max(20),
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
  /** Signs that need the emergency number at once; they go with every day's guide. */
  urgent: z.string().min(1).max(40),
  /** Day after the treatment → guide; day 0 goes with the greeting. */
  days: z.record(z.string().regex(/^\d{1,3}$/), Entry),
})
export type GuideFile = z.output<typeof GuideFile>
export type Guide = z.output<typeof Entry> & Pick<GuideFile, 'urgent'>

export interface GuideBook {
  /**
   * The treatment's own guide, else its category's, else the general one. Null where that one is withheld: another
   * treatment's words are no substitute.
   */
  find(code: string, category: string, day: number): Guide | null
  /** Files that no doctor has approved yet. */
  unapproved: readonly string[]
}

export interface GuideProblem {
  file: string
  path: string[]
  message: string
}

/** What would leave a treatment without the guide that was written for it, or with words that nobody fills in. */
export function checkGuides(
  files: ReadonlyMap<string, GuideFile>,
  kinds: readonly { code: string; category: string }[],
): GuideProblem[] {
  const known = { codes: new Set<string>(), categories: new Set<string>() }
  for (const { code, category } of kinds) {
    known.codes.add(code)
    known.categories.add(category)
  }
  const taken = new Map<string, string>()
  const problems: GuideProblem[] = []
  for (const [file, guide] of files) {
    const problem = (path: string[], message: string) => problems.push({ file, path, message })
    for (const list of ['codes', 'categories'] as const) {
      for (const [i, name] of guide[list].entries()) {
        const path = [list, String(i)]
        if (!known[list].has(name)) problem(path, `no treatment of config/treatments.yaml is ${name}`)
        const other = taken.get(`${list}:${name}`)
        if (other !== undefined) problem(path, `${name} has a guide already, in ${other}.yaml`)
        taken.set(`${list}:${name}`, file)
      }
    }
    for (const [day, entry] of Object.entries(guide.days))
      if (/[{}]/.test(Object.values(entry).join(''))) problem(['days', day], 'has a brace; guides have no variables')
    if (/[{}]/.test(guide.urgent)) problem(['urgent'], 'has a brace; guides have no variables')
  }
  return problems
}

/** `withhold`: what no doctor has approved is not sent. */
export function buildGuides(files: ReadonlyMap<string, GuideFile>, { withhold = false } = {}): GuideBook {
  const byKey = new Map<string, GuideFile>()
  for (const file of files.values()) {
    for (const code of file.codes) byKey.set(`code:${code}`, file)
    for (const category of file.categories) byKey.set(`category:${category}`, file)
  }
  const general = files.get('general')
  return {
    find(code, category, day) {
      const file = [byKey.get(`code:${code}`), byKey.get(`category:${category}`), general].find((one) => one?.days[day])
      const entry = file?.days[day]
      return file && entry && !(withhold && file.status !== 'approved') ? { ...entry, urgent: file.urgent } : null
    },
    unapproved: [...files].filter(([, { status }]) => status === 'needs_doctor').map(([name]) => name),
  }
}
