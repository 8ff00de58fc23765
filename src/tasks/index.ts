/** Work for people: tasks as cards in WeCom, their forms, reminders and lists of the day. */
import type { CustomersService } from '../customers/index.ts'
import type { MessageNeedsPerson, MessagingService } from '../messaging/index.ts'
import { addDays, atTime, DEFAULT_ZONE, dayOf, timeOfDay } from '../platform/calendar.ts'
import { addMs, DAY_MS, HOUR_MS } from '../platform/clock.ts'
import { due } from '../platform/due.ts'
import type { Feature, Ports } from '../platform/ports.ts'
import { routine } from '../platform/routines.ts'
import type { StaffService } from '../staff/index.ts'
import { readCardEvent, readText } from '../wecom/index.ts'
import { morningList, overdueList } from './lists.ts'
import { createTasksStore } from './model.ts'
import { taskRoutes } from './routes.ts'
import { createTasksService } from './service.ts'
import type { TasksService } from './types.ts'

export * from './types.ts'

export interface TasksDeps extends Ports {
  messaging: MessagingService
  staff: StaffService
  customers: CustomersService
}

const MORNING_AT = '09:00'
/** Before the quiet hours, after the last contact window. */
const EVENING_AT = '20:40'
const daily = (time: string) => (after: Date) => {
  const today = dayOf(after, DEFAULT_ZONE)
  const at = atTime(today, time, DEFAULT_ZONE)
  return at > after ? at : atTime(addDays(today, 1), time, DEFAULT_ZONE)
}

export function createTasks(deps: TasksDeps): Feature<TasksService> {
  const { messaging, staff, customers, clock, events, inbox } = deps
  const store = createTasksStore(deps.db)
  const service = createTasksService({ ...deps, store })

  // Cards and updates that fail are seen in the outbox; a task lives on and stands on the lists.
  messaging.onSettled('tasks', async () => undefined)
  inbox.on('wecom', 'template_card_event', ({ payload }) => service.onCard(readCardEvent(payload)))
  inbox.on('wecom', 'text', ({ payload }) => service.onText(readText(payload)))

  events.subscribe('tasks', {
    async 'message.needs_person'({ id, data }) {
      const need = data as unknown as MessageNeedsPerson
      const customer = await customers.get(need.customerId)
      if (!customer) return
      const now = clock.now()
      await service.open([
        {
          id: `send_${id.split(':')[1] ?? id}`,
          kind: need.unknown ? 'check_message' : 'send_message',
          form: 'confirm',
          storeId: need.storeId,
          role: 'consultant',
          preferredUserIds: [customer.ownerUserId, ...customer.followUserIds].filter(
            (one): one is string => one !== null,
          ),
          customerId: customer.id,
          treatmentId: need.refs.treatmentId ?? null,
          stepIds: need.refs.stepId ? [need.refs.stepId] : [],
          title: need.unknown ? '请核实客户是否收到护理消息' : '请代为发送护理消息',
          facts: [{ name: '原因', value: need.unknown ? '发送结果未知' : '没有可用的自动渠道' }],
          script: need.unknown
            ? '系统未收到发送结果。请在企业微信中确认客户是否收到，如未收到请补发。'
            : '请在企业微信或电话中把今天的护理要点转告客户。',
          openAt: now,
          dueAt: addMs(now, DAY_MS),
        },
      ])
    },
  })

  async function morning(at: Date): Promise<Record<string, number>> {
    const until = addMs(at, 15 * HOUR_MS)
    const open = await store.openUntil(until)
    const byOwner = new Map<string, typeof open>()
    for (const task of open)
      if (task.ownerUserId) byOwner.set(task.ownerUserId, [...(byOwner.get(task.ownerUserId) ?? []), task])
    for (const [userId, tasks] of [...byOwner].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const content = morningList(tasks, (one) => timeOfDay(one, DEFAULT_ZONE), at)
      await service.tell(userId, tasks[0]?.storeId ?? '', `morning:${dayOf(at, DEFAULT_ZONE)}`, {
        msgtype: 'markdown',
        markdown: { content },
      })
    }
    return { people: byOwner.size, tasks: open.length }
  }

  async function evening(at: Date): Promise<Record<string, number>> {
    const day = dayOf(at, DEFAULT_ZONE)
    const endOfDay = atTime(day, '24:00', DEFAULT_ZONE)
    const open = (await store.openUntil(at)).filter(({ deadlineAt }) => deadlineAt <= endOfDay)
    const members = await staff.members([...new Set(open.map(({ ownerUserId }) => ownerUserId))])
    let lists = 0
    for (const place of await staff.allStores()) {
      const [first] = await staff.candidates(place.id, 'cs_supervisor')
      const content = overdueList(
        place.displayName,
        open.filter(({ storeId }) => storeId === place.id),
        (userId) => members.get(userId)?.name ?? '未分配',
      )
      for (const { userId } of first ?? []) {
        await service.tell(userId, place.id, `evening:${place.id}:${day}`, {
          msgtype: 'markdown',
          markdown: { content },
        })
        lists += 1
      }
    }
    return { lists, overdue: open.length }
  }

  return {
    service,
    routes: taskRoutes({ store, clock }),
    due: [
      due({
        table: 'tasks',
        nextDueAt: (now, until) => store.nextDueAt(now, until),
        drain: (now) => service.drain(now),
      }),
    ],
    routines: [
      routine({ name: 'tasks.morning-list', nextAt: daily(MORNING_AT), run: morning }),
      routine({ name: 'tasks.evening-list', nextAt: daily(EVENING_AT), run: evening }),
    ],
    ready: () => store.ready(),
  }
}
