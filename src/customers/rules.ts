/** Which of several records are one human: pure. */
import type { IdentityKind } from './types.ts'

/** `kind:value`: the key of one identity. */
export type IdentityKey = `${IdentityKind}:${string}`
export const identityKey = (kind: IdentityKind, value: string): IdentityKey => `${kind}:${value}`
export const kindOf = (key: string): IdentityKind => key.slice(0, key.indexOf(':')) as IdentityKind

/** What the decision needs to know of the person who owns an identity. */
export interface Candidate {
  id: string
  provisional: boolean
  createdAt: Date
  unionId: string | null
}

export interface Owned {
  key: IdentityKey
  /** Null when nobody owns the identity yet. */
  owner: Candidate | null
  /** A phone of several known customers: it proves nothing. */
  shared: boolean
}

export interface Clash {
  kind: IdentityKind
  key: IdentityKey
  /** The person who has the identity, and the one whom it also points to; null = a person not known yet. */
  ownerId: string
  otherId: string | null
}

export interface JoinDecision {
  /** Whom the identities belong to; null when nobody is known yet. */
  target: Candidate | null
  /** Provisional people who are the target, too. */
  absorb: Candidate[]
  /** Identities that nobody owns yet: the target's from now on. */
  claim: IdentityKey[]
  clashes: Clash[]
}

/** Known before provisional, then the older: the same order in every process, so that merges never form a ring. */
export const seniority = (a: Candidate, b: Candidate): number =>
  Number(a.provisional) - Number(b.provisional) || Number(a.createdAt) - Number(b.createdAt) || (a.id < b.id ? -1 : 1)

/**
 * One human has one unionid: whoever has another one is another human, however they share a phone. Two known customers
 * are never merged by a machine.
 */
export function decideJoin(owned: readonly Owned[], unionId: string | null): JoinDecision {
  // The clinic's own number says who is meant, whatever the other identities say.
  const named = owned.find(({ key }) => kindOf(key) === 'external_id')?.owner ?? null
  const foreign = (one: Candidate) =>
    one.id !== named?.id && unionId !== null && one.unionId !== null && one.unionId !== unionId
  const open = owned.filter(({ owner, shared }) => owner !== null && !shared && !foreign(owner))
  const people = [...new Map(open.flatMap(({ owner }) => (owner ? [[owner.id, owner] as const] : []))).values()].sort(
    (a, b) => Number(b.id === named?.id) - Number(a.id === named?.id) || seniority(a, b),
  )
  const [target = null, ...others] = people
  const absorb: Candidate[] = []
  const refused = new Set<string>()
  let union = unionId ?? target?.unionId ?? null
  for (const other of others) {
    const fits = other.provisional && (union === null || other.unionId === null || other.unionId === union)
    if (fits) {
      absorb.push(other)
      union ??= other.unionId
    } else refused.add(other.id)
  }
  const clashes = owned.flatMap(({ key, owner, shared }): Clash[] => {
    if (owner === null || owner.id === target?.id) return []
    if (!shared && !foreign(owner) && !refused.has(owner.id)) return []
    return [{ kind: kindOf(key), key, ownerId: owner.id, otherId: target?.id ?? null }]
  })
  return { target, absorb, claim: owned.filter(({ owner }) => owner === null).map(({ key }) => key), clashes }
}

/** Whether a text is a mainland mobile: the only numbers that join people without being asked. */
export const isMobile = (phone: string): boolean => /^1[3-9]\d{9}$/.test(phone)
