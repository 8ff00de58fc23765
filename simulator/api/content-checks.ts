/** Content safety: words at once, pictures and sounds by a push some seconds later. */
import { between, opaque } from '../chance.ts'
import { createCounters } from '../counters.ts'
import type { Customer } from '../state.ts'
import { type Api, ApiError, list, type SimContext, text, whole } from './types.ts'

const ACTIVE_MS = 2 * 3_600_000
const WORDS = 2_500

type Suggest = 'risky' | 'pass' | 'review'
interface Verdict {
  suggest: Suggest
  label: number
  keyword?: string
}

/** What the platform objects to, for tests: the words stand in a text, or in a picture's address. */
const OBJECTIONS: readonly (readonly [word: string, suggest: Suggest, label: number])[] = [
  ['赌博', 'risky', 20_006],
  ['gamble', 'risky', 20_006],
  ['加微信', 'review', 10_001],
  ['advert', 'review', 10_001],
  ['色情', 'risky', 20_002],
  ['porn', 'risky', 20_002],
]
const judge = (content: string): Verdict => {
  const found = OBJECTIONS.find(([word]) => content.toLowerCase().includes(word))
  return found ? { suggest: found[1], label: found[2], keyword: found[0] } : { suggest: 'pass', label: 100 }
}
const detailOf = ({ suggest, label, keyword }: Verdict) => [
  { strategy: 'content_model', errcode: 0, suggest, label, prob: 90 },
  ...(keyword ? [{ strategy: 'keyword', errcode: 0, suggest, label, keyword, level: 90 }] : []),
]

/** @throws ApiError 40003, 61010 */
function activeUser({ world, grants, clock }: SimContext, openId: unknown): Customer {
  const customer = world.byOpenId.get(text(openId))
  if (!customer) throw new ApiError(40003, 'invalid openid')
  const at = grants.activeAt(customer.openId)
  if (at === null || clock.now().getTime() - at > ACTIVE_MS) throw new ApiError(61010, 'user not active in 2 hours')
  return customer
}

const MEDIA: Record<number, RegExp> = {
  1: /\.(mp3|aac|ac3|wma|flac|vorbis|opus|wav)(\?|$)/i,
  2: /\.(jpe?g|png|bmp|gif)(\?|$)/i,
}

/** One per world. */
export function createContentCheckApis(seed: number): Api[] {
  const counters = createCounters(seed)
  const asked = new Set<string>()
  const traceOf = (about: string) => opaque(32, seed, 'content check', about, counters.next(about))

  return [
    {
      method: 'POST',
      path: '/wxa/msg_sec_check',
      auth: 'wechat',
      handle({ body }, context) {
        const { content, version, scene, openid } = body
        if (whole(version, 0) !== 2) throw new ApiError(40097, 'invalid args: version')
        if (!text(content)) throw new ApiError(44002, 'empty post data')
        if ([...text(content)].length > WORDS) throw new ApiError(47001, 'data format error')
        if (![1, 2, 3, 4].includes(Number(scene))) throw new ApiError(40129, 'invalid scene')
        activeUser(context, openid)
        const verdict = judge([content, body.title, body.nickname, body.signature].map(text).join(' '))
        const { suggest, label } = verdict
        return { result: { suggest, label }, detail: detailOf(verdict), trace_id: traceOf(text(content)) }
      },
    },
    {
      method: 'POST',
      path: '/wxa/media_check_async',
      auth: 'wechat',
      handle({ body }, context) {
        const { media_url: url, media_type: type, version, scene, openid } = body
        const isRight = MEDIA[Number(type)]
        if (!isRight) throw new ApiError(40004, 'invalid media type')
        if (whole(version, 0) !== 2) throw new ApiError(40097, 'invalid args: version')
        if (![1, 2, 3, 4].includes(Number(scene))) throw new ApiError(40129, 'invalid scene')
        const customer = activeUser(context, openid)
        if (asked.has(text(url))) throw new ApiError(87020, 'the same media is being checked')
        asked.add(text(url))
        const trace = traceOf(text(url))
        // Within half an hour, says the vendor: some seconds here, the same for the same picture.
        const delay = between(2, 60, seed, 'content check', text(url)) * 1_000
        const { clock } = context
        clock.schedule(new Date(clock.now().getTime() + delay), `content check ${trace}`, () => {
          asked.delete(text(url))
          push(
            context,
            customer,
            trace,
            /^https?:\/\//.test(text(url)) && isRight.test(text(url)) ? judge(text(url)) : null,
          )
        })
        return { trace_id: trace }
      },
    },
  ]
}

/** Null: the file could not be fetched. */
function push({ callbacks, world }: SimContext, customer: Customer, trace: string, verdict: Verdict | null): void {
  const result = verdict ? { suggest: verdict.suggest, label: verdict.label } : undefined
  callbacks.wechat(`content check ${customer.personId}`, {
    FromUserName: customer.openId,
    Event: 'wxa_media_check',
    appid: world.miniProgram.appId,
    trace_id: trace,
    version: 2,
    errcode: verdict ? 0 : -1008,
    errmsg: verdict ? 'ok' : 'download failed',
    ...(result ? { result, detail: list(verdict && detailOf(verdict)) } : {}),
  })
}
