/** WeChat customer service: who may write when, what a repeat is answered, what the log gives out. */
import { describe, expect, test } from 'vitest'
import { callbackServer, type Json, simWorld, tag } from './support.ts'

const HOUR = 3_600_000
const { simulator, wecom, control, later } = await simWorld({ customers: 13 })
const { ready } = simulator
const open_kfid = ready.openKfId
const server = await callbackServer({ token: ready.callbackToken, aesKey: ready.callbackAesKey })
await control('POST', 'callback-target', { wecomUrl: server.url })

let used = 0
/** Somebody whom no other test has spoken to. */
function somebody() {
  const customer = simulator.world.customers[used++]
  if (!customer) throw new Error('more customers are needed')
  const { personId, externalUserId: touser } = customer
  const act = (what: string, more: Json = {}) => simulator.act({ as: 'customer', id: personId, do: what, ...more })
  const send = (content = '您好', more: Json = {}) =>
    wecom('/cgi-bin/kf/send_msg', { touser, open_kfid, msgtype: 'text', text: { content }, ...more })
  const state = (service_state: number, more: Json = {}) =>
    wecom('/cgi-bin/kf/service_state/trans', { open_kfid, external_userid: touser, service_state, ...more })
  const reached = () => simulator.ledger.entries().filter(({ person }) => person === personId)
  return { customer, act, send, state, reached }
}

/** Pulls everything after `cursor`, through empty pages. */
async function pull(cursor = '', more: Json = {}): Promise<{ messages: Json[]; cursor: string; pages: number }> {
  const messages: Json[] = []
  for (let pages = 1; ; pages++) {
    const page = await wecom('/cgi-bin/kf/sync_msg', { open_kfid, cursor, ...more })
    expect(page.errcode).toBe(0)
    messages.push(...(page.msg_list as Json[]))
    cursor = String(page.next_cursor)
    if (page.has_more === 0) return { messages, cursor, pages }
  }
}

describe('writing to a customer', () => {
  test('only within 48 hours of the customer’s last message', async () => {
    const { act, send, reached } = somebody()
    expect((await send()).errcode).toBe(95002)
    act('say', { text: '在吗' })
    expect((await send()).errcode).toBe(0)
    await later(48 * HOUR)
    expect((await send()).errcode).toBe(0)
    await later(1)
    expect((await send()).errcode).toBe(95002)
    expect(reached().map(({ kind }) => kind)).toEqual(['kf', 'kf'])
  })

  test('five messages, then the customer’s turn', async () => {
    const { act, send } = somebody()
    act('say', { text: '在吗' })
    for (let i = 0; i < 5; i++) expect((await send(`${i}`)).errcode).toBe(0)
    expect((await send()).errcode).toBe(95001)
    act('say', { text: '嗯' })
    expect((await send()).errcode).toBe(0)
  })

  test('a repeated msgid is 95033 whatever else has changed, and arrives once', async () => {
    const { act, send, reached } = somebody()
    act('say', { text: '在吗' })
    const msgid = 'a'.repeat(32)
    expect(await send('一次', { msgid })).toMatchObject({ errcode: 0, msgid })
    expect((await send('一次', { msgid })).errcode).toBe(95033)
    await later(49 * HOUR)
    expect((await send('一次', { msgid })).errcode).toBe(95033)
    expect(reached()).toHaveLength(1)
  })

  test('a refused msgid may be used again', async () => {
    const { act, send } = somebody()
    const msgid = 'refused-first'
    expect((await send('早', { msgid })).errcode).toBe(95002)
    act('say', { text: '在吗' })
    expect((await send('早', { msgid })).errcode).toBe(0)
  })

  test('a customer who rejects messages: accepted, then msg_send_fail', async () => {
    const { act, send, reached } = somebody()
    act('say', { text: '在吗' })
    act('block-kf')
    const { cursor } = await pull()
    const { msgid, errcode } = await send()
    expect(errcode).toBe(0)
    expect(reached()).toHaveLength(0)
    const { messages } = await pull(cursor)
    expect(messages).toMatchObject([
      { origin: 4, msgtype: 'event', event: { event_type: 'msg_send_fail', fail_msgid: msgid, fail_type: 10 } },
    ])
    expect(messages[0]).not.toHaveProperty('external_userid')
  })

  test('a tapped menu item comes back as text with its id', async () => {
    const { act, send } = somebody()
    act('say', { text: '在吗' })
    const { cursor } = await pull()
    const list = [{ type: 'click', click: { id: 's5', content: '5 分 非常满意' } }]
    await send('', { msgtype: 'msgmenu', msgmenu: { head_content: '请打分', list, tail_content: '谢谢' } })
    act('click', { menuId: 's5' })
    expect((await pull(cursor)).messages).toMatchObject([
      { origin: 3, msgtype: 'text', text: { content: '5 分 非常满意', menu_id: 's5' } },
    ])
    expect(() => act('click', { menuId: 's9' })).toThrow('no such menu item')
  })

  test.each([
    ['no account', { open_kfid: undefined }, 60251],
    ['another account', { open_kfid: 'wk0' }, 95004],
    ['a stranger', { touser: 'wm0' }, 40096],
    ['an empty text', { text: { content: '' } }, 44004],
    ['a msgid with spaces', { msgid: 'a b' }, 40058],
    [
      'eleven menu items',
      { msgtype: 'msgmenu', msgmenu: { list: Array(11).fill({ type: 'click', click: { content: 'x' } }) } },
      95008,
    ],
    [
      'a menu item without text',
      { msgtype: 'msgmenu', msgmenu: { list: [{ type: 'click', click: { id: 'a' } }] } },
      95009,
    ],
  ])('%s is refused', async (_, change, errcode) => {
    expect(
      (
        await wecom('/cgi-bin/kf/send_msg', {
          touser: simulator.world.customers[0]?.externalUserId,
          open_kfid,
          msgtype: 'text',
          text: { content: '您好' },
          ...change,
        })
      ).errcode,
    ).toBe(errcode)
  })
})

describe('one-time codes', () => {
  const welcome = (code: unknown, more: Json = {}) =>
    wecom('/cgi-bin/kf/send_msg_on_event', { code, msgtype: 'text', text: { content: '欢迎您' }, ...more })
  async function enter(act: (what: string, more?: Json) => unknown): Promise<Json> {
    const { cursor } = await pull()
    act('enter-kf', { scene: 'poster' })
    const [entered] = (await pull(cursor)).messages
    return entered?.event as Json
  }

  test('the welcome: once, within 20 seconds, not to somebody who wrote or was welcomed lately', async () => {
    const { act, reached } = somebody()
    const first = await enter(act)
    expect(first).toMatchObject({ event_type: 'enter_session', scene: 'poster', welcome_code: expect.any(String) })
    await later(20_000)
    expect((await welcome(first.welcome_code)).errcode).toBe(40058)
    const second = await enter(act)
    expect((await welcome(second.welcome_code, { msgid: 'w1' })).errcode).toBe(0)
    expect((await welcome(second.welcome_code, { msgid: 'w1' })).errcode).toBe(95033)
    expect((await welcome(second.welcome_code, { msgid: 'w2' })).errcode).toBe(40058)
    expect(reached()).toMatchObject([{ kind: 'welcome', text: '欢迎您' }])
    expect(await enter(act)).not.toHaveProperty('welcome_code')
  })

  test('a menu of at most ten items; to somebody who rejects messages it fails later', async () => {
    const { act, customer, reached } = somebody()
    const { welcome_code } = await enter(act)
    const item = { type: 'text', text: { content: '一项' } }
    const menu = (items: number) => ({ msgtype: 'msgmenu', msgmenu: { list: Array(items).fill(item) } })
    expect((await welcome(welcome_code, menu(11))).errcode).toBe(95008)
    act('block-kf')
    const { cursor } = await pull()
    const { errcode, msgid } = await welcome(welcome_code, menu(10))
    expect(errcode).toBe(0)
    expect((await pull(cursor)).messages).toMatchObject([
      { event: { event_type: 'msg_send_fail', fail_msgid: msgid, external_userid: customer.externalUserId } },
    ])
    expect(reached()).toEqual([])
  })

  test('the code of a state is good only in that state', async () => {
    const { act, state, reached } = somebody()
    act('say', { text: '在吗' })
    const { msg_code } = await state(2)
    const servicer = simulator.world.staff.find(({ position }) => position === '客服')
    await state(3, { servicer_userid: servicer?.userId })
    expect((await welcome(msg_code)).errcode).toBe(95018)
    const ended = await state(4)
    expect((await welcome(ended.msg_code)).errcode).toBe(0)
    expect(reached()).toHaveLength(1)
  })
})

describe('the session', () => {
  test('walks the states of the vendor’s table and nothing else', async () => {
    const { customer, act, state, send } = somebody()
    const get = () => wecom('/cgi-bin/kf/service_state/get', { open_kfid, external_userid: customer.externalUserId })
    expect((await get()).service_state).toBe(4)
    expect((await state(1)).errcode).toBe(95016)
    act('say', { text: '在吗' })
    expect((await get()).service_state).toBe(0)
    expect((await state(1)).errcode).toBe(0)
    expect((await send()).errcode).toBe(0)
    expect((await state(0)).errcode).toBe(95016)
    expect((await state(3, { servicer_userid: 'nobody' })).errcode).toBe(95014)
    const doctor = simulator.world.staff.find(({ position }) => position === '医生')
    expect((await state(3, { servicer_userid: doctor?.userId })).errcode).toBe(60253)
    const servicer = simulator.world.staff.find(({ position }) => position === '客服')
    expect((await state(3, { servicer_userid: servicer?.userId })).errcode).toBe(0)
    expect(await get()).toMatchObject({ service_state: 3, servicer_userid: servicer?.userId })
    expect((await send()).errcode).toBe(95018)
    expect(await state(4)).toMatchObject({ errcode: 0, msg_code: expect.any(String) })
    act('say', { text: '还有个问题' })
    expect((await get()).service_state).toBe(0)
    await later(48 * HOUR + 1)
    expect((await get()).service_state).toBe(4)
  })
})

describe('the log', () => {
  test('the callback is only a signal, its token good for ten minutes', async () => {
    const { act } = somebody()
    const before = server.received.length
    act('say', { text: '秘密内容' })
    await server.until(before + 1)
    const signal = server.received.at(-1)?.message ?? ''
    expect(tag(signal, 'Event')).toBe('kf_msg_or_event')
    expect(tag(signal, 'OpenKfId')).toBe(open_kfid)
    expect(signal).not.toContain('秘密内容')
    const token = tag(signal, 'Token')
    const sync = () => wecom('/cgi-bin/kf/sync_msg', { open_kfid, token })
    expect((await sync()).errcode).toBe(0)
    await later(600_000)
    expect((await sync()).errcode).toBe(95007)
  })

  test('page by page nothing is missed or told twice, what we send is not echoed, three days are kept', async () => {
    const { act, send, customer } = somebody()
    const { cursor } = await pull()
    for (let i = 0; i < 25; i++) act('say', { text: `第 ${i} 句` })
    await send('回复')
    const { messages, cursor: end } = await pull(cursor, { limit: 4 })
    expect(messages.map(({ text }) => (text as Json).content)).toEqual(
      Array.from({ length: 25 }, (_, i) => `第 ${i} 句`),
    )
    expect(new Set(messages.map(({ msgid }) => msgid)).size).toBe(25)
    expect(messages[0]).toMatchObject({ open_kfid, external_userid: customer.externalUserId, origin: 3 })
    expect((await pull(end)).messages).toEqual([])
    await later(72 * HOUR + 1)
    expect((await pull()).messages).toEqual([])
  })

  test('a cursor that this log never gave is refused', async () => {
    const sync = (cursor: string) => wecom('/cgi-bin/kf/sync_msg', { open_kfid, cursor })
    for (const cursor of ['1000000', '-1', 'yesterday']) expect((await sync(cursor)).errcode).toBe(50100)
    expect((await sync('0')).errcode).toBe(0)
  })

  test('now and then a page is empty while more follows', async () => {
    const { act } = somebody()
    const { cursor } = await pull()
    for (let i = 0; i < 60; i++) act('say', { text: `${i}` })
    const { messages, pages } = await pull(cursor, { limit: 1 })
    expect(messages).toHaveLength(60)
    expect(pages).toBeGreaterThan(60)
  })

  test('profiles are given of those who were active within 48 hours', async () => {
    const customer = simulator.world.customers[used - 1]
    const ids = [customer?.externalUserId, 'wm-nobody']
    const ask = () => wecom('/cgi-bin/kf/customer/batchget', { external_userid_list: ids })
    expect(await ask()).toMatchObject({
      customer_list: [{ external_userid: customer?.externalUserId, unionid: customer?.unionId }],
      invalid_external_userid: ['wm-nobody'],
    })
    await later(48 * HOUR + 1)
    expect(await ask()).toMatchObject({ customer_list: [], invalid_external_userid: ids })
  })
})
