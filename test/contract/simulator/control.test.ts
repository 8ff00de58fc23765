/** The control API, the ledger, and that a seed gives one world. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { describe, expect, test } from 'vitest'
import { createSimulator, type LedgerEntry, ledgerSha256 } from '../../../simulator/index.ts'
import { type Json, START, simWorld } from './support.ts'

const { simulator, wecom, control } = await simWorld()
const { ready, world } = simulator
const [customer] = world.customers
const [member] = world.staff
if (!customer || !member) throw new Error('the world has people')
const say = (content: string) =>
  wecom('/cgi-bin/message/send', { touser: member.userId, agentid: ready.agentId, msgtype: 'text', text: { content } })

describe('the world', () => {
  test('one human has one identity everywhere', async () => {
    const { people } = (await control('GET', 'state')).body as { people: Json[] }
    const known = people.find(({ personId }) => personId === customer.personId)
    expect(known).toMatchObject({ kind: 'customer', userId: null, unionId: customer.unionId })
    const add = { as: 'customer', id: customer.personId, do: 'add-contact', userId: member.userId }
    expect((await control('POST', 'act', add)).status).toBe(200)
    const get = await wecom('/cgi-bin/externalcontact/get', undefined, { external_userid: customer.externalUserId })
    expect(get).toMatchObject({
      external_contact: { unionid: customer.unionId, name: customer.name, type: 1 },
      follow_user: [{ userid: member.userId, remark_mobiles: [customer.phone] }],
    })
  })

  test('a seed gives the same people, keys and ids; another seed others', async () => {
    const options = { customers: 30, staff: 14, clock: 'manual', start: START } as const
    const [one, two, other] = await Promise.all([
      createSimulator({ seed: 3, ...options }),
      createSimulator({ seed: 3, ...options }),
      createSimulator({ seed: 4, ...options }),
    ])
    expect(two.world).toEqual(one.world)
    expect(two.ready.callbackAesKey).toBe(one.ready.callbackAesKey)
    expect(other.world.customers).not.toEqual(one.world.customers)
    for (const key of ['personId', 'externalUserId', 'unionId', 'openId', 'phone'] as const)
      expect(new Set(one.world.customers.map((person) => person[key])).size).toBe(30)
    for (const sim of [one, two, other]) await sim.close()
  })

  test('departments and members as the directory gives them', async () => {
    const departments = await wecom('/cgi-bin/department/list')
    expect(departments.department).toMatchObject([{ id: 1, parentid: 0 }, { parentid: 1 }, { parentid: 1 }])
    const direct = await wecom('/cgi-bin/user/list', undefined, { department_id: '1' })
    const all = await wecom('/cgi-bin/user/simplelist', undefined, { department_id: '1', fetch_child: '1' })
    expect((direct.userlist as Json[]).map(({ position }) => position)).toEqual(['院长'])
    expect(all.userlist).toHaveLength(12)
    expect((direct.userlist as Json[])[0]).not.toHaveProperty('mobile')
    expect((await wecom('/cgi-bin/user/get', undefined, { userid: 'nobody' })).errcode).toBe(60111)
    expect((await wecom('/cgi-bin/user/list', undefined, { department_id: '99' })).errcode).toBe(60123)
  })
})

describe('acts', () => {
  test.each([
    ['an unknown actor', { as: 'ghost' }, 400, 'bad_actor'],
    ['an unknown act', { do: 'fly' }, 400, 'no_such_act'],
    ['an act of the prototype', { do: 'constructor' }, 400, 'no_such_act'],
    ['an unknown person', { id: 'c9999' }, 404, 'no_such_customer'],
    ['saying nothing', { do: 'say' }, 400, 'missing_field'],
    ['tapping what is not there', { do: 'click', menuId: 'x' }, 409, 'no_such_menu_item'],
    ['leaving who is no contact', { do: 'delete-contact', userId: 'Staff02' }, 409, 'no_contact'],
  ])('%s changes nothing', async (_, change, status, code) => {
    const before = simulator.context.kf.conversation(customer).chat.length
    const answer = await control('POST', 'act', { as: 'customer', id: customer.personId, do: 'say', ...change })
    expect(answer).toMatchObject({ status, body: { error: { code, message: expect.any(String) } } })
    expect(simulator.context.kf.conversation(customer).chat).toHaveLength(before)
  })

  test('a call is a ledger row of the customer, with what was said', async () => {
    await control('POST', 'act', {
      as: 'customer',
      id: customer.personId,
      do: 'answer-call',
      answers: { state: 'good' },
    })
    const call = (outcome: string) =>
      control('POST', 'act', { as: 'staff', id: member.personId, do: 'call', customer: customer.personId, outcome })
    expect((await call('sung')).status).toBe(400)
    await call('no_answer')
    await call('answered')
    const calls = simulator.ledger.entries().filter(({ kind }) => kind === 'call')
    expect(calls.map(({ person, payload }) => [person, payload])).toEqual([
      [customer.personId, { by: member.userId, outcome: 'no_answer' }],
      [customer.personId, { by: member.userId, outcome: 'answered', answers: { state: 'good' } }],
    ])
  })

  test('who has left gets nothing and does nothing', async () => {
    const leaver = world.staff.at(-1)
    await control('POST', 'act', { as: 'staff', id: leaver?.personId, do: 'resign' })
    const send = await wecom('/cgi-bin/message/send', {
      touser: leaver?.userId,
      agentid: ready.agentId,
      msgtype: 'text',
      text: { content: 'x' },
    })
    expect(send.errcode).toBe(81013)
    const again = await control('POST', 'act', { as: 'staff', id: leaver?.personId, do: 'say', text: 'x' })
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'resigned' } } })
  })
})

describe('the ledger', () => {
  const entry = (more: Partial<LedgerEntry> = {}): LedgerEntry => ({
    at: START.toISOString(),
    person: 'c0001',
    kind: 'kf',
    messageId: 'm',
    channel: 'kf/send_msg',
    payload: {},
    text: '您好',
    ...more,
  })

  test('its sum knows neither order nor tokens, but every word', () => {
    const link = (token: string) => entry({ person: 'c0002', text: `请看 https://a.cn/?t=${token}` })
    const sum = ledgerSha256([entry(), link('abcdefghijklmnopqrstuvwx')])
    expect(ledgerSha256([link('ABCDEFGHIJKLMNOPQRSTUVWX'), entry({ messageId: 'other' })])).toBe(sum)
    expect(ledgerSha256([entry({ text: '您好！' }), link('abcdefghijklmnopqrstuvwx')])).not.toBe(sum)
  })

  test('is filtered and paged', async () => {
    for (const text of ['一', '二', '三']) await say(text)
    const list = (query: string) => control('GET', `ledger?person=${member.personId}&kind=app${query}`)
    expect((await list('')).body).toMatchObject([{ text: '一' }, { text: '二' }, { text: '三' }])
    const page = (await list('&limit=2')).body
    expect(page).toMatchObject({ entries: [{ text: '一' }, { text: '二' }], nextCursor: '2' })
    expect((await list('&limit=2&cursor=2')).body).toMatchObject({ entries: [{ text: '三' }], nextCursor: null })
    expect((await list(`&since=${new Date(START.getTime() + 1).toISOString()}`)).body).toEqual([])
    expect((await list('&since=yesterday')).status).toBe(400)
  })
})

describe('watching', () => {
  test('a person’s phone shows both directions and the cards as they are now', async () => {
    simulator.act({ as: 'customer', id: customer.personId, do: 'say', text: '在吗' })
    await wecom('/cgi-bin/kf/send_msg', {
      touser: customer.externalUserId,
      open_kfid: ready.openKfId,
      msgtype: 'text',
      text: { content: '在的' },
    })
    const phone = (await control('GET', `chats?person=${customer.personId}`)).body
    expect(phone.kf).toMatchObject({
      state: 0,
      chat: [
        { from: 'customer', text: '在吗' },
        { from: 'clinic', text: '在的' },
      ],
    })
    await wecom('/cgi-bin/message/send', {
      touser: member.userId,
      agentid: ready.agentId,
      msgtype: 'template_card',
      template_card: {
        card_type: 'button_interaction',
        main_title: { title: '回访' },
        button_list: [{ text: '我来', key: 'take' }],
        task_id: 'shown',
      },
    })
    simulator.act({ as: 'staff', id: member.personId, do: 'say', text: '恢复良好' })
    const desk = (await control('GET', `chats?person=${member.personId}`)).body
    expect(desk.said).toEqual([{ at: START.toISOString(), text: '恢复良好' }])
    expect(desk.cards).toMatchObject([{ taskId: 'shown', replacedBy: null, responseCode: { used: false } }])
    expect((await control('GET', 'chats?person=nobody')).status).toBe(404)
  })

  test('events stream as they happen', async () => {
    const stopping = new AbortController()
    const response = await fetch(`${ready.wecomBase}/_sim/events`, { signal: stopping.signal })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    await say('直播')
    let seen = ''
    while (!seen.includes('直播')) seen += (await reader?.read())?.value ?? ''
    stopping.abort()
    expect(seen).toContain('event: delivered\ndata: {')
  })

  test('in the process the same events can be listened to, and left', async () => {
    const heard: string[] = []
    const stop = simulator.on('delivered', ({ text }) => heard.push(text))
    await say('听见')
    stop()
    await say('没听见')
    expect(heard).toEqual(['听见'])
  })

  test('the document names every control', async () => {
    const { paths } = (await control('GET', 'openapi.json')).body as { paths: Json }
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['/_sim/clock', '/_sim/act', '/_sim/events', '/_sim/permissions', '/_sim/limits']),
    )
    expect((await control('GET', 'nothing')).status).toBe(404)
  })
})

test('a reset gives the world of the start back and installs its people again, without turning time back', async () => {
  let installed = 0
  const sim = await createSimulator({ clock: 'manual', start: START, customers: 1, people: () => void installed++ })
  const heard: string[] = []
  sim.ledger.onEntry(({ text }) => heard.push(text))
  sim.act({ as: 'customer', id: 'c0001', do: 'add-contact', userId: 'Staff01' })
  await sim.clock.moveTo(new Date(START.getTime() + 60_000), 1_000)
  await fetch(`${sim.ready.wecomBase}/_sim/reset`, { method: 'POST' })
  expect(installed).toBe(2)
  expect(sim.world.customers[0]?.contacts.size).toBe(0)
  expect(sim.clock.now().getTime()).toBe(START.getTime() + 60_000)
  expect(sim.ledger.entries()).toEqual([])
  await sim.close()
})

test('as a process it prints one line of JSON when ready, and stops on SIGTERM', async () => {
  const args = [
    '--import',
    'tsx',
    'simulator/main.ts',
    '--port',
    '0',
    '--seed',
    '5',
    '--clock',
    'manual',
    '--customers',
    '2',
  ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  const exited = new Promise<number | null>((done) => child.once('exit', done))
  const output = createInterface({ input: child.stdout })
  const ready = await new Promise<Json>((done) =>
    output.on('line', (line) => {
      lines.push(line)
      done(JSON.parse(line) as Json)
    }),
  )
  expect(ready).toMatchObject({
    ready: true,
    corpId: simulator.ready.corpId,
    smsApiBase: `${ready.wecomBase}/_sim/sms`,
  })
  const state = (await (await fetch(`${ready.wecomBase}/_sim/state`)).json()) as { people: Json[] }
  expect(state.people).toHaveLength(14)
  child.kill('SIGTERM')
  expect(await exited).toBe(0)
  expect(lines).toHaveLength(1)
})
