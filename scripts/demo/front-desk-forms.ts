/** What the front desk's forms have in common: their answers, what they refuse, and waiting for the server. */
import type { z } from 'zod'
import type { Simulator } from '../../simulator/index.ts'

export type Answer = { status: number; body: unknown }
/** By method and path. */
export type Forms = Record<string, (query: URLSearchParams, json: Record<string, unknown>) => Promise<Answer>>

export const ok = (body: unknown): Answer => ({ status: 200, body })
export const refuse = (status: number, code: string, message: string): Answer => ({
  status,
  body: { error: { code, message } },
})

export async function checked<T>(
  schema: z.ZodType<T>,
  json: unknown,
  work: (input: T) => Promise<Answer>,
): Promise<Answer> {
  const found = schema.safeParse(json)
  return found.success ? work(found.data) : refuse(400, 'invalid_request', '请把表单填写完整。')
}

const SETTLE_LIMIT_MS = 20_000
const LOOK_EVERY_MS = 50

/** Until the server has worked on what it was told, at the time that it is. */
export async function settled({ clock }: Simulator): Promise<void> {
  clock.touch()
  const until = performance.now() + SETTLE_LIMIT_MS
  const isIdle = () => {
    const { followers, epoch, inFlight } = clock.state()
    return inFlight.length === 0 && followers.every((one) => one.idle === true && one.epoch === epoch)
  }
  while (!isIdle() && performance.now() < until) await new Promise((done) => setTimeout(done, LOOK_EVERY_MS))
}
