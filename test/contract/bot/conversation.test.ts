/** The same conversations on Wechaty's mock and on our puppet: what is said, and what is done. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { BotFile } from '../../../src/bot/config.ts'
import { type ConversationDeps, converse } from '../../../src/bot/conversation.ts'
import {
  type Acts,
  type Danger,
  type Memory,
  NOTHING_KNOWN,
  type OpenSurvey,
  type TalkFacts,
} from '../../../src/bot/types.ts'
import { type Harness, onMock, onOurs } from './harness.ts'

const config = BotFile.parse(parse(readFileSync('config/bot.yaml', 'utf8')))
const templates = parse(readFileSync('config/templates/bot.yaml', 'utf8')).templates as Record<string, { chat: string }>
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const harnesses: Harness[] = [await onMock(), await onOurs()]
afterAll(async () => {
  for (const one of harnesses) await one.stop()
})

const FACTS: Omit<TalkFacts, 'customerId'> = {
  salutation: '王女士',
  storeId: 's1',
  store: '华颜整形医院',
  phone: '021-1',
  emergency: '021-2',
  opensAt: null,
  treatment: { id: 't1', code: 'ipl', name: '光子嫩肤', day: 2 },
}

describe.each(harnesses.map((harness) => [harness.name, harness] as const))('on %s', (_, harness) => {
  const memories = new Map<string, Memory>()
  const world = {
    danger: { level: 'none', handled: false, toCaller: false } as Danger,
    facts: {} as Partial<TalkFacts>,
    consent: 'ask' as 'ask' | 'given' | 'elsewhere',
    acts: [] as string[],
    done: 0,
    unanswered: [] as string[],
    rephrase: null as ConversationDeps['rephrase'],
    survey: null as OpenSurvey | null,
  }
  const act = (name: string) => async () => void world.acts.push(name)
  const acts: Acts = {
    toPerson: async (heard, _facts, reason) => void world.acts.push(`person:${reason}:${heard.text}`),
    show: act('show'),
    booking: act('booking'),
    confirmVisit: async () => null,
    complain: act('complain'),
    optOut: async (_facts, what) => void world.acts.push(`optOut:${what}`),
    openSurvey: async () => world.survey,
    photoConsent: async () => world.consent,
    allowPhotos: async () => {
      world.consent = 'given'
    },
    async keepPhoto(_id, _facts, bytes) {
      world.acts.push(`photo:${bytes.length}`)
      return true
    },
  }
  converse(harness.wechaty, {
    config,
    text: (key, vars) =>
      (templates[`bot.${key}`]?.chat ?? '').trim().replace(/\{\{(\w+)\}\}/g, (_all, name: string) => vars[name] ?? '?'),
    factsOf: async (customerId) => ({ customerId, ...FACTS, ...world.facts }),
    dangerOf: async () => world.danger,
    knowledge: {
      answer: async (question) =>
        question.includes('洗脸') ? { id: 'wash', title: '洗脸', text: '今天可以用清水轻轻洗脸。' } : null,
      unanswered: async (question) => void world.unanswered.push(question),
      guide: async () => '· 注意防晒',
    },
    acts,
    get rephrase() {
      return world.rephrase
    },
    memoryOf: async (id) => memories.get(id) ?? NOTHING_KNOWN,
    done(messageId, result) {
      world.done += 1
      if ('memory' in result) memories.set(talking, result.memory)
      else throw result.error
      void messageId
    },
  })
  let talking = ''
  async function turn(act: () => void): Promise<string[]> {
    const [done, said] = [world.done, harness.got().length]
    act()
    await vi.waitFor(() => expect(world.done).toBe(done + 1))
    // A mock tells a moment later.
    await new Promise((soon) => setTimeout(soon, 10))
    return harness
      .got()
      .slice(said)
      .map(({ text }) => text)
  }
  const says = (text: string) => turn(() => harness.says(talking, text))

  beforeEach(() => {
    talking = harness.customer('王女士')
    Object.assign(world, { consent: 'ask', acts: [], unanswered: [], facts: {}, rephrase: null, survey: null })
    world.danger = { level: 'none', handled: false, toCaller: false }
  })

  test('a question gets the approved words, then whether they helped', async () => {
    const [answer, ...more] = await says('可以洗脸吗')
    expect(answer).toContain('今天可以用清水轻轻洗脸。')
    expect(answer).toContain('不能代替医生诊断')
    expect(answer).toMatch(/1 有帮助\n2 没有帮助\n3 转人工$/)
    expect(more).toEqual([])
    expect((await says('1')).join()).toContain('很高兴能帮到您')
    expect(world.acts).toEqual([])
  })

  test('what did not help goes to a person, with the question', async () => {
    await says('可以洗脸吗')
    expect((await says('2 没有帮助')).join()).toContain('转给')
    expect(world.acts).toEqual(['person:not_helped:可以洗脸吗'])
  })

  test.each(['abnormal', 'emergency'] as const)('%s: never an article', async (level) => {
    world.danger = { level, handled: false, toCaller: false }
    const said = (await says('伤口化脓了，可以洗脸吗')).join()
    expect(said).not.toContain('清水')
    expect(said).toContain('021-2')
    expect(world.acts).toEqual(['person:danger:伤口化脓了，可以洗脸吗'])
  })

  test('what somebody was called about already is left to them', async () => {
    world.danger = { level: 'emergency', handled: true, toCaller: false }
    expect(await says('眼睛看不见了')).toEqual([])
    expect(world.acts).toEqual([])
  })

  test('what is normal now gets the guide of the day, and is shown', async () => {
    world.danger = { level: 'expected', handled: false, toCaller: false }
    expect((await says('还有点红正常吗')).join()).toContain('注意防晒')
    expect(world.acts).toEqual(['show'])
  })

  test('what nobody has written down goes to a person', async () => {
    expect((await says('你们老板是谁')).join()).toContain('已经转给')
    expect(world.acts).toEqual(['person:no_answer:你们老板是谁'])
    expect(world.unanswered).toEqual(['你们老板是谁'])
  })

  test('more of it is one task, and is answered once', async () => {
    await says('你们老板是谁')
    expect((await says('停车收费多少')).join()).toContain('补充')
    expect(await says('有没有充电桩')).toEqual([])
    expect(world.acts).toEqual(['person:no_answer:你们老板是谁', 'show', 'show'])
  })

  test('the same asked twice in one breath is not said twice', async () => {
    await says('可以洗脸吗')
    expect((await says('可以洗脸吗')).join()).toContain('上面的消息')
  })

  test('no more messages: offers at once, care only when it is said again', async () => {
    expect((await says('别发了')).join()).toContain('护理提醒')
    expect(world.acts).toEqual(['optOut:promotion'])
    expect((await says('2')).join()).toContain('不再主动')
    expect(world.acts).toEqual(['optOut:promotion', 'optOut:all'])
  })

  test('a person: by day the assistant then keeps quiet', async () => {
    expect((await says('转人工')).join()).toContain('请稍等')
    expect(world.acts).toEqual(['person:asked:转人工'])
    expect(await says('可以洗脸吗')).toEqual([])
  })

  test('a person, by night: says when, and goes on answering', async () => {
    world.facts = { opensAt: '明天09:00' }
    expect((await says('转人工')).join()).toContain('明天09:00')
    expect((await says('可以洗脸吗')).join()).toContain('清水')
  })

  test('a complaint is taken once; more of it reaches whoever has it', async () => {
    expect(await says('我要投诉')).toEqual([])
    expect((await says('我要投诉，态度太差')).join()).toContain('补充')
    expect(world.acts).toEqual(['complain', 'show'])
  })

  test('a wish to come becomes a task', async () => {
    expect((await says('想预约周六')).join()).toContain('预约需求')
    expect(world.acts).toEqual(['booking'])
  })

  test('a survey: the way in, else where it is, else that there is none', async () => {
    expect((await says('问卷')).join()).toContain('没有等待您填写的问卷')
    world.survey = { title: '就诊意见卡', link: null }
    expect((await says('问卷')).join()).toMatch(/《就诊意见卡》.*首页/)
    world.survey = { title: '就诊意见卡', link: 'https://care.example.com/p/surveys/x' }
    expect((await says('问卷')).join()).toMatch(/《就诊意见卡》.*\nhttps:\/\/care\.example\.com\/p\/surveys\/x$/)
  })

  test('the guide on request', async () => {
    expect((await says('护理要点')).join()).toContain('注意防晒')
  })

  test('a photo is kept after consent, and not before', async () => {
    const asked = await turn(() => harness.sends(talking, { name: 'a.jpg', base64: PIXEL }))
    expect(asked.join()).toMatch(/1 同意\n2 不同意$/)
    expect(world.acts).toEqual([])
    expect((await says('1 同意')).join()).toContain('照片已收到')
    expect(world.acts).toEqual([`photo:${Buffer.from(PIXEL, 'base64').length}`, 'show'])
  })

  test('a photo that may not be kept is not', async () => {
    await turn(() => harness.sends(talking, { name: 'a.jpg', base64: PIXEL }))
    expect((await says('不同意')).join()).toContain('不会存入')
    expect(world.acts).toEqual([])
  })

  test('who has not agreed to the service is shown where, and a colleague looks', async () => {
    world.consent = 'elsewhere'
    const said = await turn(() => harness.sends(talking, { name: 'a.jpg', base64: PIXEL }))
    expect(said.join()).toContain('小程序')
    expect(world.acts).toEqual(['person:photo:'])
  })

  test('greets by the day, and says that it is no doctor', async () => {
    const said = (await says('您好')).join()
    expect(said).toContain('光子嫩肤后第2天')
    expect(said).toContain('不是医生')
    world.facts = { treatment: null }
    expect((await says('在吗')).join()).toContain('不是医生')
  })

  test('thanks are answered once a day', async () => {
    expect(await says('谢谢')).toHaveLength(1)
    expect(await says('谢谢')).toEqual([])
  })

  test('a model may say an article in other words; when it fails the article stands', async () => {
    world.rephrase = async () => '清水就好。'
    expect((await says('可以洗脸吗')).join()).toContain('清水就好。')
    talking = harness.customer('王女士')
    world.rephrase = async () => {
      throw new Error('down')
    }
    expect((await says('可以洗脸吗')).join()).toContain('今天可以用清水轻轻洗脸。')
  })
})
