/** The simulator behind the phone: whose it is, and what this person does. */
import type { Shell } from '../shell.ts'
import { WxError } from './api.ts'

async function control(path: string, body?: unknown): Promise<Record<string, unknown>> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const response = await fetch(`/_sim/${path}`, init)
  const answer = (await response.json()) as Record<string, unknown> & { error?: { message?: string } }
  if (!response.ok) throw new WxError(answer.error?.message ?? `the simulator answered ${response.status}`)
  return answer
}

/** The person of this phone does something in WeChat. */
export function act({ person }: Shell, what: string, more: Record<string, unknown> = {}) {
  if (!person) throw new WxError('this phone is nobody’s: open it with ?person=')
  return control('act', { as: 'customer', id: person, do: what, ...more })
}

export interface Template {
  priTmplId: string
  title: string
}

export async function subscribeTemplates(): Promise<Template[]> {
  const { templates } = await control('state?limit=0')
  return templates as Template[]
}

export async function phoneNumberOf({ person }: Shell): Promise<string> {
  const { people } = (await control('state')) as { people: { personId: string; phone: string | null }[] }
  return people.find(({ personId }) => personId === person)?.phone ?? ''
}
