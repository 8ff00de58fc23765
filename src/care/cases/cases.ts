/**
 * Abnormal cases: one per treatment, opened by a contact record, followed up by doctor and customer service until the doctor
 * says that it is resolved. Cards and notes go out before the case is written, by ids that name its round: a crash in
 * between is repaired by the repeat.
 */
import type { CustomersService } from '../../customers/index.ts'
import type { Clock } from '../../platform/clock.ts'
import { LOST, untilWon } from '../../platform/races.ts'
import type { Random } from '../../platform/random.ts'
import type { Reason } from '../../platform/reasons.ts'
import type { StaffService } from '../../staff/index.ts'
import type { OpenTask, TasksService } from '../../tasks/index.ts'
import type { TreatmentsService } from '../../treatments/index.ts'
import { FALLBACK_WINDOW, windowFacts } from '../rows.ts'
import {
  alarmTaskIdsOf,
  type CaseFacts,
  doctorTaskId,
  escalationTask,
  openedNote,
  resolvedNote,
  ringing,
  roundTasks,
  taskIdsOf,
} from './cards.ts'
import type { CaseRow, CaseStore } from './model.ts'
import { caseIdOf, closed, opened, passed, type Report, reported, type Spoke, spoken, taken } from './rules.ts'

export interface CaseDeps {
  cases: CaseStore
  tasks: Pick<TasksService, 'open' | 'cancel' | 'tell'>
  staff: Pick<StaffService, 'store' | 'members'>
  customers: Pick<CustomersService, 'contacts' | 'idsOfMany'>
  treatments: Pick<TreatmentsService, 'getMany' | 'kind'>
  clock: Clock
  random: Random
  leaseMs: number
}

export interface Cases {
  /** A contact has found something abnormal. Safe to repeat. `words`: what was said, for the doctor's card. */
  report(report: Report, words: string | null): Promise<void>
  /** The doctor's card of a case was finished; cards of former rounds change nothing. Safe to repeat. */
  spoke(caseId: string, taskId: string, spoke: Spoke): Promise<void>
  /** Somebody has begun with an urgent card of a case; cards of former rounds change nothing. Safe to repeat. */
  take(caseId: string, by: { byUserId: string; taskId: string; at: Date }): Promise<void>
  /** Ends open cases without a solution: the customer has died, the treatment was entered by mistake. */
  close(rows: readonly CaseRow[], reason: Reason): Promise<void>
  /** Those of the customers (under any of their ids) for whom nothing may be offered now. */
  openAmong(customerIds: readonly string[]): Promise<Set<string>>
  openOf(customerIds: readonly string[]): Promise<CaseRow[]>
  openAbout(treatmentId: string): Promise<CaseRow[]>
  openCase(caseId: string): Promise<CaseRow | null>
  drain(now: Date): Promise<Record<string, number>>
}

const BATCH = 100

export function createCases(deps: CaseDeps): Cases {
  const { cases, tasks, staff, customers, treatments, clock, random, leaseMs } = deps

  async function factsOf(row: CaseRow, at: Date, words: string | null = null): Promise<CaseFacts> {
    const [place, contacts, done] = await Promise.all([
      staff.store(row.storeId),
      customers.contacts([row.customerId]),
      treatments.getMany(row.treatmentId === null ? [] : [row.treatmentId]),
    ])
    return {
      contact: contacts.get(row.customerId),
      treatment: done.get(row.treatmentId ?? ''),
      place: place ?? undefined,
      window: place ? windowFacts(place) : FALLBACK_WINDOW,
      at,
      words,
    }
  }

  /** The head of the department, and the customer's own consultant; nobody who has the doctor's card anyway. */
  async function tell(row: CaseRow, facts: CaseFacts, key: string, text: string, doctor: string | undefined) {
    const consultant = facts.treatment?.consultantUserId ?? facts.contact?.customer.ownerUserId ?? null
    await tasks.tell([
      {
        key: `case:${row._id}:${key}`,
        storeId: row.storeId,
        userIds: consultant === null ? [] : [consultant],
        role: 'department_head',
        ...(doctor ? { except: doctor } : {}),
        said: { text },
        at: facts.at,
      },
    ])
  }

  async function openCase(caseId: string): Promise<CaseRow | null> {
    const row = await cases.get(caseId)
    return row?.status === 'open' ? row : null
  }

  /** `before`: the round that it takes over from, where nobody has spoken with the customer yet. */
  async function begin(row: CaseRow, at: Date, words: string | null, before?: CaseRow): Promise<void> {
    const facts = await factsOf(row, at, words)
    if (before?.status === 'open' && before.contactedAt === null) await tasks.cancel(taskIdsOf(before), 'superseded')
    const owners = await tasks.open(roundTasks(treatments, row, facts))
    await tell(row, facts, `opened:${row.round}`, openedNote(treatments, row, facts), owners.get(doctorTaskId(row)))
  }

  async function report(found: Report, words: string | null): Promise<void> {
    const fresh = opened(found)
    await untilWon({ caseId: fresh._id }, async () => {
      const row = await cases.get(caseIdOf(found))
      if (!row) {
        await begin(fresh, found.at, words)
        return (await cases.insert(fresh)) > 0 ? null : LOST
      }
      const set = reported(row, found, clock.now())
      if (set === null) return null
      // A further report in the same round is kept, and asks for nothing that isn't asked for.
      if (set.round !== undefined) await begin({ ...row, ...set }, found.at, words, row)
      return (await cases.change(row, set)) ? null : LOST
    })
  }

  async function spoke(caseId: string, taskId: string, said: Spoke): Promise<void> {
    await untilWon({ caseId }, async () => {
      const row = await cases.get(caseId)
      if (row?.status !== 'open' || row.contactedAt !== null || doctorTaskId(row) !== taskId) return null
      const facts = await factsOf(row, said.at)
      const set = spoken(row, said, facts.window)
      const next = { ...row, ...set }
      if (!said.reached) await tasks.open(roundTasks(treatments, next, facts))
      // What is over needs nobody any more; of a round that goes on customer service's part stays.
      else
        await tasks.cancel(
          taskIdsOf(row).filter((id) => id !== taskId && (next.status === 'resolved' || /^(escalate|alarm)/.test(id))),
          'superseded',
        )
      if (next.status === 'resolved') {
        const doctor = (await staff.members([said.byUserId])).get(said.byUserId)?.name ?? ''
        await tell(row, facts, `resolved:${row.round}`, resolvedNote(treatments, facts, doctor), said.byUserId)
      }
      return (await cases.change(row, set)) ? null : LOST
    })
  }

  /** Whoever stands above need not take it any more; the doctor's card stays until the doctor has spoken. */
  async function take(caseId: string, by: { byUserId: string; taskId: string; at: Date }): Promise<void> {
    await untilWon({ caseId }, async () => {
      const row = await cases.get(caseId)
      if (!row || ![doctorTaskId(row), ...alarmTaskIdsOf(row)].includes(by.taskId)) return null
      await tasks.cancel(
        alarmTaskIdsOf(row).filter((id) => id !== by.taskId),
        'taken',
      )
      const set = taken(row, by)
      return set === null || (await cases.change(row, set)) ? null : LOST
    })
  }

  /** One look at a case whose time has come. */
  async function look(row: CaseRow, now: Date): Promise<Partial<CaseRow>> {
    const facts = await factsOf(row, now)
    const set = passed(row, now, facts.window)
    if (set === null) return { dueAt: null }
    const next: CaseRow = { ...row, ...set }
    if (set.alarms) {
      const asked = ringing(treatments, next, facts)
      await tasks.open(asked.tasks)
      await tasks.tell(asked.notes)
      return set
    }
    const asked: OpenTask[] =
      set.escalated === 1 || set.escalated === 2
        ? [escalationTask(treatments, next, facts)]
        : roundTasks(treatments, next, facts)
    await tasks.open(asked)
    return set
  }

  return {
    report,
    spoke,
    take,
    async close(rows, reason) {
      for (const row of rows) {
        await tasks.cancel(taskIdsOf(row), reason)
        await untilWon({ caseId: row._id }, async () => {
          const current = await cases.get(row._id)
          if (current?.status !== 'open') return null
          return (await cases.change(current, closed(reason))) ? null : LOST
        })
      }
    },
    async openAmong(customerIds) {
      const idsOf = await customers.idsOfMany([...new Set(customerIds)])
      const open = new Set((await cases.openOf([...idsOf.values()].flat())).map(({ customerId }) => customerId))
      return new Set([...idsOf].filter(([, ids]) => ids.some((id) => open.has(id))).map(([customerId]) => customerId))
    },
    openOf: (customerIds) => cases.openOf(customerIds),
    async openAbout(treatmentId) {
      const row = await openCase(treatmentId)
      return row ? [row] : []
    },
    openCase,
    async drain(now) {
      const counts = { looked: 0 }
      for (;;) {
        const rows = await cases.claim({ now, wall: clock.wall(), limit: BATCH, leaseMs, token: random.id() })
        // Before it: what a doctor did in this very moment has emptied the claim, and this writes nothing.
        for (const row of rows)
          await cases.finish([{ _id: row._id, claim: row.claim, set: await look(row, now), inc: { rev: 1 } }])
        counts.looked += rows.length
        if (rows.length < BATCH) return counts
      }
    },
  }
}
