/** A person who opens the mini-program: signs in as a phone does, and then asks the clinic's server. */
import { list, record, text } from '../api/types.ts'
import { chance } from '../chance.ts'
import type { Customer, Simulator } from '../index.ts'

type Json = Record<string, unknown>
const AGREES = 0.98
/** Null: refused. A form is sent as one, everything else as JSON. */
export type Call = (method: string, path: string, body?: unknown) => Promise<Json | null>

/** Null: there is no server, or it lets nobody in. */
export async function openProgram({ context, act }: Simulator, { personId }: Customer): Promise<Call | null> {
  const { appUrl } = context.callbacks.targets
  if (!appUrl) return null
  const as =
    (token: string | null): Call =>
    async (method, path, body) => {
      const isForm = body instanceof FormData
      const response = await fetch(`${appUrl}/api/mp${path}`, {
        method,
        headers: {
          ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
      })
      const answer = (await response.json()) as Json
      return response.ok ? answer : null
    }
  const session = await as(null)('POST', '/session', act({ as: 'customer', id: personId, do: 'mp-login' }))
  return session ? as(text(session.token)) : null
}

/** The agreement at the first start: nearly everybody says yes, and says it once. Whoever said no has no use of the program. */
export async function agreesToService(seed: number, personId: string, call: Call): Promise<boolean> {
  const { version, granted } =
    list((await call('GET', '/consents'))?.items)
      .map(record)
      .find(({ purpose }) => purpose === 'service') ?? {}
  if (granted === true) return true
  if (granted !== null || chance(seed, personId, 'agrees to the service') > AGREES) return false
  return (await call('PUT', '/consents/service', { version, granted: true })) !== null
}
