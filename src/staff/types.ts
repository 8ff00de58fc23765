/** What other rooms may know of stores and staff. */
import type { Day, Opening, Span, Weekday } from '../platform/calendar.ts'

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

/** When somebody works, in the store's zone; a day without spans is a day off. */
export type WeeklyHours = Record<Weekday, Span[]>

export const ABSENCE_KINDS = ['annual', 'sick', 'personal', 'maternity', 'training', 'other'] as const
export type AbsenceKind = (typeof ABSENCE_KINDS)[number]

/** Somebody is away in [from, to) and gets nothing that belongs to that time. */
export interface Absence {
  userId: string
  from: Date
  to: Date
  reason: AbsenceKind
  /** Who does the work meanwhile, tried before the others of the role; ignored when away, too, or gone. */
  delegateUserId: string | null
}

/** Who is wanted: for a task at that time, or, without `work`, to be told something at any hour. */
export interface CandidatesFor {
  at: Date
  /** Who isn't on duty then is left out, unless nobody of the role and its fall-backs is. */
  work?: boolean
  /** A red flag is a doctor's: where the store has none, the company's duty doctors come before the fall-backs. */
  redFlag?: boolean
}

/** The people of the company as they are now, with their known absences and hours; read once per batch. Pure. */
export interface Roster {
  /**
   * Everybody who may own work of `role` in the store, in tiers: who has the role there, then the store type's fallback
   * roles (salon: doctor → beautician → store manager), store manager, directors, everybody of the store, everybody.
   * Delegates of the absent ones of a tier come right after it. Nobody who is away at `at`; empty tiers are left out.
   * Empty only when nobody at all is there.
   */
  candidates(storeId: string, role: Role, wanted: CandidatesFor): StaffMember[][]
  /** Still with the company, absent or not. */
  isActive(userId: string): boolean
  member(userId: string): StaffMember | null
  /** Active, and not absent at that time. */
  isHere(userId: string, at: Date): boolean
  /** The person, or while absent the delegate, or the delegate's one; null when all of them are away. Cycles end. */
  standInOf(userId: string, at: Date): string | null
  /** Everybody of the store who has the role, absent or not. */
  having(storeId: string, role: Role): StaffMember[]
  /**
   * Whether somebody may decide what is a role's to decide: who has it there or company-wide; where nobody of the role is there
   * at that time, the first role of the store type's fall-backs that somebody there has. A delegate does work, and decides
   * nothing that is not his own.
   */
  mayActAs(userId: string, storeId: string, role: Role, at: Date): boolean
  /** How many people of the store have the role, and how many of them work on that day as far as is known today. */
  staffing(storeId: string, role: Role, day: Day): { all: number; present: number }
}

export interface StaffService {
  store(storeId: string): Promise<Store | null>
  stores(storeIds: readonly string[]): Promise<Map<string, Store>>
  allStores(): Promise<Store[]>
  member(userId: string): Promise<StaffMember | null>
  members(userIds: readonly string[]): Promise<Map<string, StaffMember>>
  /** Everybody and their absences: two commands, stores apart, which are remembered. */
  roster(): Promise<Roster>
  /** Tiers of people who are there now, at whatever hour; for lists and notes. As `Roster.candidates`. */
  candidates(storeId: string, role: Role): Promise<StaffMember[][]>
  /** Reads WeCom's directory and maps it through config/organisation.yaml. Safe to repeat. */
  syncDirectory(): Promise<{ seen: number; added: number; changed: number; deactivated: number; unmapped: number }>
}

/**
 * `staff.deactivated`: has left; id `…:<userId>:<how often>`. `staff.absent`: can't get work now, because an absence has begun,
 * one that runs was changed, or the last role is gone. `staff.available`: somebody new, back again, or not away after all.
 */
export interface StaffChanged {
  userId: string
}
/** `staff.moved`: works on, and not in these stores any more; id `…:<userId>:<how often>`. */
export interface StaffMoved {
  userId: string
  storeIds: string[]
}
