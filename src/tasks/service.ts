/** What other rooms ask of tasks: open, open again, cancel, read. */
import type { CustomersService } from '../customers/index.ts'
import type { EnqueueContact, MessagingService } from '../messaging/index.ts'
import { FREE_CLAIM } from '../platform/claims.ts'
import type { Clock } from '../platform/clock.ts'
import { type FieldCrypto, maskPhone } from '../platform/crypto.ts'
import type { Log } from '../platform/log.ts'
import type { StaffService } from '../staff/index.ts'
import { MOST_FACTS } from './cards.ts'
import type { Changes } from './changes.ts'
import { cardsOf, WORDS, wordsOf } from './contacts.ts'
import type { TaskRow, TasksStore } from './model.ts'
import { type NotesDeps, tellStaff } from './notes.ts'
import { type Owners, wantedAgain, whyNot } from './owners.ts'
import { cancelled, factsFrom, isAnswered, nextLookAt, shortOf, type Transition, withdraw } from './rules.ts'
import { mayOpen } from './stopped.ts'
import type { OpenTask, Task, TasksService } from './types.ts'

export interface TasksServiceDeps {
  store: TasksStore
  changes: Changes
  owners: Owners
  messaging: MessagingService
  staff: NotesDeps['staff'] & Pick<StaffService, 'members'>
  customers: CustomersService
  clock: Clock
  log: Log
  crypto: FieldCrypto
}

/** Tasks changed in one go when many are cancelled. */
const BATCH = 200

export function createTasksService(deps: TasksServiceDeps): TasksService {
  const { store, changes, owners, messaging, staff, customers, clock, log, crypto } = deps

  async function open(inputs: readonly OpenTask[]): Promise<ReadonlyMap<string, string>> {
    if (inputs.length === 0) return new Map()
    const now = clock.now()
    const known = await store.many(inputs.map(({ id }) => id))
    const ids = new Set(known.map(({ _id }) => _id))
    const fresh = inputs.filter(({ id }) => !ids.has(id))
    const contacts = await customers.contacts([
      ...new Set(fresh.flatMap(({ customerId }) => (customerId ? [customerId] : []))),
    ])
    // Heard late: the customer has died meanwhile, or wants no contact.
    const wanted = fresh.filter(({ kind, customerId }) => {
      const customer = contacts.get(customerId ?? '')?.customer
      return customer === undefined || mayOpen(kind, customer)
    })
    const owned = await owners.pick(wanted)
    const rows = wanted.map((input): TaskRow => {
      const contact = input.customerId ? contacts.get(input.customerId) : undefined
      const who = contact
        ? [
            { name: '客户', value: contact.salutation },
            ...(contact.phone ? [{ name: '手机', value: maskPhone(contact.phone) }] : []),
          ]
        : []
      return newTask(input, owned.get(input.id) ?? '', [...who, ...input.facts].slice(0, MOST_FACTS), now)
    })
    for (const { _id, ownerUserId } of rows)
      if (ownerUserId === '') log.error({ taskId: _id, reason: 'no_owner' }, 'nobody active can own this task')
    const inserted = await store.insert(rows)
    // Another process that was quicker may have given them to somebody else.
    const opened = inserted === rows.length ? rows : await store.many(rows.map(({ _id }) => _id))
    // Cards of every row asked for, new or known: a crash after the insert is repaired by the caller's repeat.
    await messaging.enqueueMany([...opened, ...known].flatMap(currentCards))
    return new Map([...opened, ...known].map(({ _id, ownerUserId }) => [_id, ownerUserId]))
  }

  const currentCards = (row: TaskRow): EnqueueContact[] =>
    row.ownerUserId !== '' && row.status === 'open' ? cardsOf(row, row.ownerUserId, row.occurrence, row.openAt) : []

  return {
    open,
    async reopen(taskId, { openAt, dueAt }) {
      const code = `reopen:${openAt.toISOString()}:${dueAt.toISOString()}`
      await changes.apply(taskId, code, async (row): Promise<Transition> => {
        // A contact that was made meanwhile isn't asked for again.
        if (row.closedAt !== null || row.status === 'summary' || isAnswered(row)) return { set: {}, effects: [] }
        const { ownerUserId } = row
        const roster = await staff.roster()
        const owner = (await owners.pick([{ ...wantedAgain(row), openAt }], { roster })).get(row._id) ?? ''
        const occurrence = row.cards + 1
        const why = whyNot(roster, ownerUserId, openAt)
        const transfer = { at: clock.now(), fromUserId: ownerUserId, toUserId: owner, reason: why }
        const former = (await staff.members([ownerUserId])).get(ownerUserId)
        const facts = factsFrom(row.facts, former ? { name: former.name, why: shortOf(why) } : null)
        return {
          set: {
            status: 'open',
            ownerUserId: owner,
            ...(owner === ownerUserId ? {} : { transfers: [...row.transfers, transfer], facts }),
            occurrence,
            cards: occurrence,
            openAt,
            deadlineAt: dueAt,
            remindedAt: null,
            breachedAt: null,
          },
          effects: [
            ...(row.status === 'open' && ownerUserId !== '' ? [withdraw(row, '时间已调整')] : []),
            ...(owner === '' ? [] : [{ kind: 'card' as const, userId: owner, occurrence, at: openAt }]),
          ],
        }
      })
    },
    async cancel(taskIds, reason) {
      const now = clock.now()
      for (let at = 0; at < taskIds.length; at += BATCH) {
        const ids = taskIds.slice(at, at + BATCH)
        const rows = await store.cancellable(ids)
        await changes.applyAll(rows, (row) => ({ code: `cancel:${reason}`, ...cancelled(row, now, reason) }))
        // Clicked in the very moment: one by one, on what the click left behind.
        for (const { _id } of rows.length > 0 ? await store.cancellable(ids) : [])
          await changes.apply(_id, `cancel:${reason}`, (row) =>
            row.closedAt === null && row.status !== 'summary' ? cancelled(row, now, reason) : { set: {}, effects: [] },
          )
      }
      if (taskIds.length > 0) log.info({ count: taskIds.length, reason }, 'tasks cancelled')
    },
    async showWords({ messageId, customerId, words, onlyToCaller = false }) {
      const customer = await customers.get(customerId)
      if (!customer) return false
      const [call] = await store.callsOf(await customers.idsOf(customerId))
      if (!call && onlyToCaller) return false
      const storeId = call?.storeId ?? customer.storeIds[0] ?? ''
      const preferredUserIds = [customer.ownerUserId, ...customer.followUserIds].filter((one) => one !== null)
      const now = clock.now()
      const wanted = { id: messageId, storeId, role: 'customer_service' as const, preferredUserIds, openAt: now }
      const roster = await staff.roster()
      const caller = call && roster.isHere(call.ownerUserId, now) ? call.ownerUserId : null
      const userId = caller ?? (await owners.pick([wanted], { roster })).get(messageId)
      if (!userId) {
        log.error({ customerId: customer.id, reason: 'no_owner' }, 'nobody active could read a customer’s message')
        return false
      }
      const salutation = (await customers.contacts([customerId])).get(customerId)?.salutation ?? '客户'
      await messaging.enqueueMany([wordsOf({ userId, storeId }, { messageId, salutation, words }, now)])
      return call !== undefined
    },
    tell: (notes) => tellStaff(deps, notes),
    async get(taskId) {
      const row = await store.get(taskId)
      return row ? taskOf(row, crypto) : null
    },
  }
}

function newTask(input: OpenTask, ownerUserId: string, facts: OpenTask['facts'], now: Date): TaskRow {
  const { id, dueAt, ...rest } = input
  const row: TaskRow = {
    _id: id,
    ...rest,
    facts,
    deadlineAt: dueAt,
    status: 'open',
    ownerUserId,
    occurrence: 0,
    cards: 0,
    helper: null,
    attempts: [],
    outcome: null,
    decision: null,
    summary: null,
    summaryUntil: null,
    problem: null,
    transfers: [],
    closedAt: null,
    completedAt: null,
    completedBy: null,
    createdAt: now,
    remindedAt: null,
    breachedAt: null,
    rev: 0,
    seen: [],
    pending: [],
    updates: [],
    cardCode: null,
    dueAt: null,
    claim: FREE_CLAIM,
    attempt: 0,
  }
  return { ...row, dueAt: nextLookAt(row, now) }
}

function taskOf(row: TaskRow, crypto: FieldCrypto): Task {
  const { _id: id, deadlineAt: dueAt, summary, outcome, attempts } = row
  const words = summary === null ? null : crypto.open(WORDS, summary)
  return {
    id,
    kind: row.kind,
    form: row.form,
    storeId: row.storeId,
    role: row.role,
    preferredUserIds: row.preferredUserIds,
    customerId: row.customerId,
    treatmentId: row.treatmentId,
    stepIds: row.stepIds,
    title: row.title,
    facts: row.facts,
    script: row.script,
    openAt: row.openAt,
    dueAt,
    status: row.status,
    ownerUserId: row.ownerUserId,
    occurrence: row.occurrence,
    attempts: attempts.map(({ at, byUserId, result }) => ({ at, byUserId, result })),
    outcome: outcome ? { ...outcome, summary: words } : null,
    choice: row.choice,
    answer: row.answer ?? null,
    decision: row.decision ?? null,
    completedAt: row.completedAt,
  }
}
