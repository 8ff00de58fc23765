/** Opens tasks, moves them on with each click, reminds, and keeps the effects of a click together with the change. */
import type { CustomersService } from '../customers/index.ts'
import type { EnqueueContact, MessagingService } from '../messaging/index.ts'
import { FREE_CLAIM, type RowResult } from '../platform/claims.ts'
import { addMs, type Clock, DAY_MS, HOUR_MS } from '../platform/clock.ts'
import { type FieldCrypto, maskPhone } from '../platform/crypto.ts'
import type { Events } from '../platform/events.ts'
import { hashId } from '../platform/hash.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import { pickOwner, type Role, type StaffMember, type StaffService } from '../staff/index.ts'
import type { CardEvent } from '../wecom/index.ts'
import { parseCardId, taskCard } from './cards.ts'
import type { Effect, TaskRow, TasksStore } from './model.ts'
import { type Click, complete, nextActionAt, transition } from './rules.ts'
import type { OpenTask, Task, TasksService } from './types.ts'

export interface TasksServiceDeps {
  store: TasksStore
  messaging: MessagingService
  staff: StaffService
  customers: CustomersService
  events: Events
  clock: Clock
  random: Random
  log: Log
  crypto: FieldCrypto
  leaseMs: number
  nudge: (table: string) => void
}

export interface TasksDesk extends TasksService {
  onCard(event: CardEvent): Promise<void>
  onText(message: { userId: string; text: string }): Promise<void>
  drain(now: Date): Promise<Record<string, number>>
  /** A plain message to a member of staff, once per key. */
  tell(userId: string, storeId: string, key: string, content: Record<string, unknown>): Promise<void>
}

/** A card that couldn't be delivered for this long has lost its day. */
const CARD_LIFE_MS = DAY_MS
const UPDATE_LIFE_MS = 72 * HOUR_MS
const BATCH = 50
const CHANGE_TRIES = 5

export function createTasksService(deps: TasksServiceDeps): TasksDesk {
  const { store, messaging, staff, customers, events, clock, random, log, crypto, leaseMs, nudge } = deps

  const toStaff = (
    userId: string,
    storeId: string,
    stepId: string,
    occurrence: number,
    content: EnqueueContact['content'],
    notBefore: Date,
    lifeMs: number,
  ): EnqueueContact => ({
    stepId,
    occurrence,
    audience: `staff:${userId}`,
    to: { staffUserId: userId },
    storeId,
    contactClass: 'reply',
    content,
    notBefore,
    notAfter: addMs(notBefore, lifeMs),
    refs: { owner: 'tasks', taskId: stepId },
  })
  const cardOf = (row: TaskRow, userId = row.ownerUserId, occurrence = row.occurrence, at = row.openAt) =>
    toStaff(
      userId,
      row.storeId,
      row._id,
      occurrence,
      { kind: 'staff', message: taskCard(row, occurrence) },
      at,
      CARD_LIFE_MS,
    )

  async function open(inputs: readonly OpenTask[]): Promise<void> {
    if (inputs.length === 0) return
    const now = clock.now()
    const known = new Set((await store.many(inputs.map(({ id }) => id))).map(({ _id }) => _id))
    const fresh = inputs.filter(({ id }) => !known.has(id))
    const owners = await ownersFor(fresh)
    const contacts = await customers.contacts([
      ...new Set(fresh.flatMap(({ customerId }) => (customerId ? [customerId] : []))),
    ])
    const rows = fresh.map((input): TaskRow => {
      const { id, dueAt, facts, ...rest } = input
      const contact = input.customerId ? contacts.get(input.customerId) : undefined
      const who = contact
        ? [
            { name: '客户', value: contact.salutation },
            ...(contact.phone ? [{ name: '手机', value: maskPhone(contact.phone) }] : []),
          ]
        : []
      const row: TaskRow = {
        _id: id,
        ...rest,
        facts: [...who, ...facts].slice(0, 6),
        deadlineAt: dueAt,
        status: 'open',
        ownerUserId: owners.get(id) ?? '',
        occurrence: 0,
        attempts: [],
        outcome: null,
        summary: null,
        summaryUntil: null,
        completedAt: null,
        completedBy: null,
        createdAt: now,
        remindedAt: null,
        breachedAt: null,
        rev: 0,
        last: null,
        dueAt: null,
        claim: FREE_CLAIM,
        attempt: 0,
      }
      return { ...row, dueAt: nextActionAt(row) }
    })
    for (const row of rows)
      if (row.ownerUserId === '') log.error({ taskId: row._id }, 'nobody active can own this task')
    await store.insert(rows)
    // Cards of every row asked for, new or known: a crash after the insert is repaired by the caller's repeat.
    const all = known.size === 0 ? rows : await store.many(inputs.map(({ id }) => id))
    await messaging.enqueueMany(
      all.filter(({ ownerUserId, status }) => ownerUserId !== '' && status === 'open').map((row) => cardOf(row)),
    )
    nudge('tasks')
  }

  /** One owner per task: tiers once per store and role, load once per batch and counted on while it is dealt out. */
  async function ownersFor(inputs: readonly OpenTask[]): Promise<Map<string, string>> {
    const tiers = new Map<string, StaffMember[][]>()
    for (const { storeId, role } of inputs) {
      const key = `${storeId} ${role}`
      if (!tiers.has(key)) tiers.set(key, await staff.candidates(storeId, role))
    }
    const everybody = [...new Set([...tiers.values()].flat(2).map(({ userId }) => userId))]
    const load = everybody.length > 0 ? await store.load(everybody) : new Map<string, number>()
    const owners = new Map<string, string>()
    for (const { id, storeId, role, preferredUserIds } of inputs) {
      const owner = pickOwner({
        tiers: tiers.get(`${storeId} ${role}`) ?? [],
        preferred: preferredUserIds,
        load,
        spreadKey: id,
      })
      if (owner === null) continue
      owners.set(id, owner)
      load.set(owner, (load.get(owner) ?? 0) + 1)
    }
    return owners
  }

  /** Reads, decides, writes if nobody was quicker, and only then lets the effects happen. */
  async function apply(
    taskId: string,
    code: string,
    decide: (row: TaskRow) => Promise<{ set: Partial<TaskRow>; effects: Effect[] }>,
  ): Promise<void> {
    for (let attempt = 0; attempt < CHANGE_TRIES; attempt++) {
      const row = await store.get(taskId)
      if (!row) return
      if (row.last?.code === code) return perform(row, row.last.effects) // the click was taken, its effects may not have been
      const { set, effects } = await decide(row)
      const next = { ...row, ...set }
      const changed = Object.keys(set).length > 0
      if (
        !changed ||
        (await store.change(taskId, row.rev, { ...set, dueAt: nextActionAt(next), last: { code, effects } }))
      ) {
        if (changed) nudge('tasks')
        return perform(next, effects)
      }
    }
    throw new Error('task changes too fast')
  }

  async function perform(row: TaskRow, effects: readonly Effect[]): Promise<void> {
    const now = clock.now()
    const contacts = effects.flatMap((effect): EnqueueContact[] => {
      if (effect.kind === 'update')
        return [
          {
            ...toStaff(
              effect.userId,
              row.storeId,
              `update:${hashId(effect.responseCode)}`,
              0,
              { kind: 'card_update', responseCode: effect.responseCode, update: effect.update },
              now,
              UPDATE_LIFE_MS,
            ),
          },
        ]
      if (effect.kind === 'card') return [cardOf(row, effect.userId, effect.occurrence, now)]
      if (effect.kind === 'note')
        return [
          toStaff(
            effect.userId,
            row.storeId,
            `note:${effect.key}`,
            0,
            { kind: 'staff', message: { msgtype: 'text', text: { content: effect.text } } },
            now,
            CARD_LIFE_MS,
          ),
        ]
      return []
    })
    await messaging.enqueueMany(contacts)
    await events.publishMany(
      effects.flatMap((effect) =>
        effect.kind === 'event' ? [{ id: effect.id, type: effect.type, occurredAt: now, data: effect.data }] : [],
      ),
    )
  }

  async function onCard(event: CardEvent): Promise<void> {
    const parsed = parseCardId(event.taskId)
    if (!parsed) return
    await apply(parsed.taskId, event.responseCode, async (row) => {
      const people = await staff.members([event.userId, row.ownerUserId])
      const click: Click = {
        ...event,
        key: event.eventKey,
        userName: people.get(event.userId)?.name ?? '同事',
        occurrence: parsed.occurrence,
      }
      const tiers = event.eventKey.includes('transfer') ? await staff.candidates(row.storeId, row.role) : []
      const supervisor = event.eventKey === 'problem' ? await ownerOf(row.storeId, 'cs_supervisor', row._id) : null
      return transition(row, click, {
        now: clock.now(),
        ownerName: people.get(row.ownerUserId)?.name ?? '同事',
        colleagues: (tiers[0] ?? []).filter(({ userId }) => userId !== row.ownerUserId),
        supervisorUserId: supervisor,
      })
    })
  }

  async function ownerOf(storeId: string, role: Role, spreadKey: string): Promise<string | null> {
    return pickOwner({ tiers: await staff.candidates(storeId, role), preferred: [], load: new Map(), spreadKey })
  }

  async function onText({ userId, text }: { userId: string; text: string }): Promise<void> {
    const now = clock.now()
    const waiting = (await store.waitingForSummary(userId, now)).sort(
      (a, b) => Number(b.summaryUntil) - Number(a.summaryUntil),
    )
    const [latest] = waiting
    if (!latest) return
    const sealed = crypto.seal('tasks.summary', text)
    await apply(latest._id, `summary:${hashId(latest._id)}`, async (row) =>
      row.status === 'summary' ? complete(row, { userId }, clock.now(), sealed, null) : { set: {}, effects: [] },
    )
  }

  async function actOn(row: TaskRow, now: Date): Promise<RowResult> {
    const { _id, claim } = row
    if (row.status === 'summary') {
      const done = complete(row, { userId: row.ownerUserId }, now, null, null)
      await perform(row, done.effects)
      return { _id, claim, set: { ...done.set, dueAt: null }, inc: { rev: 1 } }
    }
    const breach = row.deadlineAt <= now
    const set: Partial<TaskRow> = breach ? { remindedAt: row.remindedAt ?? now, breachedAt: now } : { remindedAt: now }
    const note = (userId: string, text: string): Effect => ({
      kind: 'note',
      userId,
      key: `${breach ? 'breach' : 'remind'}:${_id}:${row.occurrence}:${userId}`,
      text,
    })
    const notes: Effect[] = row.ownerUserId
      ? [
          note(
            row.ownerUserId,
            breach
              ? `【已超时】“${row.title}”还没有完成，请尽快处理。`
              : `【提醒】“${row.title}”将在 30 分钟后到期，请及时处理。`,
          ),
        ]
      : []
    const supervisor = breach ? await ownerOf(row.storeId, 'cs_supervisor', _id) : null
    if (supervisor && supervisor !== row.ownerUserId)
      notes.push(note(supervisor, `【超时提醒】任务“${row.title}”已超时，请协助跟进。`))
    await perform(row, notes)
    return { _id, claim, set: { ...set, dueAt: nextActionAt({ ...row, ...set }) }, inc: { rev: 1 } }
  }

  return {
    open,
    onCard,
    onText,
    async reopen(taskId, at) {
      const code = `reopen:${at.openAt.toISOString()}`
      await apply(taskId, code, async (row) => {
        if (row.completedAt !== null) return { set: {}, effects: [] }
        const occurrence = row.occurrence + 1
        return {
          set: {
            status: 'open',
            occurrence,
            openAt: at.openAt,
            deadlineAt: at.dueAt,
            remindedAt: null,
            breachedAt: null,
          },
          effects: [],
        }
      })
      const row = await store.get(taskId)
      if (row?.status === 'open') await messaging.enqueueMany([cardOf(row)])
    },
    async cancel(taskIds, reason) {
      await store.cancel(taskIds, clock.now())
      log.info({ count: taskIds.length, reason }, 'tasks cancelled')
    },
    async get(taskId) {
      const row = await store.get(taskId)
      return row ? taskOf(row, crypto) : null
    },
    async drain(now) {
      let worked = 0
      for (;;) {
        const claimed = await store.claim({ now, wall: clock.wall(), limit: BATCH, leaseMs, token: random.id() })
        const results: RowResult[] = []
        for (const row of claimed) results.push(await actOn(row, now))
        await store.finish(results)
        worked += results.length
        if (claimed.length < BATCH) return { worked }
      }
    },
    async tell(userId, storeId, key, message) {
      await messaging.enqueueMany([
        toStaff(userId, storeId, key, 0, { kind: 'staff', message }, clock.now(), CARD_LIFE_MS),
      ])
    },
  }
}

export function taskOf(row: TaskRow, crypto: FieldCrypto): Task {
  const { _id, deadlineAt, summary, outcome, ...rest } = row
  const opened = summary === null ? null : crypto.open('tasks.summary', summary)
  return { ...rest, id: _id, dueAt: deadlineAt, outcome: outcome ? { ...outcome, summary: opened } : null }
}
