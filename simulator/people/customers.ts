/** Customers: how they come into contact, answer messages and pick up the phone. */
import { between, chance, pick } from '../chance.ts'
import { ActError, type Customer, type LedgerEntry, type Simulator } from '../index.ts'
import { openProgram } from './mini-program.ts'
import { onSurveyNotice } from './surveys.ts'

export type CustomerKind = 'chatty' | 'mini' | 'phone'

const MINUTE = 60_000

/** chatty: adds the consultant and writes in customer service; mini: uses the mini-program; phone: neither. */
export const kindOf = (seed: number, personId: string): CustomerKind =>
  pick([['chatty', 42] as const, ['mini', 33] as const, ['phone', 25] as const], seed, personId, 'kind')

/** People act on marks: a run of months then has thousands of instants instead of tens of thousands. */
const MARK = 10 * MINUTE
export const onMark = (at: number, mark = MARK): Date => new Date(Math.ceil(at / mark) * mark)

export function installCustomers(simulator: Simulator): void {
  const { world, ledger, context } = simulator
  const { seed } = world
  ledger.onEntry((entry) => {
    const customer = world.byPersonId.get(entry.person)
    if (customer?.kind !== 'customer') return
    const later = (minutes: number, key: string, act: () => void) =>
      context.clock.schedule(
        onMark(context.clock.now().getTime() + minutes * MINUTE),
        `${customer.personId} ${key}`,
        () => attempt(act),
      )
    if (entry.kind === 'kf') onChat(simulator, customer, entry, later)
    if (entry.kind === 'subscribe') {
      onNotice(simulator, customer, entry, later)
      onSurveyNotice(simulator, customer, entry)
    }
  })
  // A few close the chat for good: messages are then accepted and fail.
  for (const customer of world.customers)
    if (kindOf(seed, customer.personId) === 'chatty' && chance(seed, customer.personId, 'blocks') < 0.03)
      simulator.context.kf.conversation(customer).blocked = true
}

const REFUSES_SMS = 0.12

/** Some are contacts of their consultant and take no SMS: they are reached by a person, or not at all. */
export function refuseSms({ world }: Simulator): void {
  for (const customer of world.customers)
    if (kindOf(world.seed, customer.personId) === 'chatty')
      customer.refusesSms = chance(world.seed, customer.personId, 'refuses SMS') < REFUSES_SMS
}

type Later = (minutes: number, key: string, act: () => void) => void

function onChat({ world: { seed }, act }: Simulator, { personId }: Customer, entry: LedgerEntry, later: Later): void {
  const about = entry.text.slice(0, 60)
  const say = (text: string) => act({ as: 'customer', id: personId, do: 'say', text })
  const menu = (entry.payload.menu ?? []) as { id: string; content: string }[]
  if (menu.length > 0) {
    if (chance(seed, personId, about, 'answers') > 0.85) return
    const wished = pick(
      [['5', 50] as const, ['4', 34] as const, ['3', 11] as const, ['2', 4] as const, ['1', 1] as const],
      seed,
      personId,
      about,
      'score',
    )
    const choice = menu.find(({ content }) => content.startsWith(wished)) ?? menu[0]
    if (choice)
      later(between(1, 40, seed, personId, about, 'when'), `tap ${about}`, () =>
        act({ as: 'customer', id: personId, do: 'click', menuId: choice.id }),
      )
  } else if (entry.text.includes('0 到 10')) {
    const score = pick(
      [
        [10, 30] as const,
        [9, 28] as const,
        [8, 20] as const,
        [7, 10] as const,
        [6, 6] as const,
        [4, 4] as const,
        [1, 2] as const,
      ],
      seed,
      personId,
      about,
      'nps',
    )
    later(between(1, 60, seed, personId, about, 'when'), `nps ${about}`, () => say(String(score)))
  } else if (entry.text.includes('方便吗')) {
    if (chance(seed, personId, about, 'replies') < 0.5)
      later(between(1, 8, seed, personId, about, 'when'), `ok ${about}`, () => say('方便的，谢谢'))
  } else if (chance(seed, personId, about, 'replies') < 0.45) {
    const words = pick(
      [
        ['好的，谢谢提醒', 5] as const,
        ['收到，恢复得挺好的', 4] as const,
        ['还有一点点红，正常吗？', 2] as const,
        ['谢谢关心', 3] as const,
      ],
      seed,
      personId,
      about,
      'words',
    )
    later(between(2, 180, seed, personId, about, 'when'), `say ${about}`, () => say(words))
  }
}

/** Opens the notice and, mostly, allows the next one. */
function onNotice({ world: { seed }, act }: Simulator, { personId }: Customer, entry: LedgerEntry, later: Later): void {
  const templateId = entry.payload.templateId
  if (chance(seed, personId, entry.text, 'grants again') < 0.75)
    later(between(3, 240, seed, personId, entry.text, 'when'), `grant ${entry.text}`, () =>
      act({ as: 'customer', id: personId, do: 'mp-subscribe', templateId, accept: true }),
    )
}

/** What happens at the counter during a visit: adding the consultant, opening the chat, signing in to the mini-program. */
export async function visit(simulator: Simulator, customer: Customer, consultantUserId: string): Promise<void> {
  const { world, act, context } = simulator
  const { personId } = customer
  const kind = kindOf(world.seed, personId)
  if (kind === 'chatty') {
    attempt(() => act({ as: 'customer', id: personId, do: 'add-contact', userId: consultantUserId, state: 'visit' }))
    // Nobody does both at once; which of the two the clinic hears first would depend on the machine.
    context.clock.schedule(new Date(context.clock.now().getTime() + MINUTE), `${personId} enters`, () => {
      attempt(() => act({ as: 'customer', id: personId, do: 'enter-kf', scene: 'visit' }))
      attempt(() => act({ as: 'customer', id: personId, do: 'say', text: '您好，我今天来做治疗' }))
    })
  }
  if (kind === 'mini') {
    await signIn(simulator, customer)
    for (const { priTmplId } of world.templates)
      for (let i = 0; i < 2; i++)
        attempt(() => act({ as: 'customer', id: personId, do: 'mp-subscribe', templateId: priTmplId, accept: true }))
  }
  context.clock.touch()
}

/** Wants nothing of us in WeChat any more: deletes whoever was added, and closes the chat. */
export function leave({ act, context }: Simulator, customer: Customer): void {
  for (const userId of [...customer.contacts.keys()])
    attempt(() => act({ as: 'customer', id: customer.personId, do: 'delete-contact', userId }))
  attempt(() => act({ as: 'customer', id: customer.personId, do: 'block-kf', blocked: true }))
  context.clock.touch()
}

async function signIn(simulator: Simulator, customer: Customer): Promise<void> {
  // A mini-program tries again with a fresh code when the network failed.
  for (let i = 0; i < 3; i++) {
    const call = await openProgram(simulator, customer)
    const code = () => simulator.act({ as: 'customer', id: customer.personId, do: 'mp-phone' })
    if (call && (await call('POST', '/phone', code()))) return
  }
}

/** Whether the call is answered: by kind of person, and each try anew. */
export function answersCall(seed: number, personId: string, subject: string): 'answered' | 'no_answer' | 'busy' {
  const likely = { chatty: 0.86, mini: 0.82, phone: 0.74 }[kindOf(seed, personId)]
  const draw = chance(seed, personId, subject, 'picks up')
  return draw < likely ? 'answered' : draw < likely + 0.06 ? 'busy' : 'no_answer'
}

/** People try things that the world refuses; nothing has happened then. */
export function attempt(act: () => void): void {
  try {
    act()
  } catch (error) {
    if (!(error instanceof ActError)) throw error
  }
}
