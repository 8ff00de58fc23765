/** What the vendors push, into our own inbox: in XML and in JSON, once whatever the envelope. */
import { afterAll, expect, test } from 'vitest'
import { createActivity } from '../../../src/platform/activity.ts'
import { systemClock } from '../../../src/platform/clock.ts'
import { createHttpServer } from '../../../src/platform/http-server.ts'
import { createMetrics } from '../../../src/platform/metrics.ts'
import { createWechat } from '../../../src/wechat/index.ts'
import { createWecom, readCardEvent, readExternalContactEvent } from '../../../src/wecom/index.ts'
import { testDb } from '../../support/db.ts'
import { testPorts } from '../../support/ports.ts'
import { START, simWorld } from '../simulator/support.ts'

const [db, { simulator, control, wecom: vendor, later, quiet }] = await Promise.all([testDb(), simWorld()])
const { ready, world } = simulator
const [member] = world.staff
const [customer] = world.customers
if (!member || !customer) throw new Error('the world has people')
const metrics = createMetrics({ defaults: false })
const ports = {
  ...(await testPorts(db, START.toISOString())),
  clock: { now: () => simulator.clock.now(), wall: systemClock.wall },
  metrics,
}
const rows: { type: string; payload: Record<string, unknown> }[] = []
const heard = async (row: { type: string; payload: Record<string, unknown> }) => void rows.push(row)
const http = createHttpServer({ ...ports, activity: createActivity() })
createWecom({ ...ports, settings: { ...ready, apiBase: ready.wecomBase, callbackMaxAgeSeconds: 300 } }).mount(
  http.router,
)
const { appId, secret, token, aesKey } = ready.miniProgram
createWechat({
  ...ports,
  settings: {
    apiBase: ready.wechatBase,
    appId,
    appSecret: secret,
    callbackToken: token,
    callbackAesKey: aesKey,
    callbackMaxAgeSeconds: 300,
  },
}).mount(http.router)
for (const type of ['change_external_contact.add_external_contact', 'template_card_event', 'text'])
  ports.inbox.on('wecom', type, heard)
for (const type of ['text', 'user_enter_tempsession']) ports.inbox.on('wechat', type, heard)
const { port } = await http.listen(0, '127.0.0.1')
afterAll(() => http.stop(500))
const base = `http://127.0.0.1:${port}/callbacks`
const target = (formats: object) =>
  control('POST', 'callback-target', { wecomUrl: `${base}/wecom`, wechatUrl: `${base}/wechat`, ...formats })

/** What was stored because of `work`. */
async function told(work: () => unknown) {
  rows.length = 0
  await later(1_000)
  await work()
  await quiet()
  await ports.inbox.due.drain(ports.clock.now())
  return rows.map(({ type, payload }) => ({ type, payload }))
}

test.each(['xml', 'json'])('WeCom in %s: a contact, a card, a word', async (wecomFormat) => {
  await target({ wecomFormat })
  const person = world.customers[wecomFormat === 'xml' ? 0 : 1] ?? customer
  const [contact, ...more] = await told(() =>
    simulator.act({ as: 'customer', id: person.personId, do: 'add-contact', userId: member.userId, state: 's1' }),
  )
  expect(more).toEqual([])
  expect(contact && readExternalContactEvent(contact.payload)).toMatchObject({
    change: 'added',
    userId: member.userId.toLowerCase(),
    externalUserId: person.externalUserId,
    state: 's1',
    welcomeCode: expect.any(String),
  })

  const taskId = `task-${wecomFormat}`
  await vendor('/cgi-bin/message/send', {
    touser: member.userId,
    agentid: ready.agentId,
    msgtype: 'template_card',
    template_card: {
      card_type: 'multiple_interaction',
      main_title: { title: '回访' },
      task_id: taskId,
      select_list: [
        {
          question_key: 'q',
          option_list: [
            { id: 'a', text: '好' },
            { id: 'b', text: '不好' },
          ],
        },
      ],
      submit_button: { text: '提交', key: 'done' },
    },
  })
  const [card] = await told(() =>
    simulator.act({ as: 'staff', id: member.personId, do: 'click', taskId, key: 'done', selected: { q: 'b' } }),
  )
  expect(card && readCardEvent(card.payload)).toMatchObject({ taskId, eventKey: 'done', selected: { q: ['b'] } })

  await control('POST', 'faults', { path: 'callback', duplicate: true, times: 1 })
  const words = await told(() => simulator.act({ as: 'staff', id: member.personId, do: 'say', text: '已完成' }))
  expect(words).toMatchObject([{ type: 'text', payload: { Content: '已完成' } }])
})

test.each(['xml', 'json'])('the mini-program in %s, safe and compatible; plain is refused', async (wechatFormat) => {
  const say = (text: string) => () => simulator.act({ as: 'customer', id: customer.personId, do: 'mp-say', text })
  for (const wechatMode of ['safe', 'compatible']) {
    await target({ wechatFormat, wechatMode })
    expect(await told(say(`在吗 ${wechatMode}`))).toMatchObject([{ payload: { Content: `在吗 ${wechatMode}` } }])
  }
  await target({ wechatFormat, wechatMode: 'plain' })
  expect(await told(say('伪造'))).toEqual([])
})
