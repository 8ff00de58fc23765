/** Names in files and what they mean here: stores, members of staff, treatments. Read once per run. */
import type { StaffMember, Store } from '../staff/index.ts'
import type { TreatmentKind } from '../treatments/index.ts'
import { ValueProblem } from './problems.ts'
import { bare, plain } from './values.ts'

export interface Lookups {
  /** By id or name. @throws ValueProblem unknown_store */
  store(text: string): string
  /** The only store there is. */
  onlyStore(): string | null
  zoneOf(storeId: string): string
  /** By code, name or synonym of config/treatments.yaml. @throws ValueProblem unknown_treatment */
  treatment(text: string): string
  treatmentOrNull(text: string): string | null
  /** By WeCom userid or name; of several with one name the one of the store; null when nobody or more than one is meant. */
  member(text: string, storeId: string | null): string | null
  /** Names of staff that nobody here has, with how often; treatments that nobody knows. */
  unknown: { staff: Map<string, number>; treatments: Map<string, number> }
}

const count = (counts: Map<string, number>, text: string) => counts.set(text, (counts.get(text) ?? 0) + 1)

export function createLookups({
  stores,
  staff,
  kinds,
}: {
  stores: readonly Store[]
  staff: readonly StaffMember[]
  kinds: readonly TreatmentKind[]
}): Lookups {
  const byStore = new Map(
    stores.flatMap(({ id, displayName }) => [id, displayName].map((one) => [bare(one), id] as const)),
  )
  const zones = new Map(stores.map(({ id, timeZone }) => [id, timeZone]))
  const byTreatment = new Map(
    kinds.flatMap(({ code, name, synonyms = [] }) =>
      [code, name, ...synonyms].map((one) => [bare(one), code] as const),
    ),
  )
  const byId = new Map(staff.map((member) => [member.userId, member]))
  const byName = new Map<string, StaffMember[]>()
  for (const member of staff) byName.set(bare(member.name), [...(byName.get(bare(member.name)) ?? []), member])
  const unknown = { staff: new Map<string, number>(), treatments: new Map<string, number>() }

  return {
    unknown,
    store(text) {
      const found = byStore.get(bare(text))
      if (!found) throw new ValueProblem('unknown_store', plain(text).slice(0, 30))
      return found
    },
    onlyStore: () => (stores.length === 1 ? (stores[0]?.id ?? null) : null),
    zoneOf: (storeId) => zones.get(storeId) ?? 'Asia/Shanghai',
    treatment(text) {
      const found = byTreatment.get(bare(text))
      if (!found) {
        count(unknown.treatments, plain(text).slice(0, 60))
        throw new ValueProblem('unknown_treatment', plain(text).slice(0, 60))
      }
      return found
    },
    treatmentOrNull: (text) => byTreatment.get(bare(text)) ?? null,
    member(text, storeId) {
      const id = byId.get(plain(text).toLowerCase())
      if (id) return id.userId
      const all = byName.get(bare(text)) ?? []
      const here = all.length > 1 && storeId !== null ? all.filter((one) => one.storeIds.includes(storeId)) : all
      const active = here.length > 1 ? here.filter((one) => one.active) : here
      if (active.length === 1) return active[0]?.userId ?? null
      count(unknown.staff, plain(text).slice(0, 30))
      return null
    },
  }
}
