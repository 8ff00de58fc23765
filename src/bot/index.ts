/**
 * The assistant in the chat: answers from approved words, keeps wishes, hands over to people. Whatever customers write comes here
 * once other rooms have had their answer out of it.
 */

import { type MessagingService, render, type TemplateBook } from '../messaging/index.ts'
import { addMs, HOUR_MS, MINUTE_MS } from '../platform/clock.ts'
import { due } from '../platform/due.ts'
import { inTime } from '../platform/in-time.ts'
import { isAlone } from '../platform/memory.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Feature, Ports } from '../platform/ports.ts'
import { routine } from '../platform/routines.ts'
import type { WecomClient } from '../wecom/index.ts'
import { type ActsDeps, createActs, HAND_OVER, type HandedOver } from './acts.ts'
import { type BotFile, templateKeyOf } from './config.ts'
import { choiceIn } from './decide.ts'
import { createFacts, type FactsDeps } from './facts.ts'
import { handOver } from './hand-over.ts'
import { createLine, type LineDeps, OWNER, stepIdOf } from './line.ts'
import { createTalkStore, TALKS, type TalkRow } from './model.ts'
import { createRunner } from './runner.ts'
import type { Danger, Heard, Knowledge, Level, Rephrase, TalkFacts } from './types.ts'
import type { Talking } from './wechaty.ts'

export { BOT_TEMPLATES, BotFile, templateKeyOf } from './config.ts'
export { TALKS } from './model.ts'
export type { Article, Danger, Knowledge, Level, Rephrase } from './types.ts'

export interface BotDeps
  extends Ports,
    Omit<ActsDeps, keyof Ports | 'customers'>,
    Omit<FactsDeps, 'customers'>,
    Omit<LineDeps, keyof Ports | 'customers' | 'messaging' | 'wecom' | 'follows'> {
  config: BotFile
  templates: TemplateBook
  customers: ActsDeps['customers'] & FactsDeps['customers'] & LineDeps['customers']
  messaging: MessagingService
  wecom: WecomClient
  knowledge: Knowledge
  rephrase: Rephrase | null
  /** How urgent words are, where nobody has said so with the message. */
  levelOf: (said: { customerId: string; at: Date; text: string }) => Promise<Level>
  metrics: Pick<Metrics, 'botTurns'>
  /** The puppet's name; `off`: there is no assistant, and people read everything. */
  puppet: string
  /** This process talks. */
  talks: boolean
  /** It does nothing else: the first answer doesn't wait for Wechaty to load. */
  eager: boolean
  concurrency: number
}

export interface BotService {
  /** False: nobody talks here, people read everything. */
  on: boolean
  /** Since when a question of the assistant's waits to which these words are an answer; null: none does. */
  askedSince(customerId: string, text: string): Promise<Date | null>
  /** A message that is nobody's answer: it is worked on in its turn, once. `judged`: what was read of it already. */
  take(message: { messageId: string; customerId: string; at: Date; judged: Danger | null }): Promise<void>
  stop(): Promise<void>
}

/** A message that nobody takes for so long is shown to people: the process that talks is missing. */
const ORPHAN_MS = 2 * MINUTE_MS
const ORPHANS_EVERY_MS = 5 * MINUTE_MS
const ORPHANS = 50
/** A long answer and the question below it. */
const MOST_ANSWERS = 2

/** Wechaty loads in a second, on a busy machine in ten: who takes longer has failed. */
const START_LIMIT_MS = MINUTE_MS

export function createBot(deps: BotDeps): Feature<BotService> {
  const { db, clock, crypto, log, events, nudge, messaging, tasks, config, templates, puppet, talks } = deps
  const store = createTalkStore(db, crypto)
  const factsOf = createFacts(deps)
  const opens = (facts: object): Date | null => ('opens' in facts && facts.opens instanceof Date ? facts.opens : null)
  const acts = createActs(deps, opens)
  let started: Promise<Talking> | null = null
  let places = 0

  const runner = createRunner({
    ...deps,
    store,
    talking,
    giveUp: (customerId, messageId) => showWords(customerId, messageId),
  })

  function talking(): Promise<Talking> {
    started ??= inTime(START_LIMIT_MS, begin(), 'the assistant does not start').catch((error: unknown) => {
      started = null
      throw error
    })
    return started
  }

  async function begin(): Promise<Talking> {
    const { startTalking } = await import('./wechaty.ts')
    return startTalking(puppet, createLine({ ...deps, follows: runner.follows }), conversation, log)
  }

  const conversation = {
    config,
    text: (key: Parameters<typeof templateKeyOf>[0], vars: Record<string, string>) =>
      render(templates, templateKeyOf(key), vars).chat,
    factsOf,
    dangerOf: async ({ messageId, at, text }: Heard, { customerId }: TalkFacts): Promise<Danger> => {
      const said = runner.dangerSaid(messageId)
      if (said) return said
      const level = text === '' ? 'none' : await deps.levelOf({ customerId, at, text })
      return { level, handled: false, toCaller: false }
    },
    knowledge: deps.knowledge,
    acts,
    rephrase: deps.rephrase,
    memoryOf: runner.memoryOf,
    done: runner.done,
  }

  async function showWords(customerId: string, messageId: string): Promise<void> {
    const message = await messaging.inbound(messageId)
    await tasks.showWords({ messageId, customerId, words: message?.text ?? null })
  }

  async function showOrphans(at: Date): Promise<Record<string, number>> {
    let count = 0
    for (let after: string | null = ''; after !== null; ) {
      const left: TalkRow[] = await store.stale(addMs(at, -ORPHAN_MS), after, ORPHANS)
      for (const { _id, waiting } of left) for (const { messageId } of waiting) await showWords(_id, messageId)
      count += left.length
      after = left.length < ORPHANS ? null : (left.at(-1)?._id ?? null)
    }
    if (count > 0) log.error({ count }, 'nobody answers in the chat: is a bot process up?')
    return { orphans: count }
  }

  messaging.onSettled(OWNER, async (batch) => {
    for (const { id, outcome, reason } of batch)
      if (outcome !== 'sent') log.warn({ outboxId: id, outcome, reason }, 'an answer did not reach the customer')
  })
  events.subscribe('bot', {
    [HAND_OVER]: async ({ data }) => {
      const given = data as unknown as HandedOver
      // Whoever could not be given the conversation doesn't see it: the assistant goes on answering.
      if (!(await handOver(deps, given))) await store.withPerson(given.customerId, null)
    },
    // What was to be said to it isn't, where it hasn't left yet.
    'customer.message_recalled': async ({ data }) => {
      const stepId = stepIdOf(String(data.messageId))
      const answers = Array.from({ length: MOST_ANSWERS }, (_, n) => messaging.outboxId(stepId, n, 'customer'))
      await messaging.cancel(answers, 'superseded')
    },
    'customer.merged': ({ data }) => store.follow(String(data.customerId), String(data.intoCustomerId)),
    'conversation.taken': ({ data, occurredAt }) => store.withPerson(String(data.customerId), occurredAt),
    'conversation.ended': ({ data }) => store.withPerson(String(data.customerId), null),
  })

  return {
    service: {
      // Another puppet hears by itself; what comes by customer service is then for people.
      on: puppet === 'wecom',
      async askedSince(customerId, text) {
        const memory = await store.memoryOf(customerId)
        return memory?.menu && choiceIn(text, memory, clock.now()) !== null ? memory.menu.at : null
      },
      async take({ messageId, customerId, at, judged }) {
        // The vendor's clock has whole seconds; within one they are in the order in which they came.
        places += 1
        const order = `${at.toISOString()} ${clock.wall().toISOString()} ${String(places).padStart(9, '0')}`
        await store.take(customerId, { messageId, order, danger: judged }, clock.now())
        nudge(TALKS)
      },
      async stop() {
        const talking = await started?.catch(() => null)
        await talking?.stop()
      },
    },
    routes: [],
    due: [
      due({
        table: TALKS,
        nextDueAt: store.nextDueAt,
        upcoming: store.upcoming,
        // What failed waits for half an hour at most.
        whole: true,
        watched: !talks,
        drain: async (now) => (talks ? runner.drain(now) : {}),
      }),
    ],
    // Those who talk may be missing while the others go on, or die of one message again and again.
    routines: isAlone(deps.memory)
      ? []
      : [
          routine({
            name: 'bot.orphans',
            nextAt: (after) => addMs(after, talks && !deps.eager ? HOUR_MS : ORPHANS_EVERY_MS),
            run: showOrphans,
          }),
        ],
    async ready() {
      await store.ready()
      // Another puppet hears by itself from now on.
      const begins = puppet !== 'off' && talks && (deps.eager || puppet !== 'wecom')
      if (begins) await talking()
    },
  }
}
