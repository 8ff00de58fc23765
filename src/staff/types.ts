/** What other rooms may know of stores and staff. */
import type { Opening, Span } from '../platform/calendar.ts'

export type StoreType = 'hospital' | 'clinic' | 'salon'

export interface Store {
  id: string
  type: StoreType
  displayName: string
  callbackPhone: string
  emergencyPhone: string
  address: string
  /** IANA zone, default Asia/Shanghai. */
  timeZone: string
  /** When contacts that need a person can be made; the "working days" of pathways. */
  opening: Opening
  /** When care contacts reach customers, default 11:00–12:30, 14:30–17:30, 19:30–20:30. */
  contactWindows: Span[]
  /** No care or promotion inside, default 21:00–09:00. */
  quietHours: Span
}

/** Key of one store's role in the answer of `candidatesMany`. */
export const candidatesKey = (storeId: string, role: Role): string => `${storeId}|${role}`

/** `domain.md` 1; a position or tag in WeCom maps to one of these in config/organisation.yaml. */
export const ROLES = [
  'front_desk',
  'customer_service',
  'consultant',
  'sales',
  'beautician',
  'nurse',
  'doctor',
  'department_head',
  'counsellor',
  'cs_supervisor',
  'operations',
  'finance',
  'legal',
  'store_manager',
  'director',
  'admin',
] as const
export type Role = (typeof ROLES)[number]

export interface StaffMember {
  /** WeCom userid, lower case. */
  userId: string
  name: string
  roles: Role[]
  storeIds: string[]
  /** False when disabled, left, or out of the app's scope: gets nothing. */
  active: boolean
}

export interface StaffService {
  store(storeId: string): Promise<Store | null>
  stores(storeIds: readonly string[]): Promise<Map<string, Store>>
  allStores(): Promise<Store[]>
  member(userId: string): Promise<StaffMember | null>
  members(userIds: readonly string[]): Promise<Map<string, StaffMember>>
  /**
   * Everybody who may own work of `role` in the store, in tiers: first who has the role there, then the store type's
   * fallback roles (salon: doctor → beautician → store manager), then store manager, then directors of any store.
   * Only active people; empty tiers are left out. Empty only when nobody at all is active.
   */
  candidates(storeId: string, role: Role): Promise<StaffMember[][]>
  /** The same for a batch, in two commands; keys as `candidatesKey(storeId, role)` makes them. */
  candidatesMany(wanted: readonly { storeId: string; role: Role }[]): Promise<Map<string, StaffMember[][]>>
  /** Reads WeCom's directory and maps it through config/organisation.yaml. Safe to repeat. */
  syncDirectory(): Promise<{ seen: number; added: number; changed: number; deactivated: number; unmapped: number }>
}

/** Published when somebody can't get work any more: id `staff.deactivated:<userId>:<how often>`. */
export interface StaffDeactivated {
  userId: string
}
