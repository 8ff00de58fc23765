/** WeChat's word on what customers write and show (内容安全, wecom.md 9.7). */
import { z } from 'zod'
import { type Ask, NumberLike } from '../../wecom/index.ts'

export type Verdict = 'pass' | 'review' | 'risky'

/** Where it would be shown. */
const SCENES = { profile: 1, comment: 2, forum: 3, social: 4 } as const
export type SafetyScene = keyof typeof SCENES
const KINDS = { audio: 1, image: 2 } as const

export interface SafetyApi {
  /**
   * Text of at most 2500 characters, by somebody who was in the mini-program within two hours.
   *
   * @throws VendorError 61010: they were not (stop), 44991/45009 (wait)
   */
  checkText(input: { openId: string; text: string; scene: SafetyScene }): Promise<{ verdict: Verdict; label: number }>
  /** Of a file ≤ 10 MB at an address; the verdict comes as an event with this id within 30 minutes. */
  checkMedia(input: { openId: string; url: string; kind: 'audio' | 'image'; scene: SafetyScene }): Promise<{
    traceId: string
  }>
}

const VERSION = 2
/** An unknown word is for a person to judge. */
const Suggest = z.string().transform((word): Verdict => (word === 'pass' || word === 'risky' ? word : 'review'))
const Result = z.object({ suggest: Suggest, label: NumberLike })

export const safetyApi = (ask: Ask): SafetyApi => ({
  async checkText({ openId, text, scene }) {
    const body = { content: text, version: VERSION, scene: SCENES[scene], openid: openId }
    const { result } = await ask.again(z.object({ result: Result }), '/wxa/msg_sec_check', { body })
    return { verdict: result.suggest, label: result.label }
  },
  async checkMedia({ openId, url, kind, scene }) {
    const body = { media_url: url, media_type: KINDS[kind], version: VERSION, scene: SCENES[scene], openid: openId }
    const schema = z.object({ trace_id: z.string().min(1) })
    // A repeat within a short time is refused (87020): its verdict is on the way under the first id, which is then lost.
    return { traceId: (await ask.once(schema, '/wxa/media_check_async', body)).trace_id }
  },
})

const Push = z.object({
  trace_id: z.string().min(1),
  errcode: NumberLike.default(0),
  result: Result.optional(),
})

/** The pushed verdict; null when the file could not be judged, or the event is another one. */
export function readMediaVerdict(
  payload: Record<string, unknown>,
): { traceId: string; verdict: Verdict | null; label: number | null } | null {
  const parsed = payload.Event === 'wxa_media_check' ? Push.safeParse(payload) : null
  if (!parsed?.success) return null
  const { trace_id, errcode, result } = parsed.data
  const judged = errcode === 0 ? result : undefined
  return { traceId: trace_id, verdict: judged?.suggest ?? null, label: judged?.label ?? null }
}
