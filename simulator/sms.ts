/** The SMS gateway that stands for the clinic's provider: Bearer key, and a repeated id is not delivered again. */
import type { SimContext } from './api/types.ts'
import { text } from './api/types.ts'
import { type Faults, identityOf } from './faults.ts'
import type { ControlAnswer, Stage, Tap } from './server.ts'

export interface SmsGateway {
  /** 'drop' = close the socket without an answer. */
  send(
    context: SimContext,
    body: Record<string, unknown>,
    authorization: string | undefined,
  ): Promise<ControlAnswer | 'drop'>
  /** Tells the taps that the answer has left. */
  answered(body: unknown): void
  clear(): void
}

export const SMS_PATH = '/_sim/sms'

export function createSmsGateway({ key, faults, taps }: { key: string; faults: Faults; taps: Set<Tap> }): SmsGateway {
  const seen = new Set<string>()
  const tap = async (stage: Stage, body: unknown) => {
    for (const one of taps) await one({ stage, base: 'sms', path: SMS_PATH, query: {}, body, host: '' })
  }
  const refuse = (status: number, code: string, message: string): ControlAnswer => ({
    status,
    body: { error: { code, message } },
  })

  function deliver({ world, ledger, clock }: SimContext, id: string, to: string, words: string): ControlAnswer {
    const customer = world.byPhone.get(to)
    if (!customer) return refuse(422, 'unknown_number', 'nobody has this number')
    if (customer.refusesSms) return refuse(422, 'opted_out', 'this number takes no messages of companies')
    const isRepeat = seen.has(id)
    seen.add(id)
    if (!isRepeat)
      ledger.add({
        at: clock.now().toISOString(),
        person: customer.personId,
        kind: 'sms',
        messageId: id,
        channel: 'sms',
        payload: {},
        text: words,
      })
    return { status: 200, body: { id, delivered: true, duplicate: isRepeat } }
  }

  return {
    async send(context, body, authorization) {
      await tap('received', body)
      const met = faults.meet(SMS_PATH, [identityOf('POST', new URLSearchParams(), body)])
      for (const { latencyMs } of met) if (latencyMs) await new Promise((done) => setTimeout(done, latencyMs))
      if (met.some(({ drop }) => drop === 'before')) return 'drop'
      const [id, to, words] = [text(body.id), text(body.to), text(body.text)]
      let answer: ControlAnswer
      if (authorization !== `Bearer ${key}`) answer = refuse(401, 'unauthorized', 'wrong key')
      else if (!id || !to || !words) answer = refuse(400, 'bad_request', 'id, to and text are needed')
      else if (met.some(({ errcode }) => errcode !== undefined)) answer = refuse(503, 'busy', 'injected fault')
      else answer = deliver(context, id, to, words)
      await tap('acted', body)
      return met.some(({ drop }) => drop === 'after') ? 'drop' : answer
    },
    answered: (body) => void tap('answered', body),
    clear: () => seen.clear(),
  }
}
